"""Checks of what a user wants to change of a charger, before anything is changed."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain.errors import InvalidInput, NotFound, Problem
from voltfleet.domain.requests import Template, template_problems
from voltfleet.fleet import chargers, locations
from voltfleet.fleet.scope import Tenant


def apply(
    connection: sa.Connection,
    tenant: Tenant,
    charger_id: str,
    changes: Mapping[str, Any],
    now: float,
    *,
    location_id: str | None = None,
) -> chargers.Charger:
    """Checks the changes against the charger's model and the tenant's locations, then makes them.

    With ``location_id`` the charger must be at that location. Raises `NotFound` and `InvalidInput`.
    """
    before = chargers.get(connection, tenant, charger_id)
    if location_id is not None and before.location_id != location_id:
        raise NotFound("Charger not found at this location", code="charger_not_found")
    problems = _template_problems(before, changes)
    problems += location_problems(connection, tenant, changes.get("location_id"))
    if problems:
        raise InvalidInput(problems)
    return chargers.update(connection, tenant, charger_id, changes, now)


def location_problems(
    connection: sa.Connection, tenant: Tenant, location_id: str | None
) -> list[Problem]:
    """That a charger cannot be put there, if it is not a location of the tenant's."""
    if location_id is None:
        return []
    try:
        locations.get(connection, tenant, location_id)
    except NotFound:
        message = "There is no such location; list them with GET /ocpp/locations."
        return [Problem(("body", "location_id"), message, "unknown_location", location_id)]
    return []


def _template_problems(before: chargers.Charger, changes: Mapping[str, Any]) -> list[Problem]:
    touched = {field: changes[field] for field in chargers.TO_THE_STATION if field in changes}
    unchanged = Template(
        before.brand_slug,
        before.model_slug,
        before.connector_type,
        before.ocpp_version,
        before.ws_url,
    )
    problems = template_problems(msgspec.structs.replace(unchanged, **touched), ("body",))
    return [problem for problem in problems if problem.loc[-1] in touched]
