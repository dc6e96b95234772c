"""A charger's life: reconnects, generations, commands, crashes."""

import pytest
from host_doubles import Bench, FakeCsms, assignment

from voltfleet.domain.commands import CommandState
from voltfleet.domain.hosting import ConnectionState, ConnectorReport
from voltfleet.host import pacing

ONLINE = ConnectionState.ONLINE
WAITING = ConnectionState.WAITING
CP1 = "/ocpp/CP1"


async def test_what_the_gateway_is_told_of_a_boot(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url, generation=4))
    await bench.state("CP1", ONLINE)
    await bench.seen.changes.until(lambda: len(bench.seen.frames) == 2)
    connection = bench.seen.connections["id-CP1"]
    assert (connection.attempts, connection.last_error) == (0, None)
    assert bench.seen.generations == {"id-CP1": 4}
    (connector,) = bench.seen.connectors["id-CP1"]
    assert connector == ConnectorReport(1, 1, "Available", None, connector.since)
    assert bench.host.online == 1
    sent, received = bench.seen.frames
    assert (sent.from_station, sent.action, sent.message) == (
        True,
        "BootNotification",
        '[2,"boot","BootNotification",{}]',
    )
    assert (received.from_station, received.action) == (False, "BootNotification")
    assert received.at >= sent.at


async def test_unchanged_things_are_not_told_again(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    told = len(bench.seen.reports)
    await csms.sockets[CP1].send('[2,"1","Reset",{}]')
    await bench.seen.changes.until(lambda: len(bench.seen.frames) == 4)
    assert len(bench.seen.reports) == told


async def test_it_dials_again_after_the_csms_died_and_boots_no_second_time(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    await csms.kill()
    await bench.state("CP1", WAITING)
    assert bench.seen.error("CP1") is not None
    for attempt in (1, 2, 3):
        bench.clock.advance(60.5)
        await bench.seen.changes.until(
            lambda n=attempt: bench.seen.connections["id-CP1"].attempts >= n
        )
    assert "connection refused" in (bench.seen.error("CP1") or "")
    await csms.start()
    bench.clock.advance(60.5)
    await bench.state("CP1", ONLINE)
    assert bench.seen.connections["id-CP1"].attempts == 0
    assert bench.seen.error("CP1") is None
    assert [text for _, text in csms.received] == ['[2,"boot","BootNotification",{}]']
    assert bench.stations["CP1"].connections == 2


async def test_the_back_off_grows_until_a_connection_has_lasted(
    bench: Bench, csms: FakeCsms, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[int] = []

    def delay(failed: int, rng: object) -> float:
        failures.append(failed)
        return 0.0

    monkeypatch.setattr(pacing, "retry_delay", delay)
    bench.host.assign(assignment(csms.ws_url))
    for times in (1, 2, 3):
        await csms.changes.until(lambda n=times: csms.live[CP1] == 1 and len(csms.paths) == n)
        await bench.state("CP1", ONLINE)
        csms.sockets[CP1].transport.abort()
        await bench.seen.changes.until(lambda n=times: len(failures) == n)
    await csms.changes.until(lambda: csms.live[CP1] == 1 and len(csms.paths) == 4)
    await bench.until(lambda: bench.host.online == 1)
    bench.clock.advance(pacing.STABLE_AFTER_SECONDS + 1)
    csms.sockets[CP1].transport.abort()
    await csms.changes.until(lambda: len(csms.paths) == 5)
    assert failures == [1, 2, 3, 1]


async def test_a_new_generation_closes_the_old_socket_before_it_dials(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    first = bench.stations["CP1"]
    for generation in range(2, 12):
        bench.host.assign(assignment(csms.ws_url, generation=generation))
        await bench.seen.changes.until(
            lambda n=generation: (
                bench.seen.generations["id-CP1"] == n and bench.seen.state("CP1") is ONLINE
            )
        )
    assert csms.doubled == set()
    assert len(csms.closed) == 10
    assert {code for _, code, _ in csms.closed} == {1000}
    assert bench.stations["CP1"] is not first
    assert bench.host.stations == 1


async def test_a_burst_of_generations_ends_with_the_newest(bench: Bench, csms: FakeCsms) -> None:
    for generation in (1, 2, 5, 3, 4):
        bench.host.assign(assignment(csms.ws_url, generation=generation))
    await bench.seen.changes.until(
        lambda: bench.seen.generations.get("id-CP1") == 5 and bench.seen.state("CP1") is ONLINE
    )
    assert bench.host.holding() == {"id-CP1": 5}
    assert csms.doubled == set()


async def test_the_same_or_an_older_generation_changes_nothing(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url, generation=3))
    await bench.state("CP1", ONLINE)
    for generation in (3, 2):
        bench.host.assign(assignment(csms.ws_url, generation=generation))
    await csms.sockets[CP1].send('[2,"1","Reset",{}]')
    await csms.changes.until(lambda: csms.received[-1][1] == '[3,"1",{}]')
    assert csms.closed == []
    assert bench.host.holding() == {"id-CP1": 3}


async def test_a_generation_that_does_not_run_is_stopped(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    bench.host.assign(assignment(csms.ws_url, generation=2, running=False))
    await bench.state("CP1", ConnectionState.STOPPED)
    assert csms.live[CP1] == 0
    assert bench.host.online == 0
    bench.command("CP1", "plug")
    await bench.seen.changes.until(lambda: bench.seen.outcomes)
    assert bench.seen.outcomes[0].state == CommandState.FAILED
    bench.host.assign(assignment(csms.ws_url, generation=3))
    await bench.state("CP1", ONLINE)


async def test_a_drop_is_told_once_the_socket_is_closed(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    bench.host.drop("id-CP1")
    assert bench.host.holding() == {"id-CP1": 1}
    await bench.seen.changes.until(lambda: bench.seen.dropped == ["id-CP1"])
    assert csms.closed == [(CP1, 1000, "stopped by its operator")]
    assert bench.host.holding() == {}
    assert bench.host.online == 0


async def test_a_drop_of_a_charger_that_is_not_held_is_told_at_once(bench: Bench) -> None:
    bench.host.drop("id-CP9")
    await bench.seen.changes.until(lambda: bench.seen.dropped == ["id-CP9"])


async def test_a_charger_assigned_again_while_it_is_dropped_is_run(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url, generation=2))
    await bench.state("CP1", ONLINE)
    bench.host.drop("id-CP1")
    bench.host.assign(assignment(csms.ws_url, generation=1))
    bench.host.assign(assignment(csms.ws_url, generation=2))
    await csms.changes.until(lambda: len(csms.paths) == 2)
    await bench.state("CP1", ONLINE)
    assert bench.seen.dropped == []
    assert csms.doubled == set()


async def test_another_charger_of_the_same_identity_waits_for_the_socket_of_the_first(
    bench: Bench, csms: FakeCsms
) -> None:
    for round_ in range(10):
        name = f"id-{round_}"
        bench.host.assign(assignment(csms.ws_url, charger_id=name))
        await csms.changes.until(lambda n=round_: len(csms.received) == n + 1)
        bench.host.drop(name)
    await csms.changes.until(lambda: csms.live[CP1] == 0)
    assert csms.doubled == set()


async def test_a_drop_during_the_dial(bench: Bench, csms: FakeCsms) -> None:
    for name in ("A", "B", "C"):
        bench.host.assign(assignment(csms.ws_url, name))
    bench.host.drop("id-A")
    await csms.changes.until(lambda: "/ocpp/B" in csms.paths)
    bench.host.drop("id-B")
    await bench.seen.changes.until(lambda: sorted(bench.seen.dropped) == ["id-A", "id-B"])
    await bench.state("C", ONLINE)
    await csms.changes.until(lambda: sum(csms.live.values()) == 1)
    assert bench.host.holding() == {"id-C": 1}


async def test_a_reboot_closes_the_socket_and_dials_when_the_station_is_back(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    bench.command("CP1", "reboot")
    await bench.state("CP1", WAITING)
    assert bench.seen.error("CP1") is None
    assert csms.closed == [(CP1, 1001, "rebooting")]
    assert len(csms.paths) == 1
    bench.clock.advance(30.5)
    await bench.state("CP1", ONLINE)
    assert [text for _, text in csms.received] == ['[2,"boot","BootNotification",{}]'] * 2
    assert csms.doubled == set()


async def test_a_command_is_done_once(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url))
    await bench.state("CP1", ONLINE)
    bench.command("CP1", "plug")
    bench.command("CP1", "plug")
    bench.command("CP1", "unplug")
    await bench.seen.changes.until(lambda: len(bench.seen.outcomes) == 2)
    assert [(o.id, o.state) for o in bench.seen.outcomes] == [
        ("plug", CommandState.APPLIED),
        ("unplug", CommandState.APPLIED),
    ]


async def test_a_command_that_was_not_done_when_the_charger_stopped_has_failed(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url))
    bench.command("CP1", "never")
    bench.host.drop("id-CP1")
    bench.command("CP2", "plug")
    await bench.seen.changes.until(lambda: len(bench.seen.outcomes) == 2)
    assert {(o.id, o.state) for o in bench.seen.outcomes} == {
        ("never", CommandState.FAILED),
        ("plug", CommandState.FAILED),
    }
    assert "stopped before this was done" in (bench.seen.outcomes[0].reason or "")


async def test_a_station_that_crashes_is_powered_up_anew_and_harms_no_other(
    bench: Bench, csms: FakeCsms
) -> None:
    bench.host.assign(assignment(csms.ws_url))
    bench.host.assign(assignment(csms.ws_url, "CP2"))
    await bench.state("CP1", ONLINE)
    await bench.state("CP2", ONLINE)
    crashed = bench.stations["CP1"]
    await csms.sockets[CP1].send("crash")
    assert "a bug in Voltfleet" in await bench.error("CP1")
    bench.clock.advance(1.5)
    await bench.state("CP1", ONLINE)
    assert bench.stations["CP1"] is not crashed
    assert bench.stations["CP2"].connections == 1
    assert csms.live["/ocpp/CP2"] == 1


async def test_an_assignment_that_cannot_run_says_why(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url, "A", ocpp_version="OCPP9"))
    bench.host.assign(assignment("http://nowhere", "B"))
    assert await bench.error("A") == "cannot run: this host does not speak OCPP9"
    assert "cannot run: the ws_url cannot be dialled" in await bench.error("B")
    assert bench.seen.state("A") is WAITING
    bench.host.drop("id-A")
    await bench.seen.changes.until(lambda: bench.seen.dropped)
    bench.host.assign(assignment(csms.ws_url, "B", generation=2))
    await bench.state("B", ONLINE)
