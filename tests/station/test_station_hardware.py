"""Connectors, EVSEs, meters: the table, the events, the energy."""

from itertools import product
from math import inf

import pytest
from bench16 import CABLE, SOCKET, ac_station, dc_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.station.connector import (
    CABLE_TABLE,
    Cable,
    CableEvent,
    Connector,
    Fault,
    HardwareRefusal,
)
from voltfleet.station.ev import CARS, Ev
from voltfleet.station.hardware import Hardware, HardwareEvent
from voltfleet.station.rng import Rng
from voltfleet.station.timers import Timers


class Rig:
    """Hardware with a listener that writes everything down."""

    def __init__(self, spec: StationSpec) -> None:
        self.timers = Timers()
        self.hardware = Hardware(spec, rng=Rng(1), timers=self.timers, now=0.0)
        self.events: list[HardwareEvent] = []
        self.hardware.listener = lambda event, _evse, _connector: self.events.append(event)
        self.evse = self.hardware.evses[0]
        self.connector = self.hardware.connectors[0]

    def plug(self, soc: float = 0.5, now: float = 0.0) -> Ev:
        model = CARS[1]
        ev = Ev(model, self.connector.spec.current_type, model.capacity_wh * soc)
        self.hardware.plug_in(self.connector, now, ev)
        return ev

    def charge(self, now: float = 0.0) -> None:
        self.hardware.set_contactor(self.evse, closed=True, now=now)

    def run(self, until: float) -> None:
        while self.timers.fire_next(until):
            pass


@pytest.mark.parametrize(("state", "event"), list(product(Cable, CableEvent)))
def test_the_cable_follows_its_table(state, event):
    connector = Connector(SOCKET, number=1, evse_id=1, id_=1)
    connector.cable = state
    target = CABLE_TABLE.get((state, event))
    if target is None:
        with pytest.raises(HardwareRefusal, match="connector 1 is"):
            connector.feed(event)
        assert connector.cable is state
    else:
        connector.feed(event)
        assert connector.cable is target


def test_connectors_are_numbered_through_the_station_and_within_the_evse():
    spec = StationSpec("A", "B", "1", (EvseSpec((SOCKET, CABLE)), EvseSpec((SOCKET,))))
    hardware = Rig(spec).hardware
    numbers = [(c.number, c.evse_id, c.id) for c in hardware.connectors]
    assert numbers == [(1, 1, 1), (2, 1, 2), (3, 2, 1)]
    assert hardware.find(3) is hardware.find_in_evse(2, 1)
    assert hardware.find(0) is hardware.find(4) is None
    assert hardware.find_in_evse(0, 1) is hardware.find_in_evse(1, 3) is None


def test_one_car_at_a_time_per_evse():
    rig = Rig(StationSpec("A", "B", "1", (EvseSpec((SOCKET, CABLE)),)))
    rig.plug()
    with pytest.raises(HardwareRefusal, match="a car is plugged into connector 1"):
        rig.hardware.plug_in(rig.hardware.connectors[1], 1.0)


def test_the_meter_counts_only_while_energy_may_flow():
    rig = Rig(ac_station())
    start = rig.evse.reading(0.0).energy_wh
    rig.plug()
    assert rig.evse.reading(600).energy_wh == start
    rig.charge(600)
    reading = rig.evse.reading(600 + 1800)
    assert reading.energy_wh == start + 11_000
    assert reading.power_w == 22_000
    assert reading.voltage_v * reading.current_a * reading.phases == pytest.approx(22_000)
    rig.hardware.set_contactor(rig.evse, closed=False, now=2400)
    assert rig.evse.reading(9999).energy_wh == start + 11_000
    assert rig.evse.reading(9999).power_w == 0


def test_a_limit_is_what_the_car_gets():
    rig = Rig(ac_station())
    rig.plug()
    rig.charge()
    rig.hardware.set_limit(rig.evse, 4_000.0, 1800)
    assert rig.evse.power_w() == 4_000
    before = rig.evse.meter.register_wh
    rig.evse.advance(1800 + 3600)
    assert rig.evse.meter.register_wh - before == pytest.approx(4_000)
    assert rig.events == [HardwareEvent.PLUGGED_IN, HardwareEvent.OFFER_CHANGED]


def test_a_single_phase_car_gets_a_single_phase():
    rig = Rig(ac_station())
    model = CARS[0]
    rig.hardware.plug_in(rig.connector, 0, Ev(model, SOCKET.current_type, 1000))
    rig.charge()
    reading = rig.evse.reading(1)
    assert (reading.phases, reading.power_w, reading.current_a) == (1, 7360, 32)


def test_a_full_battery_is_told_at_the_moment_it_is_full():
    rig = Rig(dc_station())
    ev = rig.plug(0.9)
    rig.charge()
    due = rig.timers.next_at()
    assert due is not None
    rig.run(due - 1)
    assert not ev.full
    rig.run(due)
    assert ev.full
    assert rig.events[-1] is HardwareEvent.EV_HAS_ENOUGH
    assert rig.timers.next_at() is None
    assert rig.evse.power_w() == 0


def test_an_energy_target_is_told_when_the_register_stands_there():
    rig = Rig(ac_station())
    rig.plug()
    rig.charge()
    target = rig.evse.meter.register_wh + 5_500
    rig.hardware.watch_energy(rig.evse, target, 0.0)
    assert rig.timers.next_at() == pytest.approx(900)
    rig.hardware.set_limit(rig.evse, 11_000.0, 450)
    assert rig.timers.next_at() == pytest.approx(1350)
    rig.run(1350)
    assert rig.events[-1] is HardwareEvent.ENERGY_REACHED
    assert rig.evse.meter.register_wh == pytest.approx(target)


def test_the_cars_wish_starts_and_stops_the_flow():
    rig = Rig(ac_station())
    rig.plug()
    rig.charge()
    rig.hardware.ev_wish(rig.evse, wants_energy=False, now=10)
    assert rig.evse.power_w() == 0
    rig.hardware.ev_wish(rig.evse, wants_energy=False, now=11)
    rig.hardware.ev_wish(rig.evse, wants_energy=True, now=20)
    assert rig.evse.power_w() == 22_000
    told = [HardwareEvent.EV_HAS_ENOUGH, HardwareEvent.EV_WANTS_ENERGY]
    assert rig.events == [HardwareEvent.PLUGGED_IN, *told]


def test_the_car_cannot_wish_when_absent_or_full():
    rig = Rig(ac_station())
    with pytest.raises(HardwareRefusal, match="there is no car"):
        rig.hardware.ev_wish(rig.evse, wants_energy=True, now=0)
    rig.plug(1.0)
    with pytest.raises(HardwareRefusal, match="is full"):
        rig.hardware.ev_wish(rig.evse, wants_energy=True, now=0)


def test_no_contactor_without_a_car():
    rig = Rig(ac_station())
    with pytest.raises(HardwareRefusal, match="there is no car"):
        rig.charge()
    rig.plug()
    rig.charge()
    assert rig.connector.cable is Cable.LOCKED
    rig.charge()


def test_pulling_out_stops_everything():
    rig = Rig(ac_station())
    rig.plug()
    rig.charge()
    rig.hardware.pull_out(rig.connector, 100)
    assert rig.evse.ev is None
    assert not rig.evse.closed
    assert rig.timers.next_at() is None
    with pytest.raises(HardwareRefusal):
        rig.hardware.pull_out(rig.connector, 101)


def test_faults_come_and_go_once():
    rig = Rig(ac_station())
    for fault in (Fault.GROUND_FAILURE, Fault.GROUND_FAILURE, None, None):
        rig.hardware.set_fault(rig.connector, fault)
    assert rig.events == [HardwareEvent.FAULTED, HardwareEvent.FAULT_CLEARED]


def test_the_offer_is_nothing_without_a_limit_above_nothing():
    rig = Rig(ac_station())
    rig.plug()
    rig.charge()
    rig.hardware.set_limit(rig.evse, 0.0, 1)
    assert rig.evse.offered_w() == 0
    rig.hardware.set_limit(rig.evse, inf, 2)
    assert rig.evse.offered_w() == 22_000
