"""Security events, as far as OCPP 1.6's security whitepaper and 2.x agree (A04): a bounded log, and
messages that get through sooner or later."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, NamedTuple

import msgspec

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.reports import DialFailure

MAX_LOGGED = 50
MAX_TECH_INFO = 255
RETRY_SECONDS = 60


class LoggedEvent(NamedTuple):
    """``at`` is epoch seconds by the station's clock."""

    at: float
    type: str
    tech_info: str | None


class SecurityEventsBlock(Block, ABC):
    """What happens offline, or gets no answer, is told again (A04.FR.02); an error is an answer."""

    __slots__ = ("_dial_failure", "_log", "_untold")
    only_logged: ClassVar[frozenset[str]] = frozenset()
    """The events that are not told."""
    of_dials: ClassVar[Mapping[DialFailure, str]] = {}
    """The events that failed dials are."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._log: tuple[LoggedEvent, ...] = ()
        self._untold: tuple[LoggedEvent, ...] = ()
        self._dial_failure: DialFailure | None = None

    @abstractmethod
    def _notification(self, event: LoggedEvent) -> tuple[msgspec.Struct, type[Any]]:
        """SecurityEventNotification, and the type of its answer."""

    def dial_failed(self, failure: DialFailure, why: str, *, told: bool = True) -> None:
        """It is an event the first time, not with every dial that fails alike until one succeeds:
        the log has room for few."""
        event = self.of_dials.get(failure)
        if event is not None and failure is not self._dial_failure:
            self.happened(event, why, told=told)
        self._dial_failure = failure

    def connected(self) -> None:
        """A dial has succeeded."""
        self._dial_failure = None

    def happened(
        self, event: str, what: str | None = None, *, at: float | None = None, told: bool = True
    ) -> None:
        """Log it (A04.FR.04), and tell it if it is such an event; ``at``: not now, but then."""
        at = (at or self.ctx.now) + self.ctx.clock_offset + self.ctx.clock_error
        logged = LoggedEvent(at, event, None if what is None else what[:MAX_TECH_INFO])
        self._log = (*self._log, logged)[-MAX_LOGGED:]
        if told and event not in self.only_logged:
            self._tell(logged)

    def resumed(self) -> None:
        """Online again: tell what is still untold."""
        waiting, self._untold = self._untold, ()
        for event in waiting:
            self._tell(event)

    def lines(self, wanted: Callable[[float], bool] = lambda _at: True) -> list[str]:
        """The security log, oldest first; of the instants (by the station's clock) wanted."""
        return [
            f"{rfc3339(e.at)} {e.type} {e.tech_info or ''}".rstrip()
            for e in sorted(self._log, key=_by_time)
            if wanted(e.at)
        ]

    def _tell(self, event: LoggedEvent) -> None:
        request, answer = self._notification(event)
        self.ctx.call(request, answer, on_failure=partial(self._failed, event))

    def _failed(self, event: LoggedEvent, failure: Failure) -> None:
        """A CSMS that does not want it gets it once."""
        if failure.kind in {FailureKind.OFFLINE, FailureKind.TIMED_OUT}:
            self._untold = (*self._untold, event)[-MAX_LOGGED:]
        if failure.kind is FailureKind.TIMED_OUT:
            self.ctx.after("security-event", 0, RETRY_SECONDS, self.resumed)


def _by_time(event: LoggedEvent) -> float:
    return event.at
