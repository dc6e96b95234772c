"""What the CSMS knows of each charger, and which of them are connected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Protocol

from voltfleet.csms.calls import CallQueue
from voltfleet.csms.options import BootStatus
from voltfleet.domain.specs import OcppVersion

REMEMBERED_MAX = 100_000
"""Chargers remembered after they left; beyond it the longest gone are forgotten."""

FINISHED_MAX = 10
"""Finished transactions remembered per charger, so that a repeated message is recognised."""


class Link(Protocol):
    """The live socket of one charger."""

    def send(self, text: str) -> None:
        """Send one OCPP-J frame; nothing happens if the socket is closing."""

    def close(self, code: int, reason: str) -> None:
        """Start the WebSocket closing handshake."""

    def is_live(self) -> bool:
        """Whether both the WebSocket and the TCP connection under it are still established."""


@dataclass(slots=True, eq=False)
class Transaction:
    """One charging transaction. ``evse_id`` is the connectorId in OCPP 1.6."""

    id: str
    evse_id: int
    id_token: str
    started_at: float
    key: tuple[object, ...] = ()
    first_wh: float | None = None
    last_wh: float | None = None

    @property
    def energy_wh(self) -> float:
        """What has been delivered so far, as far as the charger has told."""
        if self.first_wh is None or self.last_wh is None:
            return 0.0
        return max(0.0, self.last_wh - self.first_wh)

    def read_meter(self, register_wh: float) -> None:
        """Take the energy register's reading."""
        if self.first_wh is None:
            self.first_wh = register_wh
        self.last_wh = register_wh


@dataclass(slots=True, eq=False)
class Charger:
    """One identity, connected now or earlier."""

    identity: str
    version: OcppVersion
    link: Link | None = None
    calls: CallQueue | None = None
    connected_at: float = 0.0
    registration: BootStatus | None = None
    booted_at: float | None = None
    vendor: str = ""
    model: str = ""
    firmware: str = ""
    connectors: dict[tuple[int, int], str] = field(default_factory=dict)
    active: dict[str, Transaction] = field(default_factory=dict)
    finished: dict[str, Transaction] = field(default_factory=dict)
    transactions_total: int = 0
    energy_finished_wh: float = 0.0
    messages: int = 0
    last_action: str = ""
    last_message_at: float | None = None
    last_problem: str = ""
    triggered: set[str] = field(default_factory=set)
    """Actions that a Pending charger may use because the CSMS asked for them (2.0.1 B02.FR.09)."""

    @property
    def energy_wh(self) -> float:
        """All energy of its transactions."""
        return self.energy_finished_wh + sum(t.energy_wh for t in self.active.values())

    def remember_finished(self, transaction: Transaction) -> None:
        """Move a transaction from the active to the finished ones."""
        self.active.pop(transaction.id, None)
        self.energy_finished_wh += transaction.energy_wh
        self.finished[transaction.id] = transaction
        if len(self.finished) > FINISHED_MAX:
            self.finished.pop(next(iter(self.finished)))


class Registry:
    """Every charger by identity: the connected ones, then those that left, latest last."""

    def __init__(self) -> None:
        self.live: dict[str, Charger] = {}
        self.gone: dict[str, Charger] = {}
        self.booted = 0

    def find(self, identity: str) -> Charger | None:
        """The charger of that identity, connected or not."""
        return self.live.get(identity) or self.gone.get(identity)

    def attach(
        self, identity: str, version: OcppVersion, link: Link, now: float
    ) -> tuple[Charger, Link | None]:
        """A socket of that identity is open. Returns its charger and the socket it replaces, which
        the caller must close."""
        charger = self.live.get(identity)
        replaced = None
        if charger is None:
            charger = self.gone.pop(identity, None) or Charger(identity, version)
            self.live[identity] = charger
            self.booted += charger.registration is BootStatus.ACCEPTED
        else:
            replaced = charger.link
        if charger.version is not version:
            charger.version = version
            charger.connectors.clear()
        charger.link = link
        charger.connected_at = now
        return charger, replaced

    def detach(self, charger: Charger, link: Link) -> bool:
        """A socket is gone. False if another had replaced it: then its charger stays connected."""
        if charger.link is not link:
            return False
        charger.link = None
        del self.live[charger.identity]
        self.booted -= charger.registration is BootStatus.ACCEPTED
        self.gone[charger.identity] = charger
        if len(self.gone) > REMEMBERED_MAX:
            self.gone.pop(next(iter(self.gone)))
        return True

    def register(self, charger: Charger, status: BootStatus) -> None:
        """The charger's BootNotification is answered with that status."""
        self.booted += status is BootStatus.ACCEPTED
        self.booted -= charger.registration is BootStatus.ACCEPTED
        charger.registration = status

    def page(self, offset: int, limit: int) -> Iterator[Charger]:
        """Chargers in order, the connected ones first."""
        return islice(chain(self.live.values(), self.gone.values()), offset, offset + limit)

    def __len__(self) -> int:
        return len(self.live) + len(self.gone)
