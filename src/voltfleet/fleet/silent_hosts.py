"""Hosts that have fallen silent: their chargers are given to others.

Who has been silent for too long is the sweep's to judge (`workflows.silence`), by its own clock;
here is what it looks at, and what it does about it.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.provisioning import spread
from voltfleet.fleet import news
from voltfleet.fleet.hosts import give, rooms, turn
from voltfleet.storage.dialect import take_turns
from voltfleet.storage.tables import chargers, hosts

HOST_LOST = (
    "The host process that runs this charger is not answering; the charger is given to another "
    "host, or back to this one when it returns."
)
Sign = tuple[str, float]
"""What a host's row says of its latest sign of life: it changes with every one."""
GIVEN_UP = 0.0
"""The end of the lease of a host whose chargers are being given to others."""
_AT_REST = (ConnectionState.STOPPED.value, ConnectionState.WAITING.value)


def not_given_up(connection: sa.Connection) -> list[str]:
    """The hosts that may still run what they were given. By no clock: the machines' may differ, and
    who has been silent for too long is `rehome`'s to be told."""
    return list(
        connection.execute(sa.select(hosts.c.id).where(hosts.c.lease_until != GIVEN_UP)).scalars()
    )


def signs(connection: sa.Connection) -> dict[str, Sign]:
    """The latest sign of life of every host."""
    rows = connection.execute(sa.select(hosts.c.id, hosts.c.boot_id, hosts.c.lease_until))
    return {row.id: (row.boot_id, row.lease_until) for row in rows}


def rehome(connection: sa.Connection, silent: Mapping[str, Sign], now: float) -> int:
    """Moves the chargers of hosts that have given no sign since to hosts with room, and forgets
    their deleted ones. A host that silent has stopped its stations by itself. Returns how many
    moved."""
    take_turns(connection, "rehome")
    moved = 0
    for host_id, sign in sorted(silent.items()):
        # Before any renewal: one that comes later finds that the lease is gone.
        take_turns(connection, turn(host_id))
        if not _is_silent_still(connection, host_id, sign):
            continue
        here = chargers.c.host_id == host_id
        connection.execute(sa.delete(chargers).where(here, chargers.c.deleted_at.is_not(None)))
        connection.execute(
            sa.update(chargers)
            .where(here, chargers.c.connection_state.not_in(_AT_REST))
            .values(
                connection_state=ConnectionState.WAITING.value,
                connection_since=now,
                connection_error=HOST_LOST,
            )
        )
        count = connection.execute(sa.select(sa.func.count()).where(here)).scalar_one()
        room = {host: n for host, n in rooms(connection, now).items() if host not in silent}
        moved_from_here = len(give(connection, here, spread(count, room), chargers.c.id))
        moved += moved_from_here
        _close_lease(connection, host_id, left=count - moved_from_here, moved=moved_from_here)
        if count:
            news.changed(connection, now, None, organization_id=None)
    return moved


def _is_silent_still(connection: sa.Connection, host_id: str, sign: Sign) -> bool:
    """Whether there has been no sign of life since; none comes before this transaction ends."""
    boot_id, lease_until = sign
    row = connection.execute(
        sa.select(hosts.c.id)
        .where(
            hosts.c.id == host_id, hosts.c.boot_id == boot_id, hosts.c.lease_until == lease_until
        )
        .with_for_update()
    ).one_or_none()
    return row is not None


def _close_lease(connection: sa.Connection, host_id: str, *, left: int, moved: int) -> None:
    """A process that wakes up later has to say `Hello` before it counts as the host again."""
    if not left:
        connection.execute(sa.delete(hosts).where(hosts.c.id == host_id))
    elif moved:
        connection.execute(
            sa.update(hosts).where(hosts.c.id == host_id).values(boot_id="", lease_until=GIVEN_UP)
        )
