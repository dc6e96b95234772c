"""The opening handshake (RFC 6455 §4.1) of one dial.

Nearly every CSMS accepts in the same few lines, and a fleet that comes back after an outage reads
them ten thousand times. That one answer is read here; whatever is different from it in any way, the
library reads, from its first byte (docs/decisions/0016-plain-handshakes.md).
"""

import logging
from typing import cast

from websockets.client import ClientProtocol
from websockets.protocol import CLIENT, Protocol
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI
from websockets.utils import accept_key, generate_key

from voltfleet.host.endpoint import Endpoint
from voltfleet.ocppj.opening import read_plain

_ACCEPTED = b"HTTP/1.1 101 "

# The library logs every frame of every station when its logger is at DEBUG: ours never is.
_logger = logging.getLogger("voltfleet.host.websocket")
_logger.setLevel(logging.INFO)


class Opening:
    """What is asked of the CSMS, and whether it grants it."""

    __slots__ = ("_endpoint", "_key", "_most_bytes", "uri")

    def __init__(self, endpoint: Endpoint, identity: str, max_message_bytes: int) -> None:
        self._endpoint = endpoint
        self._most_bytes = max_message_bytes
        self._key = generate_key()
        self.uri: WebSocketURI = endpoint.uri(identity)

    @property
    def offered(self) -> str:
        """The subprotocol."""
        return self._endpoint.subprotocol

    def request(self, authorization: str | None) -> bytes:
        """The request for the upgrade."""
        more = b"" if authorization is None else b"Authorization: %b\r\n" % authorization.encode()
        return b"GET %b HTTP/1.1\r\n%bSec-WebSocket-Key: %b\r\n%b\r\n" % (
            self.uri.resource_name.encode(),
            self._endpoint.headers,
            self._key.encode(),
            more,
        )

    def plain_answer(self, data: bytes) -> int:
        """How long the answer is that ``data`` begins with, if it grants what was asked, in the way
        in which it usually is; else 0."""
        head = read_plain(data)
        granted = (
            head is not None
            and head.line.startswith(_ACCEPTED)
            and head.headers.get("sec-websocket-accept") == accept_key(self._key)
            and head.headers.get("sec-websocket-protocol") == self.offered
        )
        return head.length if head is not None and granted else 0

    def opened(self) -> Protocol:
        """The library's protocol after a `plain_answer`."""
        protocol = Protocol(CLIENT, max_size=self._most_bytes, logger=_logger)
        protocol.subprotocol = cast("Subprotocol", self.offered)
        return protocol

    def asked(self) -> ClientProtocol:
        """The library's protocol after the request, before any answer."""
        protocol = ClientProtocol(
            self.uri,
            subprotocols=[cast("Subprotocol", self.offered)],
            max_size=self._most_bytes,
            logger=_logger,
        )
        protocol.key = self._key
        return protocol
