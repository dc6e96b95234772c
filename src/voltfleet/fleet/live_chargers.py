"""Chargers as live streams show them: one row each, written as JSON once for everybody.

Ten thousand of them are read when a stream begins, so nothing here makes an object per charger
that it can do without.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain import catalog
from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.provisioning import ProvisioningStatus
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.tables import chargers

Place = tuple[float, int, str]
"""Where a charger stands in the order of creation."""
FIRST: Place = (-1.0, -1, "")
MOST_ERROR = 500

_PROVISIONING = {
    ProvisioningStatus.PENDING.value: "pending",
    ProvisioningStatus.PROVISIONING.value: "provisioning",
    ProvisioningStatus.FAILED.value: "failed",
}
_CONNECTION = {state.value: state.value for state in ConnectionState} | {
    ConnectionState.PENDING.value: "registering"
}
_ONLINE = ConnectionState.ONLINE.value
_STRENGTH = (
    "available",
    "unavailable",
    "reserved",
    "occupied",
    "suspended",
    "charging",
    "faulted",
)
"""Of the states of an online charger's connectors, the strongest is the charger's."""
_STATUS = {
    "Available": "available",
    "Unavailable": "unavailable",
    "Reserved": "reserved",
    "Preparing": "occupied",
    "Finishing": "occupied",
    "Occupied": "occupied",
    "SuspendedEV": "suspended",
    "SuspendedEVSE": "suspended",
    "Charging": "charging",
    "Faulted": "faulted",
}
_RANK = {status: _STRENGTH.index(state) for status, state in _STATUS.items()}
_CHARGING, _SUSPENDED = _STRENGTH.index("charging"), _STRENGTH.index("suspended")
_FAULTED = _STRENGTH.index("faulted")
_STATUS_FIELDS = 5
"""Of a ConnectorReport; what follows tells whether a transaction gets energy (since that is told
at all)."""

_COLUMNS = (
    chargers.c.id,
    chargers.c.organization_id,
    chargers.c.created_at,
    chargers.c.position,
    chargers.c.identity,
    chargers.c.name,
    chargers.c.location_id,
    chargers.c.brand_slug,
    chargers.c.model_slug,
    chargers.c.ocpp_version,
    chargers.c.provisioning,
    chargers.c.connection_state,
    chargers.c.connection_since,
    chargers.c.host_id,
    chargers.c.connectors,
    chargers.c.connection_error,
    chargers.c.error,
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[list[Any]]).decode


def page(
    connection: sa.Connection, tenant: Tenant, after: Place, limit: int
) -> tuple[dict[str, bytes], Place | None]:
    """The tenant's next chargers in the order of their creation, by id, and where to go on; None
    when these were the last."""
    order = (chargers.c.created_at, chargers.c.position, chargers.c.id)
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(
            chargers.c.organization_id == tenant.organization_id,
            chargers.c.deleted_at.is_(None),
            sa.tuple_(*order) > sa.tuple_(*after),
        )
        .order_by(*order)
        .limit(limit)
    ).all()
    on = (rows[-1][2], rows[-1][3], rows[-1][0]) if len(rows) == limit else None
    return {row[0]: _row(row) for row in rows}, on


def some(connection: sa.Connection, charger_ids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    """Those of the chargers that there are, whoever's they are: by id, the organization and the
    row. Whoever asks shows each to its own organization only."""
    rows = connection.execute(
        sa.select(*_COLUMNS).where(chargers.c.id.in_(charger_ids), chargers.c.deleted_at.is_(None))
    )
    return {row[0]: (row[1], _row(row)) for row in rows}


def _row(row: Any) -> bytes:
    (id_, _, created_at, _, identity, name, location_id, brand, model, version) = row[:10]
    (provisioning, connection_state, since, host_id, reported, connection_error, error) = row[10:]
    connectors = [] if reported is None else _decode(reported)
    state = _PROVISIONING.get(provisioning)
    if state is not None:
        since = created_at
    elif connection_state == _ONLINE:
        strongest, since = _strongest(connectors, since)
        state = _STRENGTH[strongest]
    else:
        state = _CONNECTION[connection_state]
    why = connection_error or error
    vendor, model_name = _named(brand, model)
    return _encode(
        (
            id_,
            identity,
            name,
            location_id,
            vendor,
            model_name,
            version,
            state,
            round(since * 1000),
            host_id,
            [(c[0], c[1], c[2], c[3], int(_rank(c) == _CHARGING)) for c in connectors],
            None if why is None else why[:MOST_ERROR],
        )
    )


def _strongest(connectors: list[list[Any]], since: float) -> tuple[int, float]:
    """Of what an online charger's connectors are, and since when."""
    strongest = -1
    for connector in connectors:
        rank = _rank(connector)
        if rank > strongest:
            strongest, since = rank, connector[4]
    return max(0, strongest), since


def _rank(connector: list[Any]) -> int:
    rank = _RANK.get(connector[2], 0)
    if rank != _FAULTED and len(connector) > _STATUS_FIELDS + 1:
        if connector[_STATUS_FIELDS]:
            return _CHARGING
        if connector[_STATUS_FIELDS + 1]:
            return _SUSPENDED
    return rank


@lru_cache(1_000)
def _named(brand_slug: str, model_slug: str) -> tuple[str | None, str | None]:
    brand, model = catalog.brand(brand_slug), catalog.model(brand_slug, model_slug)
    return brand.name if brand else None, model.name if model else None
