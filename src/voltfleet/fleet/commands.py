"""Commands, as users see them: queued for one charger, some, or a whole location; and their fate.

How they reach the hosts is in `fleet.delivery`. Every function works inside the caller's
transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from voltfleet.domain.commands import CommandKind, CommandState
from voltfleet.domain.errors import NotFound
from voltfleet.domain.provisioning import ProvisioningStatus
from voltfleet.fleet import chargers, locations
from voltfleet.fleet.chargers import mine
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import random_hex
from voltfleet.storage.tables import chargers as charger_rows
from voltfleet.storage.tables import commands

TTL_SECONDS = 60.0
"""How long a command waits for its charger before it expires."""
_DRAWS = 3

QUEUED = commands.c.state == sa.literal_column("'queued'")
SENT = commands.c.state == sa.literal_column("'sent'")
"""Spelled out, so that SQLite sees that the partial indexes serve."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, whoever does it."""

    kind: CommandKind
    payload: dict[str, Any]
    ttl_seconds: float = TTL_SECONDS


@dataclass(frozen=True, slots=True)
class Target:
    """One charger, or those of a location: all, or the ones named."""

    charger_id: str | None = None
    location_id: str | None = None
    charger_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of an order for one charger: ``command_id``, or else the ``error``."""

    charger_id: str
    identity: str | None
    ocpp_version: str
    command_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """A command's row. Times are epoch seconds."""

    id: str
    charger_id: str
    kind: str
    ocpp_version: str
    payload: dict[str, Any]
    state: str
    reason: str | None
    detail: dict[str, Any] | None
    created_at: float
    updated_at: float
    expires_at: float

    @property
    def is_final(self) -> bool:
        """Whether its fate is known."""
        return self.state not in (CommandState.QUEUED, CommandState.SENT)


_COLUMNS = [commands.c[name] for name in Command.__slots__]
_AT = charger_rows.c


def queue(
    connection: sa.Connection, tenant: Tenant, target: Target, order: Order, now: float
) -> list[Queued]:
    """Queues the order for every charger of the target, set-wise, and tells for each what came of
    it, in the order of their creation. Raises `NotFound` for a charger or location that the tenant
    does not have; a charger that is named and not at the location is an error of its own."""
    wanted = _chosen(connection, tenant, target)
    found = connection.execute(
        sa.select(_AT.id, _AT.identity, _AT.ocpp_version, _AT.running, _AT.provisioning, _AT.error)
        .where(wanted)
        .order_by(_AT.created_at, _AT.position, _AT.id)
    ).all()
    ids = _insert(connection, sa.and_(wanted, _able()), order, now)
    told = [
        Queued(
            charger.id,
            charger.identity,
            charger.ocpp_version,
            ids.get(charger.id),
            None if charger.id in ids else _why_not(charger),
        )
        for charger in found
    ]
    there = {charger.id for charger in found}
    unknown = [i for i in dict.fromkeys(target.charger_ids or ()) if i not in there]
    return told + [Queued(i, None, "", None, f"No charger {i} at this location") for i in unknown]


def get(connection: sa.Connection, tenant: Tenant, command_id: str) -> Command:
    """One command. Raises `NotFound` when it is not there (any more) or another organization's."""
    row = connection.execute(
        sa.select(*_COLUMNS).where(_own(tenant), commands.c.id == command_id)
    ).one_or_none()
    if row is None:
        raise NotFound("Command not found", code="command_not_found")
    return _view(row)


def page(
    connection: sa.Connection, tenant: Tenant, charger_id: str, *, offset: int, limit: int
) -> tuple[list[Command], int]:
    """The charger's commands, the newest first, and how many are kept. Raises `NotFound`."""
    chargers.get(connection, tenant, charger_id)
    wanted = sa.and_(_own(tenant), commands.c.charger_id == charger_id)
    total = connection.execute(sa.select(sa.func.count()).where(wanted)).scalar_one()
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(wanted)
        .order_by(commands.c.seq.desc())
        .offset(offset)
        .limit(limit)
    )
    return [_view(row) for row in rows], total


def withdraw(
    connection: sa.Connection, tenant: Tenant, command_id: str, reason: str, now: float
) -> Command:
    """Nobody waits for it any more: it expires, unless it is on its way already. Returns it as it
    is then."""
    connection.execute(
        sa.update(commands)
        .where(_own(tenant), commands.c.id == command_id, QUEUED)
        .values(state=CommandState.EXPIRED.value, reason=reason, updated_at=now)
    )
    return get(connection, tenant, command_id)


def _own(tenant: Tenant) -> sa.ColumnElement[bool]:
    return commands.c.organization_id == tenant.organization_id


def _view(row: Any) -> Command:
    fields = row._asdict()
    fields["payload"] = msgspec.json.decode(row.payload)
    fields["detail"] = None if row.detail is None else msgspec.json.decode(row.detail)
    return Command(**fields)


def _chosen(connection: sa.Connection, tenant: Tenant, target: Target) -> sa.ColumnElement[bool]:
    if target.charger_id is not None:
        chargers.get(connection, tenant, target.charger_id)
        return sa.and_(mine(tenant), _AT.id == target.charger_id)
    locations.get(connection, tenant, target.location_id or "")
    wanted = sa.and_(mine(tenant), _AT.location_id == target.location_id)
    if target.charger_ids is None:
        return wanted
    return sa.and_(wanted, _AT.id.in_(target.charger_ids))


def _able() -> sa.ColumnElement[bool]:
    return sa.and_(_AT.running, _AT.provisioning != ProvisioningStatus.FAILED.value)


def _why_not(charger: Any) -> str:
    if charger.provisioning == ProvisioningStatus.FAILED:
        return f"The charger could not be provisioned: {charger.error}"
    start = f"POST /ocpp/chargers/{charger.id}/start-charger"
    return f"The charger is stopped; start it with {start}."


def _insert(
    connection: sa.Connection, wanted: sa.ColumnElement[bool], order: Order, now: float
) -> dict[str, str]:
    """One INSERT for all of them; command ids by charger id."""
    names = ("id", "organization_id", "charger_id", "kind", "ocpp_version", "payload", "state")
    times = ("created_at", "updated_at", "expires_at")
    rows = (
        sa.select(
            random_hex(connection),
            _AT.organization_id,
            _AT.id,
            sa.literal(order.kind.value),
            sa.func.lower(_AT.ocpp_version),
            sa.literal(msgspec.json.encode(order.payload).decode(), sa.Text),
            sa.literal(CommandState.QUEUED.value),
            sa.literal(now, sa.Double),
            sa.literal(now, sa.Double),
            sa.literal(now + order.ttl_seconds, sa.Double),
        )
        .where(wanted)
        .order_by(_AT.created_at, _AT.position, _AT.id)
    )
    statement = (
        sa.insert(commands)
        .from_select([*names, *times], rows)
        .returning(commands.c.charger_id, commands.c.id)
    )
    for last in range(1, _DRAWS + 1):
        try:
            with connection.begin_nested():
                return {row.charger_id: row.id for row in connection.execute(statement)}
        except IntegrityError:
            # An id that is taken: 48 random bits meet among millions now and then. Draw anew.
            if last == _DRAWS:
                raise
    raise AssertionError
