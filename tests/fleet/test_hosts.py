import pytest

import builders
from builders import ACME
from voltfleet.domain.hosting import Beat, ChargerReport, ConnectionReport, ConnectionState
from voltfleet.fleet import chargers, hosts, provisioning, silent_hosts
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import chargers as chargers_table

NOW = 1_800_000_000.0
EXPIRED = NOW + builders.LEASE_SECONDS + 1


@pytest.fixture
def database(database: Database) -> Database:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(4), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, 4, NOW)
    builders.take_up(database, NOW)
    return database


def all_chargers(database: Database) -> list[chargers.Charger]:
    with database.reading() as connection:
        return chargers.page(connection, ACME, offset=0, limit=100)[0]


def changes(database: Database, host_id: str = "local-0") -> list[hosts.Change]:
    with database.reading() as connection:
        return hosts.changes(connection, host_id, 100)


def report(charger_id: str, generation: int, error: str | None) -> ChargerReport:
    connection = ConnectionReport(ConnectionState.WAITING, NOW + 5, error, 3)
    return ChargerReport(charger_id, generation, connection, None)


def test_a_host_that_comes_back_with_everything_is_sent_nothing(database: Database) -> None:
    holding = {charger.id: 1 for charger in all_chargers(database)}
    assert builders.connect_host(database, NOW, holding=holding) == []
    assert changes(database) == []


def test_a_host_that_comes_back_empty_is_sent_everything(database: Database) -> None:
    builders.connect_host(database, NOW, boot_id="second")
    assert len(changes(database)) == 4


def test_a_host_is_told_to_drop_what_is_not_its_own(database: Database) -> None:
    holding = {charger.id: 1 for charger in all_chargers(database)} | {"stranger": 7}
    assert builders.connect_host(database, NOW, holding=holding) == ["stranger"]


def test_a_deleted_charger_that_a_restarted_host_lacks_has_left(database: Database) -> None:
    gone = all_chargers(database)[0]
    with database.writing() as connection:
        chargers.delete(connection, ACME, gone.id, NOW)
    builders.connect_host(database, NOW, boot_id="second")
    assert [change.gone for change in changes(database)] == [False] * 3


def test_a_report_says_why_a_charger_does_not_talk(database: Database) -> None:
    charger = all_chargers(database)[0]
    with database.writing() as connection:
        hosts.apply(connection, "local-0", "boot", [report(charger.id, 1, "refused")], NOW)
    seen = all_chargers(database)[0]
    assert (seen.connection_state, seen.connection_error, seen.connection_attempts) == (
        "waiting",
        "refused",
        3,
    )
    with database.writing() as connection:
        hosts.apply(connection, "local-0", "boot", [ChargerReport(charger.id, 1, None, [])], NOW)
    seen = all_chargers(database)[0]
    assert (seen.connection_error, seen.connectors) == ("refused", "[]")


@pytest.mark.parametrize(
    ("host_id", "boot_id", "generation"),
    [("local-0", "boot", 0), ("stranger", "boot", 1), ("local-0", "older", 1)],
)
def test_a_stale_report_changes_nothing(
    database: Database, host_id: str, boot_id: str, generation: int
) -> None:
    builders.connect_host(database, NOW, host_id="stranger", holding={})
    before = all_chargers(database)
    stale = [report(before[0].id, generation, "stale")]
    with database.writing() as connection:
        hosts.apply(connection, host_id, boot_id, stale, NOW)
    assert all_chargers(database) == before


def test_a_lease_is_renewed_by_the_process_that_holds_it(database: Database) -> None:
    beat = Beat(4, 4, 1.5)
    with database.writing() as connection:
        assert hosts.renew(connection, "local-0", "boot", beat, NOW + 10, 15)
        assert not hosts.renew(connection, "local-0", "older", beat, NOW + 10, 15)
        assert hosts.alive(connection, NOW + 24) == ["local-0"]
        assert hosts.alive(connection, NOW + 26) == []


def test_room_is_capacity_less_what_a_host_holds(database: Database) -> None:
    builders.connect_host(database, NOW, host_id="small", capacity=0)
    with database.reading() as connection:
        assert hosts.rooms(connection, NOW) == {"local-0": 96}
        assert hosts.rooms(connection, EXPIRED) == {}


def test_a_silent_hosts_chargers_move_to_the_others(database: Database) -> None:
    gone = all_chargers(database)[3]
    with database.writing() as connection:
        chargers.delete(connection, ACME, gone.id, NOW)
    builders.connect_host(database, EXPIRED, host_id="a", capacity=1)
    builders.connect_host(database, EXPIRED, host_id="b", capacity=10)
    with database.writing() as connection:
        assert builders.rehome(connection, EXPIRED) == 3
        assert builders.rehome(connection, EXPIRED) == 0
    moved = {c.assignment.generation for h in "ab" for c in changes(database, h)}
    assert moved == {2}
    assert changes(database) == []


def test_without_another_host_chargers_wait_for_theirs(database: Database) -> None:
    with database.writing() as connection:
        assert builders.rehome(connection, EXPIRED) == 0
    assert {charger.connection_state for charger in all_chargers(database)} == {"waiting"}
    assert all_chargers(database)[0].connection_error == silent_hosts.HOST_LOST
    builders.connect_host(database, EXPIRED, boot_id="second")
    assert len(changes(database)) == 4


def test_whatever_a_lost_charger_was_doing_it_does_no_more(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(chargers_table.update(), {"connection_state": "pending"})
        builders.rehome(connection, EXPIRED)
    assert {charger.connection_state for charger in all_chargers(database)} == {"waiting"}


def test_a_host_that_gave_a_sign_after_all_keeps_its_chargers(database: Database) -> None:
    builders.connect_host(database, EXPIRED, host_id="other")
    with database.reading() as connection:
        silent = {"local-0": silent_hosts.signs(connection)["local-0"]}
    with database.writing() as connection:
        assert hosts.renew(connection, "local-0", "boot", Beat(4, 4, 1.5), EXPIRED, 15)
    with database.writing() as connection:
        assert silent_hosts.rehome(connection, silent, EXPIRED) == 0
    assert changes(database, "other") == []


def test_a_host_that_lost_some_of_its_chargers_has_to_say_hello_again(database: Database) -> None:
    builders.connect_host(database, EXPIRED, host_id="other", capacity=1)
    with database.writing() as connection:
        assert builders.rehome(connection, EXPIRED) == 1
        assert not hosts.renew(connection, "local-0", "boot", Beat(4, 4, 1.5), EXPIRED, 15)
        assert silent_hosts.signs(connection)["local-0"] == ("", silent_hosts.GIVEN_UP)
    (moved,) = (change.assignment.charger_id for change in changes(database, "other"))
    everything = {charger.id: 1 for charger in all_chargers(database)}
    assert builders.connect_host(database, EXPIRED, holding=everything) == [moved]


def test_chargers_never_move_to_another_silent_host(database: Database) -> None:
    builders.connect_host(database, NOW + 1, host_id="other")
    with database.writing() as connection:
        # By the clock of the one who asks both leases run; neither has given a sign.
        assert silent_hosts.rehome(connection, silent_hosts.signs(connection), NOW + 2) == 0


def test_an_id_is_for_one_place_while_its_lease_runs(database: Database) -> None:
    builders.connect_host(database, NOW, host_id="b", boot_id="here.1")
    with pytest.raises(hosts.HostIdTaken, match="Another machine's host has this id"):
        builders.connect_host(database, NOW + 1, host_id="b", boot_id="there.1")
    builders.connect_host(database, NOW + 1, host_id="b", boot_id="here.2")
    builders.connect_host(database, EXPIRED + 1, host_id="b", boot_id="there.1")
