"""Before there is a WebSocket."""

import asyncio

from support.hostile.peer import Peer, Script, does, stand_still


@does("no answer from .* within 10 s", after=11)
async def says_nothing(peer: Peer) -> None:
    await stand_still()


@does("no answer from .* within 10 s", after=11, tls=True)
async def tls_that_hangs(peer: Peer) -> None:
    await stand_still()


@does("TLS handshake .* failed", tls=True)
async def tls_that_is_none(peer: Peer) -> None:
    await peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await stand_still()


@does("cut the connection during the handshake")
async def resets_at_once(peer: Peer) -> None:
    peer.reset()


@does("cut the connection during the handshake")
async def resets_after_the_request(peer: Peer) -> None:
    await peer.request()
    peer.reset()


@does("cut the connection during the handshake")
async def resets_in_mid_answer(peer: Peer) -> None:
    await peer.request()
    await peer.say(peer.upgrade()[:40])
    peer.reset()


@does("cut the connection during the handshake")
async def half_closes_instead_of_answering(peer: Peer) -> None:
    await peer.request()
    peer.writer.write_eof()
    await stand_still()


@does()
async def answers_byte_by_byte(peer: Peer) -> None:
    await peer.request()
    for byte in peer.upgrade():
        await peer.say(bytes([byte]))
        await asyncio.sleep(0)
    await peer.oblige()


@does("no answer from .* within 10 s", after=11)
async def never_ends_its_answer(peer: Peer) -> None:
    await peer.request()
    await peer.say(b"HTTP/1.1 101 Switching Protocols\r\nX: ")
    while True:
        await peer.say(b"x")
        await asyncio.sleep(0.5)


@does("does not speak WebSocket properly")
async def wrong_accept(peer: Peer) -> None:
    await peer.request()
    await peer.say(peer.upgrade(Sec_WebSocket_Accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="))
    await stand_still()


@does("did not keep to what was offered")
async def wrong_subprotocol(peer: Peer) -> None:
    await peer.request()
    await peer.say(peer.upgrade(Sec_WebSocket_Protocol="ocpp2.0.1"))
    await stand_still()


@does("chose no OCPP subprotocol")
async def no_subprotocol(peer: Peer) -> None:
    await peer.request()
    await peer.say(peer.upgrade(Sec_WebSocket_Protocol=None))
    await stand_still()


@does("did not keep to what was offered")
async def compression_that_nobody_offered(peer: Peer) -> None:
    await peer.request()
    await peer.say(peer.upgrade(Sec_WebSocket_Extensions="permessage-deflate"))
    await stand_still()


@does("something that is not HTTP")
async def speaks_ssh(peer: Peer) -> None:
    await peer.say(b"SSH-2.0-OpenSSH_9.6\r\n")
    await stand_still()


@does("something that is not HTTP|does not speak WebSocket")
async def endless_headers(peer: Peer) -> None:
    await peer.request()
    await peer.say(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        await peer.say(b"X-More: and more\r\n" * 100)


@does("something that is not HTTP|does not speak WebSocket")
async def a_header_of_megabytes(peer: Peer) -> None:
    await peer.request()
    await peer.say(b"HTTP/1.1 101 Switching Protocols\r\nX-Long: ")
    while True:
        await peer.say(b"x" * 65536)


@does("HTTP 403.*does not let this identity in", after=11)
async def refuses_and_keeps_the_line(peer: Peer) -> None:
    await peer.request()
    await peer.say(b"HTTP/1.1 403 Forbidden\r\n\r\nGo away")
    await stand_still()


@does("HTTP 503", after=11)
async def refuses_with_an_endless_body(peer: Peer) -> None:
    await peer.request()
    await peer.say(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    while True:
        await peer.say(b"x" * 65536)


def refuses(status: int, *headers: str) -> Script:
    """An answer in order, but no."""

    async def script(peer: Peer) -> None:
        await peer.request()
        lines = "".join(f"{line}\r\n" for line in headers)
        await peer.say(f"HTTP/1.1 {status} No\r\n{lines}Content-Length: 3\r\n\r\nno\n".encode())

    script.__name__ = f"http_{status}"
    return script


for _status, _headers in {
    200: (),
    301: ("Location: ws://127.0.0.1:1/",),
    400: (),
    401: ("WWW-Authenticate: Basic",),
    403: (),
    404: (),
    426: ("Upgrade: tls/9",),
    429: ("Retry-After: 2147483648",),
    500: (),
    503: ("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",),
}.items():
    does(f"HTTP {_status}")(refuses(_status, *_headers))
