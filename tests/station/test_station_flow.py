"""Whether a transaction gets energy is told to the host alike in every OCPP version."""

import pytest
from bench2 import Bench2, Bench21
from bench16 import Bench, ac_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.station.connector import Fault

NEITHER, CHARGING, SUSPENDED = (False, False), (True, False), (False, True)
EVERY_VERSION = pytest.mark.parametrize("bench_type", [Bench, Bench2, Bench21])


def flows(bench: Bench, connector: int = 1) -> list[tuple[bool, bool]]:
    """What was told of a connector, each change once: whether it charges, whether it is kept
    from it."""
    where = bench.station._ctx.hardware.connectors[connector - 1]
    ids = {where.id, where.number}
    told = [
        (s.charging, s.suspended)
        for s in bench.statuses
        if s.evse_id == where.evse_id and s.connector_id in ids
    ]
    return [b for a, b in zip([None, *told], told, strict=False) if a != b]


def charging(bench_type: type[Bench], connectors: int = 1) -> Bench:
    bench = bench_type(ac_station(connectors)).connect()
    bench.command("start-session", id_tag="TAG")
    bench.run(5)
    assert flows(bench) == [NEITHER, CHARGING]
    return bench


@EVERY_VERSION
def test_a_session_is_seen_from_the_first_energy_to_the_end(bench_type: type[Bench]):
    bench = charging(bench_type, connectors=2)
    bench.run(60)
    bench.command("stop-session")
    assert flows(bench) == [NEITHER, CHARGING, NEITHER]
    bench.run(10)
    assert flows(bench) == [NEITHER, CHARGING, NEITHER]
    assert flows(bench, connector=2) == [NEITHER]


@EVERY_VERSION
def test_nothing_is_told_while_nothing_changes(bench_type: type[Bench]):
    bench = charging(bench_type)
    told = len(bench.statuses)
    bench.run(900)
    assert len(bench.statuses) == told


@EVERY_VERSION
@pytest.mark.parametrize(
    ("stops", "goes_on"),
    [
        (("ev-stops-energy", {}), ("ev-requests-energy", {})),
        (("power-update", {"power_w": 0}), ("power-update", {"power_w": 11_000})),
    ],
)
def test_the_car_or_the_station_suspends(bench_type: type[Bench], stops, goes_on):
    bench = charging(bench_type)
    status = bench.statuses[-1]
    bench.command(stops[0], **stops[1])
    assert flows(bench)[-2:] == [CHARGING, SUSPENDED]
    bench.command(goes_on[0], **goes_on[1])
    assert flows(bench)[-2:] == [SUSPENDED, CHARGING]
    if bench_type is not Bench:  # 2.x has no other status for it
        assert (bench.statuses[-1].status, bench.statuses[-1].since) == ("Occupied", status.since)


@EVERY_VERSION
def test_less_power_is_no_change(bench_type: type[Bench]):
    bench = charging(bench_type)
    told = len(bench.statuses)
    bench.command("power-update", power_w=3000)
    assert len(bench.statuses) == told


@EVERY_VERSION
def test_a_full_battery_suspends(bench_type: type[Bench]):
    bench = charging(bench_type)
    bench.command("ev-stops-energy")
    bench.command("ev-requests-energy")
    bench.run(40_000)
    assert flows(bench)[-3:] == [CHARGING, SUSPENDED, NEITHER]


@EVERY_VERSION
def test_a_car_without_a_transaction_neither_charges_nor_is_suspended(bench_type: type[Bench]):
    bench = bench_type(ac_station()).connect()
    bench.command("plug-connector", connector_id=1)
    bench.run(60)
    assert flows(bench) == [NEITHER]


@EVERY_VERSION
def test_a_fault_ends_it(bench_type: type[Bench]):
    bench = charging(bench_type)
    bench.command("inject-fault", fault_type="GroundFailure", evse_id=1, connector_id=1)
    bench.run(1)
    assert bench.statuses[-1].error_code == Fault.GROUND_FAILURE
    assert flows(bench) == [NEITHER, CHARGING, NEITHER]


@EVERY_VERSION
def test_a_pulled_cable_ends_it(bench_type: type[Bench]):
    bench = charging(bench_type)
    bench.command("unplug-connector", connector_id=1)
    assert bench.statuses[-1].status == "Available"
    assert flows(bench) == [NEITHER, CHARGING, NEITHER]


@EVERY_VERSION
def test_of_two_cables_the_one_with_the_car_charges(bench_type: type[Bench]):
    (evse,) = ac_station().evses
    bench = bench_type(StationSpec("Acme", "Two", "1", (EvseSpec(evse.connectors * 2),))).connect()
    bench.command("plug-connector", evse_id=1, connector_id=2)
    bench.command("start-session", id_tag="TAG", evse_id=1, connector_id=2)
    bench.run(5)
    assert flows(bench, connector=1) == [NEITHER]
    assert flows(bench, connector=2) == [NEITHER, CHARGING]


@EVERY_VERSION
def test_a_host_that_dies_leaves_nothing_charging(bench_type: type[Bench]):
    bench = charging(bench_type)
    bench.kill(1.0)
    bench.connect()
    bench.run(20)
    assert flows(bench)[-1] == NEITHER


def test_a_transaction_that_a_reset_interrupts_is_suspended_meanwhile():
    bench = charging(Bench21)
    assert bench.ask("Reset", type="ImmediateAndResume") == {"status": "Accepted"}
    assert flows(bench)[-2:] == [CHARGING, SUSPENDED]
    bench.run(120)
    assert flows(bench)[-2:] == [SUSPENDED, CHARGING]
