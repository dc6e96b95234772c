"""A TCP proxy that can be cut, or made to swallow everything, and that knows who talks through it.

Between hosts and gateways it is the network and a plain load balancer; between stations and CSMS
it also sees who has two sockets: it reads the identity out of each WebSocket's request line.
"""

import asyncio
import itertools
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote

_LONGEST_REQUEST_LINE = 8192
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: what is unsent is dropped, and the end is a reset."""
SETTLING_SECONDS = 0.25
"""How long after a station dialled again its earlier socket may be seen as open: what the kernel
tells of the two comes in any order."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """An identity had two sockets open at once. ``spoke``: on the earlier one the station still
    said something after it had opened the later one."""

    identity: str
    spoke: bool


class Proxy:
    """Listens on a free port of 127.0.0.1 and forwards to the first of ``targets`` that answers,
    each connection beginning with the next of them."""

    def __init__(self, targets: Sequence[tuple[str, int]]) -> None:
        self.overlaps: list[Overlap] = []
        self.port = 0
        self.refusing = False
        self.swallowing = False
        self._targets = list(targets)
        self._next = itertools.count()
        self._pairs: set[_Pair] = set()
        self._current: dict[str, _Pair] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens until `stop`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Near(self), "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends every connection."""
        if self._server is not None:
            self._server.close()
        self.cut()

    @property
    def live(self) -> frozenset[str]:
        """The identities whose stations have a socket open."""
        return frozenset(p.identity for p in self._pairs if p.identity and not p.near_gone)

    def cut(self) -> None:
        """Resets every connection, at both ends."""
        for pair in list(self._pairs):
            pair.abort()

    async def refuse(self, seconds: float) -> None:
        """Resets every connection, and for so long whoever dials."""
        self.refusing = True
        self.cut()
        await asyncio.sleep(seconds)
        self.refusing = False

    async def swallow(self, seconds: float) -> None:
        """Half-open links: for so long nothing comes through, not even the end of a connection, and
        dialling gets no answer. What had begun before it is over is then reset."""
        self.swallowing = True
        await asyncio.sleep(seconds)
        self.swallowing = False
        self.cut()

    # --- told by connections -----------------------------------------------------------------

    def opened(self, pair: "_Pair") -> None:
        """A station dialled."""
        earlier = self._current.get(pair.identity)
        self._current[pair.identity] = pair
        if earlier is not None and not earlier.near_gone:
            earlier.replaced = True
            asyncio.get_running_loop().call_later(SETTLING_SECONDS, self._still_there, earlier)

    def closed(self, pair: "_Pair") -> None:
        """Both ends of a connection are gone."""
        self._pairs.discard(pair)
        if self._current.get(pair.identity) is pair:
            del self._current[pair.identity]

    def _still_there(self, earlier: "_Pair") -> None:
        if not earlier.near_gone:
            earlier.overlapping = True
            self.overlaps.append(Overlap(earlier.identity, spoke=False))

    async def connect(self, pair: "_Pair") -> None:
        """Finds a target for a new connection; resets it if there is none."""
        loop, count = asyncio.get_running_loop(), len(self._targets)
        first = next(self._next)
        for offset in range(count):
            host, port = self._targets[(first + offset) % count]
            try:
                async with asyncio.timeout(2.0):
                    await loop.create_connection(lambda: _Far(pair), host, port)
            except OSError:
                continue
            return
        pair.abort()

    def admit(self, near: "_Near") -> "_Pair | None":
        """A new connection, unless none is let in just now."""
        if self.refusing:
            return None
        pair = _Pair(self, near)
        self._pairs.add(pair)
        if not self.swallowing:
            pair.dialling = asyncio.ensure_future(self.connect(pair))
        return pair


class _Pair:
    """One connection: its end near the client and the one far from it."""

    def __init__(self, proxy: Proxy, near: "_Near") -> None:
        self.identity = ""
        self.near: _Near = near
        self.far: _Far | None = None
        self.near_gone = self.far_gone = False
        self.replaced = self.overlapping = False
        self.dialling: asyncio.Future[None] | None = None
        self._proxy = proxy
        self._head: bytes | None = b""
        self._early: list[bytes] = []

    @property
    def swallowing(self) -> bool:
        return self._proxy.swallowing

    def connected(self, far: "_Far") -> None:
        self.far = far
        for data in self._early:
            far.transport.write(data)
        self._early.clear()
        if self.near_gone:
            far.transport.close()

    def from_near(self, data: bytes) -> None:
        self._look(data)
        if self.replaced:
            self._spoke()
        if self.swallowing:
            return
        if self.far is None:
            self._early.append(data)
        elif not self.far_gone:
            self.far.transport.write(data)

    def from_far(self, data: bytes) -> None:
        if not self.swallowing and not self.near_gone:
            self.near.transport.write(data)

    def lost_near(self) -> None:
        self.near_gone = True
        if self.far is not None and not self.far_gone:
            if not self.swallowing:
                self.far.transport.close()
        else:
            self._done()

    def lost_far(self) -> None:
        self.far_gone = True
        if self.near_gone:
            self._done()
        elif not self.swallowing:
            self.near.transport.close()

    def abort(self) -> None:
        if self.dialling is not None:
            self.dialling.cancel()
        _reset(self.near.transport)
        if self.far is not None:
            _reset(self.far.transport)

    def _done(self) -> None:
        if self.dialling is not None:
            self.dialling.cancel()
        self._proxy.closed(self)

    def _look(self, data: bytes) -> None:
        if self._head is None:
            return
        self._head += data
        line, complete, _ = self._head.partition(b"\r\n")
        if complete or len(self._head) > _LONGEST_REQUEST_LINE:
            self._head = None
            self.identity = identity_in(line)
            if self.identity:
                self._proxy.opened(self)

    def _spoke(self) -> None:
        if self.overlapping:
            self.replaced = False
            self._proxy.overlaps.append(Overlap(self.identity, spoke=True))


class _Near(asyncio.Protocol):
    """The client's end."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._pair: _Pair | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._pair = self._proxy.admit(self)
        if self._pair is None:
            _reset(self.transport)

    def data_received(self, data: bytes) -> None:
        if self._pair is not None:
            self._pair.from_near(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._pair is not None:
            self._pair.lost_near()


class _Far(asyncio.Protocol):
    """The server's end."""

    def __init__(self, pair: _Pair) -> None:
        self._pair = pair
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._pair.connected(self)

    def data_received(self, data: bytes) -> None:
        self._pair.from_far(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._pair.lost_far()


def _reset(transport: asyncio.Transport) -> None:
    """Ends it as a router does that has lost its state: the other side is told of an error."""
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


def identity_in(request_line: bytes) -> str:
    """The identity that a station dials with; empty for any other request."""
    words = request_line.split(b" ")
    if len(words) != 3 or words[0] != b"GET" or not words[1].startswith(b"/ocpp/"):  # noqa: PLR2004
        return ""
    return unquote(words[1].rsplit(b"/", 1)[-1].decode("ascii", "replace"))
