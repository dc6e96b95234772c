"""How many chargers the demo CSMS boots per second on its core, and what each costs it.

    python benchmarks/bench_csms.py [chargers]

The CSMS runs in a process of its own. The chargers here are as cheap as a client can be (frames
made beforehand, answers only counted), so that the CSMS and not this process is what is measured.
Each opens its socket, boots and reports the status of two connectors; a boot is done when the
third answer is there.
"""

import asyncio
import json
import struct
import subprocess
import sys
import time
import urllib.request
from typing import cast

import psutil
import uvloop

IN_FLIGHT = 200
ANSWERS = 3

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
BOOT = {"chargePointVendor": "Bench", "chargePointModel": "One", "firmwareVersion": "1.0"}


def frame(message: list[object]) -> bytes:
    """A masked text frame; a mask of zeroes leaves the text as it is."""
    data = json.dumps(message).encode()
    if len(data) < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | len(data)) + data
    return struct.pack("!BBH4x", 0x81, 0xFE, len(data)) + data


def status(connector_id: int) -> dict[str, object]:
    return {
        "connectorId": connector_id,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": "2026-01-01T00:00:00Z",
    }


FRAMES = (
    frame([2, "1", "BootNotification", BOOT]),
    b"".join(frame([2, str(2 + n), "StatusNotification", status(n)]) for n in range(2)),
)


class Charger(asyncio.Protocol):
    """One charger, which counts its answers."""

    def __init__(self, identity: str, done: asyncio.Semaphore) -> None:
        self.identity = identity
        self.done = done
        self.buffer = b""
        self.upgraded = False
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            f"GET /ocpp/{self.identity} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self.upgraded, self.buffer = True, rest
            self.transport.write(FRAMES[0])
        while len(self.buffer) >= 2:
            length, at = self.buffer[1], 2
            if length == 126:
                length, at = int.from_bytes(self.buffer[2:4]), 4
            if len(self.buffer) < at + length:
                return
            assert self.buffer[at : at + 2] == b"[3", self.buffer
            self.buffer = self.buffer[at + length :]
            self.answers += 1
            if self.answers == 1:
                self.transport.write(FRAMES[1])
            elif self.answers == ANSWERS:
                self.done.release()


async def boot_all(port: int, count: int) -> float:
    loop = asyncio.get_running_loop()
    done = asyncio.Semaphore(IN_FLIGHT)
    chargers: list[Charger] = []
    started = time.perf_counter()
    for n in range(count):
        await done.acquire()
        charger = Charger(f"BENCH-{n:05}", done)
        chargers.append(charger)
        # A loop of tasks here would only slow this side down.
        loop.create_task(loop.create_connection(lambda c=charger: c, "127.0.0.1", port))  # noqa: RUF006
    async with asyncio.timeout(60):
        for _ in range(IN_FLIGHT):
            await done.acquire()
    seconds = time.perf_counter() - started
    report(port, count, seconds)
    return seconds


def report(port: int, count: int, seconds: float) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/stats") as answer:
        stats = json.load(answer)
    assert stats["booted"] == count, stats
    assert stats["double_sockets"] == stats["problems"] == 0, stats
    print(f"{count} chargers booted in {seconds:.2f} s: {count / seconds:,.0f}/s")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    command = [sys.executable, "-m", "voltfleet.csms", "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as csms:
        assert csms.stdout is not None
        port = int(csms.stdout.readline())
        process = psutil.Process(csms.pid)
        before = process.cpu_times(), process.memory_info().rss
        uvloop.run(boot_all(port, count))
        after = process.cpu_times(), process.memory_info().rss
        cpu = after[0].user + after[0].system - before[0].user - before[0].system
        print(f"CSMS: {cpu / count * 1e6:.0f} µs of CPU per boot, so {count / cpu:,.0f}/s per core")
        print(f"CSMS: {(after[1] - before[1]) / count / 1024:.1f} KiB per connected charger")
        csms.terminate()
    print(f"CSMS: exit code {csms.returncode}")


if __name__ == "__main__":
    main()
