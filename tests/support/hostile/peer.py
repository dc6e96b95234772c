"""One connection, seen from a CSMS that speaks just enough of HTTP, WebSocket and OCPP 1.6 to do it
wrong; and the list of the ways, `MISBEHAVIOURS`, which the modules beside this one fill."""

import asyncio
import base64
import hashlib
import json
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

BEAT_SECONDS = 1
FLOOD_BATCH = 100
FLOOD_EVERY_SECONDS = 0.01
"""10,000 messages a second."""
NOW = "2026-01-01T00:00:00Z"
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
OPEN_TEXT, MORE, LAST = 0x01, 0x00, 0x80
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(head: int, payload: bytes = b"", *, mask: bool = False) -> bytes:
    """One frame, right or wrong."""
    size, bit = len(payload), 0x80 if mask else 0
    if size < 126:
        length = bytes([bit | size])
    elif size < 65536:
        length = bytes([bit | 126]) + struct.pack("!H", size)
    else:
        length = bytes([bit | 127]) + struct.pack("!Q", size)
    return bytes([head]) + length + (bytes(4) if mask else b"") + payload


def text(message: object) -> bytes:
    """A message in a frame."""
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return frame(TEXT, data)


class Peer:
    """One connection, seen from the CSMS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.key = b""
        self.path = ""

    async def request(self) -> None:
        """Read the request for the upgrade."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.path = head.split(b" ", 2)[1].decode()
        found = re.search(rb"Sec-WebSocket-Key: *(\S+)", head, re.IGNORECASE)
        self.key = found[1] if found else b""

    def upgrade(self, **changes: str | None) -> bytes:
        """The answer to it."""
        accept = base64.b64encode(
            hashlib.sha1(self.key + _GUID, usedforsecurity=False).digest()
        ).decode()
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept,
            "Sec-WebSocket-Protocol": "ocpp1.6",
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        lines = [f"{name}: {value}\r\n" for name, value in headers.items() if value is not None]
        return f"HTTP/1.1 101 Switching Protocols\r\n{''.join(lines)}\r\n".encode()

    async def open(self) -> None:
        """The handshake as it should be."""
        await self.request()
        await self.say(self.upgrade())

    async def say(self, data: bytes) -> None:
        """Send it, and wait while the charger does not read."""
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        head, length = await self.reader.readexactly(2)
        size = length & 127
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        mask = await self.reader.readexactly(4)
        data = await self.reader.readexactly(size)
        pad = (mask * (size // 4 + 1))[:size]
        plain = int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")
        return head & 15, plain.to_bytes(size, "big")

    async def hear_call(self) -> tuple[str, str]:
        """The next CALL: id and action."""
        while True:
            opcode, data = await self.hear()
            if opcode == 1:
                kind, unique_id, action, *_ = json.loads(data)
                if kind == 2:
                    return unique_id, action

    async def boot(self, interval: int = BEAT_SECONDS, status: str = "Accepted") -> None:
        """Answer the BootNotification."""
        unique_id, _ = await self.hear_call()
        await self.say(text([3, unique_id, answer_to("BootNotification", interval, status)]))

    async def oblige(self, interval: int = BEAT_SECONDS) -> None:
        """Answer whatever comes, for ever."""
        while True:
            opcode, data = await self.hear()
            if opcode == 8:
                await self.say(frame(CLOSE, data))
                return
            if opcode == 9:
                await self.say(frame(PONG, data))
            elif opcode == 1 and data.startswith(b"[2"):
                _, unique_id, action, _ = json.loads(data)
                await self.say(text([3, unique_id, answer_to(action, interval)]))

    def reset(self) -> None:
        """RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def answer_to(action: str, interval: int, status: str = "Accepted") -> dict[str, object]:
    """As a CSMS of 1.6 would."""
    if action == "BootNotification":
        return {"status": status, "currentTime": NOW, "interval": interval}
    return {"currentTime": NOW} if action == "Heartbeat" else {}


Script = Callable[[Peer], Awaitable[None]]


@dataclass(frozen=True)
class Misbehaviour:
    """``says`` is what the charger's last error is about (a regular expression); null where there
    is nothing wrong that its user must know. ``after``: so many seconds later, in steps of ten.
    ``online``: the charger is registered all the same."""

    script: Script
    says: str | None
    after: float = 0.0
    online: bool = False
    tls: bool = False


MISBEHAVIOURS: dict[str, Misbehaviour] = {}


def does(
    says: str | None = None, *, after: float = 0.0, online: bool = False, tls: bool = False
) -> Callable[[Script], Script]:
    """Enters a script."""

    def enter(script: Script) -> Script:
        name = getattr(script, "__name__", "")
        MISBEHAVIOURS[name] = Misbehaviour(script, says, after, online or says is None, tls)
        return script

    return enter


async def stand_still() -> None:
    """Until cut."""
    await asyncio.Event().wait()


async def flood(peer: Peer, messages: Callable[[int], bytes], *, reads: bool = True) -> None:
    """10,000 of these a second, as far as the charger takes them."""
    loop = asyncio.get_running_loop()
    reading = loop.create_task(peer.oblige()) if reads else None
    try:
        batch = b"".join(messages(number) for number in range(FLOOD_BATCH))
        while True:
            await peer.say(batch)
            await asyncio.sleep(FLOOD_EVERY_SECONDS)
    finally:
        if reading is not None:
            reading.cancel()


def call(number: int, action: str, payload: object) -> bytes:
    """A CALL of the CSMS."""
    return text([2, f"c{number}", action, payload])
