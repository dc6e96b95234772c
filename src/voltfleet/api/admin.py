"""For admins: the audit log, and what each organization may have."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.changes import Change
from voltfleet.api.charger_models import Slug, moment
from voltfleet.api.models import Moment, RequestModel, epoch, errors
from voltfleet.auth.principal import is_organization_id
from voltfleet.domain.errors import NotFound
from voltfleet.domain.quota import NO_LIMIT, Quota, effective
from voltfleet.fleet import audit, quotas
from voltfleet.fleet.quotas import Usage
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Connection

router = deps.router("/admin", "Admin")

_MOST = 10**9
_Text = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]
Count = Annotated[int, Field(ge=0, le=_MOST)] | Literal["unlimited"] | None
Rate = Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] | Literal["unlimited"] | None


class AuditLine(BaseModel):
    """One change that was made, or one request that was refused."""

    at: datetime
    organization_id: str | None
    subject: str | None = Field(description="The token's `sub`; null if the token was not good.")
    role: str | None
    operation: str = Field(examples=["create_location_chargers"])
    targets: dict[str, Any] = Field(description="Ids of what was changed, and counts.")
    outcome: str = Field(description="`done`, or the `code` of the error.")
    reason: str | None
    request_id: str = Field(description="The answer's `X-Request-Id`.")
    remote: str | None = Field(description="The address that the request came from.")
    times: int = Field(description="Equal refusals within a second are one line.")


class AuditListResponse(BaseModel):
    """A page of the audit log, the newest lines first."""

    data: list[AuditLine]
    total: int
    page: int
    limit: int


class QuotaChange(RequestModel):
    """What an organization may have. A number (0: none at all), `unlimited`, or null: what the
    operator has chosen for all organizations. A field left out is null."""

    max_chargers: Count = None
    max_jobs: Count = Field(default=None, description="Jobs under way at once.")
    max_requests_per_second: Rate = Field(default=None, description="At each gateway.")


class QuotaResponse(BaseModel):
    """What an organization may have, and has. In the effective limits null is no limit."""

    organization_id: str
    chosen: QuotaChange
    effective: dict[str, float | int | None] = Field(
        examples=[{"max_chargers": 1000, "max_jobs": None, "max_requests_per_second": 50.0}]
    )
    chargers: int = Field(description="Those of unfinished jobs included.")
    jobs: int = Field(description="Jobs under way.")


async def _organization(
    organization_id: Annotated[str, Path(description="The organization, as tokens name it.")],
) -> Tenant:
    if not is_organization_id(organization_id):
        raise NotFound("Organization not found", code="organization_not_found")
    return Tenant(organization_id)


Organization = Annotated[Tenant, Depends(_organization)]


@router.get("/audit", responses=errors())
async def list_audit_log(
    services: deps.CurrentServices,
    _who: deps.CurrentAdmin,
    page: deps.CurrentPage,
    organization_id: Annotated[_Text | None, Query(description="Only this organization's.")] = None,
    subject: Annotated[_Text | None, Query(description="Only this bearer's.")] = None,
    operation: Annotated[Slug | None, Query(description="Only this operation.")] = None,
    outcome: Annotated[Slug | None, Query(description="Only this outcome, such as `done`.")] = None,
    start_date: Annotated[Moment | None, Query(description="From then, inclusive.")] = None,
    end_date: Annotated[Moment | None, Query(description="Until then, inclusive.")] = None,
) -> AuditListResponse:
    """Who changed what, and who was refused, the newest first. A change is in the log as soon as it
    is acknowledged, a refusal about a second later. The log is bounded in age and size."""
    await services.audit.flush(services.db)
    wanted = audit.Wanted(
        organization_id=organization_id,
        subject=subject,
        operation=operation,
        outcome=outcome,
        start=epoch(start_date),
        end=epoch(end_date),
    )
    found, total = await services.db.read(audit.page, wanted, offset=page.offset, limit=page.limit)
    return AuditListResponse(
        data=[_line(entry) for entry in found], total=total, page=page.page, limit=page.limit
    )


@router.get("/organizations/{organization_id}/quota", responses=errors(404))
async def get_quota(
    services: deps.CurrentServices, _who: deps.CurrentAdmin, organization: Organization
) -> QuotaResponse:
    """What an organization may have, and has."""
    return await _quota(services, organization)


@router.put("/organizations/{organization_id}/quota", responses=errors(404, body=True))
async def set_quota(
    request: Request,
    services: deps.CurrentServices,
    _who: deps.CurrentAdmin,
    organization: Organization,
    body: QuotaChange,
) -> QuotaResponse:
    """Choose what an organization may have. Nothing that it has is taken away. Other gateways hear
    of the rate within 5 s."""
    change = Change(services, organization, request.state.caller)
    chosen = Quota(
        _stored(body.max_chargers), _stored(body.max_jobs), _stored(body.max_requests_per_second)
    )
    now = services.clock()
    await change.write(
        lambda connection: quotas.choose(connection, organization, chosen, now),
        lambda _: {"chosen": body.model_dump()},
    )
    await services.rates.refresh(services.db)
    return await _quota(services, organization)


async def _quota(services: deps.Services, organization: Tenant) -> QuotaResponse:
    own, used = await services.db.read(_look, organization)
    holds = effective(own, services.settings.quota_per_org)
    return QuotaResponse(
        organization_id=organization.organization_id,
        chosen=QuotaChange(
            max_chargers=_shown(own.max_chargers),
            max_jobs=_shown(own.max_jobs),
            max_requests_per_second=_shown(own.max_requests_per_second),
        ),
        effective={
            "max_chargers": holds.max_chargers,
            "max_jobs": holds.max_jobs,
            "max_requests_per_second": holds.max_requests_per_second,
        },
        chargers=used.chargers,
        jobs=used.jobs,
    )


def _line(entry: audit.Entry) -> AuditLine:
    fields = {name: getattr(entry, name) for name in AuditLine.model_fields}
    return AuditLine(**{**fields, "at": moment(entry.at)})


def _stored(value: float | Literal["unlimited"] | None) -> Any:
    return NO_LIMIT if value == "unlimited" else value


def _shown(value: float | None) -> Any:
    return "unlimited" if value == NO_LIMIT else value


def _look(connection: Connection, organization: Tenant) -> tuple[Quota, Usage]:
    return quotas.chosen(connection, organization), quotas.usage(connection, organization)
