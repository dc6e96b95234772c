"""What a host knows of a CSMS that it cannot reach, and who waits for it to come back.

Each charger backs off by itself, up to a minute. So that a fleet need not sit out that minute when
its CSMS is back, one of those that wait dials every few seconds, and the first that is let in
brings all the others: spread over some seconds, so that the CSMS is not run over as it wakes up.
"""

import random
from typing import Protocol

PROBE_SECONDS = (4.0, 6.0)
"""Nobody has dialled for so long: one of those that wait does, whatever its back-off."""
DARK_SECONDS = 5.0
"""A CSMS that let nobody in for so long was away. One that lets some in is overloaded, and each
success must not bring all the others at once: there the back-off stands."""
RETURNS_PER_SECOND = 1500.0


class Waiting(Protocol):
    """One that waits before it dials again."""

    def csms_back(self, at: float) -> None:
        """Dial at that time, unless it would sooner anyway."""


class Outage:
    """Of one address. `failed` and `over` say what became of a dial; `wait` and `forget` who."""

    __slots__ = ("_since", "_waiting")

    def __init__(self) -> None:
        self._since: float | None = None
        self._waiting: dict[Waiting, None] = {}

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def failed(self, waiting: Waiting, now: float) -> None:
        """It was not let in, nor would any other have been; it waits."""
        if self._since is None:
            self._since = now
        self._waiting[waiting] = None

    def forget(self, waiting: Waiting) -> None:
        """It dials by itself, or never again."""
        self._waiting.pop(waiting, None)

    def over(self, now: float, rng: random.Random) -> None:
        """One was let in: if the CSMS had been away, all come back."""
        since, self._since = self._since, None
        if since is None or now - since < DARK_SECONDS:
            return
        returning, self._waiting = self._waiting, {}
        spread = len(returning) / RETURNS_PER_SECOND
        for waiting in returning:
            waiting.csms_back(now + rng.uniform(0.0, spread))

    def probe(self, now: float) -> None:
        """Have the one dial that has waited longest."""
        prober = next(iter(self._waiting), None)
        if prober is not None:
            del self._waiting[prober]
            prober.csms_back(now)
