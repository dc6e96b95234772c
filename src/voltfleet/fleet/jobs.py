"""Jobs: accepting a batch of chargers durably, and reading how far it has got."""

import uuid
import zlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain import requests
from voltfleet.domain.errors import InvalidInput, Problem, Unavailable
from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.provisioning import FINAL, JobKind, ProvisioningStatus
from voltfleet.domain.quota import UNLIMITED, Quota
from voltfleet.domain.requests import JobRequest, Requested, RequestedGroup, Template, unlisted
from voltfleet.domain.target_policy import Targets
from voltfleet.fleet import news, quotas
from voltfleet.fleet import targets as target_lists
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import insert_new, take_turns
from voltfleet.storage.queue import WorkflowQueue
from voltfleet.storage.tables import chargers, job_failures, job_results, jobs

WORKFLOW = "provision"
"""The workflow that carries out a job; the job's id is its argument."""
MOST_OPEN_JOBS = 5_000
"""Jobs that may wait or run at once; one more is refused with 503."""
_POLLED = [c for c in jobs.c if c.name not in ("request", "request_hash", "idempotency_key")]
"""The request of a large batch is a megabyte."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What makes a repeated request recognisable: the caller's key and a hash of what was asked."""

    idempotency_key: str | None
    request_hash: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Which job is asked for, and the versions of it whose results need not be read again."""

    tenant: Tenant
    location_id: str
    job_id: str
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a poll sees it. ``results`` is gzipped JSON, there once the job is final, unless the
    poll knows this version."""

    id: str
    kind: str
    status: ProvisioningStatus
    current_step: str | None
    total: int
    created: int
    failed: int
    error: dict[str, Any] | None
    provisioned_at: float | None
    results: bytes | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.status in FINAL

    @property
    def version(self) -> str:
        """Another one whenever a poll would tell something else."""
        return f"{self.status}-{self.current_step}-{self.created}-{self.failed}"


def accept_batch(
    connection: sa.Connection,
    queue: WorkflowQueue,
    tenant: Tenant,
    location_id: str,
    request: JobRequest,
    submission: Submission,
    now: float,
    *,
    quota: Quota = UNLIMITED,
    targets: Targets = Targets.ANY,
) -> str:
    """Writes the job and starts its workflow, both in this transaction; returns the job's id.

    The same idempotency key with the same request returns the job that is there already. Raises
    `InvalidInput` for the same key with another request, and for an address that is not on the
    organization's list of targets (``targets``: whom the operator lets all dial), `Unavailable`
    when too many jobs are open, `TooMany` when the batch is more than the organization may have: by
    ``quota``, or by what an admin has chosen for it.
    """
    existing = _same_key(connection, tenant, submission)
    if existing is not None:
        return existing
    _refuse_unlisted(connection, tenant, request, targets)
    job_id = str(uuid.uuid4())
    quotas.check(connection, tenant, quota, chargers=request.total)
    _insert(connection, tenant, job_id, JobKind.BULK_CREATE, location_id, request, submission, now)
    queue.enqueue(connection, WORKFLOW, job_id, job_id)
    news.changed(connection, now, organization_id=tenant.organization_id)
    return job_id


def _refuse_unlisted(
    connection: sa.Connection, tenant: Tenant, request: JobRequest, targets: Targets
) -> None:
    policy = target_lists.policy(connection, tenant, targets)
    problems = [
        problem
        for index, group in enumerate(request.groups)
        for problem in unlisted(group.template, ("body", index, "template"), policy)
    ]
    if problems:
        raise InvalidInput(problems)


def accept_one(
    connection: sa.Connection,
    queue: WorkflowQueue,
    tenant: Tenant,
    template: Template,
    requested: Requested,
    extra: Mapping[str, Any],
    now: float,
    *,
    quota: Quota = UNLIMITED,
) -> tuple[str, str]:
    """Writes one charger and the job that provisions it, and starts the workflow.

    Returns the charger's id and the job's. Raises `InvalidInput` when the identity exists, and
    `Unavailable` and `TooMany` as `accept_batch` does.
    """
    quotas.check(connection, tenant, quota, chargers=1)
    job_id = str(uuid.uuid4())
    charger_id = charger_id_of(job_id, 0)
    request = JobRequest([RequestedGroup(template, [requested])])
    submission = Submission(None, "")
    location_id = extra.get("location_id")
    _insert(connection, tenant, job_id, JobKind.CREATE, location_id, request, submission, now)
    row = new_charger(tenant.organization_id, job_id, location_id, 0, template, requested, now)
    insert = insert_new(connection, chargers).returning(chargers.c.id)
    if connection.execute(insert, {**row, **extra}).first() is None:
        raise _identity_exists(requested.identity)
    connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(registered=1))
    queue.enqueue(connection, WORKFLOW, job_id, job_id)
    news.changed(connection, now, [charger_id], organization_id=tenant.organization_id)
    return charger_id, job_id


def try_again(
    connection: sa.Connection,
    queue: WorkflowQueue,
    tenant: Tenant,
    charger_id: str,
    now: float,
    *,
    quota: Quota = UNLIMITED,
) -> None:
    """Provisions a charger that was given up once more, by a job of its own; nothing happens to any
    other. Raises `TooMany` when that is one job too many."""
    given_up = sa.and_(
        chargers.c.organization_id == tenant.organization_id,
        chargers.c.id == charger_id,
        chargers.c.provisioning == ProvisioningStatus.FAILED.value,
        chargers.c.deleted_at.is_(None),
    )
    charger = connection.execute(sa.select(chargers).where(given_up)).one_or_none()
    if charger is None:
        return
    quotas.check(connection, tenant, quota, chargers=0)
    job_id = str(uuid.uuid4())
    template = Template(
        charger.brand_slug,
        charger.model_slug,
        charger.connector_type,
        charger.ocpp_version,
        charger.ws_url,
    )
    named = Requested(charger.identity, charger.name or charger.identity)
    request = JobRequest([RequestedGroup(template, [named])])
    nothing = Submission(None, "")
    _insert(connection, tenant, job_id, JobKind.CREATE, charger.location_id, request, nothing, now)
    connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(registered=1))
    connection.execute(
        sa.update(chargers)
        .where(given_up)
        .values(
            job_id=job_id,
            provisioning=ProvisioningStatus.PENDING.value,
            attempt=0,
            next_attempt_at=now,
            error_code=None,
            error=None,
        )
    )
    queue.enqueue(connection, WORKFLOW, job_id, job_id)
    news.changed(connection, now, [charger_id], organization_id=tenant.organization_id)


def poll(connection: sa.Connection, polls: Collection[Poll]) -> dict[Poll, JobView]:
    """The jobs asked for, each if it is the tenant's and of that location."""
    rows = connection.execute(
        sa.select(*_POLLED).where(
            jobs.c.id.in_({asked.job_id for asked in polls}), jobs.c.kind == JobKind.BULK_CREATE
        )
    )
    found = {(row.organization_id, row.location_id, row.id): row for row in rows}
    counts = progress(connection, [row.id for row in found.values() if row.status not in FINAL])
    views = {key: _view(row, counts) for key, row in found.items()}
    answers = {}
    for asked in polls:
        view = views.get((asked.tenant.organization_id, asked.location_id, asked.job_id))
        if view is None:
            continue
        wanted = view.is_final and view.version not in asked.known
        answers[asked] = replace(view, results=_results(connection, view.id)) if wanted else view
    return answers


def charger_id_of(job_id: str, position: int) -> str:
    """The id of the job's charger at that position: the same however often it is registered."""
    return str(uuid.uuid5(uuid.UUID(job_id), str(position)))


def new_charger(
    organization_id: str,
    job_id: str,
    location_id: str | None,
    position: int,
    template: Template,
    requested: Requested,
    now: float,
) -> dict[str, Any]:
    """The first row of a charger: registered, waiting to be placed on a host."""
    return {
        "id": charger_id_of(job_id, position),
        "organization_id": organization_id,
        "location_id": location_id,
        "identity": requested.identity,
        "name": requested.name,
        "location_name": None,
        "brand_slug": template.brand_slug,
        "model_slug": template.model_slug,
        "connector_type": template.connector_type,
        "ocpp_version": template.ocpp_version,
        "ws_url": template.ws_url,
        "security_profile": template.security_profile,
        "credentials_id": template.credentials_id,
        # One identity always behaves the same; 31 bits fit every database's integer.
        "seed": zlib.crc32(requested.identity.encode()) & 0x7FFFFFFF,
        "created_at": now,
        "updated_at": now,
        "job_id": job_id,
        "position": position,
        "provisioning": ProvisioningStatus.PENDING.value,
        "attempt": 0,
        "next_attempt_at": now,
        "generation": 0,
        "running": True,
        "synced": True,
        "connection_state": ConnectionState.WAITING.value,
        "connection_since": now,
        "connection_attempts": 0,
    }


def _insert(
    connection: sa.Connection,
    tenant: Tenant,
    job_id: str,
    kind: JobKind,
    location_id: str | None,
    request: JobRequest,
    submission: Submission,
    now: float,
) -> None:
    """Writes the job's row."""
    _refuse_when_full(connection)
    connection.execute(
        sa.insert(jobs),
        {
            "id": job_id,
            "organization_id": tenant.organization_id,
            "location_id": location_id,
            "kind": kind.value,
            "status": ProvisioningStatus.PENDING.value,
            "request": requests.encode(request),
            "total": request.total,
            "registered": 0,
            "created_count": 0,
            "failed_count": 0,
            "idempotency_key": submission.idempotency_key,
            "request_hash": submission.request_hash,
            "created_at": now,
            "updated_at": now,
        },
    )


def _same_key(connection: sa.Connection, tenant: Tenant, submission: Submission) -> str | None:
    if submission.idempotency_key is None:
        return None
    # Two equal requests at once: the second waits here until the first has committed.
    take_turns(connection, f"{tenant.organization_id}\0{submission.idempotency_key}")
    row = connection.execute(
        sa.select(jobs.c.id, jobs.c.request_hash).where(
            jobs.c.organization_id == tenant.organization_id,
            jobs.c.idempotency_key == submission.idempotency_key,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != submission.request_hash:
        raise InvalidInput(
            [
                Problem(
                    ("header", "Idempotency-Key"),
                    "This Idempotency-Key was used for another request; send a new key.",
                    "idempotency_key_reused",
                )
            ]
        )
    return str(row.id)


def _refuse_when_full(connection: sa.Connection) -> None:
    waiting = connection.execute(
        sa.select(sa.func.count()).where(jobs.c.status.in_(["PENDING", "PROVISIONING"]))
    ).scalar_one()
    if waiting >= MOST_OPEN_JOBS:
        raise Unavailable(
            "Too many jobs are waiting; try again when some have ended.",
            code="queue_full",
            retry_after_seconds=5,
        )


def _identity_exists(identity: str) -> InvalidInput:
    message = (
        f"A charger with identity {identity} exists already; delete it first or choose another "
        "identity."
    )
    return InvalidInput([Problem(("body", "identity"), message, "duplicate_identity", identity)])


def _view(row: Any, counts: Mapping[str, tuple[int, int]]) -> JobView:
    created, failed = counts.get(row.id, (row.created_count, row.failed_count))
    return JobView(
        id=row.id,
        kind=row.kind,
        status=ProvisioningStatus(row.status),
        current_step=row.current_step,
        total=row.total,
        created=created,
        failed=failed,
        error=msgspec.json.decode(row.error) if row.error else None,
        provisioned_at=row.provisioned_at,
    )


def _results(connection: sa.Connection, job_id: str) -> bytes | None:
    return connection.execute(
        sa.select(job_results.c.body).where(job_results.c.job_id == job_id)
    ).scalar_one_or_none()


def progress(connection: sa.Connection, job_ids: list[str]) -> dict[str, tuple[int, int]]:
    """How many chargers of each job have been created and how many have failed so far."""
    if not job_ids:
        return {}
    counts = {job_id: Counter[str]() for job_id in job_ids}
    of_chargers = (
        sa.select(chargers.c.job_id, chargers.c.provisioning, sa.func.count())
        .where(chargers.c.job_id.in_(job_ids), chargers.c.deleted_at.is_(None))
        .group_by(chargers.c.job_id, chargers.c.provisioning)
    )
    of_failures = (
        sa.select(job_failures.c.job_id, sa.literal("FAILED"), sa.func.count())
        .where(job_failures.c.job_id.in_(job_ids))
        .group_by(job_failures.c.job_id)
    )
    for query in (of_chargers, of_failures):
        for job_id, state, count in connection.execute(query):
            counts[job_id][state] += count
    return {job_id: (each["READY"], each["FAILED"]) for job_id, each in counts.items()}
