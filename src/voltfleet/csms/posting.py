"""Reads an HTTP request with a body. WebSocket handshakes have none, so their parser takes none."""

import httptools
from websockets.http11 import Response

from voltfleet.csms.http import HttpRequest, error_response

MAX_BODY_BYTES = 1024 * 1024
MAX_HEAD_BYTES = 64 * 1024


class PostReader:
    """Gathers one request out of the bytes it is fed."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._host = b""
        self._origin: bytes | None = None
        self._head_bytes = 0
        self._body = bytearray()
        self._complete = False

    def feed(self, data: bytes) -> HttpRequest | Response | None:
        """The request once it is complete, the refusal of a bad one, or None until then."""
        if self._complete:
            return None
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return self._refuse(405, "a WebSocket handshake is a GET")
        except httptools.HttpParserError:
            return self._refuse(400, "this is not HTTP")
        if self._head_bytes > MAX_BODY_BYTES + MAX_HEAD_BYTES:
            return self._refuse(413, "too large")
        return self._taken()

    def _taken(self) -> HttpRequest | Response | None:
        if not self._complete:
            return None
        # A page of some web site in a user's browser must not drive the chargers: browsers send
        # the page's origin along with every POST that crosses sites.
        if self._origin is not None and self._origin.partition(b"//")[2] != self._host:
            return self._refuse(403, "this request comes from another site")
        method = self._parser.get_method().decode("ascii")
        try:
            target = self._url.decode("ascii")
        except UnicodeDecodeError:
            return self._refuse(400, "the request target is not ASCII")
        return HttpRequest.of(method, target, bytes(self._body))

    def _refuse(self, status: int, detail: str) -> Response:
        self._complete = True
        return error_response(status, "bad_request", detail)

    # --- httptools calls these -------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        match name.lower():
            case b"host":
                self._host = value
            case b"origin":
                self._origin = value

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """That was all."""
        self._complete = True
