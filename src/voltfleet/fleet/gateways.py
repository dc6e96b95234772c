"""Which gateway processes are alive: a row each, renewed once a second."""

import sqlalchemy as sa

from voltfleet.storage.dialect import upsert
from voltfleet.storage.tables import gateways


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


def silent(connection: sa.Connection, since: float) -> list[str]:
    """The gateways not seen since then."""
    return list(
        connection.execute(sa.select(gateways.c.id).where(gateways.c.seen_at < since)).scalars()
    )


def forget(connection: sa.Connection, gateway_id: str) -> None:
    """Takes the gateway off the list: nothing of it is left to recover."""
    connection.execute(sa.delete(gateways).where(gateways.c.id == gateway_id))
