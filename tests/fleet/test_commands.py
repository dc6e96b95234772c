import re
from typing import Any

import pytest

import builders
from builders import ACME, OTHER
from voltfleet.domain.commands import CommandKind
from voltfleet.domain.errors import NotFound
from voltfleet.domain.hosting import (
    ChargerReport,
    Command,
    CommandOutcome,
    ConnectionReport,
    ConnectionState,
)
from voltfleet.fleet import chargers, commands, delivery, hosts, provisioning
from voltfleet.fleet.commands import Order, Target
from voltfleet.storage.engine import Database

NOW = 1_800_000_000.0
PLUG = Order(CommandKind.PLUG_CONNECTOR, {"connector_id": 1})
ASK = Order(CommandKind.AUTHORIZE_ID_TAG, {"id_tag": "T"})
START = Order(CommandKind.START_SESSION, {"id_tag": "T"})
ALL = Target(location_id="loc")


@pytest.fixture
def database(database: Database) -> Database:
    populate(database, 3)
    return database


def populate(database: Database, count: int, prefix: str = "CP") -> None:
    """So many chargers, online at one host."""
    builders.connect_host(database, NOW, capacity=100_000)
    job_id = builders.accept(database, builders.batch(count, prefix), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, count, NOW)
    builders.take_up(database, NOW)


def ids(database: Database) -> list[str]:
    with database.reading() as connection:
        return [c.id for c in chargers.page(connection, ACME, offset=0, limit=100)[0]]


def queue(
    database: Database, target: Target = ALL, order: Order = PLUG, now: float = NOW
) -> list[commands.Queued]:
    with database.writing() as connection:
        return commands.queue(connection, ACME, target, order, now)


def take(
    database: Database,
    now: float = NOW,
    *,
    boot: str = "boot",
    host: str = "local-0",
    again: float = 0.0,
    limit: int = 100,
) -> list[Command]:
    with database.writing() as connection:
        due = delivery.is_due(connection, host, boot, now, again_before=again)
        taken = delivery.take(connection, host, boot, now, again_before=again, limit=limit)
    assert due or not taken
    return taken


def get(database: Database, command_id: str | None) -> commands.Command:
    assert command_id is not None
    with database.reading() as connection:
        return commands.get(connection, ACME, command_id)


def tell(database: Database, command: Command, state: str = "applied", **rest: Any) -> None:
    host = rest.pop("host", "local-0")
    outcome = CommandOutcome(
        command.id, command.charger_id, state, rest.get("reason"), rest.get("detail")
    )
    with database.writing() as connection:
        delivery.apply(connection, host, [outcome], NOW + 1)


def sweep(database: Database, now: float) -> int:
    with database.writing() as connection:
        return delivery.conclude(connection, delivery.overdue(connection, now), now)


def report(database: Database, charger_id: str, state: ConnectionState, error: str | None) -> None:
    told = ChargerReport(charger_id, 1, ConnectionReport(state, NOW, error, 1), None)
    with database.writing() as connection:
        hosts.apply(connection, "local-0", "boot", [told], NOW)


# --- queueing -------------------------------------------------------------------------------------


def test_a_whole_location_in_the_order_of_creation(database: Database) -> None:
    queued = queue(database)
    assert [q.identity for q in queued] == ["CP0000", "CP0001", "CP0002"]
    assert [q.error for q in queued] == [None] * 3
    assert all(re.fullmatch("[0-9a-f]{12}", q.command_id or "") for q in queued)
    assert len({q.command_id for q in queued}) == 3
    first = get(database, queued[0].command_id)
    assert (first.kind, first.ocpp_version, first.payload, first.state) == (
        "plug-connector",
        "ocpp1.6",
        {"connector_id": 1},
        "queued",
    )
    assert first.expires_at == NOW + commands.TTL_SECONDS


def test_one_charger_and_some_of_a_location(database: Database) -> None:
    one, two, three = ids(database)
    assert [q.charger_id for q in queue(database, Target(charger_id=two))] == [two]
    some = queue(database, Target(location_id="loc", charger_ids=[three, one, "nobody", "nobody"]))
    assert [(q.charger_id, q.command_id is not None) for q in some] == [
        (one, True),
        (three, True),
        ("nobody", False),
    ]
    assert some[-1].error == "No charger nobody at this location"
    assert queue(database, Target(location_id="loc", charger_ids=[])) == []


def test_a_stopped_charger_is_an_error_of_its_own(database: Database) -> None:
    with database.writing() as connection:
        chargers.set_running(connection, ACME, ids(database)[1], running=False, now=NOW)
    queued = queue(database)
    assert [q.command_id is not None for q in queued] == [True, False, True]
    assert "is stopped" in (queued[1].error or "")


@pytest.mark.parametrize("target", [Target(charger_id="nobody"), Target(location_id="nowhere")])
def test_what_is_not_there_is_not_found(database: Database, target: Target) -> None:
    with pytest.raises(NotFound):
        queue(database, target)


def test_another_organization_sees_none_of_it(database: Database) -> None:
    [first, *_] = queue(database)
    charger_id = ids(database)[0]
    with database.writing() as connection:
        for target in (Target(charger_id=charger_id), ALL):
            with pytest.raises(NotFound):
                commands.queue(connection, OTHER, target, PLUG, NOW)
        with pytest.raises(NotFound):
            commands.get(connection, OTHER, first.command_id or "")
        with pytest.raises(NotFound):
            commands.withdraw(connection, OTHER, first.command_id or "", "no", NOW)
        with pytest.raises(NotFound):
            commands.page(connection, OTHER, charger_id, offset=0, limit=10)
    assert get(database, first.command_id).state == "queued"


def test_a_chargers_commands_come_newest_first(database: Database) -> None:
    charger_id = ids(database)[0]
    given = [queue(database, Target(charger_id=charger_id))[0].command_id for _ in range(3)]
    with database.reading() as connection:
        found, total = commands.page(connection, ACME, charger_id, offset=1, limit=5)
    assert ([c.id for c in found], total) == (given[::-1][1:], 3)


def test_ten_thousand_in_one_pass(database: Database) -> None:
    populate(database, 10_000, "BIG")
    queued = queue(database)
    assert sum(q.command_id is not None for q in queued) == 10_003


# --- delivery -------------------------------------------------------------------------------------


def test_a_command_goes_out_once_and_in_order(database: Database) -> None:
    queued = [q.command_id for _ in range(2) for q in queue(database)]
    assert [c.id for c in take(database, limit=4)] == queued[:4]
    assert [c.id for c in take(database)] == queued[4:]
    assert take(database) == []
    assert get(database, queued[0]).state == "sent"


def test_what_was_told_nothing_of_goes_again_to_the_same_process_only(database: Database) -> None:
    queue(database, Target(charger_id=ids(database)[0]))
    first = take(database, NOW)
    assert take(database, NOW + 5, again=NOW) == []
    assert take(database, NOW + 11, again=NOW + 1) == first
    assert take(database, NOW + 12, again=NOW + 2) == []
    builders.connect_host(database, NOW, boot_id="second")
    assert take(database, NOW + 30, boot="boot", again=NOW + 30) == []
    assert take(database, NOW + 30, boot="second", again=NOW + 30) == []


def test_a_process_that_is_the_host_no_more_gets_nothing(database: Database) -> None:
    builders.connect_host(database, NOW, boot_id="second")
    builders.take_up(database, NOW, boot_id="second")
    queue(database)
    assert take(database, boot="boot") == []
    assert len(take(database, boot="second")) == 3


def test_when_the_host_process_dies_what_it_had_has_failed(database: Database) -> None:
    [sent, *_] = queue(database)
    take(database, limit=1)
    assert sweep(database, NOW + 1) == 0
    builders.connect_host(database, NOW, boot_id="second")
    assert sweep(database, NOW + 1) == 1
    fate = get(database, sent.command_id)
    assert (fate.state, fate.reason) == ("failed", delivery.HOST_DIED)


def test_it_waits_until_the_charger_is_hosted_as_it_should_be(database: Database) -> None:
    charger_id = ids(database)[0]
    with database.writing() as connection:
        chargers.restart(connection, ACME, charger_id, NOW)
    queue(database, Target(charger_id=charger_id))
    assert take(database) == []
    builders.take_up(database, NOW)
    assert len(take(database)) == 1


@pytest.mark.parametrize(("order", "at_once", "later"), [(PLUG, 1, 0), (START, 0, 1), (ASK, 0, 0)])
def test_an_offline_charger(database: Database, order: Order, at_once: int, later: int) -> None:
    charger_id = ids(database)[0]
    report(database, charger_id, ConnectionState.WAITING, "connection refused")
    [queued] = queue(database, Target(charger_id=charger_id), order)
    assert len(take(database)) == at_once
    assert len(take(database, NOW + delivery.PATIENCE_SECONDS + 1)) == later
    if order is ASK:
        assert take(database, NOW + 61) == []
        sweep(database, NOW + 61)
        fate = get(database, queued.command_id)
        assert fate.state == "expired"
        assert fate.reason == "the charger was not online within 60 s: connection refused"


def test_an_expired_command_says_why(database: Database) -> None:
    stopped, moved, deleted = ids(database)
    fates = {c: queue(database, Target(charger_id=c))[0].command_id for c in ids(database)}
    with database.writing() as connection:
        chargers.set_running(connection, ACME, stopped, running=False, now=NOW)
        chargers.restart(connection, ACME, moved, NOW)
        chargers.delete(connection, ACME, deleted, NOW)
    assert sweep(database, NOW + 1) == 1
    assert sweep(database, NOW + 61) == 2
    reasons = {c: get(database, fates[c]).reason for c in fates}
    assert reasons == {
        stopped: "the charger was stopped, and not started within 60 s",
        moved: "no host had taken the charger up within 60 s",
        deleted: "the charger was deleted before this was done",
    }
    assert {get(database, i).state for i in fates.values()} == {"expired"}


def test_without_an_outcome_for_an_hour_it_has_failed(database: Database) -> None:
    queue(database)
    take(database)
    assert sweep(database, NOW + 3599) == 0
    assert sweep(database, NOW + 3601) == 3


# --- outcomes -------------------------------------------------------------------------------------


def test_an_outcome_is_written_once(database: Database) -> None:
    [queued, *_] = queue(database)
    [command, *_] = take(database)
    tell(database, command, "rejected", reason="no\0pe", detail={"idTagInfo": {"x": "\0"}})
    tell(database, command, "applied")
    fate = get(database, queued.command_id)
    assert (fate.state, fate.reason, fate.detail) == (
        "rejected",
        "no\ufffdpe",
        {"idTagInfo": {"x": "\0"}},
    )


def test_another_hosts_word_and_an_unknown_state(database: Database) -> None:
    queue(database)
    first, second, third = take(database)
    tell(database, first, host="stranger")
    assert get(database, first.id).state == "sent"
    tell(database, second, "sideways")
    assert get(database, second.id).state == "failed"
    tell(database, third, detail={"response": "x" * 70_000})
    assert list(get(database, third.id).detail or {}) == ["omitted"]


def test_withdrawing_what_is_on_its_way_is_too_late(database: Database) -> None:
    first, second, _ = queue(database)
    take(database, limit=1)
    with database.writing() as connection:
        late = commands.withdraw(connection, ACME, first.command_id or "", "enough", NOW)
        early = commands.withdraw(connection, ACME, second.command_id or "", "enough", NOW)
    assert (late.state, early.state, early.reason) == ("sent", "expired", "enough")
    assert len(take(database)) == 1


def test_old_fates_are_forgotten_and_open_commands_kept(database: Database) -> None:
    queued = [q.command_id for _ in range(2) for q in queue(database)]
    for command in take(database, limit=4):
        tell(database, command)
    with database.writing() as connection:
        assert delivery.trim(connection, older_than=0, keep=100) == 0
        assert delivery.trim(connection, older_than=0, keep=5) == 1
        assert delivery.trim(connection, older_than=NOW + 1, keep=100) == 3
        assert delivery.trim(connection, older_than=NOW + 1, keep=0) == 0
    assert [get(database, i).state for i in queued[4:]] == ["queued"] * 2
