"""Following the job that creates a location's chargers, and trying again what failed. Clients poll
it, many and often."""

import asyncio
import gzip
import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Request, Response, status
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from voltfleet.api import deps
from voltfleet.api.changes import CurrentChange
from voltfleet.api.charger_models import ProvisioningErrorDetail, moment
from voltfleet.api.errors import translate
from voltfleet.api.job_models import IdempotencyKey, LocationChargerBulkAcceptedResponse
from voltfleet.api.kept_answers import KeptAnswer
from voltfleet.api.models import errors
from voltfleet.domain.errors import NotFound, VoltfleetError
from voltfleet.domain.provisioning import ProvisioningStatus
from voltfleet.fleet import job_retry, jobs, locations
from voltfleet.storage.engine import Connection

router = deps.router("/ocpp/locations/{location_id}/chargers/jobs", "Location chargers")
_PATH = re.compile(r"/ocpp/locations/(?P<location_id>[^/]+)/chargers/jobs/(?P<job_id>[^/]+)")


class JobProgress(BaseModel):
    """How far a job has got."""

    total: int
    created: int
    failed: int
    current_step: str | None


class JobFailure(BaseModel):
    """A charger that was not created, and why."""

    identity: str | None
    error: str
    code: str | None = None


class JobResults(BaseModel):
    """What became of every charger of a job, in the order of the request."""

    created_count: int
    failed_count: int
    created: list[dict[str, Any]] = Field(description="The chargers, as they were created.")
    failed: list[JobFailure]


class LocationChargerBulkStatusResponse(BaseModel):
    """A job. READY means that it is done: `results` tells which chargers were created and which
    failed, and why."""

    job_id: str
    job_type: str | None
    status: ProvisioningStatus
    workflow_run_id: str | None
    error: ProvisioningErrorDetail | None
    results: JobResults | None
    provisioned_at: datetime | None
    progress: JobProgress


@router.get(
    "/{job_id}",
    response_model=LocationChargerBulkStatusResponse,
    responses={
        **errors(404),
        200: {"headers": {"ETag": {"schema": {"type": "string"}}}},
        304: {"description": "Nothing has changed since the ETag given in If-None-Match"},
    },
)
async def get_location_charger_job(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    location_id: deps.LocationId,
    job_id: str,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Poll a bulk job. READY does not mean that every charger was created: look at
    `results.failed`. Send the `ETag` of the last answer in `If-None-Match` and an unchanged job
    answers 304 without a body."""
    seen = _versions(if_none_match)
    kept = services.kept_answers.take(job_id)
    known = seen | {kept.version} if kept else seen
    asked = jobs.Poll(tenant, location_id, deps.checked_id(job_id, "job"), known)
    job = await services.db.read_together(jobs.poll, asked)
    if job is None:
        raise NotFound("Job not found", code="job_not_found")
    headers = {"ETag": f'"{job.version}"', "Cache-Control": "private, no-cache"}
    if job.version in seen:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    if not job.is_final:
        headers["Retry-After"] = "1"
        body = _written(job)
    elif kept and kept.version == job.version:
        body = kept.body
    else:
        body = await asyncio.to_thread(_written, job)
        services.kept_answers.keep(job.id, KeptAnswer(job.version, body))
    return Response(body, media_type="application/json", headers=headers)


@router.post(
    "/{job_id}/retry",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(404, 409),
)
async def retry_location_charger_job(
    change: CurrentChange,
    location_id: deps.LocationId,
    job_id: str,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> LocationChargerBulkAcceptedResponse:
    """Try the chargers of an ended job again that failed: a new job, for the same identities of the
    same templates. One that exists by now is a failure of the new job, as in any batch. Chargers
    that were deleted meanwhile did not fail."""
    deps.checked_id(job_id, "job")
    services, now = change.services, change.services.clock()
    submission = jobs.Submission(idempotency_key, f"retry {job_id}")

    def accept(connection: Connection) -> tuple[str, int]:
        locations.get(connection, change.tenant, location_id)
        targets = services.settings.targets
        request = job_retry.request_of(connection, change.tenant, location_id, job_id, now, targets)
        accepted = jobs.accept_batch(
            connection,
            services.queue,
            change.tenant,
            location_id,
            request,
            submission,
            now,
            quota=services.settings.quota_per_org,
            targets=targets,
        )
        return accepted, request.total

    new_id, _ = await change.write(
        accept, lambda done: {"new_job_id": done[0], "chargers": done[1]}
    )
    return LocationChargerBulkAcceptedResponse.of(location_id, new_id, response)


class LeanPolls:
    """ASGI middleware that answers polls as the route above does, by calling what the framework
    would call in the same order. Finding that out anew for every request is most of what a poll
    costs otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        named = _PATH.fullmatch(scope["path"]) if is_get else None
        if named is None:
            await self._app(scope, receive, send)
            return
        scope["path_params"] = named.groupdict()
        request = Request(scope)
        try:
            response = await deps.secured(request, get_location_charger_job.__name__, _poll)
        except VoltfleetError as error:
            response = await translate(request, error)
        await response(scope, receive, send)


async def _poll(request: Request) -> Response:
    who = await deps.principal(request, None)
    tenant = await deps.tenant(who, request.headers.get("x-organization-id"))
    return await get_location_charger_job(
        await deps.services(request),
        tenant,
        await deps.location_id(request.path_params["location_id"]),
        request.path_params["job_id"],
        request.headers.get("if-none-match"),
    )


def _versions(if_none_match: str | None) -> frozenset[str]:
    """What the caller has seen of the job: the tags that it sends, without their quotes."""
    if if_none_match is None:
        return frozenset()
    tags = [given.strip().removeprefix("W/") for given in if_none_match.split(",")]
    return frozenset(tag[1:-1] for tag in tags if tag[:1] == tag[-1:] == '"')


def _written(job: jobs.JobView) -> bytes:
    """The answer to a poll. The results are spliced in as the bytes that the job wrote: for a
    large job, building and checking them anew would cost more than all the rest."""
    answer = LocationChargerBulkStatusResponse(
        job_id=job.id,
        job_type=job.kind,
        status=job.status,
        workflow_run_id=job.id,
        error=None if job.error is None else ProvisioningErrorDetail(**job.error),
        results=None,
        provisioned_at=None if job.provisioned_at is None else moment(job.provisioned_at),
        progress=JobProgress(
            total=job.total, created=job.created, failed=job.failed, current_step=job.current_step
        ),
    )
    if job.results is None:
        return answer.model_dump_json().encode()
    rest = answer.model_dump_json(exclude={"results"}).encode()
    return rest[:-1] + b',"results":' + gzip.decompress(job.results) + b"}"
