"""Locations: the sites that chargers stand at. Every function works inside the caller's
transaction."""

import re
import secrets
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from voltfleet.domain.errors import NotFound
from voltfleet.domain.provisioning import LOCATION_DELETED
from voltfleet.fleet import chargers, provisioning
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.tables import locations

_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Location:
    """A location's row. Times are epoch seconds."""

    id: str
    organization_id: str
    slug: str
    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    timezone: str | None
    owner_name: str | None
    public: bool
    status: str
    created_at: float
    updated_at: float


_COLUMNS = [locations.c[name] for name in Location.__slots__]


def mine(tenant: Tenant) -> sa.ColumnElement[bool]:
    """Narrows any query over locations to the tenant's own."""
    return locations.c.organization_id == tenant.organization_id


def page(
    connection: sa.Connection, tenant: Tenant, *, offset: int, limit: int
) -> tuple[list[Location], int]:
    """The tenant's locations in the order of their creation, and how many there are in all."""
    total = connection.execute(
        sa.select(sa.func.count()).select_from(locations).where(mine(tenant))
    ).scalar_one()
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(mine(tenant))
        .order_by(locations.c.created_at, locations.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [Location(*row) for row in rows], total


def get(connection: sa.Connection, tenant: Tenant, location_id: str) -> Location:
    """One location. Raises `NotFound` when it is not there or another organization's."""
    row = connection.execute(
        sa.select(*_COLUMNS).where(mine(tenant), locations.c.id == location_id)
    ).one_or_none()
    if row is None:
        raise NotFound("Location not found", code="location_not_found")
    return Location(*row)


def create(
    connection: sa.Connection, tenant: Tenant, values: Mapping[str, Any], now: float
) -> Location:
    """A new location with those columns; its id, slug and status are made here."""
    location_id = str(uuid.uuid4())
    row = {
        "timezone": None,
        "owner_name": None,
        "public": False,
        **values,
        "id": location_id,
        "organization_id": tenant.organization_id,
        "slug": new_slug(values["name"]),
        "status": "active",
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(sa.insert(locations), row)
    return Location(**row)


def update(
    connection: sa.Connection,
    tenant: Tenant,
    location_id: str,
    changes: Mapping[str, Any],
    now: float,
) -> Location:
    """Changes the named columns and returns the location as it is then. Raises `NotFound`."""
    before = get(connection, tenant, location_id)
    changed = {key: value for key, value in changes.items() if getattr(before, key) != value}
    if not changed:
        return before
    connection.execute(
        sa.update(locations)
        .where(mine(tenant), locations.c.id == location_id)
        .values(**changed, updated_at=now)
    )
    return get(connection, tenant, location_id)


def delete(connection: sa.Connection, tenant: Tenant, location_id: str, now: float) -> None:
    """Deletes a location and all its chargers, whose stations are disconnected; jobs that are still
    creating chargers there end FAILED.

    Raises `NotFound`, so a second deletion is told apart from the first.
    """
    deleted = connection.execute(
        sa.delete(locations).where(mine(tenant), locations.c.id == location_id)
    )
    if not deleted.rowcount:
        raise NotFound("Location not found", code="location_not_found")
    provisioning.fail_location(connection, location_id, LOCATION_DELETED, now)
    chargers.delete_all(connection, tenant, location_id, now)


def new_slug(name: str) -> str:
    """A slug for a location of that name, different each time: ``paris-hub-a1b2c3d4``."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name)[:_SLUG_LENGTH].strip("-")
    return f"{words or 'location'}-{secrets.token_hex(4)}"
