"""The progress of something long, told to the CSMS by notifications."""

from collections.abc import Callable
from typing import Any

import msgspec

from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind, Lane

Say = Callable[[str, str | None], tuple[msgspec.Struct, type[Any]]]
"""The message that tells a status, and why (a sentence) where there is a reason; and the type of
its answer."""


class Notice:
    """Tells a status once; what could not leave the station is told when it is online again, as far
    as it has got by then."""

    __slots__ = ("_ctx", "_say", "_untold", "_why", "status")

    def __init__(self, ctx: Context, say: Say) -> None:
        self._ctx = ctx
        self._say = say
        self._untold = False
        self._why: str | None = None
        self.status = "Idle"

    def tell(self, status: str, why: str | None = None) -> None:
        """It has got so far."""
        if status != self.status:
            self.status = status
            self._why = why
            self.send(Lane.NORMAL)

    def send(self, lane: Lane) -> None:
        """Tell how far it has got, be it known or not."""
        self._untold = False
        request, answer = self._say(self.status, self._why)
        self._ctx.call(request, answer, on_failure=self._failed, lane=lane)

    def resumed(self) -> None:
        """Online again."""
        if self._untold:
            self.send(Lane.NORMAL)

    def _failed(self, failure: Failure) -> None:
        if failure.kind is FailureKind.OFFLINE:
            self._untold = True
