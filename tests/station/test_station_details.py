"""What somebody who stands before a station would see, alike in every OCPP version."""

import pytest
from bench2 import Bench2, Bench21
from bench16 import Bench, ac_station, dc_station

from voltfleet.domain.hosting import ConnectorDetails
from voltfleet.domain.specs import EvseSpec, StationSpec

EVERY_VERSION = pytest.mark.parametrize("bench_type", [Bench, Bench2, Bench21])


def look(bench: Bench, connector: int = 1) -> ConnectorDetails:
    return bench.station.details(bench.now)[connector - 1][2]


def charging(bench_type: type[Bench], spec: StationSpec | None = None) -> Bench:
    bench = bench_type(spec or ac_station()).connect()
    bench.command("start-session", id_tag="TAG")
    bench.run(5)
    assert look(bench).charging_state == "Charging"
    return bench


@EVERY_VERSION
def test_an_idle_station(bench_type: type[Bench]):
    bench = bench_type(ac_station(2)).connect()
    [(*first, one), (*second, other)] = bench.station.details(bench.now)
    told = [(s.evse_id, s.connector_id) for s in bench.statuses[:2]]
    assert [tuple(first), tuple(second)] == told
    assert one == ConnectorDetails(
        plugged=False,
        power_w=0.0,
        offered_w=None,
        energy_wh=0.0,
        meter_wh=one.meter_wh,
        soc_percent=None,
        transaction_id=None,
        id_token=None,
        charging_state=None,
    )
    assert other.meter_wh != one.meter_wh


@EVERY_VERSION
def test_a_session_from_plug_to_plug(bench_type: type[Bench]):
    bench = charging(bench_type, dc_station())
    begun = look(bench)
    assert (begun.plugged, begun.offered_w, begun.id_token) == (True, 150_000.0, "TAG")
    assert 0 < begun.power_w <= 150_000
    assert begun.transaction_id
    bench.run(60)
    later = look(bench)
    drawn = later.energy_wh - begun.energy_wh
    assert drawn == pytest.approx(begun.power_w / 60, rel=0.01)
    assert later.meter_wh - begun.meter_wh == pytest.approx(drawn, abs=1)
    assert later.soc_percent > begun.soc_percent
    assert later.transaction_id == begun.transaction_id
    bench.command("stop-session")
    stopped = look(bench)
    assert (stopped.plugged, stopped.power_w, stopped.offered_w) == (True, 0.0, 0.0)
    assert (stopped.energy_wh, stopped.meter_wh) == (0.0, later.meter_wh)
    assert (stopped.transaction_id, stopped.id_token, stopped.charging_state) == (None, None, None)
    assert stopped.soc_percent == later.soc_percent
    bench.run(10)
    gone = look(bench)
    assert (gone.plugged, gone.soc_percent, gone.offered_w) == (False, None, None)


@EVERY_VERSION
def test_between_two_messages_the_car_goes_on_charging(bench_type: type[Bench]):
    bench = charging(bench_type)
    begun, at = look(bench), bench.now
    bench.station.details(at + 10)
    (*_, later) = bench.station.details(at + 20)[0]
    assert later.energy_wh - begun.energy_wh == pytest.approx(begun.power_w / 180, abs=0.2)


@EVERY_VERSION
def test_looking_changes_nothing(bench_type: type[Bench]):
    seen, unseen = charging(bench_type), charging(bench_type)
    for _ in range(600):
        seen.run(1)
        look(seen)
    unseen.run(600)
    assert seen.log == unseen.log
    assert look(seen) == look(unseen)


@EVERY_VERSION
def test_the_car_and_the_station_suspend(bench_type: type[Bench]):
    bench = charging(bench_type)
    bench.command("ev-stops-energy")
    assert (look(bench).charging_state, look(bench).power_w) == ("SuspendedEV", 0.0)
    assert look(bench).offered_w > 0
    bench.command("ev-requests-energy")
    bench.command("power-update", power_w=0)
    assert (look(bench).charging_state, look(bench).offered_w) == ("SuspendedEVSE", 0.0)
    bench.command("power-update", power_w=3_000)
    assert (look(bench).power_w, look(bench).offered_w) == (3_000.0, 3_000.0)


@EVERY_VERSION
def test_a_token_that_waits_for_its_car_is_seen(bench_type: type[Bench]):
    bench = bench_type(ac_station()).connect()
    bench.command("start-session", id_tag="TAG")
    waiting = look(bench)
    assert (waiting.plugged, waiting.id_token, waiting.power_w) == (False, "TAG", 0.0)
    assert (waiting.energy_wh, waiting.soc_percent) == (0.0, None)


def test_a_transaction_of_16_has_no_id_before_the_central_system_gave_one():
    bench = Bench().connect()
    bench.policies["StartTransaction"] = lambda _: None
    bench.command("start-session", id_tag="TAG")
    bench.run(5)
    assert (look(bench).transaction_id, look(bench).charging_state) == (None, "Charging")


@EVERY_VERSION
def test_of_two_cables_the_one_with_the_car(bench_type: type[Bench]):
    (evse,) = ac_station().evses
    bench = bench_type(StationSpec("Acme", "Two", "1", (EvseSpec(evse.connectors * 2),))).connect()
    bench.command("plug-connector", evse_id=1, connector_id=2)
    bench.command("start-session", id_tag="TAG", evse_id=1, connector_id=2)
    bench.run(60)
    free, busy = look(bench, 1), look(bench, 2)
    assert (free.plugged, free.power_w, free.energy_wh, free.id_token) == (False, 0.0, 0.0, None)
    assert busy.plugged
    assert busy.power_w > 0
    assert busy.energy_wh > 0
    assert free.meter_wh == busy.meter_wh


@EVERY_VERSION
def test_a_meter_that_is_stuck_shows_what_it_shows(bench_type: type[Bench]):
    bench = charging(bench_type)
    bench.command("inject-fault", fault_type="MeterStuck", evse_id=1)
    stuck = look(bench)
    bench.run(60)
    assert look(bench).meter_wh == stuck.meter_wh
    assert look(bench).energy_wh > stuck.energy_wh
