"""Functional block E: what the CSMS is told of a transaction, and what it answers.

Events are made when they happen and keep their time and number; the outbox holds them while the
station is offline and sends them in order (E04, E08, E11, E12).
"""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Protocol

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, Lane
from voltfleet.station.v2.authorization import said, told
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.costs import Costs
from voltfleet.station.v2.messages import transactions as m
from voltfleet.station.v2.messages.metering import MeterValue
from voltfleet.station.v2.messages.transactions import (
    ChargingState,
    StoppedReason,
    TransactionEventType,
    TriggerReason,
)
from voltfleet.station.v2.messages.types import EvseRef, IdToken, IdTokenInfo
from voltfleet.station.v2.permit import Verdict
from voltfleet.station.v2.session import Session, Sessions, Transaction

_METERED = frozenset({TriggerReason.METER_VALUE_PERIODIC, TriggerReason.METER_VALUE_CLOCK})
OnInfo = Callable[[Session, Transaction, IdToken, IdTokenInfo], None]


class Extension(Protocol):
    """What a later version adds to the events."""

    def tell(
        self, session: Session, transaction: Transaction, event: m.TransactionEvent
    ) -> m.TransactionEvent:
        """The event as it is to be sent."""

    def answered(
        self, session: Session, transaction: Transaction, answer: m.TransactionEventResponse
    ) -> None:
        """What the CSMS answered."""


class TransactionEvents(Block):
    """Sends TransactionEvents of a session's transaction. ``on_info`` (set by `Transactions`) hears
    what the CSMS says about a token, ``costs`` what it says about money; ``extension`` is there in
    2.1 only."""

    __slots__ = ("_availability", "_sessions", "costs", "extension", "on_info")

    def __init__(
        self, ctx: Context, availability: Availability, sessions: Sessions, costs: Costs
    ) -> None:
        super().__init__(ctx)
        self._availability = availability
        self.costs = costs
        self._sessions = sessions
        self.on_info: OnInfo = _nobody
        self.extension: Extension | None = None

    def started(self, session: Session, trigger: TriggerReason, values: list[MeterValue]) -> None:
        """The first event."""
        # F01, F02: the CSMS is to see that its own request started this.
        if session.untold_start is not None:
            trigger = TriggerReason.REMOTE_START
        self.ctx.note(f"a transaction starts at EVSE {session.evse.id}: {trigger}")
        self._send(session, TransactionEventType.STARTED, trigger, values)

    def updated(
        self,
        session: Session,
        trigger: TriggerReason,
        values: list[MeterValue] | None = None,
        lane: Lane = Lane.TRANSACTION,
    ) -> None:
        """Something happened in between."""
        self._send(session, TransactionEventType.UPDATED, trigger, values, lane=lane)

    def ended(
        self,
        session: Session,
        trigger: TriggerReason,
        reason: StoppedReason,
        values: list[MeterValue],
    ) -> None:
        """The last event."""
        self.ctx.note(f"a transaction ends at EVSE {session.evse.id}: {reason}")
        self._send(session, TransactionEventType.ENDED, trigger, values, reason=reason)

    def _send(
        self,
        session: Session,
        event_type: TransactionEventType,
        trigger: TriggerReason,
        values: list[MeterValue] | None,
        *,
        reason: StoppedReason | None = None,
        lane: Lane = Lane.TRANSACTION,
    ) -> None:
        transaction = session.transaction
        if transaction is None:
            raise RuntimeError(f"no transaction is open at EVSE {session.evse.id}")
        info = self._info(session, transaction, reason)
        token, session.untold_token = session.untold_token, None
        reservation_id, session.untold_reservation = session.untold_reservation, None
        request = m.TransactionEvent(
            event_type,
            self.ctx.timestamp(),
            trigger,
            transaction.take_seq_no(),
            info,
            tuple(values) if values else None,
            offline=not self.ctx.online,
            number_of_phases_used=_phases(session, transaction),
            evse=_place(session, transaction),
            id_token=token,
            reservation_id=reservation_id,
        )
        if self.extension is not None:
            request = self.extension.tell(session, transaction, request)
        self._tell(session, transaction, request, lane)
        if token is not None and not self.ctx.online:
            session.conclude(
                Verdict(accepted=True, text="started; the CSMS is told once it is reached")
            )

    def _tell(
        self, session: Session, transaction: Transaction, request: m.TransactionEvent, lane: Lane
    ) -> None:
        # Urgent, whatever it tells: no two events may ever have one number.
        self.ctx.remember(urgent=True)
        event_type = request.event_type
        self.costs.told(session, transaction, event_type)
        self.ctx.call(
            request,
            m.TransactionEventResponse,
            partial(self._answered, session, transaction, request.id_token, event_type),
            partial(self._given_up, session, transaction, request.id_token, event_type),
            lane,
            memo=request,
        )

    def tell_again(self, request: m.TransactionEvent) -> None:
        """It was not answered before a power cut, which ended its transaction: what is answered
        concerns no session any more, but what the CSMS says of the token does."""
        over = Session(self.ctx.hardware.evses[0])
        transaction = Transaction(request.transaction_info.transaction_id, self.ctx.now)
        metered = request.trigger_reason in _METERED
        self._tell(over, transaction, request, Lane.METER if metered else Lane.TRANSACTION)

    def _info(
        self, session: Session, transaction: Transaction, reason: StoppedReason | None
    ) -> m.TransactionInfo:
        transaction.count(self.ctx.now)
        transaction.told_state = session.charging_state()
        self._availability.set_flow(session.evse, transaction.told_state)
        transaction.told_offer_w = session.evse.offered_w()
        start_id, session.untold_start = session.untold_start, None
        return m.TransactionInfo(
            transaction.id,
            transaction.told_state,
            time_spent_charging=None if reason is None else int(transaction.charging_seconds),
            stopped_reason=reason,
            remote_start_id=start_id,
        )

    @handles(m.GetTransactionStatus)
    def get_transaction_status(
        self, request: m.GetTransactionStatus
    ) -> m.GetTransactionStatusResponse:
        """E14: without an id it asks about all, and there is no ongoingIndicator (FR.06 to 08)."""
        waiting = [r for r in self.ctx.outbox.waiting() if isinstance(r, m.TransactionEvent)]
        if request.transaction_id is None:
            return m.GetTransactionStatusResponse(bool(waiting))
        id_ = request.transaction_id
        return m.GetTransactionStatusResponse(
            any(event.transaction_info.transaction_id == id_ for event in waiting),
            self._sessions.find(id_) is not None,
        )

    # --- the answer -----------------------------------------------------------------------------

    def _answered(
        self,
        session: Session,
        transaction: Transaction,
        token: IdToken | None,
        event_type: TransactionEventType,
        answer: m.TransactionEventResponse,
    ) -> None:
        info = answer.id_token_info
        if token is not None and session.transaction is transaction:
            session.conclude(_verdict(session, transaction, info))
        # Some CSMSs disown a token in the answer to an event that did not carry it.
        subject = token or _paying(session, transaction)
        if info is not None and subject is not None:
            self.on_info(session, transaction, subject, info)
        self.costs.answered(session, transaction, event_type, answer)
        if self.extension is not None:
            self.extension.answered(session, transaction, answer)

    def _given_up(
        self,
        session: Session,
        transaction: Transaction,
        token: IdToken | None,
        event_type: TransactionEventType,
        failure: Failure,
    ) -> None:
        """E13.FR.03: the message is lost, the transaction goes on."""
        if event_type is TransactionEventType.ENDED:
            self.costs.unknown(session, transaction)
        if token is not None and session.transaction is transaction:
            session.conclude(Verdict(accepted=False, text=failure.text))


def _phases(session: Session, transaction: Transaction) -> int | None:
    """On how many phases an AC car charges, when that is new."""
    evse = session.evse
    charging = transaction.told_state is ChargingState.CHARGING and evse.active is not None
    if not charging or evse.bounds().amps == inf or evse.phases == transaction.told_phases:
        return None
    transaction.told_phases = evse.phases
    return evse.phases


def _place(session: Session, transaction: Transaction) -> EvseRef | None:
    """E01.FR.16: where it is, told once; and again when the connector is known."""
    active = session.evse.active
    told_evse = transaction.told_evse
    if told_evse is not None and (active is None or told_evse.connector_id == active.id):
        return None
    transaction.told_evse = EvseRef(session.evse.id, None if active is None else active.id)
    return transaction.told_evse


def _verdict(session: Session, transaction: Transaction, info: IdTokenInfo | None) -> Verdict:
    """What came of a start, for whoever asked for it."""
    detail = {"transactionId": transaction.id}
    if info is None:
        return Verdict(accepted=True, text="the CSMS took TransactionEvent", detail=detail)
    text, accepted = said("TransactionEvent", info), info.allows(session.evse.id)
    return Verdict(accepted, text, detail | told(info))


def _paying(session: Session, transaction: Transaction) -> IdToken | None:
    if session.permit is None or session.transaction is not transaction:
        return None
    return session.permit.id_token


def _nobody(session: Session, transaction: Transaction, token: IdToken, info: IdTokenInfo) -> None:
    """Stands in until `Transactions` listens."""
