"""The proxy: what it forwards, cuts, swallows, and whom it sees twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from voltfleet.chaos.proxy import Overlap, Proxy, identity_in

HELLO = b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\n\r\n"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echo(name: bytes = b"") -> AsyncIterator[int]:
    """A server that says its name and then everything again."""
    open_: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        writer.write(name)
        with contextlib.suppress(ConnectionResetError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in open_:
        writer.transport.abort()


@asynccontextmanager
async def proxy_to(*ports: int) -> AsyncIterator[Proxy]:
    proxy = Proxy([("127.0.0.1", port) for port in ports])
    await proxy.start()
    yield proxy
    await proxy.stop()


async def dial(proxy: Proxy, first: bytes = HELLO) -> Stream:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(first)
    return reader, writer


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - sockets are no events
            await asyncio.sleep(0.01)


async def soon(told: Awaitable[bytes]) -> bytes:
    async with asyncio.timeout(5):
        return await told


async def first_byte(proxy: Proxy) -> bytes:
    reader, writer = await dial(proxy)
    try:
        return await reader.readexactly(1)
    finally:
        writer.close()


async def test_it_forwards_and_knows_who_is_there() -> None:
    async with echo() as port, proxy_to(port) as proxy:
        reader, writer = await dial(proxy)
        assert await soon(reader.readexactly(len(HELLO))) == HELLO
        assert proxy.live == {"CP-1"}
        writer.close()
        await until(lambda: not proxy.live)


async def test_connections_go_to_the_targets_in_turn_and_past_a_dead_one() -> None:
    async with echo(b"a") as one, echo(b"b") as other, proxy_to(one, 1, other) as proxy:
        streams = [await dial(proxy, b"") for _ in range(3)]
        names = {await soon(reader.readexactly(1)) for reader, _ in streams}
        for _, writer in streams:
            writer.close()
    assert names == {b"a", b"b"}


async def test_a_cut_resets_and_refuses_for_a_while() -> None:
    async with echo() as port, proxy_to(port) as proxy:
        reader, _ = await dial(proxy)
        await soon(reader.readexactly(len(HELLO)))
        cutting = asyncio.ensure_future(proxy.refuse(0.2))
        with pytest.raises(ConnectionResetError):
            await soon(reader.readexactly(1))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await soon(first_byte(proxy))
        await cutting
        reader, writer = await dial(proxy)
        assert await soon(reader.readexactly(len(HELLO))) == HELLO
        writer.close()


async def test_a_half_open_link_says_nothing_and_is_reset_in_the_end() -> None:
    async with echo() as port, proxy_to(port) as proxy:
        reader, writer = await dial(proxy)
        await soon(reader.readexactly(len(HELLO)))
        swallowing = asyncio.ensure_future(proxy.swallow(0.3))
        await asyncio.sleep(0)
        writer.write(b"lost")
        with pytest.raises(ConnectionResetError):
            await soon(reader.readexactly(1))
        assert swallowing.done() or await swallowing is None


async def test_a_station_that_dials_again_after_closing_has_one_socket() -> None:
    async with echo() as port, proxy_to(port) as proxy:
        for _ in range(2):
            reader, writer = await dial(proxy)
            await soon(reader.readexactly(len(HELLO)))
            writer.close()
        await asyncio.sleep(0.3)
        assert proxy.overlaps == []


async def test_two_sockets_of_one_identity_are_seen_and_heard() -> None:
    async with echo() as port, proxy_to(port) as proxy:
        first, second = await dial(proxy), await dial(proxy)
        await until(lambda: bool(proxy.overlaps))
        first[1].write(b"I am still here")
        await until(lambda: len(proxy.overlaps) > 1)
        assert proxy.overlaps == [Overlap("CP-1", spoke=False), Overlap("CP-1", spoke=True)]
        for _, writer in (first, second):
            writer.close()


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        (b"GET /ocpp/CP-1 HTTP/1.1", "CP-1"),
        (b"GET /ocpp/a%2Fb HTTP/1.1", "a/b"),
        (b"GET /host-link HTTP/1.1", ""),
        (b"POST /ocpp/CP-1 HTTP/1.1", ""),
        (b"", ""),
    ],
)
def test_identities_are_read_from_request_lines(line: bytes, identity: str) -> None:
    assert identity_in(line) == identity
