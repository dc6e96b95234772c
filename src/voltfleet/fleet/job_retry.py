"""Trying the chargers of a job again that it did not create.

What failed stays in the job's row when the job ends: templates and identities, never secrets. The
secrets of a template (`fleet.credentials`) stay while a charger uses them, and a week from then.
"""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from voltfleet.domain import requests
from voltfleet.domain.allow_list import TargetPolicy
from voltfleet.domain.errors import Conflict, InvalidInput, NotFound
from voltfleet.domain.provisioning import CHARGER_DELETED, FINAL, LOCATION_DELETED, JobKind
from voltfleet.domain.requests import JobRequest, RequestedGroup, template_problems
from voltfleet.domain.target_policy import Targets
from voltfleet.fleet import credentials
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.tables import jobs

_UNWANTED = frozenset({CHARGER_DELETED.code, LOCATION_DELETED.code})
"""Chargers that somebody has deleted did not fail."""


def to_keep(request: str, failed: Collection[Mapping[str, Any]]) -> str | None:
    """What is kept of a job's request when it ends; None if nothing is left to be tried again."""
    again = {each["identity"] for each in failed if each["code"] not in _UNWANTED}
    if not again:
        return None
    groups = []
    for group in requests.decode(request).groups:
        chargers = [charger for charger in group.chargers if charger.identity in again]
        if chargers:
            groups.append(RequestedGroup(group.template, chargers))
    return requests.encode(JobRequest(groups)) if groups else None


def request_of(
    connection: sa.Connection,
    tenant: Tenant,
    location_id: str,
    job_id: str,
    now: float,
    targets: Targets,
) -> JobRequest:
    """The chargers of the job that failed, as they were asked for; with the same secrets.

    Raises `NotFound`, `Conflict` while the job has not ended, when nothing failed, or when the
    secrets are gone, and `InvalidInput` when the operator allows the addresses no more.
    """
    row = connection.execute(
        sa.select(jobs.c.status, jobs.c.request).where(
            jobs.c.id == job_id,
            jobs.c.location_id == location_id,
            jobs.c.organization_id == tenant.organization_id,
            jobs.c.kind == JobKind.BULK_CREATE.value,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("Job not found", code="job_not_found")
    if row.status not in FINAL:
        raise Conflict("The job has not ended yet; wait until it has.", code="job_not_ended")
    if row.request is None:
        raise Conflict(
            "No charger of this job failed in a way that could be tried again.",
            code="nothing_to_retry",
        )
    request = requests.decode(row.request)
    _check(request, targets)
    _keep_secrets(connection, tenant, request, now)
    return request


def _check(request: JobRequest, targets: Targets) -> None:
    policy = TargetPolicy(targets)
    problems = [
        problem
        for index, group in enumerate(request.groups)
        for problem in template_problems(group.template, ("job", index, "template"), policy)
    ]
    if problems:
        raise InvalidInput(problems)


def _keep_secrets(
    connection: sa.Connection, tenant: Tenant, request: JobRequest, now: float
) -> None:
    used = {group.template.credentials_id for group in request.groups}
    ids = [credentials_id for credentials_id in used if credentials_id is not None]
    if ids and not credentials.use_again(connection, tenant, ids, now):
        raise Conflict(
            "The keys or certificates that these chargers were to dial with are kept for a week "
            "only if no charger uses them; ask for the chargers in a new request.",
            code="secrets_gone",
        )
