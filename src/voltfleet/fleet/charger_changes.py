"""Checks of what a user wants to change of a charger, before anything is changed."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain import dial_security
from voltfleet.domain.allow_list import TargetPolicy
from voltfleet.domain.errors import InvalidInput, NotFound, Problem
from voltfleet.domain.hosting import DialSecurity
from voltfleet.domain.requests import Template, template_problems
from voltfleet.domain.target_policy import Targets
from voltfleet.fleet import chargers, credentials, locations
from voltfleet.fleet import targets as target_lists
from voltfleet.fleet.scope import Tenant


def apply(
    connection: sa.Connection,
    tenant: Tenant,
    charger_id: str,
    changes: Mapping[str, Any],
    now: float,
    *,
    location_id: str | None = None,
    security: Mapping[str, Any] | None = None,
    targets: Targets = Targets.ANY,
) -> chargers.Charger:
    """Checks the changes against the charger's model and the tenant's locations, then makes them.

    With ``location_id`` the charger must be at that location. ``security`` holds what was sent of
    `dial_security.FIELDS`; a secret that is left out stays, if the profile uses it.

    Raises `NotFound` and `InvalidInput`.
    """
    before = chargers.get(connection, tenant, charger_id)
    if location_id is not None and before.location_id != location_id:
        raise NotFound("Charger not found at this location", code="charger_not_found")
    policy = target_lists.policy(connection, tenant, targets)
    problems = _template_problems(before, changes, policy)
    wanted, unsafe = _security(connection, tenant, before, changes, security or {})
    problems += unsafe
    problems += location_problems(connection, tenant, changes.get("location_id"))
    if problems:
        raise InvalidInput(problems)
    if security:
        changes = {**changes, **_kept(connection, tenant, wanted, now)}
    return chargers.update(connection, tenant, charger_id, changes, now)


def _security(
    connection: sa.Connection,
    tenant: Tenant,
    before: chargers.Charger,
    changes: Mapping[str, Any],
    sent: Mapping[str, Any],
) -> tuple[DialSecurity | None, list[Problem]]:
    """How the charger dials after the change, checked as a whole: a new address must suit the
    profile that it has."""
    had: dict[str, Any] = {}
    if before.credentials_id is not None:
        kept = credentials.load(connection, tenant, before.credentials_id, before.security_profile)
        had = msgspec.structs.asdict(kept)
    profile = sent.get(dial_security.PROFILE, before.security_profile) or 0
    fitting = dial_security.FITTING.get(profile, frozenset())
    stays = {field: value for field, value in had.items() if field in fitting}
    asked = {**stays, dial_security.PROFILE: profile, **sent}
    return dial_security.read(asked, changes.get("ws_url") or before.ws_url, ("body",))


def _kept(
    connection: sa.Connection, tenant: Tenant, wanted: DialSecurity | None, now: float
) -> dict[str, Any]:
    if wanted is None:
        return {"security_profile": 0, "credentials_id": None}
    credentials_id = credentials.keep(connection, tenant, wanted, now)
    return {"security_profile": wanted.profile, "credentials_id": credentials_id}


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


def _template_problems(
    before: chargers.Charger, changes: Mapping[str, Any], policy: TargetPolicy
) -> list[Problem]:
    touched = {field: changes[field] for field in chargers.TO_THE_STATION if field in changes}
    unchanged = Template(
        before.brand_slug,
        before.model_slug,
        before.connector_type,
        before.ocpp_version,
        before.ws_url,
    )
    problems = template_problems(msgspec.structs.replace(unchanged, **touched), ("body",), policy)
    return [problem for problem in problems if problem.loc[-1] in touched]
