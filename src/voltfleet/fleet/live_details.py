"""What a charger's hardware does this second, for those who look at it.

A stream and the host of the chargers that it shows may be at different gateways, so they meet here:
the stream says whom it watches (`watch`), the host's link asks who is watched (`watched`) and
leaves what its host tells (`publish`), the stream takes it (`latest`). Nothing here outlives its
minute.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import upsert
from voltfleet.storage.tables import chargers, live_details, live_watches

WATCH_SECONDS = 15.0
"""How long a watch holds that is not renewed."""
STALE_SECONDS = 60.0

Details = tuple[str, float, str]
"""A charger's id, epoch seconds, and ``[[evse_id, connector_id, {…}], …]`` as JSON."""


def watch(
    connection: sa.Connection, tenant: Tenant, charger_ids: Collection[str], now: float
) -> None:
    """Wants the details of those that are the tenant's, for `WATCH_SECONDS`."""
    mine = connection.execute(
        sa.select(chargers.c.id).where(
            chargers.c.id.in_(charger_ids),
            chargers.c.organization_id == tenant.organization_id,
            chargers.c.deleted_at.is_(None),
        )
    ).scalars()
    rows = [{"charger_id": charger_id, "until": now + WATCH_SECONDS} for charger_id in sorted(mine)]
    if rows:
        connection.execute(upsert(connection, live_watches, "charger_id", ["until"]), rows)


def watched(connection: sa.Connection, host_id: str, now: float) -> list[str]:
    """The chargers of that host whose details somebody wants now."""
    return list(
        connection.execute(
            sa.select(live_watches.c.charger_id)
            .join(chargers, chargers.c.id == live_watches.c.charger_id)
            .where(
                live_watches.c.until > now,
                chargers.c.host_id == host_id,
                chargers.c.deleted_at.is_(None),
            )
            .order_by(live_watches.c.charger_id)
        ).scalars()
    )


def publish(connection: sa.Connection, host_id: str, told: Sequence[Details]) -> None:
    """Leaves what a host tells of its chargers, the newest of each."""
    newest = {row[0]: row for row in told}
    own = connection.execute(
        sa.select(chargers.c.id).where(chargers.c.id.in_(newest), chargers.c.host_id == host_id)
    ).scalars()
    rows = [
        {"charger_id": newest[id_][0], "at": newest[id_][1], "connectors": newest[id_][2]}
        for id_ in sorted(own)
    ]
    if rows:
        into = upsert(connection, live_details, "charger_id", ["at", "connectors"])
        connection.execute(into, rows)


def latest(
    connection: sa.Connection, tenant: Tenant, charger_ids: Collection[str], since: float
) -> list[Details]:
    """What was told last of those that are the tenant's, unless it is older than ``since``."""
    rows = connection.execute(
        sa.select(live_details.c.charger_id, live_details.c.at, live_details.c.connectors)
        .join(chargers, chargers.c.id == live_details.c.charger_id)
        .where(
            live_details.c.charger_id.in_(charger_ids),
            live_details.c.at >= since,
            chargers.c.organization_id == tenant.organization_id,
            chargers.c.deleted_at.is_(None),
        )
        .order_by(live_details.c.charger_id)
    )
    return [(charger_id, at, connectors) for charger_id, at, connectors in rows]


def trim(connection: sa.Connection, now: float) -> int:
    """Forgets whom nobody watches any more, and what was told of them; returns how many."""
    unwatched = connection.execute(sa.delete(live_watches).where(live_watches.c.until < now))
    old = connection.execute(sa.delete(live_details).where(live_details.c.at < now - STALE_SECONDS))
    return unwatched.rowcount + old.rowcount
