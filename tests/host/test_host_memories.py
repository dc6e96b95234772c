"""What stations must not forget: the buffer, and the frames that wait for the gateway."""

from typing import Any

import pytest
import structlog
from host_doubles import Bench, FakeCsms, assignment

from voltfleet.domain.errors import BadRequest
from voltfleet.domain.hosting import ChargerMemory, ConnectionState
from voltfleet.host import memories, stations
from voltfleet.host.memories import HOLD_SECONDS, MemoryBuffer
from voltfleet.station.reports import Memory

CP1 = "/ocpp/CP1"
BOOT = '[2,"boot","BootNotification",{}]'


def memory(content: str, *, urgent: bool = False) -> Memory:
    return Memory(content.encode(), urgent)


def taken(buffer: MemoryBuffer) -> list[list[bytes]]:
    return [[each.content for each in message.memories] for message in buffer.take()]


def said(csms: FakeCsms) -> list[str]:
    """What was said, but for boots."""
    return [text for _, text in csms.received if text != BOOT]


async def online(bench: Bench, csms: FakeCsms, *names: str) -> None:
    for name in names or ("CP1",):
        bench.host.assign(assignment(csms.ws_url, name))
        await bench.state(name, ConnectionState.ONLINE)


def ack(bench: Bench) -> None:
    """The gateway has everything."""
    newest = bench.host.outbox.memories._newest
    bench.host.memories_acked({key: each.seq for key, each in newest.items()})


async def arrived(bench: Bench, csms: FakeCsms, *texts: str) -> None:
    await csms.changes.until(lambda: said(csms)[-len(texts) :] == list(texts))


async def round_trip(csms: FakeCsms) -> None:
    """What the host would have sent by now has been sent: a WebSocket ping has come back."""
    pong = await csms.sockets[CP1].ping()
    await pong


# --- the buffer ----------------------------------------------------------------------------------


def test_only_the_newest_of_a_charger_is_sent() -> None:
    buffer = MemoryBuffer()
    for content in ("a1", "a2"):
        buffer.add("a", 3, memory(content))
    buffer.add("b", 1, memory("b1"))
    (message,) = buffer.take()
    assert message.memories == [ChargerMemory("a", 3, 2, b"a2"), ChargerMemory("b", 1, 3, b"b1")]
    assert taken(buffer) == []
    assert len(buffer) == 2


def test_an_older_acknowledgement_does_not_forget_a_newer_memory() -> None:
    buffer = MemoryBuffer()
    first = buffer.add("a", 1, memory("1"))
    list(buffer.take())
    second = buffer.add("a", 1, memory("2"))
    buffer.acked({"a": first, "stranger": 9})
    assert taken(buffer) == [[b"2"]]
    buffer.acked({"a": second})
    assert len(buffer) == 0
    assert buffer.newest("a") is None


def test_a_new_link_is_told_what_was_not_acknowledged() -> None:
    buffer = MemoryBuffer()
    kept = buffer.add("a", 1, memory("a"))
    buffer.add("b", 1, memory("b"))
    list(buffer.take())
    buffer.acked({"a": kept})
    buffer.link_up()
    assert taken(buffer) == [[b"b"]]


def test_an_acknowledged_memory_is_not_sent_though_it_waited() -> None:
    buffer = MemoryBuffer()
    seq = buffer.add("a", 1, memory("a"))
    buffer.link_up()
    buffer.acked({"a": seq})
    assert taken(buffer) == []


def test_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MEMORIES_PER_MESSAGE", 3)
    monkeypatch.setattr(memories, "BYTES_PER_MESSAGE", 10)
    buffer = MemoryBuffer()
    for number in range(4):
        buffer.add(str(number), 1, memory("x"))
    buffer.add("4", 1, memory("long" * 10))
    buffer.add("5", 1, memory("x"))
    assert [len(batch) for batch in taken(buffer)] == [3, 2, 1]


@pytest.mark.parametrize(("urgent", "hurry"), [(True, True), (False, False)])
def test_what_is_urgent_does_not_wait_for_the_flush(urgent: bool, hurry: bool) -> None:
    buffer = MemoryBuffer()
    buffer.add("a", 1, memory("1", urgent=urgent))
    assert buffer.urgent.is_set() is hurry


# --- frames wait ---------------------------------------------------------------------------------


async def test_frames_wait_until_the_gateway_has_an_urgent_memory(
    bench: Bench, csms: FakeCsms
) -> None:
    await online(bench, csms)
    bench.remember("CP1", b"one", '"one"')
    bench.remember("CP1", b"two", '"two"', urgent=False)
    await csms.sockets[CP1].send('[2,"asked","Reset",{}]')
    await bench.until(lambda: len(bench.stations["CP1"].received) == 2)
    await round_trip(csms)
    assert said(csms) == []
    ack(bench)
    await arrived(bench, csms, '"one"', '"two"', '[3,"asked",{}]')
    bench.remember("CP1", b"three", '"three"', urgent=False)
    await arrived(bench, csms, '"three"')


async def test_a_memory_that_is_not_urgent_holds_nothing_up(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    bench.remember("CP1", b"one", '"one"', urgent=False)
    await arrived(bench, csms, '"one"')
    assert len(bench.host.outbox.memories) == 1


async def test_only_the_station_that_remembers_waits(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms, "CP1", "CP2")
    bench.remember("CP1", b"one", '"held"')
    bench.command("CP2", "speak", say='"free"')
    await csms.changes.until(lambda: said(csms) == ['"free"'])


async def test_an_older_acknowledgement_lets_nothing_go(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    bench.remember("CP1", b"one", '"one"')
    bench.clock.advance(HOLD_SECONDS - 0.5)
    bench.remember("CP1", b"two", '"two"')
    bench.host.memories_acked({"id-CP1": 1})
    bench.clock.advance(1.0)  # it answers, so it may take as long again
    await bench.tick()
    await round_trip(csms)
    assert said(csms) == []
    bench.host.memories_acked({"id-CP1": 2})
    await arrived(bench, csms, '"one"', '"two"')


async def test_a_gateway_that_is_away_is_waited_for_once(bench: Bench, csms: FakeCsms) -> None:
    with structlog.testing.capture_logs() as logs:
        await online(bench, csms, "CP1", "CP2")
        bench.remember("CP1", b"one", '"one"')
        bench.remember("CP2", b"one", '"two"')
        bench.clock.advance(HOLD_SECONDS - 0.2)
        await bench.tick()
        await round_trip(csms)
        assert said(csms) == []
        bench.clock.advance(0.3)
        await csms.changes.until(lambda: sorted(said(csms)) == ['"one"', '"two"'])
        bench.remember("CP1", b"two", '"at once"')
        await arrived(bench, csms, '"at once"')
    assert [each["event"] for each in logs].count("memories_not_acknowledged") == 1
    ack(bench)
    bench.remember("CP1", b"three", '"held"')
    await bench.tick()
    await round_trip(csms)
    assert said(csms)[-1] == '"at once"'
    ack(bench)
    await arrived(bench, csms, '"held"')


async def test_frames_that_waited_while_the_socket_broke_are_the_stations_to_send_again(
    bench: Bench, csms: FakeCsms
) -> None:
    await online(bench, csms)
    bench.remember("CP1", b"one", '"lost"')
    csms.sockets[CP1].transport.abort()
    await bench.state("CP1", ConnectionState.WAITING)
    ack(bench)
    bench.clock.advance(60.0)
    await bench.state("CP1", ConnectionState.ONLINE)
    bench.command("CP1", "speak", say='"next"')
    await arrived(bench, csms, '"next"')
    assert said(csms) == ['"next"']


# --- who gets which memory -----------------------------------------------------------------------


async def test_a_station_begins_with_what_the_gateway_kept(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url, memory=b"kept", memory_generation=1))
    assert bench.stations["CP1"].memory == b"kept"


async def test_the_next_generation_begins_with_the_newest(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    first = bench.stations["CP1"]
    bench.remember("CP1", b"newest")
    ack(bench)
    older = {"generation": 2, "memory": b"older", "memory_generation": 1}
    bench.host.assign(assignment(csms.ws_url, **older))
    await bench.until(lambda: bench.stations["CP1"] is not first)
    assert bench.stations["CP1"].memory == b"newest"


async def test_a_stopped_charger_remembers_until_it_is_started(
    bench: Bench, csms: FakeCsms
) -> None:
    await online(bench, csms)
    first = bench.stations["CP1"]
    bench.remember("CP1", b"newest")
    bench.host.assign(assignment(csms.ws_url, generation=2, running=False))
    await bench.state("CP1", ConnectionState.STOPPED)
    bench.host.assign(assignment(csms.ws_url, generation=3))
    await bench.until(lambda: bench.stations["CP1"] is not first)
    assert bench.stations["CP1"].memory == b"newest"


async def test_a_station_that_crashed_begins_with_its_newest(bench: Bench, csms: FakeCsms) -> None:
    await online(bench, csms)
    first = bench.stations["CP1"]
    bench.remember("CP1", b"newest", urgent=False)
    await csms.sockets[CP1].send("crash")
    await bench.until(lambda: bench.stations["CP1"] is not first)
    assert bench.stations["CP1"].memory == b"newest"


@pytest.mark.parametrize(
    ("memory_generation", "begins_with"), [(1, b"own"), (2, b"another host's")]
)
async def test_a_fenced_host_prefers_its_own_unless_another_ran_the_charger(
    bench: Bench, csms: FakeCsms, memory_generation: int, begins_with: bytes
) -> None:
    await online(bench, csms)
    bench.remember("CP1", b"own")
    bench.host.fence()
    again = {"generation": 3, "memory": b"another host's", "memory_generation": memory_generation}
    bench.host.assign(assignment(csms.ws_url, **again))
    assert bench.stations["CP1"].memory == begins_with


async def test_the_memory_is_told_with_its_generation(bench: Bench, csms: FakeCsms) -> None:
    bench.host.assign(assignment(csms.ws_url, generation=7))
    await bench.state("CP1", ConnectionState.ONLINE)
    bench.remember("CP1", b"one")
    (message,) = bench.host.outbox.memories.take()
    assert message.memories == [ChargerMemory("id-CP1", 7, 1, b"one")]
    assert not bench.host.outbox.empty
    ack(bench)
    assert len(bench.host.outbox.memories) == 0


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"a bug"])
def test_a_memory_that_cannot_be_used_stops_no_station(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = stations.ChargingStation

    def buggy(*args: Any, **given: Any) -> stations.ChargingStation:
        if given["memory"] == b"a bug":
            raise IndexError
        return real(*args, **given)

    monkeypatch.setattr(stations, "ChargingStation", buggy)
    assert stations.build(assignment("ws://127.0.0.1:9", memory=content), 1e9).link_wanted
    with pytest.raises(BadRequest):
        stations.build(assignment("ws://x", memory=content, ocpp_version="OCPP9"), 1e9)
