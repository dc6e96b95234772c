"""Transactions that end at a cost, an amount of energy, a time or a state of charge (E16).

When a limit is reached, energy does not flow any more, and the CSMS hears which limit it was
(FR.05); whether the transaction ends with it is for TxStopPoint to say (FR.06). A limit that is
raised lets it flow again (FR.14).
"""

from functools import partial
from math import inf
from typing import NamedTuple

import msgspec

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.v2.messages import display
from voltfleet.station.v2.messages.transactions import (
    StoppedReason,
    TransactionEvent,
    TransactionEventResponse,
    TransactionEventType,
    TransactionLimit,
    TriggerReason,
)
from voltfleet.station.v2.session import Session, Sessions, Transaction
from voltfleet.station.v2.transaction_events import TransactionEvents
from voltfleet.station.v2.transactions import Transactions
from voltfleet.station.v2.v21.bill import Bill
from voltfleet.station.v2.v21.tariffs import Tariffs

_SHORTEST_LOOK_SECONDS = 0.5
_LONGEST_LOOK_SECONDS = 600.0
_ALMOST_WH = 0.01
"""Float noise: as little as the meter's own."""
_ALMOST_SOC = 1e-6


class _End(NamedTuple):
    trigger: TriggerReason
    reason: StoppedReason


_ENERGY = _End(TriggerReason.ENERGY_LIMIT_REACHED, StoppedReason.ENERGY_LIMIT_REACHED)
_TIME = _End(TriggerReason.TIME_LIMIT_REACHED, StoppedReason.TIME_LIMIT_REACHED)
_SOC = _End(TriggerReason.SOC_LIMIT_REACHED, StoppedReason.SOC_LIMIT_REACHED)
_COST = _End(TriggerReason.COST_LIMIT_REACHED, StoppedReason.OTHER)


class Limited:
    """One transaction's limit. ``began_wh`` is its register at the start of the transaction;
    ``told_cost`` what the CSMS says it costs; ``reached`` is why energy does not flow."""

    __slots__ = ("began_wh", "limit", "reached", "told_cost")

    def __init__(self, began_wh: float) -> None:
        self.began_wh = began_wh
        self.limit = TransactionLimit()
        self.told_cost = 0.0
        self.reached: _End | None = None


class TransactionLimits(Block):
    """Takes limits from the CSMS, confirms them, and obeys them."""

    __slots__ = ("_events", "_limited", "_sessions", "_tariffs", "_transactions")

    def __init__(
        self,
        ctx: Context,
        sessions: Sessions,
        events: TransactionEvents,
        transactions: Transactions,
        tariffs: Tariffs,
    ) -> None:
        super().__init__(ctx)
        self._sessions = sessions
        self._events = events
        self._transactions = transactions
        self._tariffs = tariffs
        self._limited: dict[str, Limited] = {}

    # --- for the engine -------------------------------------------------------------------------

    def tell(
        self, session: Session, transaction: Transaction, event: TransactionEvent
    ) -> TransactionEvent:
        """LimitSet carries the limit (E16.FR.03)."""
        if event.event_type is TransactionEventType.STARTED:
            session.evse.advance(self.ctx.now)
            self._limited = {
                **self._limited,
                transaction.id: Limited(session.evse.meter.register_wh),
            }
            return event
        limited = self._limited.get(transaction.id)
        if event.event_type is TransactionEventType.ENDED:
            self._limited = {i: k for i, k in self._limited.items() if i != transaction.id}
            self.ctx.timers.stop(("limit", session.evse.id))
        if limited is None or event.trigger_reason is not TriggerReason.LIMIT_SET:
            return event
        info = msgspec.structs.replace(event.transaction_info, transaction_limit=limited.limit)
        return msgspec.structs.replace(event, transaction_info=info)

    def answered(
        self, session: Session, transaction: Transaction, answer: TransactionEventResponse
    ) -> None:
        """The CSMS may set a limit with any answer (E16.FR.02), and tell the cost (FR.15)."""
        limited = self._limited.get(transaction.id)
        if limited is None or session.transaction is not transaction:
            return
        if answer.total_cost is not None:
            limited.told_cost = answer.total_cost
        given = answer.transaction_limit
        if given is not None and given != limited.limit:
            limited.limit = given
            self._events.updated(session, TriggerReason.LIMIT_SET)
            self._resume(session, limited)
        self.look(session.evse)

    @handles(display.CostUpdated)
    def cost_updated(self, request: display.CostUpdated) -> display.CostUpdatedResponse:
        """I02: the display shows it, and a limit may be reached."""
        limited = self._limited.get(request.transaction_id)
        session = self._sessions.find(request.transaction_id)
        if limited is not None and session is not None:
            limited.told_cost = request.total_cost
            self.ctx.after("limit", session.evse.id, 0.0, partial(self.look, session.evse))
        return self._events.costs.cost_updated(request)

    def look(self, evse: Evse) -> None:
        """Something changed there, or time has come: is a limit reached, and if not, when?"""
        session = self._sessions.get(evse.id)
        transaction = None if session is None else session.transaction
        limited = None if transaction is None else self._limited.get(transaction.id)
        if session is None or transaction is None or limited is None or limited.reached:
            return
        if limited.limit == TransactionLimit():
            return
        evse.advance(self.ctx.now)
        end = self._reached(session, transaction, limited)
        if end is not None:
            limited.reached = end
            self.ctx.timers.stop(("limit", evse.id))
            self._transactions.suspend(session, end.trigger, end.reason)
            return
        wait = self._wait(session, transaction, limited)
        self.ctx.after("limit", evse.id, wait, partial(self.look, evse))

    # --- inside ---------------------------------------------------------------------------------

    def _resume(self, session: Session, limited: Limited) -> None:
        transaction = session.transaction
        if limited.reached is None or transaction is None:
            return
        if self._reached(session, transaction, limited) is None:
            limited.reached = None
            self._transactions.resume(session)

    def _reached(self, session: Session, transaction: Transaction, limited: Limited) -> _End | None:
        limit, evse = limited.limit, session.evse
        used_wh = evse.meter.register_wh - limited.began_wh
        soc = 0.0 if evse.ev is None else evse.ev.soc
        if limit.max_energy is not None and used_wh >= limit.max_energy - _ALMOST_WH:
            return _ENERGY
        if limit.max_time is not None and self.ctx.now - transaction.started_at >= limit.max_time:
            return _TIME
        if limit.max_so_c is not None and soc >= limit.max_so_c / 100 - _ALMOST_SOC:
            return _SOC
        if limit.max_cost is not None and self._cost(session, limited) >= limit.max_cost:
            return _COST
        return None

    def _cost(self, session: Session, limited: Limited) -> float:
        """By the own tariff if there is one (E16.FR.16), else what the CSMS said (FR.15)."""
        bill = self._bill(session)
        return limited.told_cost if bill is None else bill.total()[1]

    def _bill(self, session: Session) -> Bill | None:
        transaction = session.transaction
        return None if transaction is None else self._tariffs.bill(session, transaction)

    def _wait(self, session: Session, transaction: Transaction, limited: Limited) -> float:
        limit, evse = limited.limit, session.evse
        waits = [_LONGEST_LOOK_SECONDS]
        if limit.max_energy is not None:
            waits.append(evse.seconds_until(limited.began_wh + limit.max_energy))
        if limit.max_time is not None:
            waits.append(transaction.started_at + limit.max_time - self.ctx.now)
        if limit.max_so_c is not None and evse.ev is not None:
            room_wh = evse.ev.metered_wh_until(limit.max_so_c / 100)
            waits.append(evse.seconds_until(evse.meter.register_wh + room_wh))
        if limit.max_cost is not None:
            waits.append(self._seconds_until_cost(session, limit.max_cost))
        return max(min(waits), _SHORTEST_LOOK_SECONDS if limit.max_cost is not None else 0.001)

    def _seconds_until_cost(self, session: Session, most: float) -> float:
        """If it went on as it does now; looked at again before half of that is over."""
        bill = self._bill(session)
        if bill is None:
            return inf
        ahead, seconds = bill.copy(), 60.0
        power_w = session.evse.power_w() if session.evse.closed else 0.0
        energy_wh = ahead.usage.energy_wh + power_w * seconds / 3600
        ahead.count(ahead.usage.at + seconds, energy_wh, charging=power_w > 0)
        now, later = bill.total()[1], ahead.total()[1]
        return inf if later <= now else min(seconds, (most - now) / (later - now) * seconds)
