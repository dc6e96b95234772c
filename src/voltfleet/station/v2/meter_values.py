"""Functional block J: reading the meters when it is time (J01: no transaction, J02: with one)."""

from functools import partial

from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.outbox import Lane
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import metering as m
from voltfleet.station.v2.messages.metering import MeterValue, ReadingContext
from voltfleet.station.v2.messages.transactions import TriggerReason
from voltfleet.station.v2.messages.types import Empty
from voltfleet.station.v2.metering import meter_value
from voltfleet.station.v2.session import Session, Sessions, Transaction
from voltfleet.station.v2.transaction_events import TransactionEvents

_DAY_SECONDS = 86_400
_MAX_DATA = 500
"""With more readings than this for the Ended event, every second one is dropped (J02.FR.14)."""

_BEGIN, _END = ReadingContext.TRANSACTION_BEGIN, ReadingContext.TRANSACTION_END
_PERIODIC, _CLOCK = ReadingContext.SAMPLE_PERIODIC, ReadingContext.SAMPLE_CLOCK


class MeterReadings(Block):
    """Four clocks, each of which may be switched off by an interval of 0:

    sample        SampledDataCtrlr.TxUpdatedInterval     an Updated event
    keep          SampledDataCtrlr.TxEndedInterval       put aside for the Ended event
    aligned       AlignedDataCtrlr.Interval              an Updated event, or MeterValues
    keep-aligned  AlignedDataCtrlr.TxEndedInterval       put aside for the Ended event
    """

    __slots__ = ("_events", "_model", "_sessions")

    def __init__(
        self, ctx: Context, model: DeviceModel, sessions: Sessions, events: TransactionEvents
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._sessions = sessions
        self._events = events

    # --- a transaction begins and ends ----------------------------------------------------------

    def begin(self, session: Session) -> list[MeterValue]:
        """What the Started event is to carry; the session's clocks start."""
        if session.transaction is not None:
            self._keep(session, session.transaction, catalog.SAMPLED_ENDED, _BEGIN)
        self.schedule(session)
        return self._values(session.evse, catalog.SAMPLED_STARTED, _BEGIN)

    def end(self, session: Session, transaction: Transaction) -> list[MeterValue]:
        """What the Ended event is to carry; the session's clocks stop."""
        self.ctx.timers.stop(("sample", session.evse.id))
        self.ctx.timers.stop(("keep", session.evse.id))
        self._keep(session, transaction, catalog.SAMPLED_ENDED, _END)
        return transaction.data

    def schedule(self, session: Session) -> None:
        """The session's clocks run from now; also when an interval has changed."""
        self._start("sample", session, catalog.SAMPLED_UPDATED_INTERVAL)
        self._start("keep", session, catalog.SAMPLED_ENDED_INTERVAL)

    def schedule_all(self) -> None:
        """All clocks run by the settings as they are now."""
        for session in self._sessions.values():
            if session.transaction is not None:
                self.schedule(session)
        self._start_aligned("aligned", catalog.ALIGNED_INTERVAL)
        self._start_aligned("keep-aligned", catalog.ALIGNED_ENDED_INTERVAL)

    # --- sampled --------------------------------------------------------------------------------

    def _start(self, clock: str, session: Session, interval: Definition) -> None:
        seconds = self._model.whole(interval)
        if seconds == 0:
            self.ctx.timers.stop((clock, session.evse.id))
        else:
            tick = partial(self._sample if clock == "sample" else self._keep_sample, session)
            self.ctx.after(clock, session.evse.id, seconds, tick)

    def _sample(self, session: Session) -> None:
        values = self._values(session.evse, catalog.SAMPLED_UPDATED, _PERIODIC)
        if values:
            trigger = TriggerReason.METER_VALUE_PERIODIC
            self._events.updated(session, trigger, values, Lane.METER)
        self._start("sample", session, catalog.SAMPLED_UPDATED_INTERVAL)

    def _keep_sample(self, session: Session) -> None:
        if session.transaction is not None:
            self._keep(session, session.transaction, catalog.SAMPLED_ENDED, _PERIODIC)
        self._start("keep", session, catalog.SAMPLED_ENDED_INTERVAL)

    # --- aligned with the clock -----------------------------------------------------------------

    def _start_aligned(self, clock: str, interval: Definition) -> None:
        """The next reading is due at the next multiple of the interval since midnight."""
        seconds = self._model.whole(interval)
        if seconds == 0:
            self.ctx.timers.stop((clock, 0))
            return
        since_midnight = (self.ctx.now + self.ctx.clock_offset) % _DAY_SECONDS
        wait = min(seconds - since_midnight % seconds, _DAY_SECONDS - since_midnight)
        self.ctx.after(clock, 0, wait, self._aligned if clock == "aligned" else self._keep_aligned)

    def _aligned(self) -> None:
        only_idle = self._model.flag(catalog.ALIGNED_SEND_DURING_IDLE)
        for evse in self.ctx.hardware.evses:
            session = self._sessions.get(evse.id)
            values = self._values(evse, catalog.ALIGNED_MEASURANDS, _CLOCK)
            if session is None or session.transaction is None:
                self._send(evse, values, Lane.NORMAL)
            elif values and not only_idle:
                trigger = TriggerReason.METER_VALUE_CLOCK
                self._events.updated(session, trigger, values, Lane.METER)
        self._start_aligned("aligned", catalog.ALIGNED_INTERVAL)

    def _keep_aligned(self) -> None:
        for session in self._sessions.values():
            if session.transaction is not None:
                self._keep(session, session.transaction, catalog.ALIGNED_ENDED, _CLOCK)
        self._start_aligned("keep-aligned", catalog.ALIGNED_ENDED_INTERVAL)

    # --- triggered (F06) ------------------------------------------------------------------------

    def trigger_meter_values(self, evse: Evse) -> None:
        """The CSMS wants to see the meter now."""
        values = self._values(evse, catalog.ALIGNED_MEASURANDS, ReadingContext.TRIGGER)
        self._send(evse, values, Lane.TRIGGERED)

    def trigger_event(self, session: Session) -> None:
        """The CSMS wants to hear of the transaction now."""
        values = self._values(session.evse, catalog.SAMPLED_UPDATED, ReadingContext.TRIGGER)
        self._events.updated(session, TriggerReason.TRIGGER, values)

    # --- inside ---------------------------------------------------------------------------------

    def _send(self, evse: Evse, values: list[MeterValue], lane: Lane) -> None:
        if values:
            self.ctx.call(m.MeterValues(evse.id, tuple(values)), Empty, lane=lane)

    def _keep(
        self,
        session: Session,
        transaction: Transaction,
        measurands: Definition,
        context: ReadingContext,
    ) -> None:
        transaction.data.extend(self._values(session.evse, measurands, context))
        if len(transaction.data) > _MAX_DATA:
            del transaction.data[1:-1:2]

    def _values(
        self, evse: Evse, measurands: Definition, context: ReadingContext
    ) -> list[MeterValue]:
        """One reading, or none if the controller is switched off or nothing is to be shown."""
        enabled = catalog.ENABLES[measurands]
        if not self._model.flag(enabled):
            return []
        reading = evse.reading(self.ctx.now)
        names = self._model.members(measurands)
        value = meter_value(reading, self.ctx.timestamp(), names, context)
        return [] if value is None else [value]
