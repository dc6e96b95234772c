"""Security profiles and target policy over real sockets: who is let in, and what is never sent."""

import base64
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus

import pytest
from host_doubles import Bench, FakeCsms, assignment
from websockets.uri import parse_uri

from support.authorities import Authority
from voltfleet.domain.hosting import ConnectionState, DialSecurity
from voltfleet.domain.target_policy import Targets
from voltfleet.host import reasons
from voltfleet.station.reports import DialFailure, DialSettings

ONLINE = ConnectionState.ONLINE
KEY, OTHER_KEY = b"0123456789abcdef", b"\x00\xff binary key \x80\x81"
AUTHORITY, STRANGER = Authority(), Authority("a stranger")


def basic(key: bytes, name: str = "CP1") -> str:
    return "Basic " + base64.b64encode(name.encode() + b":" + key).decode()


def wss(csms: FakeCsms) -> str:
    return csms.ws_url.replace("ws:", "wss:")


@pytest.fixture
async def secure() -> AsyncIterator[FakeCsms]:
    """A CSMS behind TLS, with a certificate for 127.0.0.1."""
    server = FakeCsms()
    await server.start(ssl=AUTHORITY.server("127.0.0.1"))
    yield server
    await server.kill()


@pytest.fixture
async def mutual() -> AsyncIterator[FakeCsms]:
    """A CSMS that wants client certificates."""
    server = FakeCsms()
    await server.start(ssl=AUTHORITY.server("127.0.0.1", clients=AUTHORITY))
    yield server
    await server.kill()


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
async def test_profile_1_sends_identity_and_key(bench: Bench, csms: FakeCsms, key: bytes) -> None:
    csms.authorization = basic(key)
    bench.host.assign(assignment(csms.ws_url, security=DialSecurity(1, key)))
    await bench.state("CP1", ONLINE)


async def test_a_wrong_key_is_named_and_not_shown(bench: Bench, csms: FakeCsms) -> None:
    csms.authorization = basic(OTHER_KEY)
    bench.host.assign(assignment(csms.ws_url, security=DialSecurity(1, KEY)))
    error = await bench.error("CP1")
    assert "401" in error
    assert "check authorization_key" in error
    assert KEY.decode() not in error
    assert base64.b64encode(KEY).decode()[:-3] not in error


async def test_a_charger_without_a_profile_sends_no_credentials(
    bench: Bench, csms: FakeCsms
) -> None:
    csms.authorization = basic(KEY)
    bench.host.assign(assignment(csms.ws_url))
    assert "security_profile 1 or 2" in await bench.error("CP1")
    assert csms.headers is not None
    assert "Authorization" not in csms.headers


async def test_a_redirect_is_not_followed_with_the_key(bench: Bench, csms: FakeCsms) -> None:
    csms.refuse_with = HTTPStatus.FOUND
    csms.refuse_headers = {"Location": csms.ws_url + "/elsewhere"}
    bench.host.assign(assignment(csms.ws_url, security=DialSecurity(1, KEY)))
    assert "it points to" in await bench.error("CP1")
    assert set(csms.paths) == {"/ocpp/CP1"}


async def test_profile_2(bench: Bench, secure: FakeCsms) -> None:
    secure.authorization = basic(KEY)
    security = DialSecurity(2, KEY, AUTHORITY.pem)
    bench.host.assign(assignment(wss(secure), security=security))
    await bench.state("CP1", ONLINE)


async def test_profile_2_trusts_only_the_authority_given(bench: Bench, secure: FakeCsms) -> None:
    bench.host.assign(assignment(wss(secure), security=DialSecurity(2, KEY, STRANGER.pem)))
    error = await bench.error("CP1")
    assert error.startswith(f"TLS certificate of 127.0.0.1:{secure.port} not trusted: ")
    assert "ca_certificate" in error
    assert secure.paths == []


async def test_profile_2_checks_the_host_name(bench: Bench) -> None:
    csms = FakeCsms()
    await csms.start(ssl=AUTHORITY.server("elsewhere.example"))
    bench.host.assign(assignment(wss(csms), security=DialSecurity(2, KEY, AUTHORITY.pem)))
    assert "issued for another name" in await bench.error("CP1")
    assert csms.paths == []
    await csms.kill()


async def test_profile_2_over_a_name_sends_it_and_checks_it(csms: FakeCsms) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    await csms.kill()
    await csms.start(ssl=AUTHORITY.server("csms.example"))
    bench = Bench(resolve=resolve)
    bench.host.start()
    url = wss(csms).replace("127.0.0.1", "csms.example")
    bench.host.assign(assignment(url, security=DialSecurity(2, KEY, AUTHORITY.pem)))
    await bench.state("CP1", ONLINE)
    bench.host.fence()
    bench.host.stop()


@pytest.mark.parametrize("profile", [2, 3])
async def test_nothing_is_dialled_in_clear_for_a_profile_that_wants_tls(
    bench: Bench, csms: FakeCsms, profile: int
) -> None:
    certificate, key = AUTHORITY.issue("CP1")
    security = DialSecurity(profile, KEY, AUTHORITY.pem, certificate, key)
    bench.host.assign(assignment(csms.ws_url, security=security))
    assert f"security profile {profile} needs a wss:// address" in await bench.error("CP1")
    assert csms.paths == []


async def test_profile_1_without_a_key_is_not_dialled(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url, security=DialSecurity(1)))
    assert "needs an authorization_key" in await bench.error("CP1")
    assert csms.paths == []


async def test_a_server_without_tls_gets_no_key(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(wss(csms), security=DialSecurity(2, KEY, AUTHORITY.pem)))
    await bench.error("CP1")
    assert csms.paths == []


async def test_a_server_of_old_tls_gets_no_key(bench: Bench, csms: FakeCsms) -> None:
    context = AUTHORITY.server("127.0.0.1")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    await csms.kill()
    await csms.start(ssl=context)
    bench.host.assign(assignment(wss(csms), security=DialSecurity(2, KEY, AUTHORITY.pem)))
    assert "TLS" in await bench.error("CP1")
    assert csms.paths == []


async def test_profile_3_presents_the_certificate_and_no_key(
    bench: Bench, mutual: FakeCsms
) -> None:
    certificate, key = AUTHORITY.issue("CP1")
    security = DialSecurity(3, KEY, AUTHORITY.pem, certificate, key)
    bench.host.assign(assignment(wss(mutual), security=security))
    await bench.state("CP1", ONLINE)
    socket = mutual.sockets["/ocpp/CP1"]
    peer = socket.transport.get_extra_info("peercert")
    assert ((("commonName", "CP1"),)) in peer["subject"]
    assert mutual.headers is not None
    assert "Authorization" not in mutual.headers


async def test_a_csms_that_wants_a_certificate_and_gets_none(
    bench: Bench, mutual: FakeCsms
) -> None:
    bench.host.assign(assignment(wss(mutual), security=DialSecurity(2, KEY, AUTHORITY.pem)))
    assert "client certificate" in await bench.error("CP1")
    assert mutual.paths == []


async def test_a_certificate_of_a_stranger(bench: Bench, mutual: FakeCsms) -> None:
    certificate, key = STRANGER.issue("CP1")
    security = DialSecurity(3, None, AUTHORITY.pem, certificate, key)
    bench.host.assign(assignment(wss(mutual), security=security))
    error = await bench.error("CP1")
    assert "client certificate" in error
    assert mutual.paths == []


async def test_a_key_that_does_not_fit_its_certificate(bench: Bench, mutual: FakeCsms) -> None:
    certificate, _ = AUTHORITY.issue("CP1")
    _, other = AUTHORITY.issue("CP1")
    security = DialSecurity(3, None, AUTHORITY.pem, certificate, other)
    bench.host.assign(assignment(wss(mutual), security=security))
    error = await bench.error("CP1")
    assert "client_certificate and client_key cannot be used" in error
    assert "PRIVATE" not in error


async def test_chargers_of_the_same_certificates_share_one_context(
    bench: Bench, secure: FakeCsms
) -> None:
    for number in range(5):
        # Each as it comes off the link: a copy of its own.
        pem = "".join(list(AUTHORITY.pem))
        bench.host.assign(
            assignment(wss(secure), f"CP{number}", security=DialSecurity(2, KEY, pem))
        )
    await bench.seen.changes.until(lambda: bench.host.online == 5)
    assert bench.host._shared.tls._made.cache_info().currsize == 1
    kept = {id(runner.assignment.security) for runner in bench.host._runners.values()}
    assert len(kept) == 1


async def test_a_new_key_is_used_from_the_next_dial_on(bench: Bench, csms: FakeCsms) -> None:
    csms.authorization = basic(KEY)
    bench.host.assign(assignment(csms.ws_url, security=DialSecurity(1, KEY)))
    await bench.state("CP1", ONLINE)
    csms.authorization = basic(OTHER_KEY)
    bench.command("CP1", "dial", settings=DialSettings(authorization_key=OTHER_KEY))
    await bench.seen.changes.until(lambda: bench.host.online == 0)
    bench.clock.advance(1.5)
    await bench.seen.changes.until(lambda: bench.host.online == 1)
    assert bench.stations["CP1"].connections == 2


async def test_a_higher_profile_is_dialled_over_tls_at_the_same_place(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url, security=DialSecurity(1, KEY)))
    await bench.state("CP1", ONLINE)
    await csms.kill()
    await csms.start(ssl=AUTHORITY.server("127.0.0.1"))
    settings = DialSettings(security_profile=2, ca_certificates=(STRANGER.pem, AUTHORITY.pem))
    bench.command("CP1", "dial", settings=settings)
    await bench.seen.changes.until(lambda: bench.host.online == 0)
    for _ in range(200):
        if bench.host.online:
            break
        bench.clock.advance(5.0)
        await bench.tick()
    assert bench.host.online == 1
    assert bench.host._runners["id-CP1"].endpoint.address[0]


async def test_an_address_that_the_csms_gave_and_that_leads_nowhere(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    bench.command("CP1", "dial", settings=DialSettings(csms_url="gopher://nowhere"))
    await bench.until(lambda: bench.stations["CP1"].failed_dials == 1)
    assert "cannot be dialled" in (await bench.error("CP1"))


async def test_a_station_hears_of_each_failed_dial(bench: Bench, csms: FakeCsms) -> None:
    csms.refuse_with = HTTPStatus.UNAUTHORIZED
    bench.host.assign(assignment(csms.ws_url))
    await bench.error("CP1")
    assert bench.stations["CP1"].failed_dials == 1


# --- the target policy ---------------------------------------------------------------------------


async def test_a_name_that_comes_to_lead_to_the_metadata_service(
    csms: FakeCsms, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    bench = Bench(resolve=resolve)
    bench.host.start()
    url = csms.ws_url.replace("127.0.0.1", "rebound.example")
    bench.host.assign(assignment(url))
    await bench.state("CP1", ONLINE)
    dials = len(csms.paths)
    opened: list[object] = []
    monkeypatch.setattr(bench.host._dialer, "_open", lambda *a, **b: opened.append(a))
    csms.sockets["/ocpp/CP1"].transport.abort()
    bench.clock.advance(100.0)
    await bench.until(
        lambda: "rebound.example leads to 169.254.169.254" in (bench.seen.error("CP1") or "")
    )
    assert opened == []
    assert len(csms.paths) == dials
    bench.host.fence()
    bench.host.stop()


@pytest.mark.parametrize(
    ("targets", "address", "why"),
    [
        (Targets.ANY, "169.254.169.254", "metadata"),
        (Targets.ANY, "fe80::1", "link-local"),
        (Targets.ANY, "::ffff:169.254.169.254", "metadata"),
        (Targets.PUBLIC, "127.0.0.1", "VOLTFLEET_TARGETS=any"),
        (Targets.PUBLIC, "10.1.2.3", "VOLTFLEET_TARGETS=any"),
        (Targets.PUBLIC, "::1", "VOLTFLEET_TARGETS=any"),
        (Targets.PUBLIC, "fd12::1", "VOLTFLEET_TARGETS=any"),
    ],
)
async def test_what_a_name_must_not_lead_to(
    csms: FakeCsms,
    monkeypatch: pytest.MonkeyPatch,
    targets: Targets,
    address: str,
    why: str,
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1" if targets is Targets.ANY else "8.8.8.8", address]

    bench = Bench(targets=targets, resolve=resolve)
    bench.host.start()
    opened: list[object] = []
    monkeypatch.setattr(bench.host._dialer, "_open", lambda *a, **b: opened.append(a))
    bench.host.assign(assignment(csms.ws_url.replace("127.0.0.1", "csms.example")))
    error = await bench.error("CP1")
    assert why in error
    assert opened == []
    assert csms.paths == []
    bench.host.fence()
    bench.host.stop()


async def test_an_address_in_the_url_is_checked_as_well(csms: FakeCsms) -> None:
    bench = Bench(targets=Targets.PUBLIC)
    bench.host.start()
    bench.host.assign(assignment(csms.ws_url))
    assert "VOLTFLEET_TARGETS=any" in await bench.error("CP1")
    assert csms.paths == []
    bench.host.fence()
    bench.host.stop()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "security_profile 3 with client_certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "does not know the authority that issued it"),
        ("UNSUPPORTED_PROTOCOL", "no TLS 1.2 or above"),
    ],
)
def test_the_words_for_what_a_server_says_in_tls(reason: str, words: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower()} (_ssl.c:2580)")
    error.reason = reason
    assert words in reasons.dial_failed(error, parse_uri("wss://csms.example/ocpp"))


@pytest.mark.parametrize(
    ("reason", "with_certificate", "failure"),
    [
        ("UNSUPPORTED_PROTOCOL", False, DialFailure.TLS_VERSION),
        ("TLSV1_ALERT_PROTOCOL_VERSION", False, DialFailure.TLS_VERSION),
        ("TLSV1_ALERT_INSUFFICIENT_SECURITY", False, DialFailure.CIPHER_SUITE),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", True, DialFailure.CIPHER_SUITE),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", False, DialFailure.OTHER),
        ("TLSV1_ALERT_UNKNOWN_CA", True, DialFailure.CREDENTIALS),
        ("WRONG_VERSION_NUMBER", False, DialFailure.OTHER),
    ],
)
def test_the_kind_of_what_a_server_says_in_tls(
    reason: str, with_certificate: bool, failure: DialFailure
) -> None:
    error = ssl.SSLError(1, "…")
    error.reason = reason
    assert reasons.failure_of(error, showed_certificate=with_certificate) is failure


async def test_a_station_hears_why_its_dial_failed(bench: Bench, secure: FakeCsms) -> None:
    secure.authorization = basic(OTHER_KEY)
    certificate, key = AUTHORITY.issue("CP3")
    with _weak_server() as port:
        for name, url, security in (
            ("CP1", wss(secure), DialSecurity(2, KEY, STRANGER.pem)),
            ("CP2", wss(secure), DialSecurity(2, KEY, AUTHORITY.pem)),
            (
                "CP3",
                f"wss://127.0.0.1:{port}",
                DialSecurity(3, None, AUTHORITY.pem, certificate, key),
            ),
        ):
            bench.host.assign(assignment(url, name, security=security))
        for name, failure in (
            ("CP1", DialFailure.CSMS_CERTIFICATE),
            ("CP2", DialFailure.CREDENTIALS),
            ("CP3", DialFailure.CIPHER_SUITE),
        ):
            error = await bench.error(name)
            assert bench.stations[name].dial_failures[0] == (failure, error)


@contextmanager
def _weak_server() -> Iterator[int]:
    """One that takes only what no client here offers. Not asyncio's, which ends a handshake that
    failed without saying so."""
    context = AUTHORITY.server("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-CCM8:@SECLEVEL=0")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with peer, suppress(ssl.SSLError):
                    context.wrap_socket(peer, server_side=True)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
