"""The opening handshake (RFC 6455 §4.2) as nearly every charger begins it.

Thousands come at once when a fleet comes back. A request that is different in any way, or that is
not granted, the library reads and answers (docs/decisions/0016-plain-handshakes.md).
"""

import re
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

from websockets.utils import accept_key

from voltfleet.ocppj.opening import read_plain

_REQUEST = re.compile(rb"GET ([\x21-\x7e]+) HTTP/1\.1")
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_OFFERS = re.compile(r"[a-z0-9.]+(?:, ?[a-z0-9.]+)*")
_VERSION = "13"
_BODY = ("content-length", "transfer-encoding")


class PlainRequest(NamedTuple):
    """A request for the upgrade: ``length`` bytes, with the ``offers`` of subprotocols in the order
    that the charger prefers."""

    path: str
    key: str
    offers: list[str]
    authorization: str | None
    length: int

    def granted(self, subprotocol: str, now: float) -> bytes:
        """The answer."""
        return (
            f"HTTP/1.1 101 Switching Protocols\r\nDate: {_date(int(now))}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(self.key)}\r\n"
            f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
        ).encode()


def read_request(data: bytes) -> PlainRequest | None:
    """The request that ``data`` begins with, if it is whole and as it usually is."""
    head = read_plain(data)
    asks = None if head is None else _REQUEST.fullmatch(head.line)
    if head is None or asks is None:
        return None
    headers = head.headers
    key, offers = headers.get("sec-websocket-key", ""), headers.get("sec-websocket-protocol", "")
    plain = (
        headers.get("sec-websocket-version") == _VERSION
        and not any(name in headers for name in _BODY)
        and _KEY.fullmatch(key)
        and _OFFERS.fullmatch(offers)
    )
    if not plain:
        return None
    return PlainRequest(
        asks[1].decode(),
        key,
        offers.replace(" ", "").split(","),
        headers.get("authorization"),
        head.length,
    )


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
