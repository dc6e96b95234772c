"""Functional block N: NotifyEvent (N07, N08), in pages, and kept while the station is offline."""

from collections.abc import Callable
from functools import partial

from voltfleet.domain.specs import OcppVersion
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.device_model.monitoring import (
    ACTIVE_LEVEL,
    MONITORING_ENABLED,
    OFFLINE_QUEUING_SEVERITY,
)
from voltfleet.station.v2.messages import monitoring as m
from voltfleet.station.v2.messages.monitoring import EventData, EventNotification, EventTrigger
from voltfleet.station.v2.messages.types import Component, Empty, Variable

EVENTS_PER_MESSAGE = 20
NOTHING = -1
"""No event is as severe as that."""
_UNREMEMBERED_IDS = 1000
MAX_KEPT = 500
"""With more events than this waiting for the CSMS, the oldest are dropped."""

Kept = tuple[int, EventData]
"""An event, behind its severity."""


class Events(Block):
    """Collects events; `flush` sends those that may go. ``on_kept`` (set by `Watch`) hears that
    some came back, and wait for the next `flush`. ``last_id`` is the last event's."""

    __slots__ = ("_kept", "_model", "last_id", "on_kept")

    def __init__(self, ctx: Context, model: DeviceModel) -> None:
        super().__init__(ctx)
        self._model = model
        self.last_id = 0
        self._kept: tuple[Kept, ...] = ()
        self.on_kept: Callable[[], None] = _nobody

    @property
    def waiting(self) -> tuple[Kept, ...]:
        """The events that wait for the CSMS."""
        return self._kept

    def recall(self, last_id: int, waiting: tuple[Kept, ...]) -> None:
        """As before a power cut. The last ids may not have been remembered: leave them out."""
        self.last_id = last_id + _UNREMEMBERED_IDS
        self._kept = waiting

    def heard(self) -> int:
        """Up to this severity anybody hears of an event now: the level (N07.FR.15), offline what is
        kept then (N07.FR.04), nothing with monitoring switched off."""
        model = self._model
        if not model.flag(MONITORING_ENABLED):
            return NOTHING
        level = model.whole(ACTIVE_LEVEL)
        return level if self.ctx.online else min(level, model.whole(OFFLINE_QUEUING_SEVERITY))

    def tell(
        self,
        severity: int,
        trigger: EventTrigger,
        where: tuple[Component, Variable],
        value: str,
        origin: EventNotification,
        *,
        cleared: bool = False,
        monitor_id: int | None = None,
        tech: tuple[str, str] | None = None,
        transaction_id: str | None = None,
    ) -> None:
        """Something happened. ``tech`` is a code, and what it means."""
        self.last_id += 1
        code, info = (None, None) if tech is None else tech
        event = EventData(
            self.last_id,
            self.ctx.timestamp(),
            trigger,
            value,
            origin,
            *where,
            variable_monitoring_id=monitor_id,
            cleared=True if cleared else None,
            tech_code=code,
            tech_info=info,
            transaction_id=transaction_id,
            severity=severity if self.ctx.version is OcppVersion.V21 else None,
        )
        self._keep((*self._kept, (severity, event)))
        if trigger is not EventTrigger.PERIODIC or not self.ctx.online:
            self.ctx.remember()

    def flush(self) -> None:
        """Send what waits, if the station is online. The numbers of pages begin with 0
        (N07.FR.07, N08.FR.04)."""
        if not self._kept or not self.ctx.online:
            return
        events, self._kept = self._kept, ()
        for page, first in enumerate(range(0, len(events), EVENTS_PER_MESSAGE)):
            part = events[first : first + EVENTS_PER_MESSAGE]
            more = first + EVENTS_PER_MESSAGE < len(events)
            request = m.NotifyEvent(
                self.ctx.timestamp(), page, tuple(event for _, event in part), more
            )
            self.ctx.call(request, Empty, on_failure=partial(self._not_told, part))

    def _not_told(self, part: tuple[Kept, ...], failure: Failure) -> None:
        """The link was lost before the answer: tell again, as if it had happened offline."""
        if failure.kind is FailureKind.OFFLINE:
            most = self._model.whole(OFFLINE_QUEUING_SEVERITY)
            again = [kept for kept in part if kept[0] <= most]
            self._keep(tuple(sorted((*again, *self._kept), key=lambda kept: kept[1].event_id)))
            self.on_kept()

    def _keep(self, events: tuple[Kept, ...]) -> None:
        self._kept = events[-MAX_KEPT:]


def _nobody() -> None:
    """Stands in until `Watch` listens."""
