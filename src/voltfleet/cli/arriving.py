"""A gateway that has just been started: it lets its hosts in before it has loaded the API.

The API is most of what a gateway imports, and its hosts' chargers wait for none of it
(docs/decisions/0017-hosts-first.md).
"""

import asyncio
import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from voltfleet.api.host_link import PATH

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


def load_api() -> "Callable[..., tuple[ASGIApp, Live]]":
    """Imports the API; returns `api_app.build`. For a thread."""
    gc.disable()  # What imports make stays: looking through it is an eighth of the time.
    try:
        import pydantic  # noqa: PLC0415 - late on purpose

        # FastAPI builds a validator for each route, models and all; one for each model besides,
        # which hardly any needs, is another eighth.
        pydantic.BaseModel.model_config["defer_build"] = True
        from voltfleet.cli.api_app import build  # noqa: PLC0415
    finally:
        gc.freeze()
        gc.enable()
    return build
