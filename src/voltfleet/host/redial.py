"""When a charger that is not connected dials next."""

import random

from voltfleet.host import pacing

_FOREVER = float("inf")


class Redial:
    """``at`` is the earliest time of the next dial, in epoch seconds; at first never."""

    __slots__ = ("_failures", "_no_network_until", "at")

    def __init__(self) -> None:
        self._failures = 0
        self._no_network_until = 0.0
        self.at = _FOREVER

    def soon(self, now: float) -> None:
        """The connection ended as it was meant to."""
        self.at = max(now, self._no_network_until)

    def back_off(self, now: float, rng: random.Random) -> None:
        """The dial or the connection failed."""
        self._failures += 1
        self.at = max(now + pacing.retry_delay(self._failures, rng), self._no_network_until)

    def sooner(self, at: float) -> None:
        """Then, if that is before its time; but not before the network is back."""
        self.at = min(self.at, max(at, self._no_network_until))

    def connected_for(self, seconds: float) -> None:
        """A connection ended that had held so long: after a stable one the back-off starts anew."""
        if seconds >= pacing.STABLE_AFTER_SECONDS:
            self._failures = 0

    def cut(self, until: float) -> None:
        """There is no network before then."""
        self._no_network_until = until
        self.at = max(self.at, until)

    def restored(self, now: float) -> None:
        """The network is back, if it was away."""
        if now < self._no_network_until:
            self.at = now
        self._no_network_until = 0.0
