"""What a sick station does to the messages on its wire."""

from functools import partial

from voltfleet.station.outbox import Outbox
from voltfleet.station.timers import Timers

Message = tuple[str, str]
"""Action and text."""

PAIR_SECONDS = 5.0
"""How long an answer waits for another one to let pass."""


class WireFaults:
    """The faults between the station and its socket. A healthy station has none of these objects.

    ``slow_seconds``, ``doubled`` and ``swapped`` hold until they are cleared; ``malformed`` and
    ``refused`` count down.
    """

    __slots__ = (
        "_held",
        "_outbox",
        "_sent",
        "_timers",
        "doubled",
        "malformed",
        "refused",
        "slow_seconds",
        "swapped",
    )

    def __init__(self, outbox: Outbox, timers: Timers) -> None:
        self._outbox = outbox
        self._timers = timers
        self._held: list[Message] = []
        self._sent = 0
        self.slow_seconds = 0.0
        self.doubled = False
        self.swapped = False
        self.malformed = 0
        self.refused = 0

    def refuse(self) -> bool:
        """Whether this call of the CSMS is to be refused."""
        if not self.refused:
            return False
        self.refused -= 1
        return True

    def answer(self, message: Message, now: float) -> None:
        """An answer to the CSMS: now, later, or after the next one."""
        if self.slow_seconds:
            self._sent += 1
            send = partial(self._send, message)
            self._timers.start(("slow-answer", self._sent), now + self.slow_seconds, send)
        elif not self.swapped:
            self._send(message)
        elif self._held:
            self._send(message)
            self._release()
        else:
            self._held.append(message)
            self._timers.start(("lone-answer", 0), now + PAIR_SECONDS, self._release)

    def leave(self, messages: list[Message]) -> list[Message]:
        """The messages as they reach the wire."""
        out: list[Message] = []
        for action, text in messages:
            spoilt = text
            if self.malformed:
                self.malformed -= 1
                spoilt = text[: len(text) // 2]
            out += [(action, spoilt)] * (2 if self.doubled else 1)
        return out

    def link_lost(self) -> None:
        """What was held back is of no use on another socket."""
        self._held.clear()
        self._timers.stop(("lone-answer", 0))
        self._timers.stop_all("slow-answer")

    def heal(self) -> None:
        """All is well again; what was held back goes out."""
        self.slow_seconds = 0.0
        self.doubled = self.swapped = False
        self.malformed = self.refused = 0
        self._release()

    def _send(self, message: Message) -> None:
        self._outbox.frames.append(message)

    def _release(self) -> None:
        self._timers.stop(("lone-answer", 0))
        self._outbox.frames += self._held
        self._held = []
