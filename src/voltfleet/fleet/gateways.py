"""Which gateway processes are alive: a row each, renewed once a second."""

import sqlalchemy as sa

from voltfleet.storage.dialect import upsert
from voltfleet.storage.tables import gateways

GONE = 0.0


def seen(connection: sa.Connection, gateway_id: str, now: float) -> None:
    """Notes that the gateway is alive at ``now``; its first call registers it."""
    connection.execute(
        upsert(connection, gateways, "id", ["seen_at"]), {"id": gateway_id, "seen_at": now}
    )


def renew(connection: sa.Connection, gateway_id: str, now: float) -> bool:
    """Notes that the gateway is alive; False when others have taken it for dead already."""
    return bool(
        connection.execute(
            sa.update(gateways).where(gateways.c.id == gateway_id).values(seen_at=now)
        ).rowcount
    )


def signs(connection: sa.Connection) -> dict[str, float]:
    """The latest sign of life of every gateway; `GONE` for one that has stopped in good order."""
    rows = connection.execute(sa.select(gateways.c.id, gateways.c.seen_at))
    return {row.id: row.seen_at for row in rows}


def leave(connection: sa.Connection, gateway_id: str) -> None:
    """The gateway does nothing any more: others need not wait to take over what is left of it."""
    connection.execute(sa.update(gateways).where(gateways.c.id == gateway_id).values(seen_at=GONE))


def last_seen(connection: sa.Connection) -> float | None:
    """When any gateway last showed that it is alive."""
    found: float | None = connection.execute(sa.select(sa.func.max(gateways.c.seen_at))).scalar()
    return found


def forget(connection: sa.Connection, gateway_id: str) -> None:
    """Takes the gateway off the list: nothing of it is left to recover."""
    connection.execute(sa.delete(gateways).where(gateways.c.id == gateway_id))
