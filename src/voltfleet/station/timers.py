"""What a station waits for: a handful of named timers.

A station has one to ten of them, so a sorted list beats a heap: stopping one by name is a short
scan, and an idle station pays for one tuple.
"""

from bisect import insort
from collections.abc import Callable
from operator import itemgetter

Key = tuple[str, int]
"""A name, and a number that tells timers of one name apart (EVSE or connector; 0: station)."""

PHYSICAL = frozenset({"energy", "driver", "power", "reservation"})
"""Timers that are the world's, or of what is kept for good: a reboot does not stop them."""

_Entry = tuple[float, Key, Callable[[], None]]
_due_at = itemgetter(0)


class Timers:
    """Named one-shot timers. Starting a timer that runs already moves it."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def start(self, key: Key, at: float, callback: Callable[[], None]) -> None:
        """Call ``callback`` at ``at`` (epoch seconds), unless stopped or started anew before."""
        self.stop(key)
        insort(self._entries, (at, key, callback), key=_due_at)

    def stop(self, key: Key) -> None:
        """Forget the timer, if it runs."""
        for position, entry in enumerate(self._entries):
            if entry[1] == key:
                del self._entries[position]
                return

    def stop_all(self, name: str) -> None:
        """Forget every timer of that name."""
        self._entries = [entry for entry in self._entries if entry[1][0] != name]

    def stop_firmware(self) -> None:
        """Forget what the firmware waits for, as a reboot does; the world goes on."""
        self._entries = [entry for entry in self._entries if entry[1][0] in PHYSICAL]

    def forget_all(self) -> None:
        """Nothing is waited for any more; what was to be called is let go."""
        self._entries.clear()

    def running(self, key: Key) -> bool:
        """Whether that timer is due some time."""
        return any(entry[1] == key for entry in self._entries)

    def next_at(self) -> float | None:
        """When the next one is due."""
        return self._entries[0][0] if self._entries else None

    def fire_next(self, now: float) -> bool:
        """Take off and call the first timer that is due; false if there is none."""
        if not self._entries or self._entries[0][0] > now:
            return False
        self._entries.pop(0)[2]()
        return True
