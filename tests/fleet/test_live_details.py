"""Where streams and host links meet: who may watch whom, and who may tell of whom."""

import pytest
import sqlalchemy as sa

import builders
from builders import ACME
from voltfleet.fleet import chargers, live_details, provisioning
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import chargers as chargers_table
from voltfleet.storage.tables import live_details as live_details_table
from voltfleet.storage.tables import live_watches

NOW = 1_800_000_000.0
LATER = NOW + live_details.WATCH_SECONDS
HOST = "local-0"
OTHERS = Tenant("others")


@pytest.fixture
def database(database: Database) -> Database:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(3), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, 3, NOW)
    return database


@pytest.fixture
def ids(database: Database) -> list[str]:
    """The three chargers, all on one host."""
    with database.reading() as connection:
        found, _ = chargers.page(connection, ACME, offset=0, limit=3)
    return sorted(charger.id for charger in found)


def watch(database: Database, *ids: str, tenant: Tenant = ACME, now: float = NOW) -> None:
    with database.writing() as connection:
        live_details.watch(connection, tenant, ids, now)


def watched(database: Database, host_id: str = HOST, now: float = NOW) -> list[str]:
    with database.reading() as connection:
        return live_details.watched(connection, host_id, now)


def publish(database: Database, *told: live_details.Details, host_id: str = HOST) -> None:
    with database.writing() as connection:
        live_details.publish(connection, host_id, told)


def latest(
    database: Database, *ids: str, tenant: Tenant = ACME, since: float = NOW
) -> list[live_details.Details]:
    with database.reading() as connection:
        return live_details.latest(connection, tenant, ids, since)


def move(database: Database, charger_id: str, **values: object) -> None:
    with database.writing() as connection:
        connection.execute(
            sa.update(chargers_table).where(chargers_table.c.id == charger_id).values(values)
        )


def test_a_watch_is_seen_by_the_chargers_host_alone(database: Database, ids: list[str]) -> None:
    assert watched(database) == []
    watch(database, *ids[:2])
    assert watched(database) == ids[:2]
    assert watched(database, host_id="local-1") == []
    move(database, ids[0], host_id="local-1")
    assert watched(database) == [ids[1]]
    assert watched(database, host_id="local-1") == [ids[0]]


def test_a_watch_ends_unless_it_is_renewed(database: Database, ids: list[str]) -> None:
    watch(database, *ids[:2])
    watch(database, ids[0], now=NOW + 5)
    assert watched(database, now=LATER - 0.1) == ids[:2]
    assert watched(database, now=LATER + 0.1) == [ids[0]]


def test_nobody_watches_anothers_chargers(database: Database, ids: list[str]) -> None:
    watch(database, *ids, "no-such-charger", tenant=OTHERS)
    assert watched(database) == []


def test_a_charger_that_is_deleted_is_watched_no_more(database: Database, ids: list[str]) -> None:
    watch(database, *ids)
    move(database, ids[2], deleted_at=NOW)
    assert watched(database) == ids[:2]
    publish(database, (ids[2], NOW, "[]"))
    assert latest(database, *ids) == []


def test_the_newest_of_each_is_left(database: Database, ids: list[str]) -> None:
    one, other, _ = ids
    publish(database, (one, NOW, "[1]"), (other, NOW, "[2]"), (one, NOW + 1, "[3]"))
    assert latest(database, *ids) == [(one, NOW + 1, "[3]"), (other, NOW, "[2]")]
    publish(database, (other, NOW + 2, "[4]"))
    assert latest(database, other) == [(other, NOW + 2, "[4]")]
    assert latest(database, *ids, since=NOW + 1.5) == [(other, NOW + 2, "[4]")]
    assert latest(database, *ids, tenant=OTHERS) == []


def test_a_host_tells_only_of_its_own(database: Database, ids: list[str]) -> None:
    publish(database, (ids[0], NOW, "[1]"), host_id="local-1")
    publish(database, (ids[1], NOW, "[1]"), ("no-such-charger", NOW, "[1]"))
    assert latest(database, *ids, "no-such-charger") == [(ids[1], NOW, "[1]")]


def test_what_nobody_needs_any_more_is_forgotten(database: Database, ids: list[str]) -> None:
    watch(database, *ids[:2])
    publish(database, (ids[0], NOW, "[1]"), (ids[1], LATER, "[2]"))
    watch(database, ids[0], now=LATER)
    with database.writing() as connection:
        assert live_details.trim(connection, LATER + 1) == 1
        assert live_details.trim(connection, NOW + live_details.STALE_SECONDS + 1) == 2
        left = [connection.execute(sa.select(t)).all() for t in (live_watches, live_details_table)]
    assert [len(rows) for rows in left] == [0, 1]
