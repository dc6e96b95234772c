"""A gateway that has just been started: it lets its hosts in before it has loaded the API.

The API is most of what a gateway imports, and its hosts' chargers wait for none of it
(docs/decisions/0017-hosts-first.md).
"""

import asyncio
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from voltfleet.api.host_link import PATH
from voltfleet.cli.lasting import lasting_imports

if TYPE_CHECKING:
    from voltfleet.api.live_hub import Live


class Arriving:
    """ASGI application: the host link at once, everything else once the rest has `arrived`."""

    def __init__(self, door: ASGIApp) -> None:
        self._door = door
        self._rest: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
        self.live: Live | None = None
        """The live streams, once there can be any."""

    def arrived(self, rest: ASGIApp, live: "Live") -> None:
        """Requests that came before are served now."""
        self.live = live
        self._rest.set_result(rest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or one WebSocket."""
        if scope["type"] == "websocket" and scope["path"] == PATH:
            await self._door(scope, receive, send)
        else:
            rest = await asyncio.shield(self._rest)
            await rest(scope, receive, send)


def load_api() -> None:
    """Imports `api_app`, and with it the API. For a thread."""
    with lasting_imports():
        import voltfleet.cli.api_app  # noqa: F401, PLC0415 - late on purpose
