"""What stations must not forget: who may write it, and what becomes of it."""

import pytest

import builders
from builders import ACME
from voltfleet.domain.hosting import ChargerMemory
from voltfleet.fleet import chargers, hosts, memories, provisioning
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import chargers as chargers_table
from voltfleet.storage.tables import station_memory

NOW = 1_800_000_000.0
EXPIRED = NOW + builders.LEASE_SECONDS + 1


@pytest.fixture
def database(database: Database) -> Database:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(3), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, 3, NOW)
    builders.take_up(database, NOW)
    return database


@pytest.fixture
def charger_id(database: Database) -> str:
    """One of the three."""
    with database.reading() as connection:
        return chargers.page(connection, ACME, offset=0, limit=1)[0][0].id


def keep(
    database: Database,
    *told: ChargerMemory,
    host_id: str = "local-0",
    boot_id: str = "boot",
) -> bool:
    with database.writing() as connection:
        return memories.keep(connection, host_id, boot_id, told, NOW)


def kept(database: Database) -> dict[str, bytes]:
    with database.reading() as connection:
        rows = connection.execute(station_memory.select())
        return {row.charger_id: row.content for row in rows}


def memory(charger_id: str, content: bytes, seq: int = 1, generation: int = 1) -> ChargerMemory:
    return ChargerMemory(charger_id, generation, seq, content)


def assigned(database: Database, host_id: str = "local-0") -> dict[str, tuple[bytes | None, int]]:
    """What the host would be given: by charger, the memory and its generation."""
    with database.reading() as connection:
        changes = hosts.changes(connection, host_id, 100)
        found = memories.with_memories(connection, [change.assignment for change in changes])
        assert [a.charger_id for a in found] == [c.assignment.charger_id for c in changes]
    return {a.charger_id: (a.memory, a.memory_generation) for a in found}


def test_the_newest_is_given_back_to_a_restarted_host(database: Database, charger_id: str) -> None:
    assert keep(database, memory(charger_id, b"\0first"))
    assert keep(database, memory(charger_id, b"\0second", seq=2))
    assert keep(database)
    builders.connect_host(database, NOW, boot_id="second")
    given = assigned(database)
    assert len(given) == 3
    assert given.pop(charger_id) == (b"\0second", 1)
    assert set(given.values()) == {(None, 0)}


@pytest.mark.parametrize("seq", [4, 5])
def test_a_late_message_overwrites_nothing_newer(
    database: Database, charger_id: str, seq: int
) -> None:
    keep(database, memory(charger_id, b"newer", seq=5))
    assert keep(database, memory(charger_id, b"older", seq=seq))
    assert kept(database) == {charger_id: b"newer"}


def test_a_superseded_process_writes_nothing_and_is_told_nothing(
    database: Database, charger_id: str
) -> None:
    keep(database, memory(charger_id, b"before"))
    builders.connect_host(database, NOW, boot_id="second")
    assert not keep(database, memory(charger_id, b"late", seq=9))
    assert kept(database) == {charger_id: b"before"}
    assert keep(database, memory(charger_id, b"after"), boot_id="second")
    assert kept(database) == {charger_id: b"after"}


def test_a_fenced_host_does_not_overwrite_what_the_next_one_wrote(
    database: Database, charger_id: str
) -> None:
    builders.connect_host(database, EXPIRED, host_id="other", boot_id="other")
    with database.writing() as connection:
        assert builders.rehome(connection, EXPIRED) == 3
    builders.connect_host(database, EXPIRED)
    assert keep(database, memory(charger_id, b"late", seq=9))  # settled: it need not come again
    assert kept(database) == {}
    new = memory(charger_id, b"new", generation=2)
    assert keep(database, new, host_id="other", boot_id="other")
    assert keep(database, memory(charger_id, b"late", seq=10))
    assert kept(database) == {charger_id: b"new"}


def test_a_host_that_got_the_charger_back_writes_nothing_from_before_it_lost_it(
    database: Database, charger_id: str
) -> None:
    builders.connect_host(database, EXPIRED, host_id="other", boot_id="other")
    with database.writing() as connection:
        builders.rehome(connection, EXPIRED)
    new = memory(charger_id, b"the other's", generation=2)
    keep(database, new, host_id="other", boot_id="other")
    later = EXPIRED + builders.LEASE_SECONDS + 1
    builders.connect_host(database, later)
    with database.writing() as connection:
        builders.rehome(connection, later)
    assert keep(database, memory(charger_id, b"late", seq=9))
    assert kept(database) == {charger_id: b"the other's"}
    assert keep(database, memory(charger_id, b"mine", seq=10, generation=3))
    assert kept(database) == {charger_id: b"mine"}


def test_a_generation_that_its_host_has_not_taken_up_keeps_the_older_ones_word(
    database: Database, charger_id: str
) -> None:
    with database.writing() as connection:
        chargers.restart(connection, ACME, charger_id, NOW)
    assert keep(database, memory(charger_id, b"before the reset"))
    assert assigned(database)[charger_id] == (b"before the reset", 1)
    assert keep(database, memory(charger_id, b"from the future", seq=2, generation=3))
    assert assigned(database)[charger_id] == (b"before the reset", 1)


def test_it_outlives_stop_start_reset_and_edits(database: Database, charger_id: str) -> None:
    keep(database, memory(charger_id, b"kept"))
    with database.writing() as connection:
        chargers.set_running(connection, ACME, charger_id, running=False, now=NOW)
        chargers.set_running(connection, ACME, charger_id, running=True, now=NOW)
        chargers.restart(connection, ACME, charger_id, NOW)
        edits = {"ws_url": "ws://127.0.0.1:9/other", "ocpp_version": "OCPP2.0.1"}
        chargers.update(connection, ACME, charger_id, edits, NOW)
    assert assigned(database) == {charger_id: (b"kept", 1)}


def test_it_goes_with_the_charger(database: Database, charger_id: str) -> None:
    keep(database, memory(charger_id, b"kept"))
    with database.writing() as connection:
        chargers.delete(connection, ACME, charger_id, NOW)
    assert keep(database, memory(charger_id, b"late", seq=2))
    assert kept(database) == {charger_id: b"kept"}
    builders.take_up(database, NOW)
    assert kept(database) == {}
    assert keep(database, memory(charger_id, b"later", seq=3), memory("stranger", b"x", seq=4))
    assert kept(database) == {}


def test_a_large_fleet_in_one_batch(database: Database) -> None:
    builders.carry_out(database, builders.accept(database, builders.batch(2_000, "L")), NOW)
    with database.reading() as connection:
        ids = connection.execute(chargers_table.select()).scalars().all()
    assert keep(database, *(memory(id_, id_.encode(), n) for n, id_ in enumerate(ids)))
    assert len(ids) == 2_003
    assert kept(database) == {id_: id_.encode() for id_ in ids}
