"""Time for thousands of stations: one clock that never goes backwards, and one timer wheel."""

import heapq
import math
import time
from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]
"""Epoch seconds, never going backwards."""

TICK_SECONDS = 0.1
_TICKS_PER_SECOND = 10


def start_clock() -> Clock:
    """A clock that starts at the wall clock's time and runs on monotonically.

    It counts the time a machine slept where the system can tell (Linux), so that a lease is over
    when a laptop wakes up.
    """
    elapsed = _monotonic_source()
    offset = time.time() - elapsed()
    return lambda: offset + elapsed()


def _monotonic_source() -> Callable[[], float]:
    clock_id = getattr(time, "CLOCK_BOOTTIME", None)
    if clock_id is None:
        return time.monotonic
    clock_gettime = time.clock_gettime
    return lambda: clock_gettime(clock_id)


class Timed(Protocol):
    """Something the wheel wakes. ``wheel_slot`` starts as 0 and is the wheel's afterwards."""

    wheel_slot: int

    def wake(self, now: float) -> None:
        """Its time came, or came and was since put off: it looks at its own deadlines and
        schedules itself again."""


class Wheel:
    """Wakes entries at (or up to one tick after) the time they asked for.

    An entry has one place in the wheel. Moving a deadline later costs nothing: the entry is woken
    at the earlier time and says then what it needs; that is the common case (every message moves
    the next ping and heartbeat).
    """

    __slots__ = ("_buckets", "_cursor", "_slots")

    def __init__(self, now: float) -> None:
        self._buckets: dict[int, list[Timed]] = {}
        self._slots: list[int] = []
        self._cursor = math.floor(now * _TICKS_PER_SECOND)

    def schedule(self, timed: Timed, at: float) -> None:
        """Wake ``timed`` at ``at``, or earlier if it was scheduled earlier before."""
        slot = max(math.ceil(at * _TICKS_PER_SECOND), self._cursor + 1)
        current = timed.wheel_slot
        if current and current <= slot:
            return
        timed.wheel_slot = slot
        bucket = self._buckets.get(slot)
        if bucket is None:
            self._buckets[slot] = [timed]
            heapq.heappush(self._slots, slot)
        else:
            bucket.append(timed)

    def cancel(self, timed: Timed) -> None:
        """Do not wake ``timed``."""
        timed.wheel_slot = 0

    def pop_due(self, now: float, limit: int) -> list[Timed]:
        """At most ``limit`` entries whose time has come. An empty list means that none is left.

        The caller wakes each of them and calls again; the limit lets it serve sockets in between.
        """
        cursor = math.floor(now * _TICKS_PER_SECOND)
        due: list[Timed] = []
        while self._slots and self._slots[0] <= cursor and len(due) < limit:
            slot = self._slots[0]
            bucket = self._buckets[slot]
            while bucket and len(due) < limit:
                timed = bucket.pop()
                if timed.wheel_slot == slot:
                    timed.wheel_slot = 0
                    due.append(timed)
            if not bucket:
                heapq.heappop(self._slots)
                del self._buckets[slot]
        # Whatever is scheduled from now on belongs after this tick, or it would be popped forever.
        self._cursor = max(self._cursor, cursor)
        return due
