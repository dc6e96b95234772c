import pytest

import builders
from builders import ACME, OTHER
from voltfleet.domain.errors import NotFound
from voltfleet.fleet import chargers, hosts, placement, provisioning
from voltfleet.storage.engine import Database

NOW = 1_800_000_000.0


def provision(database: Database, count: int, prefix: str = "CP", now: float = NOW) -> str:
    """A job of ``count`` chargers, taken up by local-0, and finished."""
    builders.connect_host(database, now)
    job_id = builders.accept(database, builders.batch(count, prefix), now=now)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
        provisioning.register(connection, job_id, count, now)
    builders.take_up(database, now)
    with database.writing() as connection:
        provisioning.finish(connection, job_id, now)
    return job_id


def everything(database: Database, tenant=ACME) -> list[chargers.Charger]:
    with database.reading() as connection:
        return chargers.page(connection, tenant, offset=0, limit=100)[0]


def unsynced(database: Database) -> list[hosts.Change]:
    with database.reading() as connection:
        return hosts.changes(connection, "local-0", 100)


def test_pages_are_in_the_order_of_the_request(database: Database) -> None:
    provision(database, 5)
    with database.reading() as connection:
        page, total = chargers.page(connection, ACME, offset=2, limit=2)
        nothing = chargers.page(connection, ACME, offset=50, limit=2)
    assert [charger.identity for charger in page] == ["CP0002", "CP0003"]
    assert total == 5
    assert nothing == ([], 5)


def test_a_page_can_be_narrowed_to_ids_and_location(database: Database) -> None:
    provision(database, 3)
    one = everything(database)[1]
    with database.reading() as connection:
        page, total = chargers.page(connection, ACME, charger_ids=[one.id], offset=0, limit=9)
        other = chargers.page(connection, ACME, location_id="elsewhere", offset=0, limit=9)
    assert ([charger.id for charger in page], total) == ([one.id], 1)
    assert other == ([], 0)


def test_another_organization_sees_nothing(database: Database) -> None:
    provision(database, 1)
    charger = everything(database)[0]
    assert everything(database, OTHER) == []
    for act in (
        lambda c: chargers.get(c, OTHER, charger.id),
        lambda c: chargers.update(c, OTHER, charger.id, {"name": "mine"}, NOW),
        lambda c: chargers.delete(c, OTHER, charger.id, NOW),
        lambda c: chargers.restart(c, OTHER, charger.id, NOW),
        lambda c: chargers.set_running(c, OTHER, charger.id, running=False, now=NOW),
    ):
        with pytest.raises(NotFound), database.writing() as connection:
            act(connection)
    assert unsynced(database) == []


def test_a_new_name_does_not_disturb_the_station(database: Database) -> None:
    provision(database, 1)
    charger = everything(database)[0]
    with database.writing() as connection:
        changed = chargers.update(connection, ACME, charger.id, {"name": "New"}, NOW + 1)
    assert (changed.name, changed.updated_at) == ("New", NOW + 1)
    assert unsynced(database) == []


def test_a_new_address_begins_a_new_generation(database: Database) -> None:
    provision(database, 1)
    charger = everything(database)[0]
    with database.writing() as connection:
        chargers.update(connection, ACME, charger.id, {"ws_url": "ws://127.0.0.1:8/x"}, NOW)
    (change,) = unsynced(database)
    assert (change.assignment.generation, change.assignment.ws_url) == (2, "ws://127.0.0.1:8/x")


def test_stop_start_and_restart_reach_the_host(database: Database) -> None:
    provision(database, 1)
    charger = everything(database)[0]
    with database.writing() as connection:
        chargers.set_running(connection, ACME, charger.id, running=False, now=NOW)
        chargers.set_running(connection, ACME, charger.id, running=False, now=NOW)
    (change,) = unsynced(database)
    assert (change.assignment.generation, change.assignment.running) == (2, False)
    with database.writing() as connection:
        chargers.restart(connection, ACME, charger.id, NOW)
    (change,) = unsynced(database)
    assert (change.assignment.generation, change.assignment.running) == (3, True)


def test_a_deleted_charger_is_gone_at_once_and_its_row_when_the_host_has_dropped_it(
    database: Database,
) -> None:
    provision(database, 2)
    charger = everything(database)[0]
    with database.writing() as connection:
        chargers.delete(connection, ACME, charger.id, NOW)
    assert [c.identity for c in everything(database)] == ["CP0001"]
    with pytest.raises(NotFound), database.writing() as connection:
        chargers.delete(connection, ACME, charger.id, NOW)
    (change,) = unsynced(database)
    assert change.gone
    builders.take_up(database, NOW)
    assert unsynced(database) == []


def test_an_identity_is_not_placed_again_until_its_old_socket_is_closed(
    database: Database,
) -> None:
    provision(database, 1)
    with database.writing() as connection:
        chargers.delete(connection, ACME, everything(database)[0].id, NOW)
    again = builders.accept(database, builders.batch(1), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, again, NOW)
        provisioning.register(connection, again, 1, NOW)
        assert placement.standing(connection, again, NOW).open == 1
    assert [change.gone for change in unsynced(database)] == [True]
    builders.take_up(database, NOW)
    with database.writing() as connection:
        placement.place(connection, again, NOW + 2)
    assert len(builders.take_up(database, NOW + 2)) == 1


def test_a_charger_deleted_while_it_is_provisioned_is_a_failure_of_the_job(
    database: Database,
) -> None:
    builders.connect_host(database, NOW)
    job_id = builders.accept(database, builders.batch(2), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, 2, NOW)
    with database.writing() as connection:
        chargers.delete(connection, ACME, everything(database)[0].id, NOW)
    builders.take_up(database, NOW)
    with database.writing() as connection:
        provisioning.finish(connection, job_id, NOW)
        seen = builders.view(connection, job_id)
    assert (seen.created, seen.failed) == (1, 1)


def test_deleting_some_answers_which(database: Database) -> None:
    provision(database, 3)
    ids = [charger.id for charger in everything(database)]
    with database.writing() as connection:
        deleted = chargers.delete_some(connection, ACME, "loc", [ids[2], "no", ids[0]], NOW)
    assert deleted == [ids[2], ids[0]]
    assert [charger.id for charger in everything(database)] == [ids[1]]
