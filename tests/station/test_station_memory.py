"""What every station remembers across a power cut, whatever version it speaks."""

from typing import Any
from zlib import crc32

import msgspec
import pytest
from bench2 import Bench2, Bench21
from bench16 import Bench, Doom, ac_station, dc_station
from hypothesis import given, settings
from hypothesis import strategies as st

from voltfleet.domain.hosting import Command
from voltfleet.domain.specs import OcppVersion
from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.memory import FORMAT, UNKEPT_SECONDS, WHILE_CHARGING_SECONDS
from voltfleet.station.reports import Memory, MemoryLost, Registration
from voltfleet.station.station import ChargingStation

BENCHES = [Bench, Bench2, Bench21]
all_versions = pytest.mark.parametrize("bench_type", BENCHES)


def remembers(bench: Bench) -> bool:
    return bench.memory is not None or bool(bench.unkept)


def charging(bench_type: type[Bench]) -> Bench:
    bench = bench_type(ac_station()).connect()
    bench.charge()
    return bench


def register_wh(bench: Bench) -> float:
    [evse] = bench.station._ctx.hardware.evses
    evse.advance(bench.now)
    return evse.meter.register_wh


# --- what is written, and when -------------------------------------------------------------------


@all_versions
def test_an_idle_station_writes_nothing(bench_type):
    bench = bench_type(ac_station(2))
    bench.boot["interval"] = 200
    bench.connect()
    bench.run(10_000)
    bench.disconnect()
    bench.run(1000)
    bench.connect()
    bench.run(1000)
    assert not remembers(bench)


@all_versions
def test_at_most_one_memory_per_stimulus(bench_type):
    bench = bench_type(ac_station()).connect()
    bench.station.command(Command("c", "charger", "plug-connector", {}), bench.now)
    reports = bench.station.reports()
    assert len([report for report in reports if isinstance(report, Memory)]) == 1
    assert not any(isinstance(report, Memory) for report in bench.station.reports())


@all_versions
def test_no_frame_of_a_transaction_overtakes_its_memory(bench_type):
    """The memory is urgent, is there when the frame is, and tells of it."""
    bench = charging(bench_type)
    bench.station.command(Command("c", "charger", "stop-session", {}), bench.now)
    [memory] = [report for report in bench.station.reports() if isinstance(report, Memory)]
    assert memory.urgent
    assert {"StopTransaction", "TransactionEvent"} & {a for a, _ in bench.station.outgoing()}
    bench.memory = memory.content
    bench.unkept.clear()
    bench.kill(10, keep=False)
    bench.connect()
    bench.run(5)
    told = ended(bench)
    assert told.get("reason", told.get("transactionInfo", {}).get("stoppedReason")) == "Local"


@all_versions
def test_while_energy_flows_it_remembers_every_minute(bench_type):
    bench = charging(bench_type)
    quiet = {Bench: {"MeterValueSampleInterval": 0}}
    bench.configure(**quiet.get(bench_type, {"SampledDataCtrlr_TxUpdatedInterval": 0}))
    start = register_wh(bench)
    bench.run(3600)
    before = register_wh(bench)
    assert before > start + 1000
    bench.kill(10)
    after = register_wh(bench)
    [evse] = bench.station._ctx.hardware.evses
    at_most_wh = 22_000 * (WHILE_CHARGING_SECONDS + UNKEPT_SECONDS) / 3600
    assert before - at_most_wh < after
    assert not evse.closed


# --- what is found again -------------------------------------------------------------------------


@all_versions
def test_the_hardware_is_found_as_it_was(bench_type):
    bench = bench_type(ac_station()).connect()
    hardware = bench.station._ctx.hardware
    bench.command("plug-connector")
    bench.command("power-update", power_w=3000)
    bench.command("ev-stops-energy")
    bench.command("inject-fault", fault_type="stuck_connector")
    bench.command("inject-fault", fault_type="meter_stuck")
    bench.command("inject-fault", fault_type="clock_wrong", value=77)
    bench.command("inject-fault", fault_type="GroundFailure")
    before = facts(bench)
    assert hardware.connectors[0].stuck
    assert hardware.connectors[0].fault is not None
    bench.kill(50)
    assert bench.station._ctx.hardware is not hardware
    assert facts(bench) == before


def facts(bench: Bench) -> list[Any]:
    ctx = bench.station._ctx
    [evse] = ctx.hardware.evses
    ev, connector = evse.ev, evse.connectors[0]
    assert ev is not None
    return [
        evse.meter.register_wh,
        evse.meter.stuck_wh,
        evse.limit_w,
        evse.active is connector,
        connector.cable,
        connector.fault,
        connector.stuck,
        (ev.model, ev.stored_wh, ev.wants_energy),
        ctx.clock_error,
    ]


@all_versions
def test_an_unattended_car_stays_and_a_driver_fetches_the_other(bench_type):
    bench = bench_type(ac_station()).connect()
    bench.command("plug-connector")
    bench.kill(3600)
    bench.connect()
    bench.run(100)
    assert bench.told()[-1] in {"Preparing", "Occupied"}
    driven = charging(bench_type)
    driven.kill(3600)
    driven.connect()
    driven.run(100)
    assert driven.told()[-1] == "Available"


@all_versions
def test_message_ids_are_not_used_again(bench_type):
    bench = charging(bench_type)
    first = bench.station._ctx.outbox._peer._seed
    bench.kill(1)
    assert bench.station._ctx.outbox._peer._seed != first


@all_versions
@pytest.mark.parametrize("seconds", [0.0, 3.0, 1000.0])
def test_the_power_went_soon_after_the_last_memory(bench_type, seconds):
    """Up to then the car went on charging, so nothing that was sent can be later, or more."""
    bench = charging(bench_type)
    bench.run(1000)
    before = register_wh(bench)
    last = bench.unkept[-1][0] if bench.unkept else bench.now
    assert bench.now - last <= WHILE_CHARGING_SECONDS
    bench.kill(seconds)
    bench.connect()
    bench.run(1)
    went = min(bench.now - 1, last + UNKEPT_SECONDS)
    assert ended(bench)["timestamp"] == rfc3339(went)
    assert register_wh(bench) <= before + 22_000 * UNKEPT_SECONDS / 3600


def ended(bench: Bench) -> dict[str, Any]:
    """What was told last of the end of a transaction."""
    events = [e for e in bench.calls("TransactionEvent") if e["eventType"] == "Ended"]
    return (bench.calls("StopTransaction") + events)[-1]


@all_versions
def test_another_hosts_clock_may_be_behind(bench_type):
    bench = charging(bench_type)
    bench.run(100)
    last = bench.unkept[-1][0]
    bench.kill(-500)
    bench.connect()
    bench.run(1)
    assert ended(bench)["timestamp"] == rfc3339(last)


@all_versions
def test_killed_again_before_it_could_say_anything(bench_type):
    bench = charging(bench_type)
    bench.run(100)
    for doom in (Doom.BEFORE_IT_IS_KEPT, Doom.BEFORE_THE_FRAMES, None):
        bench.kill(60)
        bench.doom = doom
    bench.connect()
    bench.run(10)
    calls = bench.calls("StopTransaction") + [
        e for e in bench.calls("TransactionEvent") if e["eventType"] == "Ended"
    ]
    assert len(calls) == 1


# --- what cannot be used -------------------------------------------------------------------------


def build(memory: bytes | None, bench: Bench, **changes: Any) -> tuple[ChargingStation, list[Any]]:
    spec = changes.get("spec", bench.spec)
    version = changes.get("version", bench.version)
    station = ChargingStation(spec, version, identity="CP-1", seed=1, now=bench.now, memory=memory)
    return station, station.reports()


def assert_fresh(station: ChargingStation, reports: list[Any], why: str) -> None:
    [lost] = [report for report in reports if isinstance(report, MemoryLost)]
    assert why in lost.why
    assert not any(isinstance(report, Memory) for report in reports)
    station.connected(station._ctx.now)
    assert [action for action, _ in station.outgoing()] == ["BootNotification"]
    assert any(isinstance(report, Registration) for report in station.reports())


MEMORIES = {bench_type: charging(bench_type) for bench_type in BENCHES}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(BENCHES), st.data())
def test_broken_bytes_are_a_fresh_start(bench_type, data):
    bench = MEMORIES[bench_type]
    content = bench.unkept[-1][1] if bench.unkept else bench.memory
    broken = data.draw(
        st.one_of(
            st.binary(max_size=40),
            st.integers(0, len(content) - 1).map(lambda n: content[:n]),
            st.tuples(st.integers(0, len(content) - 1), st.integers(1, 255)).map(
                lambda at: content[: at[0]] + bytes([content[at[0]] ^ at[1]]) + content[at[0] + 1 :]
            ),
        )
    )
    assert_fresh(*build(broken, bench), why="cannot be used")


def sealed(value: Any) -> bytes:
    body = msgspec.msgpack.encode(value)
    return crc32(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("index", "value", "why"),
    [
        (0, FORMAT + 1, "format"),
        (0, "one", "not of this release"),
        (1, "OCPP9", "OCPP9"),
        (6, ["nothing"], "not of this release"),
        (5, [], "other connectors"),
    ],
)
@all_versions
def test_a_memory_of_something_else_is_a_fresh_start(bench_type, index, value, why):
    bench = MEMORIES[bench_type]
    fields = msgspec.msgpack.decode(bench.memory[4:])
    fields[index] = value
    assert_fresh(*build(sealed(fields), bench), why=why)


def test_a_memory_of_another_station_is_a_fresh_start():
    bench = MEMORIES[Bench]
    assert_fresh(*build(bench.memory, bench, version=OcppVersion.V201), why="OCPP1.6")
    assert_fresh(*build(bench.memory, bench, spec=ac_station(2)), why="other connectors")
    _, reports = build(bench.memory, bench, spec=dc_station())
    assert not any(isinstance(report, MemoryLost) for report in reports)


@all_versions
def test_a_memory_that_comes_long_after_the_last_is_urgent(bench_type):
    """What is told with it lies beyond what a restored station counts on to."""
    bench = bench_type(ac_station()).connect()
    urgent = []
    for seconds in (0.0, 1.0, 2.0, 10.0, 4.0):
        bench.run(seconds)
        bench.station.tick(bench.now)
        bench.station._ctx.remember()
        urgent += [r.urgent for r in bench.station.reports() if isinstance(r, Memory)]
    assert urgent == [True, False, False, True, True]
