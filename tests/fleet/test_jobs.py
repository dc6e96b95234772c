import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

import builders
from builders import ACME, OTHER
from voltfleet.domain.errors import InvalidInput, Unavailable
from voltfleet.domain.provisioning import MAX_ATTEMPTS, UNKNOWN, ProvisioningStatus
from voltfleet.domain.requests import Requested
from voltfleet.fleet import chargers, jobs, placement, provisioning
from voltfleet.storage import tables
from voltfleet.storage.engine import Database

NOW = 1_800_000_000.0


def view(database: Database, job_id: str, tenant=ACME, location_id="loc") -> jobs.JobView:
    with database.reading() as connection:
        return builders.view(connection, job_id, tenant, location_id)


def run(database: Database, job_id: str, now: float = NOW, *, chunk: int = 3) -> None:
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
    left = 1
    while left:
        with database.writing() as connection:
            left = provisioning.register(connection, job_id, chunk, now)


def finish(database: Database, job_id: str, now: float = NOW) -> None:
    with database.writing() as connection:
        provisioning.finish(connection, job_id, now)


def results(database: Database, job_id: str) -> dict:
    with database.reading() as connection:
        body = builders.view(connection, job_id).results
    assert body is not None
    return json.loads(gzip.decompress(body))


def test_an_accepted_job_is_pending_and_enqueued(database: Database) -> None:
    queue = builders.NoQueue()
    job_id = builders.accept(database, builders.batch(7), queue=queue)
    seen = view(database, job_id)
    assert (seen.status, seen.total, seen.created) == (ProvisioningStatus.PENDING, 7, 0)
    assert queue.enqueued == [("provision", job_id, job_id)]


def test_a_job_goes_through_to_ready_with_results_in_order(database: Database) -> None:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(7), now=NOW)
    run(database, job_id)
    assert view(database, job_id).status is ProvisioningStatus.PROVISIONING
    builders.take_up(database, NOW)
    assert view(database, job_id).created == 7
    finish(database, job_id)
    seen = view(database, job_id)
    assert (seen.status, seen.created, seen.failed) == (ProvisioningStatus.READY, 7, 0)
    found = results(database, job_id)
    assert found["created_count"] == 7
    assert [c["identity"] for c in found["created"]] == [f"CP{n:04}" for n in range(7)]
    assert found["created"][0]["vendor_name"] == "Wallbox"
    assert found["created"][0]["max_charging_power"] == 22000


def test_registering_again_writes_nothing_twice(database: Database) -> None:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(5), now=NOW)
    run(database, job_id)
    with database.writing() as connection:
        assert provisioning.register(connection, job_id, 3, NOW) == 0
    assert len(builders.take_up(database, NOW)) == 5


def test_an_identity_that_exists_is_that_chargers_failure(database: Database) -> None:
    builders.connect_host(database, NOW)
    first = builders.accept(database, builders.batch(3), now=NOW)
    run(database, first)
    builders.take_up(database, NOW)
    finish(database, first)
    second = builders.accept(database, builders.batch(5), now=NOW)
    run(database, second)
    builders.take_up(database, NOW)
    finish(database, second)
    seen = view(database, second)
    assert (seen.status, seen.created, seen.failed) == (ProvisioningStatus.READY, 2, 3)
    assert [f["identity"] for f in results(database, second)["failed"]] == [
        "CP0000",
        "CP0001",
        "CP0002",
    ]
    assert {f["code"] for f in results(database, second)["failed"]} == {"identity_exists"}


def test_another_organization_may_use_the_same_identities(database: Database) -> None:
    builders.connect_host(database, NOW)
    for tenant in (ACME, OTHER):
        job_id = builders.accept(database, builders.batch(2), tenant=tenant, now=NOW)
        run(database, job_id)
        builders.take_up(database, NOW)
        finish(database, job_id)
        assert view(database, job_id, tenant).created == 2


def test_a_job_is_seen_only_by_its_organization_and_under_its_location(database: Database) -> None:
    job_id = builders.accept(database, builders.batch(1))
    with pytest.raises(LookupError):
        view(database, job_id, OTHER)
    with pytest.raises(LookupError):
        view(database, job_id, location_id="elsewhere")


def test_without_a_host_every_attempt_fails_until_the_last(database: Database) -> None:
    job_id = builders.accept(database, builders.batch(2), now=NOW)
    run(database, job_id)
    now, rounds = NOW + 31.0, 0
    while True:
        with database.writing() as connection:
            standing = placement.standing(connection, job_id, now)
            if not standing.open:
                break
            placement.place(connection, job_id, now)
        now += 31.0
        rounds += 1
    assert rounds == 6
    finish(database, job_id, now)
    failed = results(database, job_id)["failed"]
    assert [f["code"] for f in failed] == ["no_host", "no_host"]
    # The identities are free again.
    builders.connect_host(database, now)
    again = builders.accept(database, builders.batch(2), now=now)
    run(database, again, now)
    builders.take_up(database, now)
    finish(database, again, now)
    assert view(database, again).created == 2


def test_a_job_goes_on_when_the_clock_is_set_back(database: Database) -> None:
    wrong = NOW + 3600
    job_id = builders.accept(database, builders.batch(2), now=wrong)
    run(database, job_id, wrong)
    with database.writing() as connection:
        placement.place(connection, job_id, wrong)  # by that clock no lease runs any more
    builders.connect_host(database, NOW)
    with database.writing() as connection:
        assert placement.standing(connection, job_id, NOW) == placement.Standing(2, 2)
        placement.place(connection, job_id, NOW)
    assert len(builders.take_up(database, NOW)) == 2


def test_what_does_not_fit_waits_for_room(database: Database) -> None:
    builders.connect_host(database, NOW, capacity=3)
    job_id = builders.accept(database, builders.batch(5), now=NOW)
    run(database, job_id, chunk=10)
    assert len(builders.take_up(database, NOW)) == 3
    builders.connect_host(database, NOW + 2, host_id="local-1", capacity=10)
    with database.writing() as connection:
        placement.place(connection, job_id, NOW + 2)
    assert len(builders.take_up(database, NOW + 2, host_id="local-1")) == 2


def two_on_a_dying_host(database: Database) -> tuple[str, float]:
    """A job's id, and a moment when the lease of its chargers' host is over, and another there."""
    builders.connect_host(database, NOW, host_id="dying", capacity=10)
    job_id = builders.accept(database, builders.batch(2), now=NOW)
    run(database, job_id)
    later = NOW + builders.LEASE_SECONDS + 1
    builders.connect_host(database, later, host_id="alive")
    return job_id, later


def test_a_charger_whose_host_died_goes_to_another(database: Database) -> None:
    job_id, later = two_on_a_dying_host(database)
    with database.writing() as connection:
        builders.rehome(connection, later)
    assert len(builders.take_up(database, later + 2, host_id="alive")) == 2
    with database.reading() as connection:
        assert placement.standing(connection, job_id, later + 2).open == 0


def test_a_charger_of_a_host_that_went_while_it_was_placed_goes_to_another(
    database: Database,
) -> None:
    job_id, later = two_on_a_dying_host(database)
    with database.writing() as connection:
        connection.execute(sa.delete(tables.hosts).where(tables.hosts.c.id == "dying"))
        placement.reclaim(connection, job_id, later)
        placement.place(connection, job_id, later + 2)
    assert len(builders.take_up(database, later + 2, host_id="alive")) == 2


def test_a_wrong_clock_takes_no_charger_from_its_host(database: Database) -> None:
    """The host's lease is over only by the clock of the gateway that looks: it may be starting the
    charger just now, and a second host would open a second socket."""
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(1), now=NOW)
    run(database, job_id)
    ahead = NOW + 60
    builders.connect_host(database, ahead, host_id="other")
    with database.writing() as connection:
        placement.reclaim(connection, job_id, ahead)
        placement.place(connection, job_id, ahead + 2)
    assert builders.take_up(database, ahead + 2, host_id="other") == []
    assert len(builders.take_up(database, ahead + 2)) == 1


def test_a_charger_stays_with_a_host_that_is_slow_but_alive(database: Database) -> None:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(1), now=NOW)
    run(database, job_id)
    builders.connect_host(database, NOW + 14)
    builders.connect_host(database, NOW + 14, host_id="other")
    with database.writing() as connection:
        placement.reclaim(connection, job_id, NOW + 16)
        placement.place(connection, job_id, NOW + 16)
    assert builders.take_up(database, NOW + 16, host_id="other") == []
    assert len(builders.take_up(database, NOW + 16)) == 1


def test_the_same_key_and_request_is_one_job(database: Database) -> None:
    queue = builders.NoQueue()
    submission = jobs.Submission("key", "hash")
    first = builders.accept(database, builders.batch(2), submission=submission, queue=queue)
    second = builders.accept(database, builders.batch(2), submission=submission, queue=queue)
    assert first == second
    assert len(queue.enqueued) == 1
    other = builders.accept(
        database, builders.batch(2), submission=submission, queue=queue, tenant=OTHER
    )
    assert other != first


def test_the_same_key_at_once_is_one_job(database: Database) -> None:
    queue = builders.NoQueue()
    submission = jobs.Submission("key", "hash")
    builders.accept(database, builders.batch(1))  # its location is there

    def accept(_: int) -> str:
        return builders.accept(database, builders.batch(2), submission=submission, queue=queue)

    with ThreadPoolExecutor(12) as threads:
        accepted = list(threads.map(accept, range(24)))
    assert len(set(accepted)) == 1
    assert len(queue.enqueued) == 1


def test_a_failed_job_accounts_for_all_its_chargers(database: Database) -> None:
    builders.connect_host(database, NOW, capacity=2)
    job_id = builders.accept(database, builders.batch(5), now=NOW)
    run(database, job_id, chunk=10)
    builders.take_up(database, NOW)
    with database.writing() as connection:
        provisioning.fail(connection, job_id, UNKNOWN, NOW)
    seen = view(database, job_id)
    assert (seen.status, seen.created, seen.failed) == (ProvisioningStatus.FAILED, 2, 3)


def test_a_charger_given_up_keeps_its_reason_when_its_host_takes_it_up_after_all(
    database: Database,
) -> None:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(1), now=NOW)
    run(database, job_id)
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        now += 16
        builders.connect_host(database, now)
        with database.writing() as connection:
            placement.reclaim(connection, job_id, now)
    builders.take_up(database, now)
    with database.reading() as connection:
        found = chargers.created_by(connection, job_id, "FAILED")
    assert [charger.error_code for charger in found] == ["host_not_answering"]


def test_the_same_key_with_another_request_is_refused(database: Database) -> None:
    builders.accept(database, builders.batch(2), submission=jobs.Submission("key", "hash"))
    with pytest.raises(InvalidInput) as refused:
        builders.accept(database, builders.batch(3), submission=jobs.Submission("key", "other"))
    assert refused.value.error_code == "idempotency_key_reused"


def test_too_many_open_jobs_are_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_OPEN_JOBS", 1)
    builders.accept(database, builders.batch(1))
    with pytest.raises(Unavailable) as refused:
        builders.accept(database, builders.batch(1))
    assert refused.value.error_code == "queue_full"


def test_one_charger_is_refused_when_its_identity_exists(database: Database) -> None:
    def create() -> tuple[str, str]:
        with database.writing() as connection:
            return jobs.accept_one(
                connection,
                builders.NoQueue(),
                ACME,
                builders.TEMPLATE,
                Requested("CP1", "Bay 1"),
                {},
                NOW,
            )

    builders.connect_host(database, NOW)
    _, job_id = create()
    with pytest.raises(InvalidInput) as refused:
        create()
    assert refused.value.problems[0].loc == ("body", "identity")
    run(database, job_id)
    with database.writing() as connection:
        placement.place(connection, job_id, NOW)
    assert len(builders.take_up(database, NOW)) == 1


def test_a_charger_given_up_can_be_tried_again(database: Database) -> None:
    queue = builders.NoQueue()
    with database.writing() as connection:
        charger_id, job_id = jobs.accept_one(
            connection, queue, ACME, builders.TEMPLATE, Requested("CP1", "Bay 1"), {}, NOW
        )
        provisioning.begin(connection, job_id, NOW)
        provisioning.fail(connection, job_id, UNKNOWN, NOW)
        assert chargers.get(connection, ACME, charger_id).provisioning == "FAILED"
    builders.connect_host(database, NOW)
    with database.writing() as connection:
        jobs.try_again(connection, queue, OTHER, charger_id, NOW)
        jobs.try_again(connection, queue, ACME, charger_id, NOW)
        jobs.try_again(connection, queue, ACME, charger_id, NOW)
    assert len(queue.enqueued) == 2
    again = queue.enqueued[-1][1]
    with database.writing() as connection:
        provisioning.begin(connection, again, NOW)
        placement.place(connection, again, NOW)
    assert builders.take_up(database, NOW) == [charger_id]


def test_a_batch_that_fails_accounts_for_every_charger(database: Database) -> None:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(5), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, 2, NOW)
    builders.take_up(database, NOW)
    with database.writing() as connection:
        provisioning.register(connection, job_id, 1, NOW)
        provisioning.fail(connection, job_id, UNKNOWN, NOW)
    seen = view(database, job_id)
    assert (seen.status, seen.created, seen.failed) == (ProvisioningStatus.FAILED, 2, 3)
    found = results(database, job_id)
    assert [f["identity"] for f in found["failed"]] == ["CP0002", "CP0003", "CP0004"]
    assert {f["code"] for f in found["failed"]} == {"unknown_error"}
