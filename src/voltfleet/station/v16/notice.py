"""The progress of something long, told to the Central System by notifications."""

from collections.abc import Callable

import msgspec

from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind, Lane

Say = Callable[[str], tuple[msgspec.Struct, type[msgspec.Struct]]]


class Notice:
    """Tells a status once; what could not leave the station is told when it is online again."""

    __slots__ = ("_ctx", "_say", "_untold", "status")

    def __init__(self, ctx: Context, say: Say) -> None:
        self._ctx = ctx
        self._say = say
        self._untold = False
        self.status = "Idle"

    def tell(self, status: str) -> None:
        """It has got so far."""
        if status != self.status:
            self.status = status
            self.send(Lane.NORMAL)

    def send(self, lane: Lane) -> None:
        """Tell how far it has got, be it known or not."""
        self._untold = False
        request, answer = self._say(self.status)
        self._ctx.call(request, answer, on_failure=self._failed, lane=lane)

    def say(self) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
        """The message that tells it."""
        return self._say(self.status)

    def resumed(self) -> None:
        """Online again."""
        if self._untold:
            self.send(Lane.NORMAL)

    def _failed(self, failure: Failure) -> None:
        self._untold = failure.kind is FailureKind.OFFLINE
