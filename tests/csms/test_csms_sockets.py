"""Sockets: who may come in, two of one identity, and bytes that are no frames. On both loops."""

import asyncio
import socket

import pytest
from csms_peer import WAIT_SECONDS, exchange, on_both_loops, running, station, until
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from voltfleet.csms.connection import identity_of
from voltfleet.csms.server import REQUEST_SECONDS, Csms

HANDSHAKE = (
    b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["ocpp1.6"], "ocpp1.6"),
        (["ocpp2.0.1"], "ocpp2.0.1"),
        (["ocpp2.1"], "ocpp2.1"),
        (["ocpp2.0.1", "ocpp1.6"], "ocpp2.0.1"),
        (["ocpp1.6", "ocpp2.0.1"], "ocpp1.6"),
        (["ocpp9", "ocpp2.0.1"], "ocpp2.0.1"),
    ],
)
async def test_the_first_version_in_common_is_spoken(
    csms: Csms, port: int, offered: list[str], chosen: str
) -> None:
    async with connect(f"ws://127.0.0.1:{port}/CP-1", subprotocols=offered) as ws:  # type: ignore[arg-type]
        assert ws.subprotocol == chosen
        assert "permessage-deflate" not in str(ws.response and ws.response.headers)
        await until(lambda: csms.stats().connected)
        assert csms.chargers()[0]["ocpp_version"].lower() == chosen


@pytest.mark.parametrize("offered", [["ocpp1.5"], ["OCPP1.6"], None])
async def test_without_a_version_in_common_the_handshake_ends_without_one_and_then_the_socket(
    csms: Csms, port: int, offered: list[str] | None
) -> None:
    async with connect(f"ws://127.0.0.1:{port}/CP-1", subprotocols=offered) as ws:  # type: ignore[arg-type]
        assert ws.subprotocol is None
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(WAIT_SECONDS):
                await ws.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1002
    assert "ocpp2.0.1" in closed.value.rcvd.reason
    assert csms.stats().known == 0


@pytest.mark.parametrize("path", ["/ocpp/", "/", "/ocpp/%FF", "/ocpp/a%0Ab", "/ocpp/" + "x" * 256])
async def test_a_path_without_an_identity_is_not_found(port: int, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{port}{path}", subprotocols=["ocpp1.6"])  # type: ignore[list-item]
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/CP-1", "CP-1"),
        ("/CP-1", "CP-1"),
        ("/a/b/c/CP-1?token=x/y", "CP-1"),
        ("/ocpp/A%2FB%20C", "A/B C"),
        ("/ocpp/DE*ABC:1=2+3|4@5.6", "DE*ABC:1=2+3|4@5.6"),
        ("/ocpp/%C3%A4", "ä"),
    ],
)
def test_the_last_segment_is_the_identity(path: str, identity: str) -> None:
    assert identity_of(path) == identity


# --- two sockets of one identity ------------------------------------------------------------------


@on_both_loops
async def test_of_two_live_sockets_the_newest_wins_and_it_is_counted(csms: Csms, port: int) -> None:
    async with station(port) as old, station(port) as new:
        await new.boot()
        with pytest.raises(ConnectionClosed) as closed:
            await old.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        await new.call("Heartbeat", {})
        stats = csms.stats()
        assert (stats.double_sockets, stats.connected, stats.booted) == (1, 1, 1)
    await until(lambda: not csms.stats().connected)
    assert csms.stats().booted == 0


@on_both_loops
async def test_coming_back_after_closing_is_not_counted(csms: Csms, port: int) -> None:
    for _ in range(20):
        async with station(port) as cp:
            await cp.boot()
    assert csms.stats().double_sockets == 0
    assert csms.stats().boots_total == 20


@on_both_loops
async def test_a_socket_whose_connection_was_lost_is_not_live_even_before_that_is_handled(
    csms: Csms, port: int
) -> None:
    """The new handshake may be handled before the end of the old connection is: both wait in the
    kernel when the CSMS looks. Blocking sockets and no turn of the loop in between make it so."""
    loop = asyncio.get_running_loop()
    old = await loop.run_in_executor(None, _dial, port)
    await until(lambda: csms.stats().connected == 1)
    first = next(iter(csms._door.sockets))
    assert first.is_live()
    old.close()
    assert not first.is_live()  # no turn of the loop since: only the kernel knows
    charger = csms._books.registry.live["CP-1"]
    csms._desk.opened("CP-1", charger.version, _NoLink(), 0.0)
    assert csms.stats().double_sockets == 0


class _NoLink:
    def send(self, text: str) -> None: ...

    def close(self, code: int, reason: str) -> None: ...

    def is_live(self) -> bool:
        return True


def _dial(port: int) -> socket.socket:
    dialled = socket.create_connection(("127.0.0.1", port))
    dialled.sendall(HANDSHAKE)
    assert b" 101 " in dialled.recv(4096)
    return dialled


@on_both_loops
async def test_a_reset_connection_is_a_charger_gone(csms: Csms, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    assert csms.stats().connected == 1
    writer.transport.abort()
    await until(lambda: csms.stats().connected == 0)
    assert csms.stats().known == 1
    assert csms.charger("CP-1")["connected"] is False  # type: ignore[index]


# --- bytes ----------------------------------------------------------------------------------------


@on_both_loops
async def test_a_message_may_come_in_fragments(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.socket.send(['[2,"1","Hea', "rtbeat", '",{}]'])
        assert (await cp.hear())[:2] == [3, "1"]
        await cp.boot()
    assert csms.stats().messages_in == 2


async def test_a_binary_message_closes_the_socket(port: int) -> None:
    async with station(port) as cp:
        await cp.say(b'[2,"1","Heartbeat",{}]')
        assert await _close_code(cp.socket) == 1003


async def test_text_that_is_not_utf_8_closes_the_socket(port: int) -> None:
    async with station(port) as cp:
        await cp.socket.send(b'[2,"\xff","Heartbeat",{}]', text=True)
        assert await _close_code(cp.socket) == 1007


async def test_a_message_too_large_closes_the_socket(port: int) -> None:
    async with station(port) as cp:
        await cp.say('"' + "x" * (1024 * 1024) + '"')
        assert await _close_code(cp.socket) == 1009


@on_both_loops
async def test_a_broken_websocket_frame_closes_the_socket(csms: Csms, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x81\x02hi" + b"\x81\x02hi")  # not masked, as a client's must be
    async with asyncio.timeout(WAIT_SECONDS):
        rest = await reader.read()
    assert rest[0] == 0x88
    assert int.from_bytes(rest[2:4]) == 1002
    writer.close()
    await until(lambda: csms.stats().connected == 0)
    assert csms.stats().messages_in == 0


async def _close_code(ws: object) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(WAIT_SECONDS):
            await ws.recv()  # type: ignore[attr-defined]
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_pings_are_answered(port: int) -> None:
    async with station(port) as cp, asyncio.timeout(WAIT_SECONDS):
        await (await cp.socket.ping())


@on_both_loops
async def test_the_last_words_before_a_close_are_heard(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.say('[2,"1","Heartbeat",{}]')
        await cp.socket.close()
    assert csms.stats().messages_in == 1


@on_both_loops
async def test_a_request_may_trickle_in(csms: Csms, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for byte in HANDSHAKE:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)
    async with asyncio.timeout(WAIT_SECONDS):
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    assert csms.stats().connected == 1
    writer.close()


async def test_who_does_not_say_what_it_wants_is_dropped() -> None:
    now = 1000.0
    csms = Csms(clock=lambda: now)
    async with running(csms) as port, station(port) as cp:
        await cp.boot()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDSHAKE[:20])
        await until(lambda: len(csms._door.waiting) == 1)
        csms._drop_silent(now + REQUEST_SECONDS - 1)
        assert len(csms._door.sockets) == 2
        csms._drop_silent(now + REQUEST_SECONDS)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        await cp.call("Heartbeat", {})  # a charger may be silent as long as it likes


@on_both_loops
async def test_who_does_not_read_is_not_heard(csms: Csms, port: int) -> None:
    """Answers do not pile up in memory for a charger that asks and never reads."""
    dialled = await asyncio.get_running_loop().run_in_executor(None, _dial, port)
    dialled.setblocking(False)
    frame = b"\x81\x96\x00\x00\x00\x00" + b'[2,"1","Heartbeat",{}]'
    asked = 0
    for _ in range(100_000):
        try:
            dialled.send(frame * 100)
            asked += 100
        except BlockingIOError:
            if csms._door.sockets and not next(iter(csms._door.sockets))._transport.is_reading():
                break
            await asyncio.sleep(0)
    connection = next(iter(csms._door.sockets))
    assert not connection._transport.is_reading()
    assert connection._transport.get_write_buffer_size() < 1024 * 1024
    heard = csms.stats().messages_in
    while connection._transport.get_write_buffer_size():
        try:
            dialled.recv(65536)
        except BlockingIOError:
            await asyncio.sleep(0)
    await until(lambda: csms.stats().messages_in > heard)
    dialled.close()
    assert asked


@on_both_loops
async def test_stop_closes_everybody_in_good_order(csms: Csms, port: int) -> None:
    async with station(port) as cp, station(port, "CP-2") as other:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await until(lambda: len(csms._door.sockets) == 3)
        stopping = asyncio.ensure_future(csms.stop())
        assert await _close_code(cp.socket) == 1001
        assert await _close_code(other.socket) == 1001
        await stopping
        assert not csms._door.sockets
        writer.close()
        with pytest.raises(OSError):
            await exchange(port, b"")
