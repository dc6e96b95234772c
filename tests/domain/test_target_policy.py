"""Which CSMS addresses a charger may dial."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.domain.target_policy import Targets, check_address, check_ws_url

METADATA = int(ipaddress.IPv4Address("169.254.169.254"))


@pytest.mark.parametrize(
    "url",
    [
        "wss://ocpp.ocpplab.com",
        "wss://ocpp-toolkit-api.monta.app",
        "WSS://EVCHARGER.example.com:443/ocpp/",
        "ws://127.0.0.1:9000/",
        "ws://localhost:9000",
        "ws://10.1.2.3",
        "ws://[::1]:9000/ocpp",
        "ws://[2001:db8::1]/",
        "ws://csms_internal.local./path?tenant=a",
        "ws://host:/",
        "ws://169.254.example.com",
        "ws://0x7f.1/",
        "ws://0/",
    ],
)
def test_any_csms_may_be_dialled(url: str) -> None:
    assert check_ws_url(url) is None


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "ws://"),
        ("http://a.example", "ws://"),
        ("a.example", "ws://"),
        ("ws:a.example", "host"),
        ("ws://", "host"),
        ("ws:///path", "host"),
        ("ws://:9000/", "host"),
        ("ws://user:secret@a.example", "credentials"),
        ("ws://@a.example", "credentials"),
        ("ws://a.example/#top", "fragment"),
        ("ws://a.example/#", "fragment"),
        ("ws://a.example:0", "port"),
        ("ws://a.example:65536", "port"),
        ("ws://a.example:-1", "port"),
        ("ws://a.example:x", "port"),
        ("ws://[::1", "host"),
        ("ws://[nonsense]/", "host"),
        ("ws://a..example", "host"),
        ("ws://-a.example", "host"),
        ("ws://%31%36%39.254.169.254", "host"),
        ("ws://1.2.3.4.5", "host"),
        ("ws://1.2.3.256", "host"),
        ("ws://256.1", "host"),
        ("ws://0169.1", "host"),
        ("ws://a example", "printable"),
        ("ws://a.example/\n", "printable"),
        ("ws://a.example/\x00", "printable"),
        ("ws://a.example\\@b", "printable"),
        ("ws://bücher.example", "printable"),
        ("ws://169。254。169。254", "printable"),
        ("ws://a.example/" + "x" * 2048, "2048"),
    ],
)
def test_a_bad_url_is_refused_in_words(url: str, word: str) -> None:
    problem = check_ws_url(url)
    assert problem is not None
    assert word in problem


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.0.1",
        "169.16689662",
        "169.254.43518",
        "2852039166",
        "0xa9fea9fe",
        "0XA9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "025177524776",
        "0xa9.254.0251.254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "metadata",
        "instance-data.ec2.internal",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[febf::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
    ],
)
def test_metadata_services_are_refused_in_every_spelling(host: str) -> None:
    problem = check_ws_url(f"ws://{host}:80/latest/meta-data")
    assert problem is not None
    assert "metadata" in problem


@pytest.mark.parametrize(
    ("address", "fine"),
    [("10.0.0.1", True), ("169.254.169.254", False), ("::1", True), ("fe80::1", False)],
)
def test_a_resolved_address_is_checked_by_the_same_rule(address: str, fine: bool) -> None:
    assert (check_address(address) is None) is fine


def _part(value: int, style: str) -> str:
    return {"d": f"{value}", "x": f"0x{value:x}", "X": f"0X{value:08X}", "o": f"0{value:o}"}[style]


@given(st.integers(0, 3), st.lists(st.sampled_from("dxXo"), min_size=4, max_size=4))
def test_no_number_base_or_grouping_gets_round_the_refusal(grouped: int, styles: list[str]) -> None:
    octets = [METADATA >> shift & 0xFF for shift in (24, 16, 8, 0)]
    split = 3 - grouped
    values = [*octets[:split], int.from_bytes(octets[split:], "big")]
    host = ".".join(_part(v, s) for v, s in zip(values, styles, strict=False))
    assert check_ws_url(f"ws://{host}/") is not None


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    for url in (text, f"ws://{text}", f"ws://[{text}]", f"ws://a:{text}"):
        problem = check_ws_url(url)
        assert problem is None or problem


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("wss://ocpp.example.com/x", True),
        ("wss://8.8.8.8/x", True),
        ("ws://127.0.0.1:9/x", False),
        ("ws://localhost:9/x", False),
        ("ws://LOCALHOST./x", False),
        ("ws://csms.internal/x", False),
        ("ws://10.0.0.1/x", False),
        ("ws://0x7f.1/x", False),
        ("ws://[::ffff:10.0.0.1]/x", False),
        ("ws://100.64.0.1/x", False),
        ("ws://0.0.0.0/x", False),
    ],
)
def test_private_addresses_are_for_those_whom_the_operator_lets(url: str, public: bool) -> None:
    assert check_ws_url(url, Targets.ANY) is None
    problem = check_ws_url(url, Targets.PUBLIC)
    assert (problem is None) is public
    assert public or "VOLTFLEET_TARGETS=any" in str(problem)


@pytest.mark.parametrize(
    ("host", "targets"),
    [
        ("127.0.0.1", Targets.ANY),
        ("localhost", Targets.ANY),
        ("::1", Targets.ANY),
        ("0.0.0.0", Targets.PUBLIC),  # noqa: S104 - read, not bound
        ("::", Targets.PUBLIC),
        ("192.168.1.2", Targets.PUBLIC),
        ("gateway.example", Targets.PUBLIC),
        ("", Targets.PUBLIC),
    ],
)
def test_a_gateway_that_strangers_reach_dials_public_addresses(host: str, targets: Targets) -> None:
    assert Targets.for_listener(host) is targets
