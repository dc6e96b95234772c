"""The connection against a real server, through the runner and dialer that use it in production."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import cast

import pytest
from host_doubles import Bench, Changes, FakeCsms, Tls, assignment
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.utils import accept_key

from voltfleet.domain.hosting import ConnectionState
from voltfleet.host.connection import Timeouts

ONLINE = ConnectionState.ONLINE
WAITING = ConnectionState.WAITING


class RawPeer(asyncio.Protocol):
    """A server that does the handshake and then nothing by itself."""

    def __init__(self, made: "list[RawPeer]", changes: Changes, *, shakes_hands: bool) -> None:
        self.ws = ServerProtocol(subprotocols=[cast("Subprotocol", "ocpp1.6")])
        self.made, self.changes, self.shakes_hands = made, changes, shakes_hands
        self.request = b""
        self.received = b""
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.made.append(self)
        self.changes.happened()

    def data_received(self, data: bytes) -> None:
        if not self.shakes_hands:
            self.request += data
        elif self.ws.state is OPEN:
            self.received += data
        else:
            self.ws.receive_data(data)
            for request in self.ws.events_received():
                self.ws.send_response(self.ws.accept(request))  # type: ignore[arg-type]
            self.transport.write(b"".join(self.ws.data_to_send()))
        self.changes.happened()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.changes.happened()

    def say(self, head: int, payload: bytes) -> None:
        """An unmasked frame, right or wrong."""
        assert len(payload) < 126
        self.transport.write(bytes([head, len(payload)]) + payload)


class RawServer:
    """Raw peers on a free port."""

    def __init__(self) -> None:
        self.peers: list[RawPeer] = []
        self.changes = Changes()
        self.shakes_hands = True

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: RawPeer(self.peers, self.changes, shakes_hands=self.shakes_hands),
            "127.0.0.1",
            0,
        )
        port = self._server.sockets[0].getsockname()[1]
        self.where = f"127.0.0.1:{port}"
        self.ws_url = f"ws://{self.where}/ocpp"

    async def close(self) -> None:
        for peer in self.peers:
            peer.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    async def opened(self) -> RawPeer:
        """The first peer once the station has sent its boot."""
        await self.changes.until(lambda: self.peers and self.peers[0].received)
        self.peers[0].received = b""
        return self.peers[0]


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    """A server below WebSocket's rules."""
    server = RawServer()
    await server.start()
    yield server
    await server.close()


async def test_a_station_boots_over_a_websocket_with_its_subprotocol(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url + "?tenant=a", "A B"))
    await bench.state("A B", ONLINE)
    assert csms.paths == ["/ocpp/A%20B?tenant=a"]
    assert csms.headers is not None
    assert csms.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
    assert "Sec-WebSocket-Extensions" not in csms.headers
    assert csms.received[0][1] == '[2,"boot","BootNotification",{}]'
    assert bench.seen.error("A B") is None


async def test_user_and_password_of_the_url_are_sent(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url.replace("ws://", "ws://user:secret@")))
    await bench.state("CP1", ONLINE)
    assert csms.headers is not None
    assert csms.headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="


async def test_nobody_listens(bench: Bench, free_port: int) -> None:
    bench.host.assign(assignment(f"ws://127.0.0.1:{free_port}"))
    error = await bench.error("CP1")
    assert error == f"connection refused by 127.0.0.1:{free_port}: is the CSMS running there?"


async def test_no_such_host(bench: Bench) -> None:
    bench.host.assign(assignment("ws://no-such-host.invalid/ocpp"))
    error = await bench.error("CP1")
    assert error.startswith("could not resolve host no-such-host.invalid")


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (HTTPStatus.UNAUTHORIZED, "it wants credentials"),
        (HTTPStatus.FORBIDDEN, "it does not let this identity in"),
        (HTTPStatus.NOT_FOUND, "it does not know this identity or path"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "it is overloaded or starting"),
    ],
)
async def test_the_csms_refuses(
    bench: Bench, csms: FakeCsms, status: HTTPStatus, hint: str
) -> None:
    csms.refuse_with = status
    bench.host.assign(assignment(csms.ws_url))
    error = await bench.error("CP1")
    assert error.startswith(f"the CSMS answered HTTP {status.value} to /ocpp/CP1: {hint}")
    assert bench.seen.state("CP1") is WAITING


async def test_the_csms_redirects(bench: Bench, csms: FakeCsms) -> None:
    csms.refuse_with = HTTPStatus.PERMANENT_REDIRECT
    csms.refuse_headers = {"Location": "wss://new.example/ocpp"}
    bench.host.assign(assignment(csms.ws_url))
    assert "it points to wss://new.example/ocpp; use that" in await bench.error("CP1")


async def test_a_csms_that_chooses_no_subprotocol_is_left(bench: Bench, csms: FakeCsms) -> None:
    await csms.kill()
    csms.subprotocols = None
    await csms.start()
    bench.host.assign(assignment(csms.ws_url))
    assert await bench.error("CP1") == "the CSMS chose no OCPP subprotocol; offered ocpp1.6"
    assert csms.closed[0][1] == 1002
    assert bench.stations["CP1"].connections == 0


async def test_a_csms_that_chooses_another_subprotocol_is_left(
    bench: Bench, raw: RawServer
) -> None:
    raw.shakes_hands = False
    bench.host.assign(assignment(raw.ws_url))
    await raw.changes.until(lambda: raw.peers and raw.peers[0].request)
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", raw.peers[0].request)
    assert key is not None
    raw.peers[0].transport.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(key[1].decode()).encode() + b"\r\n"
        b"Sec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
    )
    assert await bench.error("CP1") == (
        "the CSMS did not keep to what was offered (ocpp1.6): unsupported subprotocol: ocpp2.0.1"
    )


async def test_a_server_that_does_not_speak_http(bench: Bench, raw: RawServer) -> None:
    raw.shakes_hands = False
    bench.host.assign(assignment(raw.ws_url))
    await raw.changes.until(lambda: raw.peers)
    raw.peers[0].transport.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    assert await bench.error("CP1") == (
        f"{raw.where} answered with something that is not HTTP; is it the CSMS's port?"
    )


async def test_a_server_that_hangs_up_during_the_handshake(bench: Bench, raw: RawServer) -> None:
    raw.shakes_hands = False
    bench.host.assign(assignment(raw.ws_url))
    await raw.changes.until(lambda: raw.peers)
    raw.peers[0].transport.abort()
    assert await bench.error("CP1") == (
        f"{raw.where} cut the connection during the handshake; is it a WebSocket server?"
    )


async def test_a_server_that_never_answers_the_handshake(bench: Bench, raw: RawServer) -> None:
    raw.shakes_hands = False
    bench.host.assign(assignment(raw.ws_url))
    await raw.changes.until(lambda: raw.peers)
    bench.clock.advance(9.0)
    assert bench.seen.error("CP1") is None
    bench.clock.advance(1.5)
    error = await bench.error("CP1")
    assert error.startswith(f"no answer from {raw.where} within 10 s")
    await raw.changes.until(lambda: raw.peers[0].lost)


async def test_a_dead_connection_is_found_out_by_a_ping(bench: Bench, raw: RawServer) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    bench.clock.advance(60.5)
    await raw.changes.until(lambda: peer.received[:1] == b"\x89")
    bench.clock.advance(20.5)
    error = await bench.error("CP1")
    assert error == f"{raw.where} did not answer a ping within 20 s: the connection is dead"
    await raw.changes.until(lambda: peer.lost)


async def test_an_answered_ping_keeps_the_connection(bench: Bench, raw: RawServer) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    for _ in range(3):
        bench.clock.advance(60.5)
        await raw.changes.until(lambda: peer.received[:1] == b"\x89")
        peer.received = b""
        peer.say(0x8A, b"")
        bench.clock.advance(19.0)
        peer.say(0x81, b'[2,"1","Reset",{}]')
        await raw.changes.until(lambda: b"\x81" in peer.received)
        peer.received = b""
    assert not peer.lost
    assert bench.seen.state("CP1") is ConnectionState.CONNECTED


async def test_the_station_chooses_the_ping_interval(bench: Bench, raw: RawServer) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    bench.stations["CP1"].ping_seconds = 7
    peer.say(0x81, b'[2,"1","ChangeConfiguration",{}]')
    await raw.changes.until(lambda: peer.received[:1] == b"\x81")
    peer.received = b""
    bench.clock.advance(7.5)
    await raw.changes.until(lambda: peer.received[:1] == b"\x89")


async def test_a_csms_pings(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    async with asyncio.timeout(5):
        await (await csms.sockets["/ocpp/CP1"].ping(b"hello"))


@pytest.mark.parametrize(
    ("head", "payload", "close_code", "words"),
    [
        (0x82, b"\x00\x01", 1003, "OCPP-J messages are text"),
        (0x81, b"\xff\xfe", 1007, "invalid UTF-8"),
        (0x83, b"", 1002, "invalid opcode"),
        (0xC1, b"", 1002, "reserved bits"),
    ],
)
async def test_a_csms_that_breaks_the_rules(
    bench: Bench, raw: RawServer, head: int, payload: bytes, close_code: int, words: str
) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    peer.say(head, payload)
    await raw.changes.until(lambda: peer.received)
    assert peer.received[0] == 0x88
    mask, masked = peer.received[2:6], peer.received[6:8]
    assert struct.unpack("!H", bytes(a ^ b for a, b in zip(masked, mask, strict=False))) == (
        close_code,
    )
    bench.clock.advance(5.5)  # the server does not close the socket: the host does
    assert words in await bench.error("CP1")
    await raw.changes.until(lambda: peer.lost)


async def test_a_message_over_the_limit_is_refused(csms: FakeCsms) -> None:
    bench = Bench(timeouts=Timeouts(max_message_bytes=1000))
    bench.host.start()
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    await csms.sockets["/ocpp/CP1"].send("x" * 1001)
    assert "exceeds limit of 1000 bytes" in await bench.error("CP1")
    assert csms.closed[0][1] == 1009
    bench.host.fence()
    bench.host.stop()


async def test_a_message_in_fragments(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    await csms.sockets["/ocpp/CP1"].send(['[2,"7","Res', 'et",', '{"ü":1}]'])
    await csms.changes.until(lambda: csms.received[-1][1] == '[3,"7",{}]')
    assert bench.stations["CP1"].received[-1] == '[2,"7","Reset",{"ü":1}]'


async def test_a_message_and_the_close_in_one_packet(bench: Bench, raw: RawServer) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    message, close = b'[2,"9","Reset",{}]', struct.pack("!H", 1001) + b"bye"
    peer.transport.write(bytes([0x81, len(message)]) + message + bytes([0x88, len(close)]) + close)
    await raw.changes.until(lambda: peer.received[:1] == b"\x88")
    peer.transport.close()
    assert await bench.error("CP1") == "the CSMS closed the connection: 1001 (going away) bye"
    assert bench.stations["CP1"].received == [message.decode()]


async def test_a_connection_cut_without_a_word(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    csms.sockets["/ocpp/CP1"].transport.abort()
    error = await bench.error("CP1")
    assert error.startswith(f"connection to 127.0.0.1:{csms.port} lost")


async def test_a_csms_that_does_not_read_is_dropped(bench: Bench, raw: RawServer) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    peer.transport.pause_reading()
    bench.command("CP1", "shout", times=200)
    await bench.seen.changes.until(lambda: bench.seen.outcomes)
    bench.clock.advance(30.5)
    error = await bench.error("CP1")
    assert error.startswith(f"{raw.where} has read nothing for 30 s")


async def test_a_csms_that_reads_again_gets_the_rest(bench: Bench, raw: RawServer) -> None:
    bench.host.assign(assignment(raw.ws_url))
    peer = await raw.opened()
    peer.transport.pause_reading()
    bench.command("CP1", "shout", times=200)
    await bench.seen.changes.until(lambda: bench.seen.outcomes)
    peer.transport.resume_reading()
    await raw.changes.until(lambda: len(peer.received) >= 200 * 100_000)
    bench.clock.advance(40.0)
    peer.received = b""
    peer.say(0x81, b'[2,"1","Reset",{}]')
    await raw.changes.until(lambda: peer.received[:1] == b"\x81")
    assert not peer.lost


async def test_the_station_closes_for_the_protocols_sake(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    await csms.sockets["/ocpp/CP1"].send("close")
    assert await bench.error("CP1") == "the station closed the connection with code 1002"
    assert csms.closed[0][1] == 1002


async def test_tls_with_an_unknown_authority(bench: Bench, csms: FakeCsms, tls: Tls) -> None:
    await csms.kill()
    await csms.start(ssl=tls.server)
    bench.host.assign(assignment(csms.ws_url.replace("ws:", "wss:")))
    error = await bench.error("CP1")
    assert error.startswith(f"TLS certificate of 127.0.0.1:{csms.port} not trusted: ")
    assert "VOLTFLEET_HOST_CA_FILE" in error


async def test_tls_with_the_authority_given(csms: FakeCsms, tls: Tls) -> None:
    await csms.kill()
    await csms.start(ssl=tls.server)
    bench = Bench(tls=tls.client)
    bench.host.start()
    bench.host.assign(assignment(csms.ws_url.replace("ws:", "wss:")))
    await bench.state("CP1", ONLINE)
    bench.host.drop("id-CP1")
    await bench.seen.changes.until(lambda: bench.seen.dropped)
    assert csms.closed[0][1] == 1000
    bench.host.stop()


async def test_tls_towards_a_port_without(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url.replace("ws:", "wss:")))
    assert "does it speak TLS (wss)?" in await bench.error("CP1")
