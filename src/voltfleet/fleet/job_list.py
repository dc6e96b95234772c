"""Jobs as lists show them: a line each, the newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain.provisioning import FINAL, JobKind, ProvisioningStatus
from voltfleet.fleet import jobs as job_records
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.tables import chargers, jobs

_COLUMNS = (
    jobs.c.id,
    jobs.c.kind,
    jobs.c.location_id,
    jobs.c.status,
    jobs.c.current_step,
    jobs.c.total,
    jobs.c.created_count,
    jobs.c.failed_count,
    jobs.c.error,
    jobs.c.created_at,
    jobs.c.updated_at,
    jobs.c.provisioned_at,
)


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job. ``charger_id`` is the one charger of a job that creates one, while that is there.
    Times are epoch seconds."""

    id: str
    kind: JobKind
    location_id: str | None
    status: ProvisioningStatus
    current_step: str | None
    total: int
    created: int
    failed: int
    error: dict[str, Any] | None
    created_at: float
    updated_at: float
    provisioned_at: float | None
    charger_id: str | None

    @property
    def is_final(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.status in FINAL


def page(
    connection: sa.Connection,
    tenant: Tenant,
    *,
    location_id: str | None,
    status: ProvisioningStatus | None,
    offset: int,
    limit: int,
) -> tuple[list[JobLine], int]:
    """The tenant's jobs, the newest first, and how many there are in all."""
    wanted = [_mine(tenant)]
    if location_id is not None:
        wanted.append(jobs.c.location_id == location_id)
    if status is not None:
        wanted.append(jobs.c.status == status.value)
    total = connection.execute(
        sa.select(sa.func.count()).select_from(jobs).where(*wanted)
    ).scalar_one()
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(*wanted)
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        .offset(offset)
        .limit(limit)
    ).all()
    return _lines(connection, rows), total


def newest(
    connection: sa.Connection, tenant: Tenant, limit: int, also: Collection[str] = ()
) -> list[JobLine]:
    """The tenant's newest jobs, and those of ``also``, the newest first."""
    newest_ids = (
        sa.select(jobs.c.id)
        .where(_mine(tenant))
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(
            _mine(tenant),
            sa.or_(jobs.c.id.in_(sa.select(newest_ids.c.id)), jobs.c.id.in_(also)),
        )
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    ).all()
    return _lines(connection, rows)


def _mine(tenant: Tenant) -> sa.ColumnElement[bool]:
    return jobs.c.organization_id == tenant.organization_id


def _lines(connection: sa.Connection, rows: Sequence[Any]) -> list[JobLine]:
    open_ids = [row.id for row in rows if row.status not in FINAL]
    counts = job_records.progress(connection, open_ids)
    single = _chargers_of(connection, [row.id for row in rows if row.kind == JobKind.CREATE])
    return [_line(row, counts.get(row.id), single.get(row.id)) for row in rows]


def _chargers_of(connection: sa.Connection, job_ids: list[str]) -> dict[str, str]:
    """The charger of each job that creates one."""
    if not job_ids:
        return {}
    found = connection.execute(
        sa.select(chargers.c.job_id, chargers.c.id).where(
            chargers.c.job_id.in_(job_ids), chargers.c.deleted_at.is_(None)
        )
    )
    return {row.job_id: row.id for row in found}


def _line(row: Any, so_far: tuple[int, int] | None, charger_id: str | None) -> JobLine:
    created, failed = so_far or (row.created_count, row.failed_count)
    return JobLine(
        id=row.id,
        kind=JobKind(row.kind),
        location_id=row.location_id,
        status=ProvisioningStatus(row.status),
        current_step=row.current_step,
        total=row.total,
        created=created,
        failed=failed,
        error=msgspec.json.decode(row.error) if row.error else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        provisioned_at=row.provisioned_at,
        charger_id=charger_id,
    )
