"""Counters of the whole CSMS, and how fast they grow."""

from collections import deque
from dataclasses import dataclass

RATE_WINDOW_SECONDS = 5


@dataclass(slots=True)
class Totals:
    """Counted since the CSMS started."""

    connections: int = 0
    disconnections: int = 0
    boots: int = 0
    messages_in: int = 0
    messages_out: int = 0
    problems: int = 0
    """Messages that the standard does not allow."""
    errors_answered: int = 0
    """CALLERRORs sent."""
    transactions: int = 0
    energy_wh: float = 0.0
    """Of finished transactions."""
    double_sockets: int = 0
    """How often a charger dialled in while its earlier socket was still live."""


class Rates:
    """What grew per second over the last few seconds; `sample` is called about once a second."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._samples: deque[tuple[float, int, int]] = deque(maxlen=RATE_WINDOW_SECONDS + 1)

    def sample(self, now: float) -> None:
        """Note where the counters stand."""
        self._samples.append((now, self._totals.messages_in, self._totals.boots))

    def per_second(self, now: float) -> tuple[float, float]:
        """(messages, boots) per second since the oldest sample kept."""
        if not self._samples:
            return 0.0, 0.0
        at, messages, boots = self._samples[0]
        seconds = now - at
        if seconds <= 0:
            return 0.0, 0.0
        return (
            (self._totals.messages_in - messages) / seconds,
            (self._totals.boots - boots) / seconds,
        )
