"""Which targets an organization's chargers may dial: the lists that admins choose.

An organization without a row has no list: its chargers dial whatever the operator lets all dial.
Every function works inside the caller's transaction.
"""

import uuid

import msgspec
import sqlalchemy as sa

from voltfleet.domain.allow_list import AllowList, TargetPolicy, read_kept
from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.target_policy import Targets
from voltfleet.fleet import news
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import upsert
from voltfleet.storage.tables import chargers, organization_targets

WITHHELD = (
    "The organization has a list of targets, and the charger's host is of an older release that "
    "does not know such lists; replace it by one of the gateway's release."
)
_COLUMNS = ["allowed", "revision", "updated_at"]
_TEXTS = msgspec.json.Decoder(list[str])


def chosen(connection: sa.Connection, tenant: Tenant) -> list[str] | None:
    """The organization's list, as `AllowList.texts`; None: it has none."""
    text = connection.execute(
        sa.select(organization_targets.c.allowed).where(
            organization_targets.c.organization_id == tenant.organization_id
        )
    ).scalar_one_or_none()
    return None if text is None else _TEXTS.decode(text)


def policy(connection: sa.Connection, tenant: Tenant, targets: Targets) -> TargetPolicy:
    """Whom the organization's chargers may dial, where the operator lets all dial ``targets``."""
    texts = chosen(connection, tenant)
    return TargetPolicy(targets, None if texts is None else read_kept(tuple(texts)))


def choose(connection: sa.Connection, tenant: Tenant, allowed: AllowList, now: float) -> None:
    """From now on its chargers dial nothing else."""
    row = {
        "organization_id": tenant.organization_id,
        "allowed": msgspec.json.encode(allowed.texts()).decode(),
        "revision": uuid.uuid4().hex,
        "updated_at": now,
    }
    connection.execute(upsert(connection, organization_targets, "organization_id", _COLUMNS), row)


def lift(connection: sa.Connection, tenant: Tenant) -> None:
    """From now on it has no list."""
    connection.execute(
        sa.delete(organization_targets).where(
            organization_targets.c.organization_id == tenant.organization_id
        )
    )


def revisions(connection: sa.Connection) -> dict[str, str]:
    """Of every list that there is, by organization, a word that is new whenever the list is."""
    columns = organization_targets.c.organization_id, organization_targets.c.revision
    return {row[0]: row[1] for row in connection.execute(sa.select(*columns))}


def lists(connection: sa.Connection) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Every list that there is, by organization; before them their `revisions`."""
    rows = connection.execute(sa.select(organization_targets)).all()
    return (
        {row.organization_id: row.revision for row in rows},
        {row.organization_id: _TEXTS.decode(row.allowed) for row in rows},
    )


def listed() -> sa.ColumnElement[bool]:
    """Of a row of chargers: whether its organization has a list."""
    return chargers.c.organization_id.in_(sa.select(organization_targets.c.organization_id))


def withhold(connection: sa.Connection, host_id: str, now: float) -> list[str]:
    """Says of the chargers with a list that a host runs which obeys none that they do not run any
    more, and why. Returns them; the host has to drop them."""
    running = sa.and_(
        chargers.c.host_id == host_id, chargers.c.synced, chargers.c.deleted_at.is_(None), listed()
    )
    rows = connection.execute(
        sa.update(chargers)
        .where(running)
        .values(
            synced=False,
            # What it says of them before it has dropped them comes too late.
            generation=chargers.c.generation + 1,
            connection_state=sa.case(
                (chargers.c.running, ConnectionState.WAITING.value),
                else_=ConnectionState.STOPPED.value,
            ),
            connection_since=now,
            connection_error=WITHHELD,
        )
        .returning(chargers.c.id)
    )
    withheld = list(rows.scalars())
    if withheld:
        news.changed(connection, now, withheld, organization_id=None)
    return withheld
