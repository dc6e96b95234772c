"""Whose turn it is to read on, when a CSMS sends more than its charger handles in one go."""

import asyncio
import time
from collections import deque
from typing import Protocol

TURN_SECONDS = 0.004
"""The event loop serves timers and the other sockets after so long."""


class Reader(Protocol):
    """A connection with bytes that it has read and not looked at yet."""

    def read_on(self) -> float | None:
        """Handle a little more of them. In how many seconds it wants its next turn; null: it has
        none left, or calls `Turns.add` again later."""


class Turns:
    """One turn each, round robin, however much each has: a flood waits behind everybody else's
    single message, not before it."""

    def __init__(self) -> None:
        self._queue: deque[Reader] = deque()
        self._queued: set[Reader] = set()
        self._scheduled = False

    def add(self, reader: Reader) -> None:
        """It has something left to handle."""
        if reader not in self._queued:
            self._queued.add(reader)
            self._queue.append(reader)
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._serve)

    def _serve(self) -> None:
        self._scheduled = False
        until = time.perf_counter() + TURN_SECONDS
        while self._queue and time.perf_counter() < until:
            reader = self._queue.popleft()
            self._queued.discard(reader)
            again_in = reader.read_on()
            if again_in is None:
                continue
            if again_in > 0:
                asyncio.get_running_loop().call_later(again_in, self.add, reader)
            else:
                self.add(reader)
        if self._queue:
            self._schedule()
