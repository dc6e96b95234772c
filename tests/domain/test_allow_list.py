"""Which targets an organization's list allows, and which lists can be written."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.domain.allow_list import (
    AllowList,
    TargetPolicy,
    read_entry,
    read_kept,
)
from voltfleet.domain.target_policy import Targets


def allow(*texts: str) -> AllowList:
    return AllowList(read_entry(text) for text in texts)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("csms.example.com", "csms.example.com"),
        ("CSMS.Example.COM.", "csms.example.com"),
        ("csms.example.com:9000", "csms.example.com:9000"),
        ("csms.example.com:0080", "csms.example.com:80"),
        ("*.Example.com", "*.example.com"),
        ("*.example.com.:443", "*.example.com:443"),
        ("localhost", "localhost"),
        ("under_score.example", "under_score.example"),
        ("1and1.example", "1and1.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.BÜCHER.example:80", "*.xn--bcher-kva.example:80"),
        ("csms。example", "csms.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("192.0.2.7:9000", "192.0.2.7:9000"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.0/8:9000", "10.0.0.0/8:9000"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:9000", "[2001:db8::1]:9000"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("[2001:db8::/32]:443", "[2001:db8::/32]:443"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("[::ffff:10.0.0.0/104]:80", "10.0.0.0/8:80"),
        ("::/0", "::/0"),
    ],
)
def test_an_entry_has_one_form(written: str, kept: str) -> None:
    entry = read_entry(written)
    assert str(entry) == kept
    assert read_entry(kept) == entry


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("", "csms.example.com"),
        ("*", "delete the list"),
        ("*.", "csms.example.com"),
        ("*.*.example.com", "csms.example.com"),
        ("csms.*.com", "csms.example.com"),
        ("*example.com", "csms.example.com"),
        (".example.com", "csms.example.com"),
        ("a..example", "csms.example.com"),
        ("-a.example", "csms.example.com"),
        ("a b.example", "csms.example.com"),
        ("a.example\n", "csms.example.com"),
        ("a.example\x00", "csms.example.com"),
        ("x" * 64 + ".example", "csms.example.com"),
        (".".join(["a" * 49] * 6), "csms.example.com"),
        ("ü" * 70, "csms.example.com"),
        ("a" * 301, "300 are allowed"),
        ("ws://csms.example.com", "without scheme"),
        ("csms.example.com/ocpp/x", "without scheme"),
        ("user@csms.example.com", "without scheme"),
        ("csms.example.com/ocpp", "a path has no place"),
        ("csms.example.com:", "1 to 65535"),
        ("csms.example.com:0", "1 to 65535"),
        ("csms.example.com:65536", "1 to 65535"),
        ("csms.example.com:\uff19", "1 to 65535"),
        ("csms.example.com:http", "1 to 65535"),
        ("2001:db8::1:9000:x", "csms.example.com"),
        ("[csms.example.com]:80", "leave them out"),
        ("[10.0.0.1]:80", "leave them out"),
        ("[2001:db8::1", "csms.example.com"),
        ("10.0.0.1/8", "write 10.0.0.0/8"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("10.0.0.0/33", "leading bits"),
        ("10.0.0.0/255.0.0.0", "leading bits"),
        ("10.0.0.0/", "leading bits"),
        ("10.0.0/8", "leading bits"),
        ("fd00::%eth0/8", "leading bits"),
        ("0x7f.1", "write the address in its usual form: 127.0.0.1"),
        ("010.0.0.1", "write the address in its usual form: 8.0.0.1"),
        ("2130706433", "write the address in its usual form: 127.0.0.1"),
        ("fd12::1%eth0", "write the address in its usual form: fd12::1"),
        ("*.10.0.0.1", "write a network"),
        ("256.1.1.1", "csms.example.com"),
        ("169.254.169.254", "for nobody"),
        ("169.254.0.0/16", "for nobody"),
        ("fe80::/10", "for nobody"),
        ("::ffff:169.254.169.254", "for nobody"),
        ("metadata.google.internal", "for nobody"),
    ],
)
def test_what_is_none_is_refused_with_what_to_write(written: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        read_entry(written)
    assert remedy.lower() in str(refused.value).lower()


@pytest.mark.parametrize(
    ("entry", "host", "port", "has"),
    [
        ("csms.example.com", "csms.example.com", 80, True),
        ("csms.example.com", "CSMS.example.com.", 9000, True),
        ("csms.example.com", "x.csms.example.com", 80, False),
        ("csms.example.com", "csms.example.com.evil.example", 80, False),
        ("csms.example.com", "evilcsms.example.com", 80, False),
        ("csms.example.com:443", "csms.example.com", 443, True),
        ("csms.example.com:443", "csms.example.com", 80, False),
        ("*.example.com", "csms.example.com", 80, True),
        ("*.example.com", "a.b.csms.example.com", 80, True),
        ("*.example.com", "example.com", 80, False),
        ("*.example.com", "evilexample.com", 80, False),
        ("*.example.com", ".example.com", 80, True),  # no resolver takes it
        ("*.example.com:1", "csms.example.com", 80, False),
        ("bücher.example", "xn--bcher-kva.example", 80, True),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1", "0x7f.1", 80, True),
        ("127.0.0.1", "2130706433", 80, True),
        ("127.0.0.1", "::ffff:127.0.0.1", 80, True),
        ("127.0.0.1", "127.0.0.1.example", 80, False),
        ("10.0.0.0/8", "10.255.0.1", 80, True),
        ("10.0.0.0/8", "11.0.0.1", 80, False),
        ("10.0.0.0/8", "::ffff:10.0.0.1", 80, True),
        ("10.0.0.0/8", "64:ff9b::10.0.0.1", 80, False),
        ("10.0.0.0/8:81", "10.0.0.1", 80, False),
        ("::/0", "2001:db8::1", 80, True),
        ("::/0", "10.0.0.1", 80, False),
        ("::/0", "::ffff:10.0.0.1", 80, False),
        ("2001:db8::/32", "2001:db8:ffff::1", 80, True),
        ("0.0.0.0/0", "csms.example.com", 80, False),
        ("csms.example.com", "1.2.3.4.5", 80, False),
        ("csms.example.com", "", 80, False),
        ("csms.example.com", "\uff43sms.example.com", 80, False),
    ],
)
def test_what_an_entry_is_for(entry: str, host: str, port: int, has: bool) -> None:
    assert allow(entry).has_host(host, port) is has
    assert allow("other.example", entry, "198.51.100.1").has_host(host, port) is has


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("ws://csms.example.com/x", True),
        ("wss://csms.example.com/x", True),
        ("WSS://CSMS.EXAMPLE.COM:443/x", True),
        ("ws://secure.example.com/x", False),
        ("wss://secure.example.com/x", True),
        ("ws://secure.example.com:443/x", True),
        ("ws://10.1.2.3:9/x", True),
        ("ws://0x0a.0x10203/x", True),
        ("ws://11.1.2.3:9/x", False),
        ("ws://name-that-may-lead-there.example/x", False),
        ("ws://169.254.169.254/", True),  # the operator's policy has refused it by then
    ],
)
def test_an_address_that_is_written_is_held_against_the_list(url: str, fine: bool) -> None:
    listed = allow("csms.example.com", "secure.example.com:443", "10.0.0.0/8")
    problem = TargetPolicy(Targets.ANY, listed).check_listed(url)
    assert (problem is None) is fine
    assert TargetPolicy(Targets.ANY).check_listed(url) is None
    if problem is not None:
        assert "csms.example.com, secure.example.com:443, 10.0.0.0/8" in problem
        assert "/admin/organizations/{organization_id}/targets" in problem


@pytest.mark.parametrize(
    ("targets", "entries", "host", "address", "fine"),
    [
        # A listed name, whatever public address it has; private ones as far as the operator says.
        (Targets.PUBLIC, ["csms.example"], "csms.example", "93.184.216.34", True),
        (Targets.PUBLIC, ["csms.example"], "csms.example", "10.0.0.1", False),
        (Targets.ANY, ["csms.example"], "csms.example", "10.0.0.1", True),
        (Targets.ANY, ["csms.example"], "csms.example", "169.254.169.254", False),
        (Targets.ANY, ["*.example"], "csms.example", "fd00:ec2::254", False),
        # A name that is not, where its address is.
        (Targets.ANY, ["10.0.0.0/8"], "csms.example", "10.0.0.1", True),
        (Targets.PUBLIC, ["10.0.0.0/8"], "csms.example", "10.0.0.1", False),
        (Targets.ANY, ["10.0.0.0/8"], "csms.example", "11.0.0.1", False),
        (Targets.ANY, ["10.0.0.0/8"], "csms.example", "::ffff:10.0.0.1", True),
        (Targets.ANY, ["0.0.0.0/0"], "csms.example", "169.254.169.254", False),
        (Targets.ANY, ["0.0.0.0/0", "::/0"], "csms.example", "::ffff:169.254.169.254", False),
        # Digits are an address, whatever they are spelled like: what they lead to counts.
        (Targets.ANY, ["127.0.0.1"], "0x7f.1", "127.0.0.1", True),
        (Targets.ANY, ["127.0.0.1"], "127.0.0.1", "127.0.0.2", False),
        (Targets.ANY, [], "csms.example", "93.184.216.34", False),
    ],
)
def test_what_is_dialled_is_held_against_both(
    targets: Targets, entries: list[str], host: str, address: str, fine: bool
) -> None:
    policy = TargetPolicy(targets, allow(*entries))
    assert (policy.check_dial(host, 80, address) is None) is fine
    if fine:
        assert policy.check_name(host, 80) is None


def test_a_name_that_cannot_be_allowed_is_not_looked_up() -> None:
    policy = TargetPolicy(allowed=allow("csms.example", "10.0.0.0/8:80"))
    assert policy.check_name("other.example", 80) is None
    assert policy.check_name("csms.example", 81) is None
    assert "other.example:81 is not on the list" in str(policy.check_name("other.example", 81))
    assert TargetPolicy().check_name("other.example", 81) is None


def test_what_this_release_cannot_read_allows_nothing() -> None:
    kept = read_kept(("csms.example", "a?new/kind:of entry", "10.0.0.0/8"))
    assert kept == allow("csms.example", "10.0.0.0/8")
    assert not read_kept(()).has_host("csms.example", 80)


def test_a_long_list_is_told_by_its_beginning() -> None:
    listed = allow(*(f"csms-{number}.example" for number in range(9)))
    assert "csms-4.example, 4 more)" in listed.refusal("other.example", 9)
    assert "[2001:db8::1]:9 is" in listed.refusal("2001:db8::1", 9)


@given(st.text())
def test_any_text_is_an_entry_or_a_sentence(text: str) -> None:
    for written in (text, f"*.{text}", f"{text}/8", f"[{text}]", f"a:{text}"):
        wrong = ""
        try:
            entry = read_entry(written)
        except ValueError as refused:
            wrong = str(refused)
        else:
            assert read_entry(str(entry)) == entry
            assert str(entry).isascii()
        assert not wrong or (wrong[0].isupper() and wrong.endswith("."))


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(addresses, addresses, st.integers(0, 128), st.integers(1, 65535))
def test_a_list_only_narrows(
    address: ipaddress.IPv4Address, base: ipaddress.IPv4Address, bits: int, port: int
) -> None:
    network = ipaddress.ip_network((base, min(bits, base.max_prefixlen)), strict=False)
    try:
        listed = allow(str(network), "csms.example")
    except ValueError:
        return  # it is for nobody
    for targets in Targets:
        for host in ("csms.example", "other.example", str(address)):
            alone = TargetPolicy(targets).check_dial(host, port, str(address))
            both = TargetPolicy(targets, listed).check_dial(host, port, str(address))
            assert both is not None or alone is None


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_has_what_its_bits_say(base: ipaddress.IPv4Address, bits: int) -> None:
    network = ipaddress.ip_network((base, bits), strict=False)
    try:
        listed = allow(f"{network.network_address}/{bits}")
    except ValueError:
        return
    number = int(network.network_address)
    for inside in (number, int(base), number + network.num_addresses - 1):
        assert listed.has_host(str(inside), 80)
        assert listed.has_host(f"::ffff:{ipaddress.IPv4Address(inside)}", 80)
    for outside in (number - 1, number + network.num_addresses):
        if 0 <= outside < 2**32:
            assert not listed.has_host(str(ipaddress.IPv4Address(outside)), 80)
