"""OCPP 2.x G01, G03, G04: status and availability."""

import pytest
from bench2 import Bench2, booted
from bench16 import SOCKET, ac_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.station.connector import Fault

TWIN = StationSpec("Acme", "Twin", "1", (EvseSpec((SOCKET, SOCKET)), EvseSpec((SOCKET,))))


def change(bench: Bench2, status: str, *place: int) -> str:
    evse = {} if not place else {"evse": dict(zip(("id", "connectorId"), place, strict=False))}
    answer = bench.ask("ChangeAvailability", operationalStatus=status, **evse)
    return str(answer["status"])


def statuses(bench: Bench2) -> list[str]:
    count = len(bench.station._ctx.hardware.connectors)
    return [bench.told(n)[-1] for n in range(1, count + 1)]


def test_a_car_occupies_its_connector():
    bench = booted(TWIN)
    bench.command("plug-connector", evse_id=1, connector_id=2)
    assert statuses(bench) == ["Available", "Occupied", "Available"]
    bench.command("unplug-connector")
    assert statuses(bench) == ["Available"] * 3
    told = [(s.evse_id, s.connector_id, s.status) for s in bench.statuses]
    assert told[3:] == [(1, 2, "Occupied"), (1, 2, "Available")]


def test_a_fault_is_told_and_reported():
    bench = booted()
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[0], Fault.GROUND_FAILURE)
    bench.run(1)
    assert bench.told() == ["Available", "Faulted"]
    assert bench.statuses[-1].error_code == "GroundFailure"
    assert bench.get("Connector", "Problem", id=1, connectorId=1) == "true"
    assert bench.get("EVSE", "Problem", id=1) == "true"
    assert bench.get("ChargingStation", "Problem") == "true"
    hardware.set_fault(hardware.connectors[0], None)
    bench.run(1)
    assert bench.told()[-1] == "Available"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((), ["Unavailable"] * 3),
        ((1,), ["Unavailable", "Unavailable", "Available"]),
        ((1, 2), ["Available", "Unavailable", "Available"]),
        ((2, 1), ["Available", "Available", "Unavailable"]),
    ],
)
def test_inoperative_at_every_level(place, expected):
    bench = booted(TWIN)
    assert change(bench, "Inoperative", *place) == "Accepted"
    assert statuses(bench) == expected
    assert change(bench, "Inoperative", *place) == "Accepted"
    assert change(bench, "Operative", *place) == "Accepted"
    assert statuses(bench) == ["Available"] * 3


@pytest.mark.parametrize("place", [(3,), (0, 1), (1, 3), (-1,), (99, 99)])
def test_a_place_that_does_not_exist_is_rejected(place):
    assert change(booted(TWIN), "Inoperative", *place) == "Rejected"


def test_each_level_keeps_its_own_state():
    bench = booted(TWIN)
    change(bench, "Inoperative", 1, 1)
    change(bench, "Inoperative")
    change(bench, "Operative")
    assert statuses(bench) == ["Unavailable", "Available", "Available"]


def test_it_survives_a_reset():
    bench = booted(TWIN)
    change(bench, "Inoperative", 2)
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    assert bench.actions().count("BootNotification") == 2
    assert statuses(bench) == ["Available", "Available", "Unavailable"]


@pytest.mark.parametrize("place", [(), (1,), (1, 1)])
def test_a_transaction_is_not_interrupted(place):
    bench = booted()
    bench.charge()
    assert change(bench, "Inoperative", *place) == "Scheduled"
    bench.run(100)
    assert bench.told()[-1] == "Occupied"
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert bench.told()[-1] == "Unavailable"
    assert bench.start()["status"] == "Rejected"
    change(bench, "Operative", *place)
    assert bench.told()[-1] == "Occupied"  # the car is still there
    bench.run(10)
    assert bench.told()[-1] == "Available"


def test_only_what_has_a_transaction_is_scheduled():
    bench = booted(ac_station(2))
    bench.charge(connector=2)
    assert change(bench, "Inoperative") == "Scheduled"
    assert statuses(bench) == ["Unavailable", "Occupied"]


def test_a_scheduled_change_can_be_taken_back():
    bench = booted()
    bench.charge()
    change(bench, "Inoperative")
    assert change(bench, "Operative") == "Accepted"
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert bench.told()[-1] == "Occupied"


def test_a_car_at_an_inoperative_connector_starts_nothing():
    bench = booted()
    change(bench, "Inoperative")
    bench.command("plug-connector")
    assert bench.events() == []
    assert bench.command("start-transaction", id_tag="TAG").state == "rejected"
    assert bench.told()[-1] == "Unavailable"


def test_a_token_that_waits_finds_the_connector_inoperative():
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint="PowerPathClosed")
    bench.start()
    change(bench, "Inoperative")
    bench.run(60)
    assert bench.events() == []
    assert bench.station._ctx.hardware.evses[0].closed is False
    assert bench.station._ctx.hardware.evses[0].active is None


def test_availability_states_in_the_device_model():
    bench = booted(TWIN)
    bench.command("plug-connector", evse_id=1, connector_id=2)
    assert bench.get("ChargingStation", "AvailabilityState") == "Available"
    assert bench.get("EVSE", "AvailabilityState", id=1) == "Occupied"
    assert bench.get("Connector", "AvailabilityState", id=1, connectorId=1) == "Available"
    assert bench.get("Connector", "AvailabilityState", id=1, connectorId=2) == "Occupied"
    change(bench, "Inoperative", 2)
    assert bench.get("EVSE", "AvailabilityState", id=2) == "Unavailable"
    assert bench.get("ChargingStation", "AvailabilityState") == "Occupied"


def test_a_status_that_could_not_be_told_is_told_after_the_reconnect():
    bench = booted()
    bench.policies["StatusNotification"] = lambda _: None
    bench.command("plug-connector")
    bench.disconnect()
    bench.policies.clear()
    bench.connect()
    assert bench.told() == ["Available", "Occupied", "Occupied"]


def test_a_status_that_the_csms_does_not_like_is_not_repeated():
    bench = booted()
    bench.policies["StatusNotification"] = lambda _: "InternalError"
    bench.command("plug-connector")
    bench.run(100)
    assert bench.told() == ["Available", "Occupied"]
