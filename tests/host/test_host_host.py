"""The host as a whole: many chargers, its capacity, its lease, its end."""

import structlog
from host_doubles import Bench, FakeCsms, assignment

from voltfleet.domain.hosting import ConnectionState
from voltfleet.host.host import COMMANDS_REMEMBERED
from voltfleet.host.pulse import Pulse
from voltfleet.host.wheel import Clock

ONLINE = ConnectionState.ONLINE


async def fleet(bench: Bench, csms: FakeCsms, count: int) -> None:
    for number in range(count):
        bench.host.assign(assignment(csms.ws_url, f"CP{number}"))
    await bench.seen.changes.until(lambda: bench.host.online == count)


async def test_hundreds_of_chargers_share_one_csms(bench: Bench, csms: FakeCsms) -> None:
    await fleet(bench, csms, 300)
    assert len(csms.live) == 300
    assert csms.doubled == set()
    assert bench.host.stations == 300


async def test_more_chargers_than_fit_are_refused_in_words(csms: FakeCsms) -> None:
    bench = Bench(capacity=2)
    bench.host.start()
    await fleet(bench, csms, 2)
    bench.host.assign(assignment(csms.ws_url, "CP2", generation=7))
    error = await bench.error("CP2")
    assert error.startswith("this host is full: it runs 2 chargers")
    assert bench.seen.state("CP2") is ConnectionState.WAITING
    assert bench.seen.generations["id-CP2"] == 7
    assert bench.host.holding() == {"id-CP0": 1, "id-CP1": 1}
    bench.host.assign(assignment(csms.ws_url, "CP0", generation=2))
    await bench.seen.changes.until(lambda: bench.seen.generations["id-CP0"] == 2)
    bench.host.drop("id-CP1")
    await bench.seen.changes.until(lambda: bench.seen.dropped)
    bench.host.assign(assignment(csms.ws_url, "CP2", generation=7))
    await bench.state("CP2", ONLINE)
    await bench.host.drain()
    bench.host.stop()


async def test_a_lost_lease_cuts_every_connection(bench: Bench, csms: FakeCsms) -> None:
    await fleet(bench, csms, 20)
    bench.clock.advance(2e9)
    await csms.changes.until(lambda: sum(csms.live.values()) == 0)
    assert {code for _, code, _ in csms.closed} == {1006}
    assert bench.host.holding() == {}
    assert bench.host.online == 0
    assert bench.host.fences == 1
    assert bench.seen.dropped == []
    bench.host.lease.link_up(bench.clock(), 30.0)
    bench.host.assign(assignment(csms.ws_url, "CP0"))
    await bench.seen.changes.until(lambda: bench.host.online == 1)
    assert csms.doubled == set()


async def test_a_host_that_was_frozen_past_its_lease_says_nothing_when_it_wakes(
    bench: Bench, csms: FakeCsms
) -> None:
    """Its sockets wake it before the tick that cuts them does."""
    await fleet(bench, csms, 2)
    assert bench.host._ticker is not None
    bench.host._ticker.cancel()
    said = len(csms.received)
    bench.clock.advance(2e9)
    await csms.sockets["/ocpp/CP0"].ping()  # the WebSocket library would answer by itself
    await csms.changes.until(lambda: csms.live["/ocpp/CP0"] == 0)
    bench.host._runners["id-CP1"]._line.connection.send('[2,"late","Heartbeat",{}]')  # type: ignore[union-attr]
    await csms.changes.until(lambda: sum(csms.live.values()) == 0)
    assert len(csms.received) == said
    assert {code for _, code, _ in csms.closed} == {1006}


async def test_whoever_started_it_hears_how_long_the_lease_runs(csms: FakeCsms) -> None:
    bench = Bench()
    mouth, words = FakePulse(bench.clock), bench.host.lease
    bench.host._pulse = mouth
    words._renewed = mouth.until
    bench.host.start()
    words.link_up(bench.clock(), 2e9)
    await fleet(bench, csms, 2)
    bench.clock.advance(3e9)
    await csms.changes.until(lambda: sum(csms.live.values()) == 0)
    await bench.until(lambda: mouth.said[-1] == 0.0)
    assert mouth.said == [2e9, 0.0]
    bench.host.stop()


class FakePulse(Pulse):
    """Remembers what was said."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(None, clock)
        self.said: list[float] = []

    def _say(self, seconds: float) -> None:
        self.said.append(round(seconds, 3))


async def test_a_new_link_is_told_everything(bench: Bench, csms: FakeCsms) -> None:
    await fleet(bench, csms, 3)
    await bench.seen.changes.until(lambda: len(bench.seen.connectors) == 3)
    bench.seen.reports.clear()
    bench.host.report_all()
    await bench.seen.changes.until(lambda: len(bench.seen.reports) == 3)
    for report in bench.seen.reports:
        assert report.connection is not None
        assert report.connection.state is ONLINE
        assert report.connectors


async def test_a_drain_closes_properly_and_reports_the_drops(bench: Bench, csms: FakeCsms) -> None:
    await fleet(bench, csms, 20)
    bench.host.assign(assignment(csms.ws_url, "CP0", generation=2))
    assert await bench.host.drain() == 0
    assert bench.host.holding() == {}
    await csms.changes.until(lambda: len(csms.closed) == 20)
    codes = [code for path, code, _ in csms.closed if path != "/ocpp/CP0"]
    assert codes == [1001] * 19
    await bench.seen.changes.until(lambda: len(bench.seen.dropped) == 20)
    bench.host.assign(assignment(csms.ws_url, "CP99"))
    assert bench.host.stations == 0


async def test_a_drain_of_nothing(bench: Bench) -> None:
    assert await bench.host.drain() == 0


async def test_old_command_ids_are_forgotten_at_last(bench: Bench) -> None:
    bench.command("nobody", "first")
    bench.host.outcomes_acked([str(number) for number in range(COMMANDS_REMEMBERED + 1)])
    done = bench.host._commands_done
    assert (len(done), "0" in done) == (COMMANDS_REMEMBERED, False)
    assert "first" in bench.host._commands_open
    bench.host.outcomes_acked(["first"])
    assert "first" not in bench.host._commands_open
    assert "first" in done


async def test_the_frame_log_overflows_once_in_the_log(bench: Bench, csms: FakeCsms) -> None:
    bench.host.outbox.frames._limit = 1
    bench._pump.cancel()
    bench.host.assign(assignment(csms.ws_url))
    await csms.changes.until(lambda: csms.received)
    socket = csms.sockets["/ocpp/CP1"]
    for number in range(5):
        await socket.send(f'[2,"{number}","Reset",{{}}]')
    await csms.changes.until(lambda: len(csms.received) == 6)
    with structlog.testing.capture_logs() as logs:
        await bench.tick()
    assert len(bench.host.outbox.frames) == 1
    assert [line["event"] for line in logs].count("frame_log_overflow") == 1


async def test_the_worst_lag_is_told_once(bench: Bench) -> None:
    bench.clock.advance(3.0)
    await bench.tick()
    assert bench.host.take_worst_lag_ms() >= 2900.0
    assert bench.host.take_worst_lag_ms() < 2900.0
