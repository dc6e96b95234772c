"""Chargers: create one (durably), read, update, delete, run and stop them, read their messages."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Query, Response, status
from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.changes import Change, CurrentChange
from voltfleet.api.charger_models import (
    ChargerChanges,
    ChargerListResponse,
    ChargerResponse,
    ProvisioningErrorDetail,
    QueuedCommandResponse,
    Slug,
    Url,
    moment,
    provisioning_error,
)
from voltfleet.api.models import Moment, Name, epoch, errors
from voltfleet.api.security_models import SecurityFields, security_of
from voltfleet.domain.errors import InvalidInput, Problem
from voltfleet.domain.identities import check_identity
from voltfleet.domain.provisioning import ProvisioningStatus
from voltfleet.domain.requests import Requested, Template, template_problems
from voltfleet.fleet import charger_changes, chargers, credentials, frame_log, jobs, targets
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Connection

MOST_FRAMES = 1_000
MOST_OFFSET = 2**53

LifecycleBody = Annotated[
    dict[str, Any] | None, Body(description="Options of the runtime; there are none yet.")
]


router = deps.router("/ocpp/chargers", "Chargers")


class ChargerCreateRequest(SecurityFields):
    """One charger to create."""

    identity: Slug = Field(description="The OCPP identity, unique in the organization.")
    brand_slug: Slug
    model_slug: Slug
    connector_type: Slug
    ws_url: Url = Field(description="The CSMS's WebSocket address, without the identity.")
    ocpp_version: Slug = "OCPP1.6"
    charge_point_name: Name | None = None
    location_id: Slug | None = None
    location_name: Name | None = None


class ChargerAcceptedResponse(BaseModel):
    """The charger is written down and will be provisioned; poll `status_url`."""

    charger_id: str
    identity: str
    status: ProvisioningStatus
    workflow_run_id: str | None
    status_url: str


class ChargerStatusResponse(BaseModel):
    """How far a charger's provisioning has got."""

    charger_id: str
    status: ProvisioningStatus
    workflow_run_id: str | None
    error: ProvisioningErrorDetail | None
    provisioned_at: datetime | None


class ChargerLogEntry(BaseModel):
    """One OCPP-J frame: `message` is the raw JSON array as it crossed the wire."""

    direction: str = Field(description="`cp_to_csms` or `csms_to_cp`.")
    action: str
    message: str
    timestamp: datetime


class ChargerLogListResponse(BaseModel):
    """A slice of a charger's message log, oldest first."""

    data: list[ChargerLogEntry]
    total: int
    limit: int
    offset: int


def _accept(
    connection: Connection,
    tenant: Tenant,
    services: deps.Services,
    asked: ChargerCreateRequest,
    now: float,
) -> tuple[str, str]:
    template = Template(
        asked.brand_slug, asked.model_slug, asked.connector_type, asked.ocpp_version, asked.ws_url
    )
    policy = targets.policy(connection, tenant, services.settings.targets)
    problems = template_problems(template, ("body",), policy)
    security, unsafe = security_of(asked, asked.ws_url, ("body",))
    problems += unsafe
    wrong = check_identity(asked.identity)
    if wrong:
        problems.append(Problem(("body", "identity"), wrong, "invalid_identity", asked.identity))
    problems += charger_changes.location_problems(connection, tenant, asked.location_id)
    if problems:
        raise InvalidInput(problems)
    requested = Requested(asked.identity, asked.charge_point_name or asked.identity)
    placed = {"location_id": asked.location_id, "location_name": asked.location_name}
    template = credentials.keep_for(connection, tenant, template, security, now)
    quota = services.settings.quota_per_org
    return jobs.accept_one(
        connection, services.queue, tenant, template, requested, placed, now, quota=quota
    )


@router.get("", responses=errors())
async def list_chargers(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    page: deps.CurrentPage,
    location_id: Annotated[Slug | None, Query(description="Only this location's.")] = None,
) -> ChargerListResponse:
    """List the organization's chargers, in the order of their creation."""
    found, total = await services.db.read(
        chargers.page,
        tenant,
        location_id=location_id,
        offset=page.offset,
        limit=page.limit,
    )
    return ChargerListResponse.of(found, total, page)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(400, body=True),
)
async def create_charger(
    change: CurrentChange,
    asked: ChargerCreateRequest,
    response: Response,
) -> ChargerAcceptedResponse:
    """Create one charger, durably: once this has answered, it will be provisioned, whatever
    happens to the gateway. Poll `status_url` every 1 to 2 s until READY or FAILED."""
    services, now = change.services, change.services.clock()
    charger_id, job_id = await change.write(
        lambda connection: _accept(connection, change.tenant, services, asked, now),
        lambda ids: {"charger_id": ids[0], "job_id": ids[1]},
    )
    status_url = f"/ocpp/chargers/{charger_id}/status"
    response.headers.update({"Location": status_url, "Retry-After": "1"})
    return ChargerAcceptedResponse(
        charger_id=charger_id,
        identity=asked.identity,
        status=ProvisioningStatus.PENDING,
        workflow_run_id=job_id,
        status_url=status_url,
    )


@router.get("/{charger_id}/status", responses=errors(404))
async def get_charger_status(
    services: deps.CurrentServices, tenant: deps.CurrentTenant, charger_id: deps.ChargerId
) -> ChargerStatusResponse:
    """How far the charger's provisioning has got; `error` says why it failed."""
    charger = await services.db.read(chargers.get, tenant, charger_id)
    failed = charger.provisioning == ProvisioningStatus.FAILED
    return ChargerStatusResponse(
        charger_id=charger.id,
        status=ProvisioningStatus(charger.provisioning),
        workflow_run_id=charger.job_id,
        error=provisioning_error(charger) if failed else None,
        provisioned_at=None if charger.provisioned_at is None else moment(charger.provisioned_at),
    )


@router.get("/{charger_id}", responses=errors(404))
async def get_charger(
    services: deps.CurrentServices, tenant: deps.CurrentTenant, charger_id: deps.ChargerId
) -> ChargerResponse:
    """One charger. `connection` says whether it talks to its CSMS, and if not, why."""
    return ChargerResponse.of(await services.db.read(chargers.get, tenant, charger_id))


@router.put("/{charger_id}", responses=errors(400, 404, body=True))
async def update_charger(
    change: CurrentChange,
    charger_id: deps.ChargerId,
    changes: ChargerChanges,
) -> ChargerResponse:
    """Change what is sent and leave the rest. A new `ws_url`, `ocpp_version` or `connector_type`
    makes the charger reconnect."""
    services, now = change.services, change.services.clock()
    charger = await change.write(
        lambda connection: charger_changes.apply(
            connection,
            change.tenant,
            charger_id,
            changes.columns(),
            now,
            security=changes.security_sent(),
            targets=services.settings.targets,
        )
    )
    services.links.wake()
    return ChargerResponse.of(charger)


@router.delete(
    "/{charger_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=errors(404),
)
async def delete_charger(change: CurrentChange, charger_id: deps.ChargerId) -> None:
    """Delete a charger; its station disconnects."""
    now = change.services.clock()
    await change.write(
        lambda connection: chargers.delete(connection, change.tenant, charger_id, now)
    )
    change.services.links.wake()


@router.post(
    "/{charger_id}/start-charger",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(404, body=True),
)
async def start_charger(
    change: CurrentChange,
    charger_id: deps.ChargerId,
    _options: LifecycleBody = None,
) -> QueuedCommandResponse:
    """Start a charger's runtime: its station powers up and dials its CSMS."""
    return await _run(change, charger_id, "start_charger", running=True)


@router.post(
    "/{charger_id}/stop-charger",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(404, body=True),
)
async def stop_charger(
    change: CurrentChange,
    charger_id: deps.ChargerId,
    _options: LifecycleBody = None,
) -> QueuedCommandResponse:
    """Stop a charger's runtime: its station disconnects and stays silent until it is started."""
    return await _run(change, charger_id, "stop_charger", running=False)


@router.post(
    "/{charger_id}/reset-charger",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(404, body=True),
)
async def reset_charger(
    change: CurrentChange,
    charger_id: deps.ChargerId,
    _options: LifecycleBody = None,
) -> QueuedCommandResponse:
    """Restart a charger's runtime, as after a power cut: a new connection, a new boot. A charger
    whose provisioning has failed is provisioned again."""
    services, now = change.services, change.services.clock()
    charger = await change.write(
        lambda connection: _restart(connection, change.tenant, services, charger_id, now)
    )
    return _queued(services, charger, "reset_charger")


@router.get("/{charger_id}/logs", responses=errors(404))
async def get_charger_logs(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    charger_id: deps.ChargerId,
    start_date: Annotated[Moment | None, Query(description="From then, inclusive.")] = None,
    end_date: Annotated[Moment | None, Query(description="Until then, inclusive.")] = None,
    event: Annotated[Slug | None, Query(description="Only this OCPP action.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_FRAMES)] = MOST_FRAMES,
    offset: Annotated[int, Query(ge=0, le=MOST_OFFSET)] = 0,
) -> ChargerLogListResponse:
    """The charger's OCPP messages in both directions, oldest first. A time without an offset is
    UTC. The log is bounded in age and size; the oldest messages go first."""
    await services.db.read(chargers.get, tenant, charger_id)
    frames, total = await services.frames.read(
        frame_log.page,
        charger_id,
        start=epoch(start_date),
        end=epoch(end_date),
        action=event,
        offset=offset,
        limit=limit,
    )
    entries = [
        ChargerLogEntry(
            direction="cp_to_csms" if frame.from_station else "csms_to_cp",
            action=frame.action,
            message=frame.message,
            timestamp=moment(frame.at),
        )
        for frame in frames
    ]
    return ChargerLogListResponse(data=entries, total=total, limit=limit, offset=offset)


async def _run(
    change: Change, charger_id: str, event_type: str, *, running: bool
) -> QueuedCommandResponse:
    now = change.services.clock()
    charger = await change.write(
        lambda connection: chargers.set_running(
            connection, change.tenant, charger_id, running=running, now=now
        )
    )
    return _queued(change.services, charger, event_type)


def _restart(
    connection: Connection, tenant: Tenant, services: deps.Services, charger_id: str, now: float
) -> chargers.Charger:
    chargers.restart(connection, tenant, charger_id, now)
    quota = services.settings.quota_per_org
    jobs.try_again(connection, services.queue, tenant, charger_id, now, quota=quota)
    return chargers.get(connection, tenant, charger_id)


def _queued(
    services: deps.Services, charger: chargers.Charger, event_type: str
) -> QueuedCommandResponse:
    services.links.wake()
    return QueuedCommandResponse(
        id=charger.id,
        event_type=event_type,
        ocpp_version=charger.ocpp_version.lower(),
        payload={
            "provider": "voltfleet",
            "runtime_kind": "host",
            "service_name": charger.id,
            "desired_count": int(charger.running),
            "status": "ACTIVE",
        },
    )
