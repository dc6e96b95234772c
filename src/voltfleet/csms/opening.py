"""The opening handshake (RFC 6455 §4.2) as nearly every charger begins it.

Thousands come at once when a fleet comes back. A request that is different in any way, or that is
not granted, the library reads and answers (docs/decisions/0016-plain-handshakes.md).
"""

import re
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

from websockets.utils import accept_key

_REQUEST = re.compile(
    rb"GET ([\x21-\x7e]+) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+:[\t\x20-\x7e]*\r\n)+)\r\n"
)
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_OFFERS = re.compile(r"[a-z0-9.]+(?:, ?[a-z0-9.]+)*")
_PLAIN = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13"}
_UNUSUAL = ("sec-websocket-extensions", "content-length", "transfer-encoding")


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


def read_plain(data: bytes) -> PlainRequest | None:
    """The request that ``data`` begins with, if it is whole and as it usually is."""
    found = _REQUEST.match(data)
    if found is None:
        return None
    lines = found[2].decode().splitlines()
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    key, offers = headers.get("sec-websocket-key", ""), headers.get("sec-websocket-protocol", "")
    plain = (
        len(headers) == len(lines)
        and all(headers.get(name, "").lower() == usual for name, usual in _PLAIN.items())
        and not any(name in headers for name in _UNUSUAL)
        and _KEY.fullmatch(key)
        and _OFFERS.fullmatch(offers)
    )
    if not plain:
        return None
    return PlainRequest(
        found[1].decode(),
        key,
        offers.replace(" ", "").split(","),
        headers.get("authorization"),
        found.end(),
    )


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
