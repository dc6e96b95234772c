"""Functional block E: when a transaction starts, when it ends, and what happens in between.

What happens at an EVSE changes which points hold (`session.Point`); every change goes through
`Transactions.advance`, which follows this table:

    transaction   points                            what is told
    ------------------------------------------------------------------------
    none          one of TxStartPoint begins        Started    (E01.FR.01)
    none          none of them does                 nothing
    open          one of TxStopPoint ceases         Ended      (E06.FR.01)
    open          none holds any more               Ended
    open          anything else                     Updated

and why a transaction stopped is the first of these that happened to it:

    Local                          the driver (time, energy, full battery, token presented again)
    MasterPass                     a token of the group AuthCtrlr.MasterPassGroupId
    Remote                         RequestStopTransaction
    EVDisconnected                 the cable was pulled out
    DeAuthorized                   the CSMS disowned the token
    Timeout                        nobody plugged in within EVConnectionTimeOut
    StoppedByEV                    the car stopped (TxStopPoint EnergyTransfer)
    ImmediateReset                 Reset
    GroundFault, OvercurrentFault, Other   a fault
"""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from voltfleet.station import driver
from voltfleet.station.blocks import Block
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.v2.authorization import Authorization, group_of, key_of_token
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages.transactions import (
    ChargingState,
    StoppedReason,
    TriggerReason,
)
from voltfleet.station.v2.messages.types import IdToken, IdTokenInfo
from voltfleet.station.v2.meter_values import MeterReadings
from voltfleet.station.v2.permit import Permit, Verdict
from voltfleet.station.v2.places import Places
from voltfleet.station.v2.registration import Registration
from voltfleet.station.v2.reservations import Reservations
from voltfleet.station.v2.session import (
    NO_POINT,
    Point,
    Session,
    Sessions,
    Transaction,
    points_named,
)
from voltfleet.station.v2.smart_charging import SmartCharging
from voltfleet.station.v2.transaction_events import TransactionEvents

_WHY_NOT = {
    StoppedReason.LOCAL: "it was stopped before it began",
    StoppedReason.REMOTE: "the CSMS stopped it before it began",
    StoppedReason.TIMEOUT: "no car was plugged in within EVConnectionTimeOut",
}


class Transactions(Block):
    """Starts and ends transactions. ``on_ended`` hears of every transaction that ended."""

    __slots__ = (
        "_authorization",
        "_availability",
        "_events",
        "_meters",
        "_model",
        "_paused",
        "_places",
        "_reservations",
        "_sessions",
        "_smart",
        "on_ended",
    )

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        availability: Availability,
        registration: Registration,
        places: Places,
        authorization: Authorization,
        sessions: Sessions,
        events: TransactionEvents,
        meters: MeterReadings,
        reservations: Reservations,
        smart: SmartCharging,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._places = places
        self._authorization = authorization
        self._sessions = sessions
        self._events = events
        self._meters = meters
        self._reservations = reservations
        self._smart = smart
        self._paused: tuple[Session, ...] = ()
        self.on_ended: Callable[[], None] = _nobody
        events.on_info = self._informed
        registration.on_accepted = partial(self.look_around, ctx.hardware.evses)

    # --- a token --------------------------------------------------------------------------------

    def grant(self, connector: Connector, permit: Permit) -> None:
        """The token may charge there; its driver is on the way if no car is there yet."""
        evse = self.ctx.hardware.evse_of(connector)
        driver.does_not_come(self.ctx, evse)
        token = key_of_token(permit.id_token)
        reservation_id = self._reservations.use(evse, token, permit.group)
        session = self._sessions.at(evse)
        session.grant(permit)
        self._events.costs.granted(session)
        session.untold_reservation = reservation_id
        self._availability.refresh(evse.connectors)
        self.advance(session, permit.trigger)
        self._smart.granted(session)
        if evse.active is not None:
            self.power_on(session)
            return
        seconds = self._model.whole(catalog.EV_CONNECTION_TIME_OUT)
        self.ctx.after("connect", evse.id, seconds, partial(self._nobody_came, session))
        driver.arrives(self.ctx, connector)

    def stop(
        self,
        session: Session,
        trigger: TriggerReason,
        reason: StoppedReason,
        token: IdToken | None = None,
    ) -> None:
        """The leave to charge is over, and energy does not flow any more; whether the transaction
        ends with it is for TxStopPoint to say. ``token`` is what was presented to stop."""
        ctx, evse = self.ctx, session.evse
        ctx.timers.stop(("connect", evse.id))
        ctx.timers.stop(("session", evse.id))
        if evse.active is None:
            driver.does_not_come(ctx, evse)
        authorized = session.permit is not None
        why = _WHY_NOT.get(reason, f"it was stopped before it began: {reason}")
        session.withdraw(Verdict(accepted=False, text=why), reason)
        session.untold_token = token
        self._power_off(session)
        if session.transaction is not None and not authorized:
            # Nothing falls that could end it: it was never more than a car on a cable (F03.FR.02).
            self._end(session, trigger, reason)
        else:
            self.advance(session, trigger, reason)
        driver.leaves(ctx, evse)

    def stop_by_driver(self, session: Session) -> None:
        """The driver presents the token again, or drives away before anything began."""
        if session.permit is not None:
            token = session.permit.id_token
            self.stop(session, TriggerReason.STOP_AUTHORIZED, StoppedReason.LOCAL, token)

    def end_all(
        self,
        evses: tuple[Evse, ...],
        reason: StoppedReason,
        trigger: TriggerReason = TriggerReason.RESET_COMMAND,
    ) -> None:
        """Whatever goes on at these EVSEs is over: they are reset (B12.FR.03, FR.07), or have no
        power."""
        for session in [s for s in self._sessions.values() if s.evse in evses]:
            self.ctx.timers.stop(("connect", session.evse.id))
            driver.does_not_come(self.ctx, session.evse)
            session.withdraw(Verdict(accepted=False, text="the station was reset"), reason)
            self._power_off(session)
            if session.transaction is not None:
                self._end(session, trigger, reason)
            self._forget_if_empty(session)
            driver.leaves(self.ctx, session.evse)

    def _nobody_came(self, session: Session) -> None:
        """E03.FR.05"""
        self.stop(session, TriggerReason.EV_CONNECT_TIMEOUT, StoppedReason.TIMEOUT)

    def _informed(
        self, session: Session, transaction: Transaction, token: IdToken, info: IdTokenInfo
    ) -> None:
        """The CSMS said what it thinks of the token that pays for a transaction (E05)."""
        self._authorization.learn(token, info)
        permit = session.permit
        if session.transaction is not transaction or permit is None:
            return
        if info.allows(session.evse.id):
            if token == permit.id_token:
                session.permit = permit._replace(group=group_of(info) or permit.group)
            return
        if self._model.flag(catalog.STOP_TX_ON_INVALID_ID):
            self.stop(session, TriggerReason.DEAUTHORIZED, StoppedReason.DE_AUTHORIZED)
        elif not session.suspended and session.spared_to_wh is None:
            self._spare(session, transaction)

    def _spare(self, session: Session, transaction: Transaction) -> None:
        """E05.FR.02 and FR.03: no energy any more, or only up to MaxEnergyOnInvalidId."""
        most_wh = transaction.meter_start_wh + self._model.whole(catalog.MAX_ENERGY_ON_INVALID_ID)
        session.evse.advance(self.ctx.now)
        if session.evse.meter.register_wh >= most_wh:
            self.suspend(session)
            return
        session.spared_to_wh = most_wh
        self.ctx.hardware.watch_energy(session.evse, _sooner(session), self.ctx.now)

    def suspend(
        self,
        session: Session,
        trigger: TriggerReason = TriggerReason.CHARGING_STATE_CHANGED,
        reason: StoppedReason = StoppedReason.OTHER,
    ) -> None:
        """No energy, but the transaction goes on until its driver ends it (E05.FR.03), or ends with
        that, if TxStopPoint says so."""
        session.suspended = True
        self._power_off(session)
        if trigger is TriggerReason.CHARGING_STATE_CHANGED:
            self.told_state(session)
        else:
            self.advance(session, trigger, reason)
        driver.returns(self.ctx, session.evse, partial(self.stop_by_driver, session))

    def resume(self, session: Session) -> None:
        """What suspended it is over."""
        session.suspended = False
        self.power_on(session)

    # --- power ----------------------------------------------------------------------------------

    def power_on(self, session: Session) -> None:
        """There are a token and a car. If they came to a place that was made inoperative or broke
        meanwhile, that is the end of it; a transaction that has begun is not to be interrupted."""
        permit, evse = session.permit, session.evse
        if permit is None or evse.active is None or session.suspended:
            return
        begun = session.transaction is not None and evse.active.fault is None
        if not begun and not self._places.may_charge(evse.active):
            self.stop(session, TriggerReason.ABNORMAL_CONDITION, StoppedReason.OTHER)
            return
        self.ctx.hardware.set_contactor(evse, closed=True, now=self.ctx.now)
        self._smart.granted(session)
        self.told_state(session)
        self._limit(session, permit)

    def _power_off(self, session: Session) -> None:
        if session.evse.closed:
            self.ctx.hardware.set_contactor(session.evse, closed=False, now=self.ctx.now)
        self._smart.look_later()
        self.ctx.hardware.watch_energy(session.evse, None, self.ctx.now)

    def _limit(self, session: Session, permit: Permit) -> None:
        """What the driver wants: only so long, or only so much."""
        if permit.duration_seconds is not None:
            stop = partial(self.stop_by_driver, session)
            self.ctx.after("session", session.evse.id, permit.duration_seconds, stop)
        if permit.energy_wh is not None:
            session.evse.watch_wh = session.evse.meter.register_wh + permit.energy_wh
        if _sooner(session) is not None:
            self.ctx.hardware.watch_energy(session.evse, _sooner(session), self.ctx.now)

    # --- the table ------------------------------------------------------------------------------

    def advance(
        self,
        session: Session,
        trigger: TriggerReason,
        reason: StoppedReason = StoppedReason.OTHER,
    ) -> None:
        before, session.points = session.points, session.current_points()
        begun, ceased = session.points & ~before, before & ~session.points
        if session.transaction is None:
            if begun & self._points(catalog.TX_START_POINT) and self._places.may_start(session):
                self._start(session, trigger)
        elif ceased & self._points(catalog.TX_STOP_POINT) or not session.points:
            self._end(session, trigger, reason)
        else:
            self._events.updated(session, trigger)
        self._forget_if_empty(session)

    def told_state(self, session: Session) -> None:
        """The charging state may have changed; if so, that is what there is to tell (E02.FR.13)."""
        transaction, state = session.transaction, session.charging_state()
        if transaction is None or transaction.told_state is not state:
            suspended = state is ChargingState.SUSPENDED_EV
            reason = StoppedReason.STOPPED_BY_EV if suspended else StoppedReason.OTHER
            self.advance(session, TriggerReason.CHARGING_STATE_CHANGED, reason)

    def _points(self, setting: Definition) -> Point:
        return points_named(self._model.members(setting))

    def _start(self, session: Session, trigger: TriggerReason) -> None:
        ctx = self.ctx
        # Ids must not repeat when the host starts anew with the same seed: mix the time in.
        bits = ctx.rng.bits() << 64 | (ctx.rng.bits() ^ int(ctx.now * 1000))
        session.transaction = Transaction(str(UUID(int=bits, version=4)), ctx.now)
        session.evse.advance(ctx.now)
        session.transaction.meter_start_wh = session.evse.meter.register_wh
        self._availability.set_busy(session.evse, busy=True)
        self._events.started(session, trigger, self._meters.begin(session))
        self._smart.granted(session)

    def _end(self, session: Session, trigger: TriggerReason, reason: StoppedReason) -> None:
        transaction = session.transaction
        if transaction is None:
            raise RuntimeError(f"no transaction is open at EVSE {session.evse.id}")
        self._power_off(session)
        values = self._meters.end(session, transaction)
        self._events.ended(session, trigger, session.stopped_reason or reason, values)
        self.ctx.timers.stop(("session", session.evse.id))
        session.withdraw(Verdict(accepted=False, text="the transaction ended"))
        session.transaction = None
        session.stopped_reason = None
        session.points = session.current_points()
        self._availability.set_busy(session.evse, busy=False)
        driver.leaves(self.ctx, session.evse)
        self.on_ended()

    def _forget_if_empty(self, session: Session) -> None:
        if session.empty:
            self._sessions.pop(session.evse.id, None)

    def look_around(self, evses: tuple[Evse, ...]) -> None:
        """These EVSEs are up, and the CSMS has accepted the station: cars may be there already."""
        for session in [s for s in self._sessions.values() if s.evse in evses]:
            if session.transaction is None:
                session.points = NO_POINT
                self.advance(session, TriggerReason.CABLE_PLUGGED_IN)
            elif session in self._paused:
                self._events.updated(session, TriggerReason.TX_RESUMED)
                self.resume(session)
        self._paused = tuple(s for s in self._paused if s.evse not in evses)

    def pause(self, evses: tuple[Evse, ...]) -> tuple[Evse, ...]:
        """These EVSEs go down, but their transactions are taken up again when they are up
        (`look_around`). Returns those where none goes on."""
        paused = tuple(s for s in self._sessions.open() if s.evse in evses and not s.suspended)
        for session in paused:
            session.suspended = True
            self._power_off(session)
            self._availability.set_flow(session.evse, session.charging_state())
        self._paused = (*self._paused, *paused)
        return tuple(e for e in evses if e not in {s.evse for s in self._sessions.open()})


def _sooner(session: Session) -> float | None:
    """Where the register is awaited: what the driver wants, or what a disowned token may have."""
    return min(
        (wh for wh in (session.evse.watch_wh, session.spared_to_wh) if wh is not None),
        default=None,
    )


def _nobody() -> None:
    """Stands in until the engine listens."""
