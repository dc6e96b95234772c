"""Chargers: the records of charging stations. Every function works inside the caller's transaction.

A deleted charger's row stays until its host has closed the station's socket (`fleet.hosts`), so
that a new charger of the same identity never meets the old one at the CSMS; nobody sees it
meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from voltfleet.domain import catalog
from voltfleet.domain.errors import NotFound
from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.provisioning import CHARGER_DELETED, OPEN
from voltfleet.domain.timestamps import rfc3339
from voltfleet.fleet import news
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import insert_new
from voltfleet.storage.tables import chargers, job_failures, jobs

TO_THE_STATION = frozenset(
    {"ws_url", "ocpp_version", "connector_type", "security_profile", "credentials_id"}
)
"""Changes that the live station must take up: they begin a new generation."""


@dataclass(frozen=True, slots=True)
class Charger:
    """A charger's row. Times are epoch seconds; ``connectors`` is its host's report as JSON."""

    id: str
    organization_id: str
    location_id: str | None
    identity: str
    name: str | None
    location_name: str | None
    brand_slug: str
    model_slug: str
    connector_type: str
    ocpp_version: str
    ws_url: str
    security_profile: int
    credentials_id: str | None
    created_at: float
    updated_at: float
    job_id: str | None
    provisioning: str
    error_code: str | None
    error: str | None
    provisioned_at: float | None
    host_id: str | None
    running: bool
    connection_state: str
    connection_since: float
    connection_error: str | None
    connection_attempts: int
    connectors: str | None


_COLUMNS = [chargers.c[name] for name in Charger.__slots__]
_LIVE = chargers.c.deleted_at.is_(None)


def mine(tenant: Tenant) -> sa.ColumnElement[bool]:
    """Narrows any query over chargers to the tenant's own that are not deleted."""
    return sa.and_(chargers.c.organization_id == tenant.organization_id, _LIVE)


def page(
    connection: sa.Connection,
    tenant: Tenant,
    *,
    location_id: str | None = None,
    charger_ids: Sequence[str] | None = None,
    offset: int,
    limit: int,
) -> tuple[list[Charger], int]:
    """The tenant's chargers in the order of their creation, and how many there are in all."""
    wanted = [mine(tenant)]
    if location_id is not None:
        wanted.append(chargers.c.location_id == location_id)
    if charger_ids is not None:
        wanted.append(chargers.c.id.in_(charger_ids))
    total = connection.execute(sa.select(sa.func.count()).where(*wanted)).scalar_one()
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(*wanted)
        .order_by(chargers.c.created_at, chargers.c.position, chargers.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [Charger(*row) for row in rows], total


def get(connection: sa.Connection, tenant: Tenant, charger_id: str) -> Charger:
    """One charger. Raises `NotFound` when it is not there or another organization's."""
    row = connection.execute(
        sa.select(*_COLUMNS).where(mine(tenant), chargers.c.id == charger_id)
    ).one_or_none()
    if row is None:
        raise NotFound("Charger not found", code="charger_not_found")
    return Charger(*row)


def update(
    connection: sa.Connection,
    tenant: Tenant,
    charger_id: str,
    changes: Mapping[str, Any],
    now: float,
) -> Charger:
    """Changes the named columns and returns the charger as it is then.

    What the live station must know of (its CSMS's address, version, connector) makes its host
    replace it. Raises `NotFound`.
    """
    before = get(connection, tenant, charger_id)
    changed = {key: value for key, value in changes.items() if getattr(before, key) != value}
    if changed:
        values: dict[str, Any] = {**changed, "updated_at": now}
        if TO_THE_STATION & changed.keys():
            values |= _next_generation()
        connection.execute(
            sa.update(chargers).where(mine(tenant), chargers.c.id == charger_id).values(values)
        )
        _tell(connection, tenant, [charger_id], now)
    return get(connection, tenant, charger_id)


def set_running(
    connection: sa.Connection, tenant: Tenant, charger_id: str, *, running: bool, now: float
) -> Charger:
    """Starts or stops the charger's runtime; nothing happens to one that is so already."""
    if get(connection, tenant, charger_id).running != running:
        values = {"running": running, "updated_at": now} | _next_generation()
        connection.execute(
            sa.update(chargers).where(mine(tenant), chargers.c.id == charger_id).values(values)
        )
        _tell(connection, tenant, [charger_id], now)
    return get(connection, tenant, charger_id)


def restart(connection: sa.Connection, tenant: Tenant, charger_id: str, now: float) -> Charger:
    """Starts the charger's runtime anew, as after a power cut: what its station remembers stays."""
    get(connection, tenant, charger_id)
    values = {"running": True, "updated_at": now} | _next_generation()
    connection.execute(
        sa.update(chargers).where(mine(tenant), chargers.c.id == charger_id).values(values)
    )
    _tell(connection, tenant, [charger_id], now)
    return get(connection, tenant, charger_id)


def delete(connection: sa.Connection, tenant: Tenant, charger_id: str, now: float) -> None:
    """Deletes one charger; its station is disconnected. Raises `NotFound`."""
    get(connection, tenant, charger_id)
    _remove(connection, tenant, sa.and_(mine(tenant), chargers.c.id == charger_id), now)


def delete_all(connection: sa.Connection, tenant: Tenant, location_id: str, now: float) -> None:
    """Deletes every charger of a location."""
    _remove(connection, tenant, sa.and_(mine(tenant), chargers.c.location_id == location_id), now)


def delete_some(
    connection: sa.Connection,
    tenant: Tenant,
    location_id: str,
    charger_ids: Sequence[str],
    now: float,
) -> list[str]:
    """Deletes those of the chargers that are at the location; returns their ids in that order."""
    wanted = sa.and_(
        mine(tenant), chargers.c.location_id == location_id, chargers.c.id.in_(charger_ids)
    )
    there = set(connection.execute(sa.select(chargers.c.id).where(wanted)).scalars())
    _remove(connection, tenant, wanted, now)
    return [charger_id for charger_id in dict.fromkeys(charger_ids) if charger_id in there]


def summary(charger: Charger) -> dict[str, Any]:
    """The fields that the specification gives a charger, ready for JSON, and its ``ws_url``."""
    model = catalog.model(charger.brand_slug, charger.model_slug)
    brand = catalog.brand(charger.brand_slug)
    return {
        "id": charger.id,
        "identity": charger.identity,
        "name": charger.name,
        "vendor_name": brand.name if brand else None,
        "model": model.name if model else None,
        "image_url": None,
        "ocpp_version": charger.ocpp_version,
        "number_of_connectors": model.connector_count if model else None,
        "max_charging_power": round(max(model.power_ratings_kw) * 1000) if model else None,
        "connector_type": charger.connector_type,
        "location_id": charger.location_id,
        "created_at": rfc3339(charger.created_at),
        "updated_at": rfc3339(charger.updated_at),
        "ws_url": charger.ws_url,
    }


def created_by(connection: sa.Connection, job_id: str, provisioning: str) -> list[Charger]:
    """The job's chargers in that state, in the order of the request."""
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(chargers.c.job_id == job_id, chargers.c.provisioning == provisioning, _LIVE)
        .order_by(chargers.c.position)
    )
    return [Charger(*row) for row in rows]


def remove_failed(connection: sa.Connection, tenant: Tenant, job_id: str, now: float) -> None:
    """Takes away the chargers that a job gave up on, so that their identities are free again."""
    wanted = sa.and_(
        chargers.c.job_id == job_id,
        chargers.c.provisioning == "FAILED",
        chargers.c.deleted_at.is_(None),
    )
    _erase(connection, tenant, wanted, now)


def _tell(
    connection: sa.Connection, tenant: Tenant, charger_ids: Sequence[str], now: float
) -> None:
    """Whoever watches them live."""
    news.changed(connection, now, charger_ids, organization_id=tenant.organization_id)


def _next_generation() -> dict[str, Any]:
    return {
        "generation": chargers.c.generation + 1,
        "synced": sa.case((chargers.c.host_id.is_(None), chargers.c.synced), else_=False),
    }


def _remove(
    connection: sa.Connection, tenant: Tenant, wanted: sa.ColumnElement[bool], now: float
) -> None:
    _tell_their_jobs(connection, wanted)
    _erase(connection, tenant, wanted, now)


def _erase(
    connection: sa.Connection, tenant: Tenant, wanted: sa.ColumnElement[bool], now: float
) -> None:
    erased = connection.execute(
        sa.delete(chargers).where(wanted, chargers.c.host_id.is_(None)).returning(chargers.c.id)
    ).scalars()
    gone = list(erased)
    leaving = connection.execute(
        sa.update(chargers)
        .where(wanted)
        .values(
            deleted_at=now,
            synced=False,
            running=False,
            connection_state=ConnectionState.STOPPED.value,
        )
        .returning(chargers.c.id)
    ).scalars()
    gone += leaving
    if gone:
        _tell(connection, tenant, gone, now)


def _tell_their_jobs(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> None:
    """A job under way that loses a charger, whatever state it was in, accounts for it as failed."""
    gone = connection.execute(
        sa.select(chargers.c.job_id, chargers.c.identity)
        .join(jobs, jobs.c.id == chargers.c.job_id)
        .where(wanted, jobs.c.status.in_(OPEN))
        .with_for_update(read=True, of=jobs)  # so that the job does not end in between
    ).all()
    if gone:
        connection.execute(
            insert_new(connection, job_failures),
            [
                {
                    "job_id": job_id,
                    "identity": identity,
                    "code": CHARGER_DELETED.code,
                    "error": CHARGER_DELETED.message,
                }
                for job_id, identity in gone
            ],
        )
