"""What happens at the hardware, and what it means to a transaction: a car comes (E02, E03), charges
or does not, and goes (E09, E10)."""

from functools import partial

from voltfleet.station import driver
from voltfleet.station.blocks import Block
from voltfleet.station.connector import Connector, Fault
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.hardware import HardwareEvent
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.device_model import catalog, charging
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages.transactions import (
    ChargingState,
    StoppedReason,
    TriggerReason,
)
from voltfleet.station.v2.permit import Verdict
from voltfleet.station.v2.session import Session, Sessions
from voltfleet.station.v2.transaction_events import TransactionEvents
from voltfleet.station.v2.transactions import Transactions

_FAULT_REASONS = {
    Fault.GROUND_FAILURE: StoppedReason.GROUND_FAULT,
    Fault.OVER_CURRENT_FAILURE: StoppedReason.OVERCURRENT_FAULT,
}


class HardwareEvents(Block):
    """Passes on to `Transactions` what the hardware told."""

    __slots__ = ("_availability", "_events", "_model", "_sessions", "_transactions")

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        availability: Availability,
        sessions: Sessions,
        events: TransactionEvents,
        transactions: Transactions,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._sessions = sessions
        self._events = events
        self._transactions = transactions

    def heard(self, event: HardwareEvent, evse: Evse, connector: Connector) -> None:
        """The hardware told something about a connector."""
        self._availability.refresh((connector,))
        if event is HardwareEvent.PLUGGED_IN:
            self._plugged_in(self._sessions.at(evse))
            return
        session = self._sessions.get(evse.id)
        if session is None:
            return
        match event:
            case HardwareEvent.PULLED_OUT:
                self._pulled_out(session)
            case HardwareEvent.FAULTED if session.permit is not None and connector is evse.active:
                self._faulted(session, connector)
            case HardwareEvent.ENERGY_REACHED:
                self._energy_reached(session)
            case HardwareEvent.EV_HAS_ENOUGH | HardwareEvent.EV_WANTS_ENERGY:
                self._ev_wish(session)
            case HardwareEvent.OFFER_CHANGED:
                self._transactions.told_state(session)
                self._told_rate(session)

    def _energy_reached(self, session: Session) -> None:
        """The driver has what was wanted, or a disowned token all that it may have (E05.FR.03)."""
        spared_to_wh = session.spared_to_wh
        if spared_to_wh is not None and session.evse.meter.register_wh >= spared_to_wh - 0.01:
            self._transactions.suspend(session)
        else:
            self._transactions.stop_by_driver(session)

    def _told_rate(self, session: Session) -> None:
        """What is offered to a car that charges has changed enough to be told."""
        transaction, evse = session.transaction, session.evse
        if transaction is None or transaction.told_state is not ChargingState.CHARGING:
            return
        percent = self._model.whole(charging.LIMIT_CHANGE_SIGNIFICANCE)
        told_w, now_w = transaction.told_offer_w, evse.offered_w()
        if abs(now_w - told_w) * 100 > told_w * percent:
            self._events.updated(session, TriggerReason.CHARGING_RATE_CHANGED)

    def _plugged_in(self, session: Session) -> None:
        """E02 (cable first), or E03 (token first) and here is the car."""
        self.ctx.timers.stop(("connect", session.evse.id))
        self._transactions.advance(session, TriggerReason.CABLE_PLUGGED_IN)
        if session.permit is None:
            driver.leaves(self.ctx, session.evse)
        else:
            self._transactions.power_on(session)

    def _pulled_out(self, session: Session) -> None:
        """E09, or (StopTxOnEVSideDisconnect is false) E10."""
        reason = StoppedReason.EV_DISCONNECTED
        stops = self._model.flag(catalog.STOP_TX_ON_EV_SIDE_DISCONNECT)
        if stops or session.transaction is None:
            session.withdraw(Verdict(accepted=False, text="the cable was pulled out"), reason)
        self.ctx.timers.stop(("session", session.evse.id))
        self._transactions.advance(session, TriggerReason.EV_COMMUNICATION_LOST, reason)

    def _faulted(self, session: Session, connector: Connector) -> None:
        fault = connector.fault or Fault.OTHER_ERROR
        reason = _FAULT_REASONS.get(fault, StoppedReason.OTHER)
        self._transactions.stop(session, TriggerReason.ABNORMAL_CONDITION, reason)

    def _ev_wish(self, session: Session) -> None:
        self._transactions.told_state(session)
        ev = session.evse.ev
        if session.permit is not None and ev is not None and ev.full:
            driver.returns(
                self.ctx, session.evse, partial(self._transactions.stop_by_driver, session)
            )
