"""The head of an opening handshake (RFC 6455 §4), of either side, as it nearly always is.

What is different in any way is for the library that knows all the ways
(docs/decisions/0016-plain-handshakes.md).
"""

import re
from typing import NamedTuple

_HEAD = re.compile(rb"([^\r\n]+)\r\n((?:[A-Za-z0-9-]+:[\t\x20-\x7e]*\r\n)+)\r\n")
_EXTENSIONS = "sec-websocket-extensions"


class Head(NamedTuple):
    """The first line, the headers by their names in lower case, and the length of it all."""

    line: bytes
    headers: dict[str, str]
    length: int


def read_plain(data: bytes) -> Head | None:
    """The head that ``data`` begins with, if it is whole, has each header once, and upgrades to a
    WebSocket without extensions."""
    found = _HEAD.match(data)
    if found is None:
        return None
    lines = found[2].decode().splitlines()
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    plain = (
        len(headers) == len(lines)
        and headers.get("upgrade", "").lower() == "websocket"
        and headers.get("connection", "").lower() == "upgrade"
        and _EXTENSIONS not in headers
    )
    return Head(found[1], headers, found.end()) if plain else None
