"""Transactions (OCPP 1.6 §4.8 and §4.10): a token and a car make one, and seven things end it.

reason           what ended it
--------------------------------------------------------------
Local            the driver (time, energy, full battery, token presented again)
Remote           RemoteStopTransaction
EVDisconnected   the cable was pulled out
DeAuthorized     StartTransaction was answered with a token that may not charge
UnlockCommand    UnlockConnector
SoftReset/HardReset   Reset
Other            a fault
"""

from functools import partial
from itertools import chain

import msgspec

from voltfleet.station import driver
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.hardware import HardwareEvent
from voltfleet.station.outbox import Failure, Lane
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.authorization import Authorization, told
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.memory import StartMemo, StopMemo
from voltfleet.station.v16.meter_values import MeterReadings
from voltfleet.station.v16.permit import Permit, Verdict
from voltfleet.station.v16.reservation import Reservations
from voltfleet.station.v16.smart_charging import SmartCharging
from voltfleet.station.v16.status import Bay, Memo16, Stop, Transaction16
from voltfleet.station.v16.types import AuthorizationStatus, ReadingContext, Reason


class Transactions(Block):
    """Starts and stops transactions. ``accepting`` is false while the station goes down."""

    __slots__ = (
        "_authorization",
        "_availability",
        "_configuration",
        "_meters",
        "_reservations",
        "_smart_charging",
        "accepting",
    )

    def __init__(
        self,
        ctx: Context,
        configuration: Configuration,
        availability: Availability,
        authorization: Authorization,
        meters: MeterReadings,
        smart_charging: SmartCharging,
        reservations: Reservations,
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability
        self._authorization = authorization
        self._meters = meters
        self._smart_charging = smart_charging
        self._reservations = reservations
        self.accepting = True

    def free(self, bay: Bay) -> bool:
        """Whether a token may be presented there now."""
        taken = any(
            other.transaction is not None or other.permit is not None
            for other in self._availability.bays
            if other.evse is bay.evse
        )
        occupied = bay.evse.active not in {None, bay.connector}
        return self.accepting and not taken and not occupied and self._availability.usable(bay)

    def open_to(self, bay: Bay, id_tag: str, parent: str | None) -> bool:
        """Whether it is free and not kept for another token than this one of that group."""
        return self.free(bay) and not self._reservations.keeps_out(bay, id_tag, parent)

    def perhaps_open_to(self, bay: Bay, id_tag: str) -> bool:
        """Whether it is, or would be if the token turned out to be of the right group."""
        return self.open_to(bay, id_tag, self._authorization.parent_of(id_tag)) or (
            self.free(bay) and self._reservations.may_turn_on_group(bay)
        )

    def choose(self, id_tag: str) -> Bay | None:
        """Where a token is taken to be meant for when nobody says: what is reserved for it, a car
        that waits, or free."""
        bays = [bay for bay in self._availability.bays if self.perhaps_open_to(bay, id_tag)]
        reserved = (bay for bay in bays if bay.reservation is not None)
        waiting = (bay for bay in bays if bay.connector.plugged)
        return next(chain(reserved, waiting, bays), None)

    @property
    def busy(self) -> bool:
        """Whether a transaction goes on, or is about to."""
        bays = self._availability.bays
        return any(bay.transaction is not None or bay.permit is not None for bay in bays)

    # --- a token --------------------------------------------------------------------------------

    def permit(self, bay: Bay, permit: Permit) -> None:
        """The token may charge: start, or wait for a car as long as ConnectionTimeOut says."""
        driver.does_not_come(self.ctx, bay.evse)
        bay.permit = permit
        bay.finished = False
        self._availability.refresh(bay)
        if bay.connector.plugged:
            self._start(bay, permit)
            return
        seconds = self._configuration.whole(Name.CONNECTION_TIME_OUT)
        self.ctx.after("connect", bay.connector.number, seconds, partial(self._nobody_came, bay))

    def cancel(self, bay: Bay, why: str) -> None:
        """The token does not wait for a car any longer."""
        bay.withdraw(why)
        self.ctx.timers.stop(("connect", bay.connector.number))
        if not bay.connector.plugged:
            driver.does_not_come(self.ctx, bay.evse)
        self._availability.refresh(bay)

    def _nobody_came(self, bay: Bay) -> None:
        self.cancel(bay, "no car was plugged in within ConnectionTimeOut")

    # --- start ----------------------------------------------------------------------------------

    def _start(self, bay: Bay, permit: Permit) -> None:
        ctx, number = self.ctx, bay.connector.number
        ctx.timers.stop(("connect", number))
        meter_start = bay.evse.reading(ctx.now).energy_wh
        transaction = Transaction16(bay.connector, permit, meter_start_wh=meter_start, now=ctx.now)
        bay.permit, bay.transaction = None, transaction
        ctx.note(f"a transaction starts at connector {number}")
        self._meters.keep(transaction, bay, ReadingContext.TRANSACTION_BEGIN)
        reservation_id = self._reservations.use(bay, permit)
        self.tell_start(
            transaction,
            m.StartTransaction(number, permit.id_tag, meter_start, ctx.timestamp(), reservation_id),
        )
        ctx.hardware.set_contactor(bay.evse, closed=True, now=ctx.now)
        self._smart_charging.transaction_started(bay, permit.profile)
        self._availability.refresh(bay)
        self._meters.schedule_sample(bay)
        self._limit(bay, permit)
        if not ctx.online:
            transaction.conclude(
                Verdict(accepted=True, text="started; the CSMS is told once it is reached")
            )

    def tell_start(self, transaction: Transaction16, request: m.StartTransaction) -> None:
        """Tell the Central System that it has begun (or, after a power cut, tell it again)."""
        bay = self._availability.bays[transaction.connector.number - 1]
        self.ctx.remember(urgent=True)
        self.ctx.call(
            request,
            m.StartTransactionResponse,
            partial(self._started, bay, transaction),
            partial(self._not_started, transaction),
            Lane.TRANSACTION,
            Memo16(transaction, partial(StartMemo, request=request)),
        )

    def _limit(self, bay: Bay, permit: Permit) -> None:
        """What the driver wants: only so long, or only so much."""
        if permit.duration_seconds is not None:
            stop = partial(self._driver_ends, bay)
            self.ctx.after("session", bay.connector.number, permit.duration_seconds, stop)
        if permit.energy_wh is not None:
            target = bay.evse.meter.register_wh + permit.energy_wh
            self.ctx.hardware.watch_energy(bay.evse, target, self.ctx.now)

    def _started(
        self, bay: Bay, transaction: Transaction16, answer: m.StartTransactionResponse
    ) -> None:
        transaction.number = answer.transaction_id
        self.ctx.remember(urgent=True)
        info = answer.id_tag_info
        self._authorization.learn(transaction.id_token, info)
        accepted = info.status is AuthorizationStatus.ACCEPTED
        detail = {"transactionId": answer.transaction_id, **told(info)}
        text = f"the CSMS answered StartTransaction with {info.status}"
        transaction.conclude(Verdict(accepted, text, detail))
        if accepted or bay.transaction is not transaction:
            return
        if self._configuration.flag(Name.STOP_TRANSACTION_ON_INVALID_ID):
            self.stop(bay, Reason.DE_AUTHORIZED)
        else:
            # §9.1.28: no energy, but the transaction goes on until its driver ends it.
            transaction.barred = True
            self.ctx.hardware.set_contactor(bay.evse, closed=False, now=self.ctx.now)
            self._smart_charging.apply()
            self._availability.refresh(bay)
            driver.returns(self.ctx, bay.evse, partial(self._driver_ends, bay))

    def _not_started(self, transaction: Transaction16, failure: Failure) -> None:
        """§3.7.1: given up. Without a number nothing more can be told about it."""
        transaction.conclude(Verdict(accepted=False, text=failure.text))

    # --- stop -----------------------------------------------------------------------------------

    def stop(self, bay: Bay, reason: Reason, id_tag: str | None = None) -> None:
        """End the transaction there, and tell the Central System when its number is known."""
        transaction = bay.transaction
        if transaction is None:
            raise RuntimeError(f"no transaction is open at connector {bay.connector.number}")
        ctx = self.ctx
        self._meters.keep(transaction, bay, ReadingContext.TRANSACTION_END)
        transaction.stop(meter_stop_wh=bay.evse.reading(ctx.now).energy_wh, now=ctx.now)
        bay.transaction = None
        ctx.note(f"a transaction stops at connector {bay.connector.number}: {reason}")
        self._power_off(bay)
        self.tell_stop(transaction, Stop(ctx.timestamp(), reason, id_tag))
        bay.finished = bay.connector.plugged and bay.operative
        self._availability.refresh(bay)
        self._smart_charging.transaction_stopped(bay)
        driver.leaves(ctx, bay.evse)

    def tell_stop(self, transaction: Transaction16, stop: Stop) -> None:
        """Tell the Central System that it has ended (or, after a power cut, tell it again)."""
        self.ctx.remember(urgent=True)
        self.ctx.call_built(
            m.StopTransaction,
            partial(_stop_message, transaction, stop),
            m.StopTransactionResponse,
            partial(self._stopped, transaction),
            memo=Memo16(transaction, partial(StopMemo, stop=stop)),
        )

    def stop_all(self, reason: Reason) -> None:
        """End every transaction, and let no token wait: the station goes down."""
        self.accepting = False
        for bay in self._availability.bays:
            if bay.permit is not None:
                self.cancel(bay, "the station was reset")
            if bay.transaction is not None:
                self.stop(bay, reason)

    def _power_off(self, bay: Bay) -> None:
        ctx, hardware = self.ctx, self.ctx.hardware
        hardware.set_contactor(bay.evse, closed=False, now=ctx.now)
        hardware.watch_energy(bay.evse, None, ctx.now)
        self._meters.stop_sampling(bay)
        ctx.timers.stop(("session", bay.connector.number))

    def _stopped(self, transaction: Transaction16, answer: m.StopTransactionResponse) -> None:
        self._authorization.learn(transaction.id_token, answer.id_tag_info)

    def _driver_ends(self, bay: Bay) -> None:
        if bay.transaction is not None:
            self.stop(bay, Reason.LOCAL, bay.transaction.id_token)

    # --- the hardware ---------------------------------------------------------------------------

    def hardware(self, event: HardwareEvent, evse: Evse, bay: Bay) -> None:
        """The hardware told something about a connector."""
        match event:
            case HardwareEvent.PLUGGED_IN:
                self._plugged_in(bay)
            case HardwareEvent.PULLED_OUT:
                self._pulled_out(bay)
            case HardwareEvent.FAULTED if bay.transaction is not None:
                self.stop(bay, Reason.OTHER)
            case HardwareEvent.ENERGY_REACHED:
                self._driver_ends(bay)
            case HardwareEvent.EV_HAS_ENOUGH if evse.ev is not None and evse.ev.full:
                driver.returns(self.ctx, evse, partial(self._driver_ends, bay))
        self._smart_charging.apply()
        self._availability.refresh(bay)

    def _plugged_in(self, bay: Bay) -> None:
        self._availability.refresh(bay)
        if bay.transaction is not None:
            # StopTransactionOnEVSideDisconnect is false, and the car is back.
            closed = not bay.transaction.barred
            self.ctx.hardware.set_contactor(bay.evse, closed=closed, now=self.ctx.now)
        elif bay.permit is not None and self.accepting:
            self._start(bay, bay.permit)
        else:
            driver.leaves(self.ctx, bay.evse)

    def _pulled_out(self, bay: Bay) -> None:
        bay.finished = False
        if bay.transaction is not None and self._configuration.flag(
            Name.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT
        ):
            self.stop(bay, Reason.EV_DISCONNECTED)


def _stop_message(transaction: Transaction16, stop: Stop) -> msgspec.Struct | None:
    """Made when it is sent; None if the Central System never gave the transaction a number."""
    if transaction.number is None:
        return None
    return m.StopTransaction(
        transaction.number,
        transaction.meter_stop_wh or 0,
        stop.timestamp,
        stop.id_tag,
        stop.reason,
        transaction.data or None,
    )
