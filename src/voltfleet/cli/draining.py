"""How the gateway's server stops: live streams first, for they would never end by themselves.

Where there is another gateway to take the next requests, it stops without failing one. In order:
tell load balancers (503 on ``/health/ready``) and end each connection with its next answer; refuse
new connections; send the hosts to another gateway; wait for the connections that are left; close
those that nobody used.
"""

import asyncio
import contextlib
import socket
import struct

import uvicorn

from voltfleet.api.connections import GuardedHttp
from voltfleet.api.draining import Draining
from voltfleet.api.links import HostLinks
from voltfleet.api.live_stream import PATH as STREAM_PATH
from voltfleet.cli.arriving import Arriving

GOODBYE = "The gateway stops; connect again."
GOODBYE_SECONDS = 2.0
LINGER_SECONDS = 1.0
"""How long a connection that is open may take to bring one more request."""
_LOOK_EVERY_SECONDS = 0.02
_ACCEPTED_WITHIN_SECONDS = 0.5
_WAITING_TO_BE_ACCEPTED = struct.Struct("24xI")
"""``tcpi_unacked`` of Linux's ``tcp_info``: on a listening socket, the length of its queue."""


class GatewayServer(uvicorn.Server):
    """uvicorn's server; it ends the live streams before it waits for requests to end."""

    def __init__(self, config: uvicorn.Config, arriving: Arriving) -> None:
        super().__init__(config)
        self._arriving = arriving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What uvicorn does at the end, after the streams."""
        await self.end_streams()
        await super().shutdown(sockets)

    async def end_streams(self) -> None:
        """Says goodbye to every reader; one that does not even read that is cut off."""
        live = self._arriving.live
        if live is not None:
            await live.stop(GOODBYE, within_seconds=GOODBYE_SECONDS)
        for connection in list(self.server_state.connections):
            if isinstance(connection, GuardedHttp) and connection.is_stuck_in(STREAM_PATH):
                connection.give_up("stream_not_read")


class DrainingServer(GatewayServer):
    """``app`` is what ``config`` serves; ``notice_seconds`` is how long it answers as before but
    says that it is not ready."""

    def __init__(
        self,
        config: uvicorn.Config,
        app: Draining,
        links: HostLinks,
        notice_seconds: float,
        arriving: Arriving,
    ) -> None:
        super().__init__(config, arriving)
        self._app = app
        self._links = links
        self._notice_seconds = notice_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What uvicorn does at the end, after the drain."""
        self._app.begin()
        await self.end_streams()
        await asyncio.sleep(self._notice_seconds)
        for listener in sockets or []:
            await _refuse(listener)
        await self._links.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while self.server_state.connections:  # noqa: ASYNC110 - a set of uvicorn's
                    await asyncio.sleep(_LOOK_EVERY_SECONDS)
        await super().shutdown(sockets)


async def _refuse(listener: socket.socket) -> None:
    """Ends listening, for every process that shares the socket, at a moment when nobody waits to be
    accepted: whoever did would be cut off."""
    deadline = asyncio.get_running_loop().time() + _ACCEPTED_WITHIN_SECONDS
    while _queue(listener) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0)
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RD)


def _queue(listener: socket.socket) -> int:
    if not hasattr(socket, "TCP_INFO"):
        return 0
    try:
        size = _WAITING_TO_BE_ACCEPTED.size
        info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
        waiting: int = _WAITING_TO_BE_ACCEPTED.unpack(info)[0]
    except (OSError, struct.error):
        return 0
    return waiting
