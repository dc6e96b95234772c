"""The JSON of jobs: accepted, and in a list."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Header, Response
from pydantic import BaseModel, Field

from voltfleet.api.charger_models import ProvisioningErrorDetail, moment
from voltfleet.domain.provisioning import JobKind, ProvisioningStatus
from voltfleet.fleet import job_list

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="Send the same key with the same request again, and there is still one job.",
    ),
]


class LocationChargerBulkAcceptedResponse(BaseModel):
    """The job is written down and will be carried out; poll `status_url`."""

    job_id: str
    status: ProvisioningStatus
    workflow_run_id: str | None
    status_url: str

    @classmethod
    def of(cls, location_id: str, job_id: str, response: Response) -> Self:
        """The answer about a job that has just been accepted; sets its headers, too."""
        status_url = f"/ocpp/locations/{location_id}/chargers/jobs/{job_id}"
        response.headers.update({"Location": status_url, "Retry-After": "1"})
        return cls(
            job_id=job_id,
            status=ProvisioningStatus.PENDING,
            workflow_run_id=job_id,
            status_url=status_url,
        )


class JobSummary(BaseModel):
    """A job, as lists show it. `status_url` has more: of a job that creates one charger it is that
    charger's, and null once the charger is gone."""

    job_id: str
    job_type: JobKind
    location_id: str | None
    status: ProvisioningStatus
    current_step: str | None
    total: int = Field(description="Chargers asked for.")
    created: int
    failed: int
    error: ProvisioningErrorDetail | None
    created_at: datetime
    updated_at: datetime
    provisioned_at: datetime | None
    status_url: str | None

    @classmethod
    def of(cls, job: job_list.JobLine) -> Self:
        """The job as clients see it."""
        return cls(
            job_id=job.id,
            job_type=job.kind,
            location_id=job.location_id,
            status=job.status,
            current_step=job.current_step,
            total=job.total,
            created=job.created,
            failed=job.failed,
            error=None if job.error is None else ProvisioningErrorDetail(**job.error),
            created_at=moment(job.created_at),
            updated_at=moment(job.updated_at),
            provisioned_at=None if job.provisioned_at is None else moment(job.provisioned_at),
            status_url=_status_url(job),
        )


def _status_url(job: job_list.JobLine) -> str | None:
    if job.kind is JobKind.BULK_CREATE:
        return f"/ocpp/locations/{job.location_id}/chargers/jobs/{job.id}"
    return None if job.charger_id is None else f"/ocpp/chargers/{job.charger_id}/status"
