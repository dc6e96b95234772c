"""What the CSMS shows of itself: the same values for JSON, the page and Python callers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from voltfleet.csms.books import Books
from voltfleet.csms.chargers import Charger, Transaction
from voltfleet.csms.desk import Desk
from voltfleet.csms.totals import Rates
from voltfleet.domain.timestamps import rfc3339


@dataclass(frozen=True, slots=True)
class Stats:
    """Where the CSMS stands. ``booted`` are those connected now whose BootNotification this CSMS
    accepted; ``problems`` counts messages that the standard does not allow; ``double_sockets`` how
    often a charger dialled in while its earlier socket was still live."""

    connected: int
    booted: int
    known: int
    boots_total: int
    connections_total: int
    messages_in: int
    messages_out: int
    messages_per_second: float
    boots_per_second: float
    transactions_active: int
    transactions_total: int
    energy_wh: float
    double_sockets: int
    problems: int
    errors_answered: int
    uptime_seconds: float


class Overview:
    """Reads the books for those who want to look."""

    def __init__(self, books: Books, desk: Desk, rates: Rates, clock: Callable[[], float]) -> None:
        self._books = books
        self._desk = desk
        self._rates = rates
        self._clock = clock
        self._started_at = clock()

    def stats(self) -> Stats:
        """The figures of this moment."""
        registry, totals, now = self._books.registry, self._books.totals, self._clock()
        messages_per_second, boots_per_second = self._rates.per_second(now)
        return Stats(
            connected=len(registry.live),
            booted=registry.booted,
            known=len(registry),
            boots_total=totals.boots,
            connections_total=totals.connections,
            messages_in=totals.messages_in,
            messages_out=totals.messages_out,
            messages_per_second=round(messages_per_second, 1),
            boots_per_second=round(boots_per_second, 1),
            transactions_active=len(self._books.active),
            transactions_total=totals.transactions,
            energy_wh=round(self._books.energy_wh, 1),
            double_sockets=totals.double_sockets,
            problems=totals.problems,
            errors_answered=totals.errors_answered,
            uptime_seconds=round(now - self._started_at, 1),
        )

    def chargers(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Chargers in order, the connected ones first."""
        return [charger_view(c) for c in self._books.registry.page(offset, limit)]

    def charger(self, identity: str) -> dict[str, Any] | None:
        """One charger, connected or not."""
        charger = self._books.registry.find(identity)
        return charger_view(charger) if charger else None

    def problems(self) -> list[dict[str, Any]]:
        """The latest things that chargers did and the standard does not allow, oldest first."""
        return [
            {"at": rfc3339(p.at), "identity": p.identity, "problem": p.text}
            for p in self._desk.problems
        ]


def charger_view(charger: Charger) -> dict[str, Any]:
    """One charger as JSON says it."""
    return {
        "identity": charger.identity,
        "connected": charger.link is not None,
        "ocpp_version": charger.version,
        "vendor": charger.vendor,
        "model": charger.model,
        "firmware_version": charger.firmware,
        "registration": charger.registration,
        "connected_at": rfc3339(charger.connected_at),
        "booted_at": _moment(charger.booted_at),
        "connectors": [
            {"evse_id": evse_id, "connector_id": connector_id, "status": status}
            for (evse_id, connector_id), status in sorted(charger.connectors.items())
        ],
        "transactions": [_transaction_view(t) for t in charger.active.values()],
        "transactions_total": charger.transactions_total,
        "energy_wh": round(charger.energy_wh, 1),
        "messages": charger.messages,
        "last_action": charger.last_action,
        "last_message_at": _moment(charger.last_message_at),
        "last_problem": charger.last_problem,
    }


def _transaction_view(transaction: Transaction) -> dict[str, Any]:
    return {
        "transaction_id": transaction.id,
        "evse_id": transaction.evse_id,
        "id_token": transaction.id_token,
        "started_at": rfc3339(transaction.started_at),
        "energy_wh": round(transaction.energy_wh, 1),
    }


def _moment(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)
