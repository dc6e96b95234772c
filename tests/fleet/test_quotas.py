"""Quotas: what an organization may have holds, however many ask at once; on both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import builders
from voltfleet.domain.errors import TooMany
from voltfleet.domain.quota import NO_LIMIT, UNLIMITED, Quota, effective
from voltfleet.domain.requests import Requested
from voltfleet.fleet import chargers, jobs, provisioning, quotas
from voltfleet.fleet.quotas import Usage
from voltfleet.storage.dialect import insert_new
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import locations

NOW = 1000.0
QUEUE: Any = builders.NoQueue()
NO_KEY = jobs.Submission(None, "")


def accept(database: Database, count: int, prefix: str, quota: Quota, **more: Any) -> str:
    submission = more.pop("submission", NO_KEY)
    tenant = more.pop("tenant", builders.ACME)
    request = builders.batch(count, prefix)
    with database.writing() as connection:
        return jobs.accept_batch(
            connection, QUEUE, tenant, "loc", request, submission, NOW, quota=quota
        )


def accept_one(database: Database, identity: str, quota: Quota) -> tuple[str, str]:
    with database.writing() as connection:
        return jobs.accept_one(
            connection,
            QUEUE,
            builders.ACME,
            builders.TEMPLATE,
            Requested(identity, identity),
            {},
            NOW,
            quota=quota,
        )


def used(database: Database) -> Usage:
    with database.reading() as connection:
        return quotas.usage(connection, builders.ACME)


def choose(database: Database, quota: Quota) -> None:
    with database.writing() as connection:
        quotas.choose(connection, builders.ACME, quota, NOW)


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """What became of each: ``done``, or the code of its refusal. All begin at the same moment."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        gate.wait(10)
        try:
            act()
        except TooMany as error:
            return error.error_code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_concurrent_creates_stay_within_the_quota(database: Database) -> None:
    quota = Quota(max_chargers=10)
    with database.reading() as connection:
        assert quotas.usage(connection, builders.ACME) == Usage(0, 0)
    acts: list[Callable[[], Any]] = [
        lambda n=n: accept(database, 3, f"B{n}-", quota)  # type: ignore[misc]
        for n in range(6)
    ]
    acts += [lambda n=n: accept_one(database, f"ONE{n}", quota) for n in range(6)]  # type: ignore[misc]
    told = at_once(acts)
    assert set(told) == {"done", "charger_quota_exceeded"}
    accepted = 3 * told[:6].count("done") + told[6:].count("done")
    assert used(database).chargers == accepted <= 10
    # Nothing was refused for want of room that was there.
    assert accepted >= 8


def test_concurrent_jobs_stay_within_the_quota(database: Database) -> None:
    acts: list[Callable[[], Any]] = [
        lambda n=n: accept(database, 1, f"B{n}-", Quota(max_jobs=3))  # type: ignore[misc]
        for n in range(8)
    ]
    told = at_once(acts)
    assert told.count("done") == 3
    assert told.count("job_quota_exceeded") == 5
    assert used(database) == Usage(3, 3)


def test_a_batch_that_would_go_over_is_refused_whole(database: Database) -> None:
    quota = Quota(max_chargers=5)
    accept(database, 3, "A", quota)
    with pytest.raises(TooMany, match=r"may have 5 chargers and has 3 .* so 3 more") as error:
        accept(database, 3, "B", quota)
    assert (error.value.error_code, error.value.retry_after_seconds) == (
        "charger_quota_exceeded",
        2,
    )
    assert used(database) == Usage(3, 1)
    accept(database, 2, "C", quota)
    with pytest.raises(TooMany):
        accept_one(database, "D", quota)
    # Another organization has its own.
    accept(database, 5, "A", quota, tenant=builders.OTHER)


def test_a_charger_counts_once_from_the_job_to_its_deletion(database: Database) -> None:
    quota = Quota(max_chargers=4, max_jobs=1)
    with database.writing() as connection:
        connection.execute(insert_new(connection, locations), builders.LOCATION)
    job_id = accept(database, 4, "A", quota)
    builders.connect_host(database, NOW)
    counted = [used(database)]
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
    for _ in range(2):
        with database.writing() as connection:
            provisioning.register(connection, job_id, 2, NOW)
        counted.append(used(database))
    assert counted == [Usage(4, 1)] * 3
    builders.take_up(database, NOW)
    with database.writing() as connection:
        provisioning.finish(connection, job_id, NOW)
    assert used(database) == Usage(4, 0)
    with pytest.raises(TooMany):
        accept_one(database, "E", quota)
    with database.writing() as connection:
        found, _ = chargers.page(connection, builders.ACME, offset=0, limit=1)
        chargers.delete(connection, builders.ACME, found[0].id, NOW)
    accept_one(database, "E", quota)
    assert used(database) == Usage(4, 1)


def test_a_repeated_request_is_its_job_whatever_the_quota(database: Database) -> None:
    submission = jobs.Submission("key", "hash")
    first = accept(database, 3, "A", Quota(max_chargers=3, max_jobs=1), submission=submission)
    again = accept(database, 3, "A", Quota(max_chargers=0, max_jobs=0), submission=submission)
    assert again == first


def test_an_admins_choice_goes_before_the_operators(database: Database) -> None:
    default = Quota(max_chargers=1, max_jobs=1)
    choose(database, Quota(max_chargers=3, max_jobs=NO_LIMIT))
    accept(database, 2, "A", default)
    accept(database, 1, "B", default)
    with pytest.raises(TooMany):
        accept(database, 1, "C", default)
    choose(database, Quota(max_chargers=0))
    with pytest.raises(TooMany, match="may have 1 jobs under way and has 2"):
        accept(database, 1, "C", default)
    choose(database, UNLIMITED)
    with database.reading() as connection:
        assert quotas.all_chosen(connection) == {"acme": UNLIMITED}
        assert quotas.chosen(connection, builders.OTHER) == UNLIMITED


def test_what_holds_of_both_choices() -> None:
    default = Quota(10, None, 5.0)
    assert effective(UNLIMITED, default) == default
    assert effective(Quota(0, 3, NO_LIMIT), default) == Quota(0, 3, None)
    assert effective(Quota(NO_LIMIT, NO_LIMIT, 0.5), default) == Quota(None, None, 0.5)
