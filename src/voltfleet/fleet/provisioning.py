"""The steps of a job, each one idempotent transaction over the job's charger rows.

A charger's row is its checkpoint: state, attempt, last error, next attempt at. A step that is run
again after a crash finds in the rows what has been done. `workflows.provision` calls them in order.
"""

import gzip
from dataclasses import asdict
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain import requests
from voltfleet.domain.provisioning import (
    IDENTITY_EXISTS,
    LOCATION_DELETED,
    OPEN,
    Failure,
    JobKind,
    ProvisioningStatus,
)
from voltfleet.domain.requests import JobRequest
from voltfleet.fleet import chargers as charger_records
from voltfleet.fleet import job_retry, jobs, news, placement
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import insert_new
from voltfleet.storage.tables import chargers, job_failures, job_results, locations
from voltfleet.storage.tables import jobs as jobs_table

_GZIP_LEVEL = 1


def begin(connection: sa.Connection, job_id: str, now: float) -> bool:
    """PENDING to PROVISIONING. False when there is nothing to do: the job is gone or final, or its
    location was deleted in the moment when it was accepted."""
    if _lost_its_location(connection, job_id):
        fail(connection, job_id, LOCATION_DELETED, now)
        return False
    begun = connection.execute(
        _open(job_id)
        .values(
            status=ProvisioningStatus.PROVISIONING.value, current_step="register", updated_at=now
        )
        .returning(jobs_table.c.organization_id)
    ).scalar_one_or_none()
    if begun is not None:
        news.changed(connection, now, organization_id=begun)
    return begun is not None


def register(connection: sa.Connection, job_id: str, size: int, now: float) -> int:
    """Writes the next ``size`` charger rows and places them; returns how many are still to come.

    The job's ``registered`` count moves in the same transaction, so no charger is written twice,
    not even one that a user deletes in between.
    """
    job = _lock_open(connection, job_id)
    if job is None:
        return 0
    if job.registered < job.total:
        request = requests.decode(job.request)
        written = _insert_chargers(connection, job, request, size, now)
        registered = min(job.total, job.registered + size)
        connection.execute(_open(job_id).values(registered=registered, updated_at=now))
        placement.place(connection, job_id, now)
        news.changed(connection, now, written, organization_id=job.organization_id)
        return int(job.total - registered)
    return 0


def finish(connection: sa.Connection, job_id: str, now: float) -> None:
    """Ends the job: READY with its results, or, for a job of one charger, as that charger ended."""
    job = _lock_open(connection, job_id)
    if job is not None:
        _end(connection, job, None, now)


def fail(connection: sa.Connection, job_id: str, failure: Failure, now: float) -> None:
    """Ends the job FAILED, with what was created until then and every other charger as failed;
    nothing happens to one that is final already."""
    job = _lock_open(connection, job_id)
    if job is None:
        return
    given_up = connection.execute(
        sa.update(chargers)
        .where(chargers.c.job_id == job_id, chargers.c.provisioning.in_(OPEN))
        .values(
            provisioning=ProvisioningStatus.FAILED.value,
            error_code=failure.code,
            error=failure.message,
        )
        .returning(chargers.c.id)
    ).scalars()
    news.changed(connection, now, given_up.all(), organization_id=job.organization_id)
    never = requests.decode(job.request).window(job.registered, job.total)
    if never:
        connection.execute(
            insert_new(connection, job_failures),
            [_failure(job_id, requested.identity, failure) for _, _, requested in never],
        )
    _end(connection, job, failure, now)


def fail_location(
    connection: sa.Connection, location_id: str, failure: Failure, now: float
) -> None:
    """Ends every open job of a location FAILED."""
    open_jobs = connection.execute(
        sa.select(jobs_table.c.id).where(
            jobs_table.c.location_id == location_id, jobs_table.c.status.in_(OPEN)
        )
    ).scalars()
    for job_id in open_jobs.all():
        fail(connection, job_id, failure, now)


def stalled(connection: sa.Connection, before: float, limit: int = 100) -> list[str]:
    """Open jobs that no step has touched since ``before``, the longest-waiting first."""
    return list(
        connection.execute(
            sa.select(jobs_table.c.id)
            .where(jobs_table.c.status.in_(OPEN), jobs_table.c.updated_at < before)
            .order_by(jobs_table.c.updated_at)
            .limit(limit)
        ).scalars()
    )


def touch(connection: sa.Connection, job_id: str, step: str, now: float) -> None:
    """Notes which step the job is at, and that it is alive."""
    touched = connection.execute(
        _open(job_id)
        .values(current_step=step, updated_at=now)
        .returning(jobs_table.c.organization_id)
    ).scalar_one_or_none()
    if touched is not None:
        news.changed(connection, now, organization_id=touched)


def _open(job_id: str) -> sa.Update:
    return sa.update(jobs_table).where(jobs_table.c.id == job_id, jobs_table.c.status.in_(OPEN))


def _lock_open(connection: sa.Connection, job_id: str) -> Any | None:
    """The job's row, if it is not final; nobody else ends it before this transaction does."""
    return connection.execute(
        sa.select(jobs_table)
        .where(jobs_table.c.id == job_id, jobs_table.c.status.in_(OPEN))
        .with_for_update()
    ).one_or_none()


def _end(connection: sa.Connection, job: Any, failure: Failure | None, now: float) -> None:
    created = charger_records.created_by(connection, job.id, ProvisioningStatus.READY.value)
    given_up = charger_records.created_by(connection, job.id, ProvisioningStatus.FAILED.value)
    failed = [
        {"identity": charger.identity, "error": charger.error, "code": charger.error_code}
        for charger in given_up
    ] + _failures(connection, job.id)
    bulk = job.kind == JobKind.BULK_CREATE
    if bulk:
        charger_records.remove_failed(connection, Tenant(job.organization_id), job.id, now)
        _write_results(connection, job.id, created, failed)
    ready = failure is None and (bulk or bool(created))
    connection.execute(
        _open(job.id).values(
            status=(ProvisioningStatus.READY if ready else ProvisioningStatus.FAILED).value,
            error=None if failure is None else msgspec.json.encode(asdict(failure)).decode(),
            current_step=None,
            request=job_retry.to_keep(job.request, failed) if bulk else None,
            created_count=len(created),
            failed_count=len(failed),
            updated_at=now,
            provisioned_at=now if ready else None,
        )
    )
    news.changed(connection, now, organization_id=job.organization_id)


def _lost_its_location(connection: sa.Connection, job_id: str) -> bool:
    lost = sa.select(jobs_table.c.id).where(
        jobs_table.c.id == job_id,
        jobs_table.c.location_id.is_not(None),
        ~sa.exists().where(locations.c.id == jobs_table.c.location_id),
    )
    return connection.execute(lost).first() is not None


def _insert_chargers(
    connection: sa.Connection, job: Any, request: JobRequest, size: int, now: float
) -> list[str]:
    """Returns the ids of those that were written."""
    rows = [
        jobs.new_charger(
            job.organization_id, job.id, job.location_id, position, template, requested, now
        )
        for position, template, requested in request.window(job.registered, size)
    ]
    connection.execute(insert_new(connection, chargers), rows)
    written = set(
        connection.execute(
            sa.select(chargers.c.position).where(
                chargers.c.job_id == job.id, chargers.c.position >= job.registered
            )
        ).scalars()
    )
    existing = [row["identity"] for row in rows if row["position"] not in written]
    if existing:
        connection.execute(
            insert_new(connection, job_failures),
            [_failure(job.id, identity, IDENTITY_EXISTS) for identity in existing],
        )
    return [row["id"] for row in rows if row["position"] in written]


def _failure(job_id: str, identity: str, failure: Failure) -> dict[str, str]:
    return {
        "job_id": job_id,
        "identity": identity,
        "code": failure.code,
        "error": failure.message,
    }


def _failures(connection: sa.Connection, job_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        sa.select(job_failures.c.identity, job_failures.c.error, job_failures.c.code)
        .where(job_failures.c.job_id == job_id)
        .order_by(job_failures.c.identity)
    )
    return [{"identity": row.identity, "error": row.error, "code": row.code} for row in rows]


def _write_results(
    connection: sa.Connection,
    job_id: str,
    created: list[charger_records.Charger],
    failed: list[dict[str, Any]],
) -> None:
    body = msgspec.json.encode(
        {
            "created_count": len(created),
            "failed_count": len(failed),
            "created": [charger_records.summary(charger) for charger in created],
            "failed": failed,
        }
    )
    connection.execute(
        insert_new(connection, job_results),
        {"job_id": job_id, "body": gzip.compress(body, _GZIP_LEVEL, mtime=0)},
    )
