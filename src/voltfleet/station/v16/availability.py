"""Status notifications and availability (OCPP 1.6 §4.9 and §5.2)."""

from collections.abc import Sequence
from functools import partial

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind, Lane
from voltfleet.station.reports import ConnectorState
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.memory import AvailabilityMemory, BayMemory
from voltfleet.station.v16.status import (
    SUSPENDED,
    Bay,
    Reservation,
    Transaction16,
    decide,
    path,
)
from voltfleet.station.v16.types import AvailabilityStatus, AvailabilityType, ErrorCode, Status


class Availability(Block):
    """Keeps the status of every connector (a `Bay` each) and of the whole station (connector 0),
    and tells the Central System each change once. ``reservation`` is of any connector; those of
    one connector are in its bay. While it is ``_closed`` nobody may begin to charge."""

    __slots__ = ("_closed", "_configuration", "_operative", "_station_told", "bays", "reservation")

    def __init__(self, ctx: Context, configuration: Configuration) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._operative = True
        self._closed = False
        self._station_told: Status | None = None
        self.reservation: Reservation | None = None
        hardware = ctx.hardware
        self.bays = tuple(Bay(c, hardware.evse_of(c), ctx.now) for c in hardware.connectors)
        for bay in self.bays:
            self._report(bay)

    def bay(self, number: int) -> Bay | None:
        """The connector of that number."""
        return self.bays[number - 1] if 1 <= number <= len(self.bays) else None

    def usable(self, bay: Bay) -> bool:
        """Whether a transaction may start there."""
        operative = self._operative and bay.operative
        return operative and not self._closed and bay.connector.fault is None

    # --- a firmware update ----------------------------------------------------------------------

    def close(self) -> None:
        """Whatever is not in use is Unavailable until `reopen` (§5.19, whitepaper L01.FR.07)."""
        self._set_closed(closed=True)

    def reopen(self) -> None:
        """As before."""
        self._set_closed(closed=False)

    def _set_closed(self, *, closed: bool) -> None:
        if self._closed is not closed:
            self._closed = closed
            for bay in self.bays:
                self.refresh(bay)

    # --- power cuts -----------------------------------------------------------------------------

    def memory(self) -> AvailabilityMemory:
        """What outlives one, beside the bays."""
        return AvailabilityMemory(self._operative, self.reservation)

    def recall(
        self,
        memory: AvailabilityMemory,
        bays: Sequence[BayMemory],
        transactions: Sequence[Transaction16],
    ) -> None:
        """As it was; nobody was told of the statuses."""
        self._operative, self.reservation = memory.operative, memory.reservation
        for bay, kept in zip(self.bays, bays, strict=True):
            bay.operative, bay.finished = kept.operative, kept.finished
            bay.reservation = kept.reservation
            if kept.transaction is not None:
                bay.transaction = transactions[kept.transaction]
            bay.status = decide(bay, station_operative=self._operative)
            bay.since = self.ctx.now
            self._report(bay)

    # --- telling --------------------------------------------------------------------------------

    def forget_told(self) -> None:
        """After a power-up the Central System is to be told everything anew."""
        self._station_told = None
        for bay in self.bays:
            bay.told = None

    def tell_all(self) -> None:
        """Tell what the Central System has not been told yet."""
        if self._station_told is not self._station_status:
            self.send(0, Lane.NORMAL)
        for bay in self.bays:
            self._tell(bay)

    def refresh(self, bay: Bay) -> None:
        """Something about the connector changed: decide its status anew, and tell it."""
        if bay.connector.fault is not None and bay.reservation is not None:
            self.ctx.remember()
            bay.reservation = None  # §5.13: a reservation ends with that
        in_use = bay.permit is not None
        status = decide(bay, station_operative=self._operative and (in_use or not self._closed))
        if status is not bay.status:
            for step in path(bay.status, status):
                self._enter(bay, step)
        elif bay.told is not None and bay.told[1] != _error_code(bay):
            self._tell(bay)

    def send(self, number: int, lane: Lane) -> None:
        """Send StatusNotification of a connector, or of the station (0), as things stand."""
        bay = self.bay(number)
        if bay is None:
            status, error, since = self._station_status, ErrorCode.NO_ERROR.value, self.ctx.now
            self._station_told = status
        else:
            status, error, since = bay.status, _error_code(bay), bay.since
            bay.told = (status, error)
        self.ctx.call(
            m.StatusNotification(number, error, status, self.ctx.timestamp(since)),
            m.StatusNotificationResponse,
            on_failure=partial(self._not_told, number),
            lane=lane,
        )

    @property
    def _station_status(self) -> Status:
        return Status.AVAILABLE if self._operative else Status.UNAVAILABLE

    def _enter(self, bay: Bay, status: Status) -> None:
        bay.status = status
        bay.since = self.ctx.now
        self._report(bay)
        stable_seconds = self._configuration.whole(Name.MINIMUM_STATUS_DURATION)
        if stable_seconds == 0:
            self._tell(bay)
        else:
            number = bay.connector.number
            self.ctx.after("status", number, stable_seconds, partial(self._tell, bay))

    def _tell(self, bay: Bay) -> None:
        if self.ctx.online and bay.told != (bay.status, _error_code(bay)):
            self.send(bay.connector.number, Lane.NORMAL)

    def _not_told(self, number: int, failure: Failure) -> None:
        """A notification that never left is made up for after the reconnect."""
        if failure.kind is not FailureKind.OFFLINE:
            return
        bay = self.bay(number)
        if bay is None:
            self._station_told = None
        else:
            bay.told = None

    def _report(self, bay: Bay) -> None:
        connector = bay.connector
        error = None if connector.fault is None else connector.fault.value
        self.ctx.report(
            ConnectorState(
                connector.evse_id,
                connector.number,
                bay.status,
                error,
                bay.since,
                charging=bay.status is Status.CHARGING,
                suspended=bay.status in SUSPENDED,
            )
        )

    # --- §5.2 ChangeAvailability ----------------------------------------------------------------

    @handles(m.ChangeAvailability)
    def change_availability(self, request: m.ChangeAvailability) -> m.ChangeAvailabilityResponse:
        """At once, or Scheduled where a transaction is in progress; connector 0 is all of it."""
        self.ctx.remember()
        operative = request.type is AvailabilityType.OPERATIVE
        if request.connector_id == 0:
            return m.ChangeAvailabilityResponse(self._change_station(operative=operative))
        bay = self.bay(request.connector_id)
        if bay is None:
            return m.ChangeAvailabilityResponse(AvailabilityStatus.REJECTED)
        return m.ChangeAvailabilityResponse(self._change(bay, operative=operative))

    def _change_station(self, *, operative: bool) -> AvailabilityStatus:
        self._operative = operative
        if not operative:
            self.reservation = None
        answers = {self._change(bay, operative=operative) for bay in self.bays}
        if self.ctx.online and self._station_told is not self._station_status:
            self.send(0, Lane.NORMAL)
        scheduled = AvailabilityStatus.SCHEDULED in answers
        return AvailabilityStatus.SCHEDULED if scheduled else AvailabilityStatus.ACCEPTED

    def _change(self, bay: Bay, *, operative: bool) -> AvailabilityStatus:
        """A transaction in progress goes on: `decide` puts it before the availability."""
        bay.operative = operative
        if not operative:
            bay.reservation = None
        if bay.transaction is not None and not operative:
            return AvailabilityStatus.SCHEDULED
        if not operative:
            bay.withdraw("the connector was made inoperative")
            bay.finished = False
        self.refresh(bay)
        return AvailabilityStatus.ACCEPTED


def _error_code(bay: Bay) -> str:
    return ErrorCode.NO_ERROR.value if bay.connector.fault is None else bay.connector.fault.value
