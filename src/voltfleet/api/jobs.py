"""An organization's jobs, whichever location they are at; one of them is followed in
`location_jobs`."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from voltfleet.api import deps
from voltfleet.api.charger_models import Slug
from voltfleet.api.job_models import JobSummary
from voltfleet.api.models import errors
from voltfleet.domain.provisioning import ProvisioningStatus
from voltfleet.fleet import job_list

router = deps.router("/ocpp/jobs", "Jobs")


class JobListResponse(BaseModel):
    """A page of jobs, the newest first."""

    data: list[JobSummary]
    total: int
    page: int
    limit: int


@router.get("", responses=errors())
async def list_jobs(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    page: deps.CurrentPage,
    location_id: Annotated[Slug | None, Query(description="Only this location's.")] = None,
    status: Annotated[ProvisioningStatus | None, Query(description="Only in this state.")] = None,
) -> JobListResponse:
    """List the organization's jobs, the newest first."""
    found, total = await services.db.read(
        job_list.page,
        tenant,
        location_id=location_id,
        status=status,
        offset=page.offset,
        limit=page.limit,
    )
    data = [JobSummary.of(job) for job in found]
    return JobListResponse(data=data, total=total, page=page.page, limit=page.limit)
