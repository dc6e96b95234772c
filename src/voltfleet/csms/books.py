"""What the CSMS keeps account of while it answers: registrations, transactions, energy."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from voltfleet.csms.chargers import Charger, Registry, Transaction
from voltfleet.csms.options import BootStatus, CsmsOptions
from voltfleet.csms.totals import Totals
from voltfleet.domain.timestamps import rfc3339

Payload = dict[str, Any]

_REFUSED_TOKENS = {"INVALID": "Invalid", "BLOCKED": "Blocked"}


def authorization(id_token: str) -> str:
    """Whether an id token may charge; tokens are case-insensitive in every version."""
    head = id_token[:7].upper()
    return _REFUSED_TOKENS.get(head, "Accepted")


class Listener(Protocol):
    """Who wants to know what the chargers do."""

    def connector_free(self, charger: Charger, evse_id: int) -> None:
        """An accepted charger reported a connector that a car could use."""

    def transaction_began(
        self, charger: Charger, transaction: Transaction, remote_start_id: int | None
    ) -> None:
        """A new transaction; ``remote_start_id`` as far as the version carries one."""


class Books:
    """The accounts of one CSMS."""

    def __init__(self, options: CsmsOptions, now: float) -> None:
        self.options = options
        self.boot_status = options.boot_status
        self.registry = Registry()
        self.totals = Totals()
        self.active: set[Transaction] = set()
        self.listener: Listener | None = None
        # The epoch second to begin with: a restarted CSMS does not hand out its earlier ids again.
        self._transaction_ids = itertools.count(int(now))

    def register(self, charger: Charger, now: float) -> Payload:
        """Answer a BootNotification; the payload is the same in every version."""
        status = self.boot_status
        self.registry.register(charger, status)
        charger.triggered.clear()
        if status is BootStatus.ACCEPTED:
            charger.booted_at = now
            self.totals.boots += 1
        accepted = status is BootStatus.ACCEPTED
        interval = self.options.heartbeat_interval if accepted else self.options.boot_interval
        return {"status": status, "currentTime": rfc3339(now), "interval": interval}

    def connector(self, charger: Charger, evse_id: int, connector_id: int, status: str) -> None:
        """Take a connector's status. Connector 0 of 1.6 is the station itself."""
        charger.connectors[evse_id, connector_id] = status
        usable = status == "Available" and connector_id > 0
        if usable and self.listener and charger.registration is BootStatus.ACCEPTED:
            self.listener.connector_free(charger, evse_id)

    def new_transaction_id(self) -> int:
        """An id that this CSMS has not given before (1.6 only; later stations choose their own)."""
        return next(self._transaction_ids)

    def begin(
        self, charger: Charger, transaction: Transaction, remote_start_id: int | None = None
    ) -> None:
        """A transaction is under way. One that still seemed active on that EVSE is over: its end
        was lost, for an EVSE serves one car at a time."""
        evse_id = transaction.evse_id
        for other in [t for t in charger.active.values() if evse_id and t.evse_id == evse_id]:
            self.finish(charger, other)
        charger.active[transaction.id] = transaction
        charger.transactions_total += 1
        self.totals.transactions += 1
        self.active.add(transaction)
        if self.listener:
            self.listener.transaction_began(charger, transaction, remote_start_id)

    def finish(self, charger: Charger, transaction: Transaction) -> None:
        """A transaction is over."""
        charger.remember_finished(transaction)
        self.active.discard(transaction)
        self.totals.energy_wh += transaction.energy_wh

    @property
    def energy_wh(self) -> float:
        """All energy of all transactions, those under way included."""
        return self.totals.energy_wh + sum(t.energy_wh for t in self.active)


@dataclass(slots=True)
class Visit:
    """One request of a charger, as a handler sees it. The payload has passed the schema."""

    books: Books
    charger: Charger
    payload: Payload
    now: float


Handler = Callable[[Visit], Payload]


def nothing_to_add(_visit: Visit) -> Payload:
    """The answer of all notifications: received."""
    return {}


def always(payload: Payload) -> Handler:
    """A handler that answers the same to everyone."""

    def handle(_visit: Visit) -> Payload:
        return payload

    return handle


def boot_details(charger: Charger, vendor: str, model: str, firmware: str) -> None:
    """Take what the BootNotification says of the device."""
    charger.vendor = vendor
    charger.model = model
    charger.firmware = firmware
