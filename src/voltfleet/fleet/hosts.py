"""Hosts: who is there, what each is to run, and what they report.

The database says what should be (`chargers.host_id`, `generation`, `running`, `deleted_at`); the
host link carries it until ``synced`` says that the host has taken it up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain.errors import VoltfleetError
from voltfleet.domain.hosting import (
    Assignment,
    Beat,
    ChargerReport,
    DialSecurity,
    Hello,
    place_of,
)
from voltfleet.domain.provisioning import OPEN, ProvisioningStatus
from voltfleet.fleet import credentials, news, targets
from voltfleet.storage.dialect import storable, take_turns, upsert
from voltfleet.storage.tables import chargers, hosts
from voltfleet.storage.tables import credentials as credentials_table


class HostIdTaken(VoltfleetError):
    """Another machine's host has this id, and its lease runs; ids are for one host each."""

    code = "host_id_taken"


_SECRETS_FROM = -len(credentials.COLUMNS)


@dataclass(frozen=True, slots=True)
class Change:
    """One charger that a host has not taken up yet: run it, or, when ``gone``, drop it."""

    assignment: Assignment
    gone: bool


@dataclass(frozen=True, slots=True)
class Host:
    """A host's row. Times are epoch seconds."""

    id: str
    capacity: int
    stations: int
    online: int
    lag_ms: float
    lease_until: float
    connected_at: float


def welcome(connection: sa.Connection, hello: Hello, now: float, lease_seconds: float) -> list[str]:
    """Registers a host that has just dialled in, under the lease, and compares what it holds with
    what it should hold. Returns the chargers that it must drop; `changes` has the rest.

    Raises `HostIdTaken` while another place's host of that id may be alive: of one place no two
    are, and a host that is started again there is welcome at once.
    """
    take_turns(connection, turn(hello.host_id))
    _refuse_stranger(connection, hello, now)
    row = {
        "id": hello.host_id,
        "boot_id": hello.boot_id,
        "capacity": hello.capacity,
        "lease_until": now + lease_seconds,
        "stations": len(hello.holding),
        "online": 0,
        "lag_ms": 0.0,
        "connected_at": now,
    }
    connection.execute(upsert(connection, hosts, "id", [key for key in row if key != "id"]), row)
    assigned = connection.execute(
        sa.select(
            chargers.c.id, chargers.c.generation, chargers.c.synced, chargers.c.deleted_at
        ).where(chargers.c.host_id == hello.host_id)
    ).all()
    _take_up_anew(connection, hello, assigned)
    # A deleted charger that the host does not hold (it was restarted, say) has left already.
    dropped(
        connection,
        hello.host_id,
        [c.id for c in assigned if c.deleted_at is not None and c.id not in hello.holding],
    )
    return list(hello.holding.keys() - {charger.id for charger in assigned})


def _take_up_anew(connection: sa.Connection, hello: Hello, assigned: Sequence[Any]) -> None:
    if not hello.holding:
        # Started anew, with thousands that it ran before: all of them at once.
        connection.execute(
            sa.update(chargers)
            .where(chargers.c.host_id == hello.host_id, chargers.c.synced)
            .values(synced=False)
        )
        return
    missing = [
        {"b_id": charger.id}
        for charger in assigned
        if charger.synced and hello.holding.get(charger.id) != charger.generation
    ]
    if missing:
        connection.execute(
            sa.update(chargers).where(chargers.c.id == sa.bindparam("b_id")).values(synced=False),
            missing,
        )


def _refuse_stranger(connection: sa.Connection, hello: Hello, now: float) -> None:
    there = connection.execute(
        sa.select(hosts.c.boot_id).where(hosts.c.id == hello.host_id, hosts.c.lease_until > now)
    ).scalar()
    if there is not None and place_of(there) != place_of(hello.boot_id):
        raise HostIdTaken


def renew(
    connection: sa.Connection,
    host_id: str,
    boot_id: str,
    beat: Beat,
    now: float,
    lease_seconds: float,
) -> bool:
    """Renews the lease. False when another process has taken this host's place."""
    return bool(
        connection.execute(
            sa.update(hosts)
            .where(hosts.c.id == host_id, hosts.c.boot_id == boot_id)
            .values(
                lease_until=now + lease_seconds,
                stations=beat.stations,
                online=beat.online,
                lag_ms=beat.lag_ms,
            )
        ).rowcount
    )


def is_current(connection: sa.Connection, host_id: str, boot_id: str) -> bool:
    """Whether that process is the host; if so, no other becomes it before this transaction ends."""
    take_turns(connection, turn(host_id), shared=True)
    return bool(
        connection.execute(
            sa.select(sa.exists().where(hosts.c.id == host_id, hosts.c.boot_id == boot_id))
        ).scalar_one()
    )


def changes(
    connection: sa.Connection, host_id: str, limit: int, *, obeys_lists: bool = True
) -> list[Change]:
    """What the host has not taken up yet, oldest first. One that does not obey lists of targets is
    given no charger that has one."""
    for_it = (
        sa.true()
        if obeys_lists
        else sa.or_(sa.not_(targets.listed()), chargers.c.deleted_at.is_not(None))
    )
    rows = connection.execute(
        sa.select(
            chargers.c.id,
            chargers.c.generation,
            chargers.c.identity,
            chargers.c.ws_url,
            chargers.c.ocpp_version,
            chargers.c.brand_slug,
            chargers.c.model_slug,
            chargers.c.connector_type,
            chargers.c.running,
            chargers.c.seed,
            chargers.c.deleted_at,
            chargers.c.security_profile,
            chargers.c.organization_id,
            *credentials.COLUMNS,
        )
        .outerjoin(credentials_table, credentials_table.c.id == chargers.c.credentials_id)
        .where(chargers.c.host_id == host_id, sa.not_(chargers.c.synced), for_it)
        .order_by(chargers.c.created_at, chargers.c.position)
        .limit(limit)
    )
    return [_change(row) for row in rows]


def _change(row: Any) -> Change:
    *assignment, deleted_at, profile, organization_id = row[:_SECRETS_FROM]
    secrets = row[_SECRETS_FROM:]
    security = DialSecurity(profile, *secrets) if profile else None
    values = [*assignment, None, 0, security, organization_id]
    return Change(Assignment(*values), gone=deleted_at is not None)


def apply(
    connection: sa.Connection,
    host_id: str,
    boot_id: str,
    reports: Sequence[ChargerReport],
    now: float,
) -> None:
    """Writes what a host reports of its chargers. A report of an older generation, or from a host
    that has lost the charger, changes nothing; nor does a process that is not the host any more."""
    if not reports or not is_current(connection, host_id, boot_id):
        return
    # Spelled out: an IN list cannot be prepared once for many rows.
    becomes_ready = sa.or_(*(chargers.c.provisioning == state.value for state in sorted(OPEN)))
    given_up = chargers.c.provisioning == ProvisioningStatus.FAILED.value
    statement = (
        sa.update(chargers)
        .where(
            chargers.c.id == sa.bindparam("b_id"),
            chargers.c.host_id == host_id,
            chargers.c.generation == sa.bindparam("b_generation"),
            chargers.c.deleted_at.is_(None),
        )
        .values(
            synced=True,
            provisioning=sa.case(
                (becomes_ready, ProvisioningStatus.READY.value), else_=chargers.c.provisioning
            ),
            provisioned_at=sa.func.coalesce(chargers.c.provisioned_at, now),
            # A charger that was given up keeps its reason.
            error=sa.case((given_up, chargers.c.error), else_=None),
            error_code=sa.case((given_up, chargers.c.error_code), else_=None),
            connection_state=sa.func.coalesce(
                sa.bindparam("b_state", type_=sa.Text), chargers.c.connection_state
            ),
            connection_since=sa.func.coalesce(
                sa.bindparam("b_since", type_=sa.Double), chargers.c.connection_since
            ),
            connection_error=sa.case(
                (
                    sa.bindparam("b_connection", type_=sa.Boolean),
                    sa.bindparam("b_error", type_=sa.Text),
                ),
                else_=chargers.c.connection_error,
            ),
            connection_attempts=sa.func.coalesce(
                sa.bindparam("b_attempts", type_=sa.Integer), chargers.c.connection_attempts
            ),
            connectors=sa.func.coalesce(
                sa.bindparam("b_connectors", type_=sa.Text), chargers.c.connectors
            ),
        )
    )
    connection.execute(statement, [_values(report) for report in reports])
    news.changed(connection, now, [report.charger_id for report in reports], organization_id=None)


def dropped(connection: sa.Connection, host_id: str, charger_ids: Sequence[str]) -> None:
    """Forgets the deleted chargers whose sockets the host has closed."""
    if charger_ids:
        connection.execute(
            sa.delete(chargers).where(
                chargers.c.id == sa.bindparam("b_id"),
                chargers.c.host_id == host_id,
                chargers.c.deleted_at.is_not(None),
            ),
            [{"b_id": charger_id} for charger_id in charger_ids],
        )


def page(connection: sa.Connection, *, offset: int, limit: int) -> tuple[list[Host], int]:
    """Every host that is known, by its id, and how many there are."""
    total = connection.execute(sa.select(sa.func.count()).select_from(hosts)).scalar_one()
    columns = [hosts.c[name] for name in Host.__slots__]
    rows = connection.execute(sa.select(*columns).order_by(hosts.c.id).offset(offset).limit(limit))
    return [Host(*row) for row in rows], total


def alive(connection: sa.Connection, now: float) -> list[str]:
    """The hosts whose lease runs."""
    return list(
        connection.execute(sa.select(hosts.c.id).where(hosts.c.lease_until > now)).scalars()
    )


def rooms(connection: sa.Connection, now: float) -> dict[str, int]:
    """How many more chargers each live host can take; hosts that are full are left out."""
    held = (
        sa.select(chargers.c.host_id, sa.func.count().label("held"))
        .where(chargers.c.host_id.is_not(None))
        .group_by(chargers.c.host_id)
        .subquery()
    )
    rows = connection.execute(
        sa.select(hosts.c.id, hosts.c.capacity - sa.func.coalesce(held.c.held, 0))
        .outerjoin(held, held.c.host_id == hosts.c.id)
        .where(hosts.c.lease_until > now)
    )
    return {host_id: room for host_id, room in rows if room > 0}


def give(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    shares: Mapping[str, int],
    order: sa.Column[Any],
    **values: object,
) -> list[str]:
    """Gives each host its share of the chargers, to take up anew; the first by ``order`` to the
    first. ``values`` are written with it. Returns the ids of those that were given.

    ``which`` must no longer hold for one that has been given, or it is given twice.
    """
    given: list[str] = []
    for host_id, share in shares.items():
        batch = sa.select(chargers.c.id).where(which).order_by(order).limit(share).correlate(None)
        given += connection.execute(
            sa.update(chargers)
            .where(chargers.c.id.in_(batch))
            .values(host_id=host_id, generation=chargers.c.generation + 1, synced=False, **values)
            .returning(chargers.c.id)
        ).scalars()
    return given


def turn(host_id: str) -> str:
    """What transactions about that host take turns by: see `dialect.take_turns`."""
    return f"host\0{host_id}"


def _values(report: ChargerReport) -> dict[str, object]:
    state = report.connection
    return {
        "b_id": report.charger_id,
        "b_generation": report.generation,
        "b_connection": state is not None,
        "b_state": state.state.value if state else None,
        "b_since": state.since if state else None,
        "b_error": storable(state.last_error) if state and state.last_error else None,
        "b_attempts": state.attempts if state else None,
        "b_connectors": (
            None if report.connectors is None else msgspec.json.encode(report.connectors).decode()
        ),
    }
