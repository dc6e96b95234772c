"""For how long this host may run its stations without hearing from a gateway."""

from collections import deque
from collections.abc import Callable


class Lease:
    """Counts from when a beat was *sent*, so that it is over here before it is over at the gateway.

    Acknowledgements come in the order of the beats of one link. Begins expired: before the first
    `Welcome` there is nothing to run.
    """

    __slots__ = ("_expires_at", "_renewed", "_sent", "seconds")

    def __init__(self, renewed: Callable[[float], None] | None = None) -> None:
        """``renewed`` hears until when, after every renewal."""
        self._renewed = renewed
        self.seconds = 0.0
        self._expires_at = float("-inf")
        self._sent: deque[float] = deque()

    def link_up(self, said_hello_at: float, lease_seconds: float) -> None:
        """The gateway welcomed this host: as good as an answered beat, sent with the `Hello`."""
        self.seconds = lease_seconds
        self._sent.clear()
        self._renew(said_hello_at)

    def beat_sent(self, now: float) -> None:
        """A beat left on the current link."""
        self._sent.append(now)

    def beat_acked(self) -> None:
        """The oldest unanswered beat was answered; an answer to no beat changes nothing."""
        if self._sent:
            self._renew(self._sent.popleft())

    def unanswered_since(self) -> float | None:
        """When the oldest unanswered beat of this link was sent."""
        return self._sent[0] if self._sent else None

    def expired(self, now: float) -> bool:
        """Whether another host may run the chargers by now."""
        return now >= self._expires_at

    def _renew(self, sent_at: float) -> None:
        self._expires_at = max(self._expires_at, sent_at + self.seconds)
        if self._renewed is not None:
            self._renewed(self._expires_at)
