"""Which host each charger of a job is to run on, and what becomes of those that none takes up.

Transactions over the job's charger rows, each safe to repeat: see `fleet.provisioning`.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from voltfleet.domain.provisioning import (
    IDENTITY_LEAVING,
    LONGEST_RETRY_SECONDS,
    MAX_ATTEMPTS,
    NO_CAPACITY,
    NO_HOST,
    NOT_TAKEN_UP,
    OPEN,
    TAKE_UP_SECONDS,
    Failure,
    ProvisioningStatus,
    retry_delay_seconds,
    spread,
)
from voltfleet.fleet import hosts, news, silent_hosts
from voltfleet.storage.tables import chargers
from voltfleet.storage.tables import jobs as jobs_table


@dataclass(frozen=True, slots=True)
class Standing:
    """Chargers of a job that are not final, and those of them whose next step is due."""

    open: int
    due: int


def place(connection: sa.Connection, job_id: str, now: float) -> None:
    """Gives every waiting charger of the job whose time has come a host, the emptiest first.

    One that finds no room, or whose identity is still being disconnected for a charger deleted
    before, has had a failed attempt.
    """
    due = sa.and_(
        chargers.c.job_id == job_id,
        chargers.c.provisioning == ProvisioningStatus.PENDING.value,
        _is_time(now),
        chargers.c.deleted_at.is_(None),
    )
    waiting = connection.execute(sa.select(sa.func.count()).where(due)).scalar_one()
    if not waiting:
        return
    room = hosts.rooms(connection, now)
    placed = hosts.give(
        connection,
        sa.and_(due, ~_leaving()),
        spread(waiting, room),
        chargers.c.position,
        provisioning=ProvisioningStatus.PROVISIONING.value,
        next_attempt_at=now + TAKE_UP_SECONDS,
    )
    if placed:
        news.changed(connection, now, placed, organization_id=None)
    _attempt_failed(connection, sa.and_(due, _leaving()), IDENTITY_LEAVING, now)
    _attempt_failed(connection, due, NO_CAPACITY if room else NO_HOST, now)


def reclaim(connection: sa.Connection, job_id: str, now: float) -> None:
    """Counts a failed attempt for each charger that its host did not take up in time.

    Its host keeps it: it may be starting this moment, and moving it could put two sockets of one
    identity on the CSMS. Only one that was given up meanwhile, by `silent_hosts.rehome`, loses it.
    """
    late = sa.and_(
        chargers.c.job_id == job_id,
        chargers.c.provisioning == ProvisioningStatus.PROVISIONING.value,
        _is_time(now),
        chargers.c.deleted_at.is_(None),
    )
    orphaned = sa.and_(late, chargers.c.host_id.not_in(silent_hosts.not_given_up(connection)))
    _attempt_failed(connection, orphaned, NOT_TAKEN_UP, now, release=True)
    _attempt_failed(connection, late, NOT_TAKEN_UP, now, deadline=True)


def standing(connection: sa.Connection, job_id: str, now: float) -> Standing:
    """How many of the job's chargers are not final, and how many of those are due for a step.
    A job that is final itself has none."""
    job_open = sa.exists().where(jobs_table.c.id == job_id, jobs_table.c.status.in_(OPEN))
    due = sa.case((_is_time(now), 1), else_=0)
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(due), 0)).where(
            chargers.c.job_id == job_id,
            chargers.c.provisioning.in_(OPEN),
            chargers.c.deleted_at.is_(None),
            job_open,
        )
    ).one()
    return Standing(*row)


def _is_time(now: float) -> sa.ColumnElement[bool]:
    """For the charger's next attempt. No wait is as long as the second one: the clock has been set
    back since."""
    at = chargers.c.next_attempt_at
    return sa.or_(at <= now, at > now + LONGEST_RETRY_SECONDS + TAKE_UP_SECONDS)


def _leaving() -> sa.ColumnElement[bool]:
    """Whether a deleted charger of the same identity still has a host that may hold its socket."""
    other = chargers.alias("leaving")
    return sa.exists().where(
        other.c.organization_id == chargers.c.organization_id,
        other.c.identity == chargers.c.identity,
        other.c.deleted_at.is_not(None),
    )


def _attempt_failed(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    failure: Failure,
    now: float,
    *,
    release: bool = False,
    deadline: bool = False,
) -> None:
    """A failed attempt for each charger of ``which``: another one later, or FAILED after the last.

    ``release`` takes it off its host; ``deadline`` leaves it there with a new deadline.
    """
    rng = random.Random()  # noqa: S311 - jitter, not a secret
    affected = connection.execute(sa.select(chargers.c.id, chargers.c.attempt).where(which)).all()
    if affected:
        ids = [charger_id for charger_id, _ in affected]
        news.changed(connection, now, ids, organization_id=None)
    again: Mapping[str, Any] = {}
    if not deadline:
        again = {"provisioning": ProvisioningStatus.PENDING.value}
    if release:
        again = {**again, "host_id": None, "synced": True}
    last = [charger_id for charger_id, attempt in affected if attempt + 1 >= MAX_ATTEMPTS]
    retried = [
        {
            "b_id": charger_id,
            "b_at": now + (TAKE_UP_SECONDS if deadline else retry_delay_seconds(attempt + 1, rng)),
        }
        for charger_id, attempt in affected
        if attempt + 1 < MAX_ATTEMPTS
    ]
    noted = {
        "attempt": chargers.c.attempt + 1,
        "error_code": failure.code,
        "error": failure.message,
    }
    if retried:
        connection.execute(
            sa.update(chargers)
            .where(chargers.c.id == sa.bindparam("b_id"))
            .values(next_attempt_at=sa.bindparam("b_at"), **noted, **again),
            retried,
        )
    if last:
        connection.execute(
            sa.update(chargers)
            .where(chargers.c.id == sa.bindparam("b_id"))
            .values(provisioning=ProvisioningStatus.FAILED.value, **noted),
            [{"b_id": charger_id} for charger_id in last],
        )
