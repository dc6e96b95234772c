"""Quotas: how many chargers, jobs under way and requests a second an organization may have.

The operator chooses them for all organizations (settings), an admin for one of them (a row); what
the row leaves open is the operator's. Every function works inside the caller's transaction.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from voltfleet.domain.errors import TooMany
from voltfleet.domain.provisioning import OPEN
from voltfleet.domain.quota import UNLIMITED, Quota, effective
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.dialect import take_turns, upsert
from voltfleet.storage.tables import chargers, jobs, organization_quotas

_NAMES = tuple(Quota.__slots__)
_COLUMNS = [organization_quotas.c[name] for name in _NAMES]


@dataclass(frozen=True, slots=True)
class Usage:
    """What counts against a quota now: chargers, with those that accepted jobs are still to write
    down, and jobs that are not final."""

    chargers: int
    jobs: int


def check(connection: sa.Connection, tenant: Tenant, default: Quota, *, chargers: int) -> None:
    """That the organization may start one more job, and have so many chargers more.

    Transactions that get past it follow one another until each has committed, so that no two are
    given the same room. Raises `TooMany`.
    """
    quota = effective(chosen(connection, tenant), default)
    if quota.max_chargers is None and quota.max_jobs is None:
        return
    take_turns(connection, f"quota\0{tenant.organization_id}")
    used = usage(connection, tenant)
    if quota.max_jobs is not None and used.jobs >= quota.max_jobs:
        raise TooMany(
            f"The organization may have {quota.max_jobs:,} jobs under way and has {used.jobs:,}; "
            "try again when one has ended.",
            code="job_quota_exceeded",
        )
    if (
        chargers
        and quota.max_chargers is not None
        and used.chargers + chargers > quota.max_chargers
    ):
        raise TooMany(
            f"The organization may have {quota.max_chargers:,} chargers and has {used.chargers:,} "
            f"(those of its unfinished jobs included), so {chargers:,} more are too many; delete "
            "some, or ask for fewer.",
            code="charger_quota_exceeded",
        )


def usage(connection: sa.Connection, tenant: Tenant) -> Usage:
    """What the organization has, in one statement: a charger that a job writes down meanwhile is
    counted once."""
    own = tenant.organization_id
    written = sa.select(sa.func.count()).where(
        chargers.c.organization_id == own, chargers.c.deleted_at.is_(None)
    )
    open_jobs = sa.and_(jobs.c.organization_id == own, jobs.c.status.in_(OPEN))
    to_come = sa.select(sa.func.coalesce(sa.func.sum(jobs.c.total - jobs.c.registered), 0)).where(
        open_jobs
    )
    under_way = sa.select(sa.func.count()).select_from(jobs).where(open_jobs)
    row = connection.execute(
        sa.select(written.scalar_subquery(), to_come.scalar_subquery(), under_way.scalar_subquery())
    ).one()
    return Usage(int(row[0]) + int(row[1]), int(row[2]))


def chosen(connection: sa.Connection, tenant: Tenant) -> Quota:
    """What an admin has chosen for the organization; `NO_LIMIT` where that is no limit."""
    row = connection.execute(
        sa.select(*_COLUMNS).where(organization_quotas.c.organization_id == tenant.organization_id)
    ).one_or_none()
    return UNLIMITED if row is None else Quota(*row)


def all_chosen(connection: sa.Connection) -> dict[str, Quota]:
    """The same for every organization that an admin has chosen something for."""
    rows = connection.execute(sa.select(organization_quotas.c.organization_id, *_COLUMNS))
    return {row[0]: Quota(*row[1:]) for row in rows}


def choose(connection: sa.Connection, tenant: Tenant, quota: Quota, now: float) -> None:
    """Chooses all of it for the organization: None leaves a limit to the operator, `NO_LIMIT`
    lifts it."""
    values: dict[str, Any] = {name: getattr(quota, name) for name in _NAMES}
    columns = [*_NAMES, "updated_at"]
    connection.execute(
        upsert(connection, organization_quotas, "organization_id", columns),
        {"organization_id": tenant.organization_id, **values, "updated_at": now},
    )
