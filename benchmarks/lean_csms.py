"""The cheapest CSMS that still answers: it accepts every boot and says yes to the rest.

It exists so that benchmarks measure the host and not the CSMS; it checks nothing. Prints its port.
"""

import asyncio
import base64
import hashlib
import re
import struct
import sys
from typing import cast

import uvloop

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY = re.compile(rb"Sec-WebSocket-Key: *(\S+)", re.IGNORECASE)
_PROTOCOL = re.compile(rb"Sec-WebSocket-Protocol: *([^\r,]+)", re.IGNORECASE)
_TIME = b'"currentTime":"2026-01-01T00:00:00Z"'


class Charger(asyncio.Protocol):
    """One connection."""

    __slots__ = ("buffer", "interval", "open", "transport")

    def __init__(self, interval: int) -> None:
        self.interval = str(interval).encode()
        self.buffer = b""
        self.open = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open and not self.upgrade():
            return
        while self.frame():
            pass

    def upgrade(self) -> bool:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or self.transport is None:
            return False
        head, self.buffer = self.buffer[: end + 2], self.buffer[end + 4 :]
        key, protocol = _KEY.search(head), _PROTOCOL.search(head)
        if key is None or protocol is None:
            self.transport.close()
            return False
        accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: %b\r\n\r\n"
            % (accept, protocol[1].strip())
        )
        self.open = True
        return True

    def frame(self) -> bool:
        buffer = self.buffer
        if len(buffer) < 6:
            return False
        length, start = buffer[1] & 127, 2
        if length == 126:
            length, start = struct.unpack("!H", buffer[2:4])[0], 4
        end = start + 4 + length
        if len(buffer) < end:
            return False
        mask = buffer[start : start + 4]
        self.buffer = buffer[end:]
        pad = (length + 3) // 4
        masked = int.from_bytes(buffer[start + 4 : end], "little")
        unmasked = masked ^ int.from_bytes((mask * pad)[:length], "little")
        self.message(buffer[0] & 15, unmasked.to_bytes(length, "little"))
        return True

    def message(self, opcode: int, data: bytes) -> None:
        if self.transport is None:
            return
        if opcode == 8:
            self.transport.write(b"\x88" + bytes([len(data)]) + data)
            self.transport.close()
        elif opcode == 9:
            self.transport.write(b"\x8a" + bytes([len(data)]) + data)
        elif opcode == 1 and data[1:2] == b"2":
            _, unique_id, _, action, _ = data.split(b'"', 4)
            self.answer(unique_id, action)

    def answer(self, unique_id: bytes, action: bytes) -> None:
        assert self.transport is not None
        if action == b"BootNotification":
            body = b'"status":"Accepted","interval":%b,%b' % (self.interval, _TIME)
        elif action == b"Heartbeat":
            body = _TIME
        else:
            body = b""
        text = b'[3,"%b",{%b}]' % (unique_id, body)
        size = len(text)
        head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + struct.pack("!H", size)
        self.transport.write(head + text)


async def serve(interval: int) -> None:
    """Until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Charger(interval), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
