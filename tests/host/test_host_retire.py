"""A station that is gone leaves nothing to a garbage collector that comes by much later, or never:
with ten thousand others to look through, it does so seldom."""

import gc

import bench2
import bench16
import pytest
from host_doubles import assignment

from voltfleet.host import stations
from voltfleet.station.context import Context
from voltfleet.station.hardware import Hardware
from voltfleet.station.outbox import OutCall

KINDS = (Context, Hardware, OutCall)


def alive() -> int:
    return sum(isinstance(one, KINDS) for one in gc.get_objects())


@pytest.mark.parametrize("version", ["OCPP1.6", "OCPP2.0.1", "OCPP2.1"])
def test_a_retired_station_is_free_at_once_even_amid_a_call(version: str) -> None:
    gc.collect()
    gc.disable()
    try:
        before = alive()
        station = stations.build(assignment("ws://x", "CP1", ocpp_version=version), 1000.0)
        station.connected(1001.0)
        assert [action for action, _ in station.outgoing()] == ["BootNotification"]
        assert alive() > before
        station.retire()
        del station
        assert alive() == before
    finally:
        gc.enable()


@pytest.mark.parametrize("bench_type", [bench16.Bench, bench2.Bench2, bench2.Bench21])
def test_a_station_that_charges_is_free_at_once_when_it_is_retired(
    bench_type: type[bench16.Bench],
) -> None:
    gc.collect()
    gc.disable()
    try:
        before = alive()
        bench = bench_type().connect()
        bench.charge()
        bench.run(100)
        assert alive() > before
        bench.station.retire()
        del bench
        assert alive() == before
    finally:
        gc.enable()


def test_a_call_under_way_is_seen_by_the_garbage_collector() -> None:
    gc.collect()
    before = alive()
    station = stations.build(assignment("ws://x", "CP1"), 1000.0)
    station.connected(1001.0)
    del station
    gc.collect()
    assert alive() == before
