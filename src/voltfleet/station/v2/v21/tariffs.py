"""Functional block I of OCPP 2.1: the station calculates what a transaction costs (I07 to I12).

A transaction is paid by the driver's own tariff, if the CSMS gave one with the token (I08), else by
the default of its EVSE that is valid when it starts (I07).
"""

from collections.abc import Iterator

import msgspec

from voltfleet.domain.specs import CurrentType
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.times import instant
from voltfleet.station.v2.authorization import key_of_token
from voltfleet.station.v2.device_model import displaying
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import tariffs as m
from voltfleet.station.v2.messages.tariffs import Tariff, TariffAssignment, TariffStatus
from voltfleet.station.v2.messages.transactions import (
    ChargingState,
    TransactionEvent,
    TransactionEventType,
    TriggerReason,
)
from voltfleet.station.v2.messages.types import IdToken, StatusInfo
from voltfleet.station.v2.session import Session, Sessions, Transaction
from voltfleet.station.v2.transaction_events import TransactionEvents
from voltfleet.station.v2.v21 import device_model
from voltfleet.station.v2.v21.bill import Bill
from voltfleet.station.v2.v21.conditions import (
    conditions_of,
    prices_of,
    readable,
    unsupported,
)

_WITH_COST = (TriggerReason.TARIFF_CHANGED, TriggerReason.COST_LIMIT_REACHED)
_MOST_DRIVERS = 100


class Running:
    """A transaction's `Bill`. ``charging``: whether it has been since the last count."""

    __slots__ = ("began_wh", "bill", "charging")

    def __init__(self, bill: Bill, began_wh: float) -> None:
        self.bill = bill
        self.began_wh = began_wh
        self.charging = False


class Kept:
    """What a station without tariffs has none of. ``defaults``: by EVSE, the one that is valid
    last. ``drivers``: by token. ``bills``: by transaction."""

    __slots__ = ("bills", "defaults", "drivers")

    def __init__(self) -> None:
        self.defaults: dict[int, tuple[Tariff, ...]] = {}
        self.drivers: dict[str, Tariff] = {}
        self.bills: dict[str, Running] = {}


class Tariffs(Block):
    """Keeps tariffs, over a reboot too, and a `Bill` for each transaction that has one."""

    __slots__ = ("_events", "_kept", "_model", "_sessions")

    def __init__(
        self, ctx: Context, model: DeviceModel, sessions: Sessions, events: TransactionEvents
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._sessions = sessions
        self._events = events
        self._kept: Kept | None = None

    # --- for the engine -------------------------------------------------------------------------

    def of_driver(self, token: IdToken, tariff: Tariff) -> None:
        """I08: the CSMS told it with the authorization."""
        if self._enabled() and self._why_not(tariff) is None:
            kept = self._keep()
            key = key_of_token(token)
            kept.drivers.pop(key, None)
            kept.drivers[key] = tariff
            if len(kept.drivers) > _MOST_DRIVERS:
                kept.drivers.pop(next(iter(kept.drivers)))

    def tell(
        self, session: Session, transaction: Transaction, event: TransactionEvent
    ) -> TransactionEvent:
        """The event with the tariff's id, and at the end with what it cost (I12)."""
        bill = self.bill(session, transaction, begin=event.event_type is _STARTED)
        if bill is None:
            return event
        info = msgspec.structs.replace(event.transaction_info, tariff_id=bill.tariff.tariff_id)
        ended = event.event_type is TransactionEventType.ENDED
        with_cost = ended or event.trigger_reason in _WITH_COST
        if ended:
            self._keep().bills.pop(transaction.id, None)
        cost = bill.details() if with_cost else None
        return msgspec.structs.replace(event, transaction_info=info, cost_details=cost)

    def bill(
        self, session: Session, transaction: Transaction, *, begin: bool = False
    ) -> Bill | None:
        """What it has cost up to now; None without a tariff."""
        kept, evse = self._kept, session.evse
        if kept is None:
            return None
        evse.advance(self.ctx.now)
        if begin:
            tariff = self._tariff_for(session)
            if tariff is None:
                return None
            dc = evse.connectors[0].spec.current_type is CurrentType.DC
            bill = Bill(tariff, self._clock(), "DC" if dc else "AC")
            kept.bills[transaction.id] = Running(bill, evse.meter.register_wh)
        running = kept.bills.get(transaction.id)
        if running is None:
            return None
        used_wh = evse.meter.register_wh - running.began_wh
        running.bill.count(self._clock(), used_wh, charging=running.charging)
        running.charging = session.charging_state() is ChargingState.CHARGING
        return running.bill

    # --- I07 ------------------------------------------------------------------------------------

    @handles(m.SetDefaultTariff)
    def set_default(self, request: m.SetDefaultTariff) -> m.SetDefaultTariffResponse:
        """For one EVSE or (0) all; one that becomes valid later waits behind the one that is."""
        tariff, places = request.tariff, self._places(request.evse_id)
        wrong = self._refused(tariff, places)
        if wrong is not None:
            return m.SetDefaultTariffResponse(*wrong)
        if any(t.tariff_id == tariff.tariff_id and t != tariff for t in self._all_defaults()):
            info = StatusInfo("DuplicateTariffId", "another tariff has that tariffId")
            return m.SetDefaultTariffResponse(TariffStatus.DUPLICATE_TARIFF_ID, info)
        for place in places:
            self._put(place, tariff)
        return m.SetDefaultTariffResponse(TariffStatus.ACCEPTED)

    def _put(self, place: int, tariff: Tariff) -> None:
        defaults, now = self._keep().defaults, self._clock()
        begins = _valid_from(tariff)
        # What is valid now stays until the new one is; what would come at or after it, goes.
        before = [t for t in defaults.get(place, ()) if begins > now and _valid_from(t) < begins]
        defaults[place] = (*before[-1:], tariff)

    # --- I09, I10 -------------------------------------------------------------------------------

    @handles(m.GetTariffs)
    def get_tariffs(self, request: m.GetTariffs) -> m.GetTariffsResponse:
        """The defaults, and the drivers' own that are in use."""
        places = self._places(request.evse_id)
        if not places:
            return m.GetTariffsResponse(TariffStatus.REJECTED, StatusInfo("UnknownEvse"))
        found = (*self._default_assignments(places), *self._driver_assignments(places))
        if not found:
            return m.GetTariffsResponse(TariffStatus.NO_TARIFF)
        return m.GetTariffsResponse(TariffStatus.ACCEPTED, tariff_assignments=found)

    def _default_assignments(self, places: tuple[int, ...]) -> Iterator[TariffAssignment]:
        kept = self._kept
        found: dict[str, tuple[Tariff, list[int]]] = {}
        for place, tariffs in ({} if kept is None else kept.defaults).items():
            for tariff in tariffs if place in places else ():
                found.setdefault(tariff.tariff_id, (tariff, []))[1].append(place)
        for tariff, evses in found.values():
            yield TariffAssignment(
                tariff.tariff_id, "DefaultTariff", tariff.valid_from, tuple(sorted(evses))
            )

    def _driver_assignments(self, places: tuple[int, ...]) -> Iterator[TariffAssignment]:
        for session in self._sessions.open():
            permit, kept = session.permit, self._kept
            if permit is None or kept is None or session.evse.id not in places:
                continue
            tariff = kept.drivers.get(key_of_token(permit.id_token))
            if tariff is not None:
                token, evses = permit.id_token.id_token, (session.evse.id,)
                yield TariffAssignment(
                    tariff.tariff_id, "DriverTariff", tariff.valid_from, evses, (token,)
                )

    @handles(m.ClearTariffs)
    def clear_tariffs(self, request: m.ClearTariffs) -> m.ClearTariffsResponse:
        """One result per tariff that was named or found. Transactions keep theirs (I10.FR.05)."""
        places = self._places(request.evse_id or 0)
        there = {t.tariff_id for place in places for t in self._defaults(place)}
        if not request.evse_id and self._kept is not None:
            there |= {t.tariff_id for t in self._kept.drivers.values()}
        wanted = request.tariff_ids or tuple(sorted(there))
        for place in places:
            self._forget(place, wanted)
        if self._kept is not None and not request.evse_id:
            drivers = self._kept.drivers.items()
            self._kept.drivers = {k: t for k, t in drivers if t.tariff_id not in wanted}
        results = tuple(_cleared(id_, found=id_ in there) for id_ in wanted)
        return m.ClearTariffsResponse(results or (m.ClearTariffsResult(TariffStatus.NO_TARIFF),))

    def _forget(self, place: int, ids: tuple[str, ...]) -> None:
        left = tuple(t for t in self._defaults(place) if t.tariff_id not in ids)
        if left != self._defaults(place):
            self._keep().defaults[place] = left

    # --- I11 ------------------------------------------------------------------------------------

    @handles(m.ChangeTransactionTariff)
    def change_tariff(
        self, request: m.ChangeTransactionTariff
    ) -> m.ChangeTransactionTariffResponse:
        """From now on the transaction is paid by another tariff, in the same currency."""
        session, tariff = self._sessions.find(request.transaction_id), request.tariff
        transaction = None if session is None else session.transaction
        if session is None or transaction is None:
            return m.ChangeTransactionTariffResponse(TariffStatus.TX_NOT_FOUND)
        wrong = self._refused(tariff, (session.evse.id,))
        if wrong is not None:
            return m.ChangeTransactionTariffResponse(*wrong)
        bill = self.bill(session, transaction)
        if bill is None:
            info = StatusInfo("NoTariff", "the transaction has no tariff that could be changed")
            return m.ChangeTransactionTariffResponse(TariffStatus.REJECTED, info)
        if bill.tariff.currency != tariff.currency:
            return m.ChangeTransactionTariffResponse(TariffStatus.NO_CURRENCY_CHANGE)
        bill.change(tariff)
        # After the answer: the event is a CALL of its own.
        self._events.updated(session, TriggerReason.TARIFF_CHANGED)
        return m.ChangeTransactionTariffResponse(TariffStatus.ACCEPTED)

    # --- inside ---------------------------------------------------------------------------------

    def _refused(
        self, tariff: Tariff, places: tuple[int, ...]
    ) -> tuple[TariffStatus, StatusInfo] | None:
        if not self._enabled():
            why = "TariffCostCtrlr.Enabled[Tariff] is false"
            return TariffStatus.REJECTED, StatusInfo("NotEnabled", why)
        if not places:
            return TariffStatus.REJECTED, StatusInfo("UnknownEvse")
        return self._why_not(tariff)

    def _why_not(self, tariff: Tariff) -> tuple[TariffStatus, StatusInfo] | None:
        if tariff.valid_from is not None:
            instant(tariff.valid_from, "tariff.validFrom")
        if any(len(p.prices) > device_model.MAX_PRICES for p in prices_of(tariff)):
            info = StatusInfo("TooManyElements", "a component has too many prices")
            return TariffStatus.TOO_MANY_ELEMENTS, info
        for conditions in conditions_of(tariff):
            name = unsupported(conditions)
            if name is not None:
                info = StatusInfo("UnsupportedParam", f"no prices depend on {name} here")
                return TariffStatus.CONDITION_NOT_SUPPORTED, info
            if not readable(conditions):
                info = StatusInfo("InvalidValue", "a time of day or a date cannot be read")
                return TariffStatus.REJECTED, info
        return None

    def _tariff_for(self, session: Session) -> Tariff | None:
        kept, now = self._keep(), self._clock()
        token = session.permit.id_token if session.permit is not None else session.untold_token
        own = None if token is None else kept.drivers.get(key_of_token(token))
        if own is not None:
            return own
        valid = [t for t in self._defaults(session.evse.id) if _valid_from(t) <= now]
        return valid[-1] if valid and self._enabled() else None

    def _places(self, evse_id: int) -> tuple[int, ...]:
        return tuple(e.id for e in self.ctx.hardware.evses if evse_id in {0, e.id})

    def _defaults(self, place: int) -> tuple[Tariff, ...]:
        return () if self._kept is None else self._kept.defaults.get(place, ())

    def _all_defaults(self) -> Iterator[Tariff]:
        for tariffs in () if self._kept is None else self._kept.defaults.values():
            yield from tariffs

    def _enabled(self) -> bool:
        return self._model.flag(displaying.TARIFF_ENABLED)

    def _keep(self) -> Kept:
        if self._kept is None:
            self._kept = Kept()
        return self._kept

    def _clock(self) -> float:
        return self.ctx.now + self.ctx.clock_offset


_STARTED = TransactionEventType.STARTED


def _valid_from(tariff: Tariff) -> float:
    return 0.0 if tariff.valid_from is None else instant(tariff.valid_from, "tariff.validFrom")


def _cleared(tariff_id: str, *, found: bool) -> m.ClearTariffsResult:
    status = TariffStatus.ACCEPTED if found else TariffStatus.NO_TARIFF
    return m.ClearTariffsResult(status, tariff_id)
