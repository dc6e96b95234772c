"""How fast stations dial: a token bucket per CSMS, and exponential back-off with jitter."""

import random

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
STABLE_AFTER_SECONDS = 10.0
"""A station that was connected this long starts its back-off anew."""


class TokenBucket:
    """Lets through ``rate`` dials a second on average and ``burst`` at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one may go now; it is counted if so."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def seconds_to_next(self) -> float:
        """How long after the last `take` the next one can succeed."""
        return max(0.0, (1.0 - self._tokens) / self._rate)


def retry_delay(failures: int, rng: random.Random) -> float:
    """Seconds to wait before the next dial after that many failures in a row.

    The ceiling starts at one second and doubles up to a minute; the wait is drawn evenly from
    nothing to the ceiling ("full jitter"), so that a fleet that lost its CSMS in one instant does
    not come back in one instant.
    """
    ceiling = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 16))
    return rng.uniform(0.0, ceiling)
