"""OCPP 1.6 §5.2, §5.13: reservations, and whom they keep out."""

from typing import Any

import pytest
from bench16 import START, Bench, ac_station, booted

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.connector import Fault


def reserve(bench: Bench, connector: int = 1, **fields: Any) -> str:
    request = {
        "connectorId": connector,
        "expiryDate": rfc3339(START + fields.pop("until", 600)),
        "idTag": "HOLDER",
        "reservationId": 7,
        **fields,
    }
    return str(bench.ask("ReserveNow", **request)["status"])


def cancel(bench: Bench, number: int = 7) -> str:
    return str(bench.ask("CancelReservation", reservationId=number)["status"])


def remote_start(bench: Bench, tag: str, **fields: Any) -> str:
    return str(bench.ask("RemoteStartTransaction", idTag=tag, **fields)["status"])


def test_a_reservation_is_used_by_its_token():
    bench = booted()
    assert reserve(bench) == "Accepted"
    assert bench.told() == ["Available", "Reserved"]
    assert remote_start(bench, "holder") == "Accepted"
    bench.run(5)
    assert bench.told() == ["Available", "Reserved", "Preparing", "Charging"]
    [start] = bench.calls("StartTransaction")
    assert start["reservationId"] == 7
    assert cancel(bench) == "Rejected"
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(10)
    assert bench.told()[-1] == "Available"


@pytest.mark.parametrize("where", [{}, {"connectorId": 1}])
def test_another_token_is_refused(where):
    bench = booted()
    reserve(bench)
    assert remote_start(bench, "STRANGER", **where) == "Rejected"
    place = {"connector_id": where["connectorId"]} if where else {}
    outcome = bench.command("start-session", id_tag="STRANGER", **place)
    assert outcome is not None
    assert outcome.state == "rejected"
    bench.command("plug-connector")
    assert bench.told()[-1] == "Reserved"
    outcome = bench.command("start-transaction", id_tag="STRANGER")
    assert outcome is not None
    assert "kept for another token" in (outcome.reason or "")
    assert bench.calls("Authorize") == []
    bench.command("start-transaction", id_tag="HOLDER")
    assert bench.told()[-1] == "Charging"


def test_its_time_is_up():
    bench = booted()
    reserve(bench, until=60)
    bench.run(59)
    assert bench.told()[-1] == "Reserved"
    bench.run(2)
    assert bench.told()[-1] == "Available"
    assert remote_start(bench, "STRANGER") == "Accepted"


def test_cancelled():
    bench = booted()
    reserve(bench)
    assert cancel(bench, 8) == "Rejected"
    assert cancel(bench) == "Accepted"
    assert bench.told()[-1] == "Available"
    assert cancel(bench) == "Rejected"


def test_the_holder_who_does_not_come_in_time_keeps_the_reservation():
    bench = booted()
    bench.configure(ConnectionTimeOut=1)
    bench.station._ctx.rng._state = 3  # a driver who takes longer than a second
    reserve(bench)
    assert remote_start(bench, "HOLDER") == "Accepted"
    bench.run(30)
    assert bench.told() == ["Available", "Reserved", "Preparing", "Available", "Reserved"]


@pytest.mark.parametrize(
    ("parent", "starts"), [("GROUP", True), ("group", True), ("OTHER", False), (None, False)]
)
def test_a_token_of_the_same_group_may_use_it(parent, starts):
    bench = booted()
    info = {"status": "Accepted"} | ({} if parent is None else {"parentIdTag": parent})
    bench.policies["Authorize"] = lambda _: {"idTagInfo": info}
    reserve(bench, parentIdTag="GROUP")
    assert remote_start(bench, "FRIEND") == "Accepted"
    assert bench.calls("Authorize") == [{"idTag": "FRIEND"}]
    bench.run(10)
    assert (bench.told()[-1] == "Charging") is starts
    if starts:
        assert bench.calls("StartTransaction")[0]["reservationId"] == 7


def test_the_local_list_knows_the_group():
    bench = booted()
    info = {"status": "Accepted", "parentIdTag": "GROUP"}
    entry = {"idTag": "FRIEND", "idTagInfo": info}
    bench.ask("SendLocalList", listVersion=1, updateType="Full", localAuthorizationList=[entry])
    reserve(bench, parentIdTag="GROUP")
    assert remote_start(bench, "FRIEND") == "Accepted"
    assert bench.calls("Authorize") == []


def test_a_user_command_of_the_wrong_group_hears_why():
    bench = booted()
    reserve(bench, parentIdTag="GROUP")
    outcome = bench.command("start-session", id_tag="STRANGER")
    assert outcome is not None
    assert outcome.reason == "connector 1 is kept for another token"


@pytest.mark.parametrize(
    ("prepare", "status"),
    [
        (lambda b: b.charge(), "Occupied"),
        (lambda b: b.command("plug-connector"), "Occupied"),
        (lambda b: reserve(b, reservationId=1), "Occupied"),
        (lambda b: b.ask("ChangeAvailability", connectorId=1, type="Inoperative"), "Unavailable"),
        (lambda b: b.ask("ChangeAvailability", connectorId=0, type="Inoperative"), "Unavailable"),
        (lambda b: break_(b, Fault.GROUND_FAILURE), "Faulted"),
        (lambda b: None, "Accepted"),
    ],
)
def test_what_the_connector_is_decides(prepare, status):
    for connector in (1, 0):
        bench = booted()
        prepare(bench)
        assert reserve(bench, connector) == status


def break_(bench: Bench, fault: Fault | None) -> None:
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[0], fault)


@pytest.mark.parametrize("fields", [{"connector": 9}, {"connector": -1}, {"until": -5}])
def test_what_cannot_be_is_rejected(fields):
    assert reserve(booted(), **fields) == "Rejected"


def test_an_expiry_that_is_no_time():
    bench = booted()
    request = {"connectorId": 1, "expiryDate": "soon", "idTag": "T", "reservationId": 1}
    bench.send("ReserveNow", request)
    assert bench.errors[-1][0] == "TypeConstraintViolation"


def test_the_same_id_again_replaces_it():
    bench = booted(ac_station(2))
    reserve(bench, 1)
    assert reserve(bench, 2, idTag="OTHER") == "Accepted"
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Available", "Reserved")
    assert reserve(bench, 2, idTag="THIRD") == "Accepted"
    assert remote_start(bench, "OTHER", connectorId=2) == "Rejected"
    assert remote_start(bench, "THIRD") == "Accepted"


@pytest.mark.parametrize(
    "end",
    [
        lambda b: b.ask("ChangeAvailability", connectorId=1, type="Inoperative"),
        lambda b: break_(b, Fault.GROUND_FAILURE),
    ],
)
def test_it_ends_with_a_fault_or_unavailability(end):
    bench = booted()
    reserve(bench)
    end(bench)
    bench.ask("ChangeAvailability", connectorId=1, type="Operative")
    break_(bench, None)
    bench.run(1)
    assert bench.told()[-1] == "Available"
    assert cancel(bench) == "Rejected"


def test_any_connector():
    bench = booted(ac_station(2))
    assert reserve(bench, 0) == "Accepted"
    assert bench.told(1) == bench.told(2) == ["Available"]
    assert remote_start(bench, "STRANGER") == "Accepted"  # one is left
    bench.run(5)
    assert remote_start(bench, "STRANGER-2") == "Rejected"
    assert remote_start(bench, "HOLDER") == "Accepted"
    bench.run(5)
    assert [s.get("reservationId") for s in bench.calls("StartTransaction")] == [None, 7]
    assert cancel(bench) == "Rejected"


def test_any_connector_once():
    bench = booted(ac_station(2))
    reserve(bench, 0)
    assert reserve(bench, 0, reservationId=8) == "Occupied"
    bench.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert cancel(bench) == "Rejected"


def test_the_other_cable_of_a_reserved_evse_is_kept_too():
    socket = ac_station().evses[0].connectors[0]
    bench = booted(StationSpec("Acme", "Twin", "1", (EvseSpec((socket, socket)),)))
    reserve(bench, 1)
    assert remote_start(bench, "STRANGER", connectorId=2) == "Rejected"
    assert remote_start(bench, "HOLDER", connectorId=1) == "Accepted"


def test_it_survives_a_reset_and_still_ends_in_time():
    bench = booted()
    reserve(bench, until=60)
    bench.ask("Reset", type="Hard")
    bench.run(20)
    assert bench.told()[-1] == "Reserved"
    bench.run(60)
    assert bench.told()[-1] == "Available"


def test_not_while_pending():
    bench = Bench()
    bench.boot = {"status": "Pending", "interval": 50}
    bench.connect()
    assert reserve(bench) == "Rejected"
