"""Sending clients elsewhere while the gateway stops, without a request lost."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSE = (b"connection", b"close")


class Draining:
    """ASGI middleware. From `begin` on every answer ends its connection, so that a client that
    keeps connections open sends its next request over a new one, to another gateway."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.begun = False

    def begin(self) -> None:
        """The gateway is going to stop."""
        self.begun = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_last(message: Message) -> None:
            if self.begun and message["type"] == "http.response.start":
                headers = [h for h in message.get("headers", ()) if h[0].lower() != CLOSE[0]]
                message = {**message, "headers": [*headers, CLOSE]}
            await send(message)

        await self._app(scope, receive, send_last)
