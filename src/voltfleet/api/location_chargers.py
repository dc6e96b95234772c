"""A location's chargers: create in bulk (durably), list, change, delete. The job that creates them
is followed in `location_jobs`."""

import asyncio
import hashlib
import json
import secrets
from typing import Annotated

from fastapi import Query, Response, status
from pydantic import BaseModel, FailFast, Field

from voltfleet.api import deps
from voltfleet.api.changes import CurrentChange
from voltfleet.api.charger_models import (
    ChargerChanges,
    ChargerListResponse,
    ChargerResponse,
    Slug,
    Url,
)
from voltfleet.api.job_models import IdempotencyKey, LocationChargerBulkAcceptedResponse
from voltfleet.api.models import Name, Paging, RequestModel, errors
from voltfleet.api.security_models import SecurityFields, security_of
from voltfleet.domain import identities
from voltfleet.domain.allow_list import TargetPolicy
from voltfleet.domain.errors import InvalidInput, VoltfleetError
from voltfleet.domain.hosting import DialSecurity
from voltfleet.domain.requests import (
    JobRequest,
    Requested,
    RequestedGroup,
    Template,
    template_problems,
    where_in,
)
from voltfleet.domain.target_policy import Targets
from voltfleet.fleet import charger_changes, chargers, credentials, jobs, locations
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Connection

# The lists of a bulk request stop at the first item of a wrong type (FailFast): a body of a million
# of them would otherwise become a million errors, and a gigabyte.

MOST_UPDATES = 1_000
MOST_IDS = 1_000
"""Ids in one query: as many as fit into a URL, which the HTTP server bounds at 64 KiB."""
QueryId = Annotated[str, Field(max_length=36, pattern=r"^[A-Za-z0-9-]*$")]
"""A charger's id where it stands in a URL."""

router = deps.router("/ocpp/locations/{location_id}/chargers", "Location chargers")


class ChargerTemplate(SecurityFields):
    """Shared charger properties applied to every charger in a group."""

    brand_slug: Slug
    model_slug: Slug
    connector_type: Slug
    ocpp_version: Slug = "OCPP1.6"
    ws_url: Url = Field(description="The CSMS's WebSocket address, without the identity.")
    identity_prefix: Slug | None = Field(
        default=None,
        description="Prepended to each identity suffix to form the full charger identity.",
    )
    template_name: Name | None = Field(
        default=None,
        description="Base display name, combined with the suffix (for example 'Bay 001').",
    )


class ChargerGroup(RequestModel):
    """One group of chargers sharing the same template.

    Give `charger_ids` (exactly those chargers), `chargers_number` (that many, with random hex
    suffixes), or both: the ids first, then random hex up to the number, or cut to the number when
    there are more ids.
    """

    template: ChargerTemplate
    charger_ids: list[Slug] | None = Field(
        default=None,
        fail_fast=True,
        description="Explicit identity suffixes. Truncated to chargers_number when longer.",
    )
    chargers_number: int | None = Field(
        default=None,
        description="Total chargers to create. Pads with random hex suffixes when charger_ids is "
        "shorter.",
    )


class UpdateLocationChargerItem(ChargerChanges):
    """The changes to one charger of the location."""

    charger_id: Slug


class UpdateLocationChargersRequest(RequestModel):
    """Changes to several chargers at once."""

    chargers: Annotated[list[UpdateLocationChargerItem], FailFast()] = Field(
        max_length=MOST_UPDATES
    )


class LocationChargerFailure(BaseModel):
    """A charger that was left as it is, and why."""

    charger_id: str | None
    error: str


class UpdateLocationChargersResponse(BaseModel):
    """What became of every change."""

    updated_count: int
    failed_count: int
    updated: list[ChargerResponse]
    failed: list[LocationChargerFailure]


class DeleteLocationChargersResponse(BaseModel):
    """What became of every charger to be deleted."""

    deleted_count: int
    failed_count: int
    deleted: list[str]
    failed: list[LocationChargerFailure]


@router.get("", responses=errors(400, 404))
async def list_location_chargers(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    location_id: deps.LocationId,
    page: deps.CurrentPage,
    charger_ids: Annotated[
        list[QueryId] | None, Query(max_length=MOST_IDS, description="Only these.")
    ] = None,
) -> ChargerListResponse:
    """List the location's chargers, in the order of their creation."""
    found, total = await services.db.read(_page, tenant, location_id, charger_ids, page)
    return ChargerListResponse.of(found, total, page)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(404, body=True),
)
async def create_location_chargers(
    change: CurrentChange,
    location_id: deps.LocationId,
    groups: Annotated[list[ChargerGroup], FailFast()],
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> LocationChargerBulkAcceptedResponse:
    """Create chargers, durably: once this has answered, the job is on disk and is carried out
    whatever happens to the gateway. Each charger is provisioned on its own, with its own retries;
    an identity that exists already is that charger's failure, not the batch's.

    Poll `status_url` every 1 to 2 s until the status is READY or FAILED.
    """
    services, now = change.services, change.services.clock()
    request, securities = await _expanded(services, groups)
    submission = jobs.Submission(idempotency_key, _hash(location_id, groups))
    job_id = await change.write(
        lambda connection: _accept(
            connection, change.tenant, services, location_id, request, securities, submission, now
        ),
        lambda job_id: {"job_id": job_id, "chargers": request.total},
    )
    return LocationChargerBulkAcceptedResponse.of(location_id, job_id, response)


@router.put("", responses=errors(400, 404, body=True))
async def update_location_chargers(
    change: CurrentChange,
    location_id: deps.LocationId,
    body: UpdateLocationChargersRequest,
) -> UpdateLocationChargersResponse:
    """Change several chargers, each by what is sent for it. One that cannot be changed so is left
    as it is and named in `failed`; the others are changed."""
    services, now = change.services, change.services.clock()
    targets = services.settings.targets
    done = await change.write(
        lambda connection: _update(
            connection, change.tenant, location_id, body.chargers, targets, now
        ),
        lambda done: {
            "charger_ids": [charger.id for charger in done.updated],
            "failed": done.failed_count,
        },
    )
    services.links.wake()
    return done


@router.delete("", responses=errors(404))
async def delete_location_chargers(
    change: CurrentChange,
    location_id: deps.LocationId,
    charger_ids: Annotated[
        list[QueryId], Query(max_length=MOST_IDS, description="The chargers to delete.")
    ],
) -> DeleteLocationChargersResponse:
    """Delete chargers of the location; their stations disconnect. One that is not there is named in
    `failed`; the others are deleted."""
    now = change.services.clock()
    deleted = await change.write(
        lambda connection: _delete(connection, change.tenant, location_id, charger_ids, now),
        lambda deleted: {"charger_ids": deleted},
    )
    change.services.links.wake()
    gone = set(deleted)
    failed = [
        LocationChargerFailure(charger_id=charger_id, error="Charger not found at this location")
        for charger_id in dict.fromkeys(charger_ids)
        if charger_id not in gone
    ]
    return DeleteLocationChargersResponse(
        deleted_count=len(deleted), failed_count=len(failed), deleted=deleted, failed=failed
    )


async def _expanded(
    services: deps.Services, groups: list[ChargerGroup]
) -> tuple[JobRequest, list[DialSecurity | None]]:
    """The request with every identity drawn, and apart from it the secrets of each group. Raises
    `InvalidInput` that names group and field."""
    templates = [_template(group) for group in groups]
    problems = [
        problem
        for index, template in enumerate(templates)
        for problem in template_problems(
            template, ("body", index, "template"), TargetPolicy(services.settings.targets)
        )
    ]
    securities: list[DialSecurity | None] = []
    for index, group in enumerate(groups):
        loc = ("body", index, "template")
        security, wrong = security_of(group.template, group.template.ws_url, loc, where_in(loc))
        securities.append(security)
        problems += wrong
    named = [
        identities.ChargerGroup(
            identity_prefix=group.template.identity_prefix,
            template_name=group.template.template_name,
            charger_ids=group.charger_ids,
            chargers_number=group.chargers_number,
        )
        for group in groups
    ]
    try:
        expanded = await asyncio.to_thread(
            identities.expand, named, secrets.token_hex, limit=services.settings.max_batch
        )
    except InvalidInput as invalid:
        problems += invalid.problems
    if problems:
        raise InvalidInput(problems)
    requested: list[list[Requested]] = [[] for _ in groups]
    for charger in expanded:
        requested[charger.group_index].append(Requested(charger.identity, charger.name))
    request = JobRequest(
        [
            RequestedGroup(template, chargers_)
            for template, chargers_ in zip(templates, requested, strict=True)
        ]
    )
    return request, securities


def _template(group: ChargerGroup) -> Template:
    asked = group.template
    return Template(
        asked.brand_slug, asked.model_slug, asked.connector_type, asked.ocpp_version, asked.ws_url
    )


def _hash(location_id: str, groups: list[ChargerGroup]) -> str:
    """The same for the same request, however its JSON was spaced."""
    said = [group.model_dump(mode="json") for group in groups]
    return hashlib.sha256(json.dumps([location_id, said]).encode()).hexdigest()


def _accept(
    connection: Connection,
    tenant: Tenant,
    services: deps.Services,
    location_id: str,
    request: JobRequest,
    securities: list[DialSecurity | None],
    submission: jobs.Submission,
    now: float,
) -> str:
    locations.get(connection, tenant, location_id)
    request = credentials.keep_all(connection, tenant, request, securities, now)
    quota = services.settings.quota_per_org
    return jobs.accept_batch(
        connection,
        services.queue,
        tenant,
        location_id,
        request,
        submission,
        now,
        quota=quota,
        targets=services.settings.targets,
    )


def _page(
    connection: Connection,
    tenant: Tenant,
    location_id: str,
    charger_ids: list[str] | None,
    page: Paging,
) -> tuple[list[chargers.Charger], int]:
    locations.get(connection, tenant, location_id)
    return chargers.page(
        connection,
        tenant,
        location_id=location_id,
        charger_ids=charger_ids,
        offset=page.offset,
        limit=page.limit,
    )


def _update(
    connection: Connection,
    tenant: Tenant,
    location_id: str,
    items: list[UpdateLocationChargerItem],
    targets: Targets,
    now: float,
) -> UpdateLocationChargersResponse:
    locations.get(connection, tenant, location_id)
    updated: list[ChargerResponse] = []
    failed: list[LocationChargerFailure] = []
    for item in items:
        try:
            charger = charger_changes.apply(
                connection,
                tenant,
                item.charger_id,
                item.columns(),
                now,
                location_id=location_id,
                security=item.security_sent(),
                targets=targets,
            )
        except VoltfleetError as error:
            failed.append(LocationChargerFailure(charger_id=item.charger_id, error=error.message))
        else:
            updated.append(ChargerResponse.of(charger))
    return UpdateLocationChargersResponse(
        updated_count=len(updated), failed_count=len(failed), updated=updated, failed=failed
    )


def _delete(
    connection: Connection,
    tenant: Tenant,
    location_id: str,
    charger_ids: list[str],
    now: float,
) -> list[str]:
    locations.get(connection, tenant, location_id)
    return chargers.delete_some(connection, tenant, location_id, charger_ids, now)
