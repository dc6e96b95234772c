"""Where a station dials: the CSMS's address, shared by all chargers that point at it."""

from functools import lru_cache
from typing import cast
from urllib.parse import quote

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHeader, InvalidURI
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from voltfleet.domain.errors import BadRequest

# What a path segment may hold as it is (RFC 3986 §3.3, pchar): some CSMS do not decode the rest.
_SEGMENT_SAFE = "!$&'()*+,;=:@-._~"


class BadEndpoint(BadRequest):
    """The ``ws_url`` cannot be dialled; the message says why."""


class Endpoint:
    """A ``ws_url`` taken apart once for all chargers that use it with one subprotocol. ``headers``
    are those of a request for the upgrade, but for the ones that each dial has of its own."""

    __slots__ = ("_base", "_prefix", "headers", "subprotocol")

    def __init__(self, ws_url: str, subprotocol: str) -> None:
        """Raises `BadEndpoint`."""
        try:
            self._base = parse_uri(ws_url)
            self.headers = _headers(self._base, subprotocol)
        except (InvalidURI, InvalidHeader, ValueError) as exc:
            raise BadEndpoint(f"the ws_url cannot be dialled: {exc}") from exc
        self._prefix = self._base.path.rstrip("/") + "/"
        self.subprotocol = subprotocol

    @property
    def address(self) -> tuple[bool, str, int]:
        """Whether TLS is used, the host and the port: the CSMS as the network knows it."""
        return self._base.secure, self._base.host, self._base.port

    def path(self, identity: str) -> str:
        """The path of a station's connection URL: the identity is its last segment,
        percent-encoded as necessary (OCPP-J 1.6 §3.1.1, OCPP 2.0.1 Part 4 §3.1.1)."""
        return self._prefix + quote(identity, safe=_SEGMENT_SAFE)

    def uri(self, identity: str) -> WebSocketURI:
        """A station's connection URL. A query string of the ``ws_url`` stays behind the path."""
        base = self._base
        return WebSocketURI(
            base.secure,
            base.host,
            base.port,
            self.path(identity),
            base.query,
            base.username,
            base.password,
        )


def _headers(uri: WebSocketURI, subprotocol: str) -> bytes:
    protocol = ClientProtocol(uri, subprotocols=[cast("Subprotocol", subprotocol)])
    headers = protocol.connect().headers
    del headers["Sec-WebSocket-Key"]
    return headers.serialize().removesuffix(b"\r\n")


@lru_cache(maxsize=4096)
def endpoint(ws_url: str, subprotocol: str) -> Endpoint:
    """The one `Endpoint` of that address, shared by its chargers. Raises `BadEndpoint`."""
    return Endpoint(ws_url, subprotocol)
