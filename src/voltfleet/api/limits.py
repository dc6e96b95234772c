"""How much a request body may hold and how long it may take to arrive.

No server in Python bounds either. The limits count when the application reads the body, so a
request without a good token is answered before its body is looked at.
"""

import asyncio
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSE = {"Connection": "close"}


class BodyLimits:
    """ASGI middleware. A body over ``max_bytes`` ends in 413, one that has not arrived whole
    ``deadline_seconds`` after its reading began in 408; the connection is closed after either."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, deadline_seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._deadline_seconds = deadline_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._max_bytes, self._deadline_seconds)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        body.declared = int(declared) if declared.isdigit() else 0
        await self._app(scope, body.receive, send)


class _Body:
    """One request's body, as far as it has been read."""

    def __init__(self, receive: Receive, max_bytes: int, deadline_seconds: float) -> None:
        self.declared = 0
        self._receive = receive
        self._max_bytes = max_bytes
        self._taken = 0
        self._deadline_seconds = deadline_seconds
        self._deadline: float | None = None
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to go away, for as long as it takes
        if self.declared > self._max_bytes:
            raise _too_large()
        message = await self._next()
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            if self._taken > self._max_bytes:
                raise _too_large()
            self._whole = not message.get("more_body", False)
        return message

    async def _next(self) -> Message:
        loop = asyncio.get_running_loop()
        if self._deadline is None:
            self._deadline = loop.time() + self._deadline_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError as error:
            raise HTTPException(
                HTTPStatus.REQUEST_TIMEOUT, "The request body did not arrive in time.", _CLOSE
            ) from error


def _too_large() -> HTTPException:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPException(status, "The request body is too large.", _CLOSE)
