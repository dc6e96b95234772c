"""How much a request body may hold, of what kind, and how long it may take to arrive.

No server in Python bounds either. The limits count when the application reads the body, so a
request without a good token is answered before its body is looked at.
"""

import asyncio
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSE = {"Connection": "close"}


class BodyLimits:
    """ASGI middleware. A body over ``max_bytes``, or of more than ``max_values`` values, ends in
    413, a compressed one in 415, one that has not arrived whole ``deadline_seconds`` after its
    reading began in 408; the connection is closed after each."""

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, max_values: int, deadline_seconds: float
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_values = max_values
        self._deadline_seconds = deadline_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._max_bytes, self._max_values, self._deadline_seconds)
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        body.declared = int(declared) if declared.isdigit() else 0
        body.is_compressed = headers.get(b"content-encoding", b"identity").lower() != b"identity"
        await self._app(scope, body.receive, send)


class _Body:
    """One request's body, as far as it has been read."""

    def __init__(
        self, receive: Receive, max_bytes: int, max_values: int, deadline_seconds: float
    ) -> None:
        self.declared = 0
        self.is_compressed = False
        self._receive = receive
        self._max_bytes = max_bytes
        self._values_left = max_values
        self._taken = 0
        self._deadline_seconds = deadline_seconds
        self._deadline: float | None = None
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to go away, for as long as it takes
        if self.is_compressed:
            raise _compressed()
        if self.declared > self._max_bytes:
            raise _too_large()
        message = await self._next()
        if message["type"] == "http.request":
            part = message.get("body", b"")
            self._taken += len(part)
            # Eight megabytes of "[],[],…" take a JSON parser seconds and a gigabyte.
            self._values_left -= part.count(b",") + part.count(b"[") + part.count(b"{")
            if self._taken > self._max_bytes or self._values_left < 0:
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


def _compressed() -> HTTPException:
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return HTTPException(status, "Send the body as it is, not compressed.", _CLOSE)


def _too_large() -> HTTPException:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPException(status, "The request body is too large.", _CLOSE)
