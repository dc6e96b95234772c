"""Polls the gateway from a process of its own: many connections that stay open, one request under
way on each.

    python benchmarks/poller.py PORT CONNECTIONS SECONDS < {"token": …, "paths": […], "tags": […]}

Prints one line of JSON: answers by status, seconds, and the latencies' quantiles in milliseconds.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import zip_longest
from typing import Any

import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


class Client(asyncio.Protocol):
    """One connection; asks again as soon as it has been answered."""

    def __init__(self, request: bytes, told: "Told") -> None:
        self._request = request
        self._told = told
        self._got = bytearray()
        self._missing = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._missing:
            end = self._got.find(HEAD_END)
            if end < 0:
                return
            start = self._got.find(LENGTH, 0, end)
            length = 0 if start < 0 else int(self._got[start + len(LENGTH) :].split(b"\r", 1)[0])
            self._missing = end + len(HEAD_END) + length
        if len(self._got) >= self._missing:
            self._answered()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._told.until > time.perf_counter():
            self._told.statuses["cut"] += 1

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def _answered(self) -> None:
        now = time.perf_counter()
        self._told.statuses[self._got[9:12].decode()] += 1
        self._told.seconds.append(now - self._asked)
        self._got.clear()
        self._missing = 0
        if now < self._told.until:
            self._ask()
        else:
            self._transport.close()


class Told:
    """What every connection has been told."""

    def __init__(self, seconds: float) -> None:
        self.until = time.perf_counter() + seconds
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []


async def main(port: int, connections: int, seconds: float) -> None:
    given = json.load(sys.stdin)
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {given['token']}\r\n"
        + (f"If-None-Match: {tag}\r\n" if tag else "")
        + "\r\n"
        for path, tag in zip_longest(given["paths"], given["tags"] or [])
    ]
    loop = asyncio.get_running_loop()
    told, began = Told(seconds), time.perf_counter()
    for n in range(connections):
        request = requests[n % len(requests)].encode()
        await loop.create_connection(lambda r=request: Client(r, told), "127.0.0.1", port)
    await asyncio.sleep(seconds + 0.5)
    took = min(time.perf_counter() - began, seconds)
    ordered = sorted(told.seconds)
    quantiles = {
        name: 1e3 * ordered[int(share * (len(ordered) - 1))]
        for name, share in (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))
    }
    print(json.dumps({"statuses": told.statuses, "seconds": took, **quantiles}))


if __name__ == "__main__":
    port, connections, seconds = sys.argv[1:]
    uvloop.run(main(int(port), int(connections), float(seconds)))
