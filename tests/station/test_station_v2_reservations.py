"""OCPP 2.x block H: reservations."""

from bench2 import Bench2, booted
from bench16 import CABLE, SOCKET, ac_station, dc_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.station.connector import Fault

SOON = "2030-03-17T18:00:00Z"
MIXED = StationSpec("Acme", "Mix", "1", (EvseSpec((SOCKET,)), EvseSpec((CABLE,))))


def token(text: str) -> dict[str, str]:
    return {"idToken": text, "type": "ISO14443"}


def reserve(bench: Bench2, id_: int = 1, tag: str = "TAG", **request: object) -> str:
    request = {"expiryDateTime": SOON} | request
    return str(bench.ask("ReserveNow", id=id_, idToken=token(tag), **request)["status"])


def cancel(bench: Bench2, id_: int = 1) -> str:
    return str(bench.ask("CancelReservation", reservationId=id_)["status"])


def remote(bench: Bench2, tag: str, **request: object) -> str:
    answer = bench.ask("RequestStartTransaction", idToken=token(tag), remoteStartId=1, **request)
    return str(answer["status"])


def updates(bench: Bench2) -> list[tuple[int, str]]:
    return [
        (u["reservationId"], u["reservationUpdateStatus"])
        for u in bench.calls("ReservationStatusUpdate")
    ]


def fault(bench: Bench2, number: int, what: Fault | None) -> None:
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[number - 1], what)
    bench.station.tick(bench.now)
    bench.settle()


def test_an_evse_is_kept_until_it_is_cancelled():
    bench = booted(ac_station(2))
    assert reserve(bench, evseId=2) == "Accepted"
    assert bench.told(2)[-1] == "Reserved"
    assert bench.told(1) == ["Available"]
    assert cancel(bench, 7) == "Rejected"
    assert cancel(bench) == "Accepted"
    assert bench.told(2)[-1] == "Available"
    assert cancel(bench) == "Rejected"
    assert updates(bench) == []


def test_it_expires():
    bench = booted()
    reserve(bench, 5, evseId=1)
    bench.run(799)
    assert bench.told()[-1] == "Reserved"
    bench.run(2)
    assert bench.told()[-1] == "Available"
    assert updates(bench) == [(5, "Expired")]


def test_the_right_token_uses_it():
    bench = booted()
    reserve(bench, 5, evseId=1)
    assert remote(bench, "tag", evseId=1) == "Accepted"
    bench.run(10)
    told = [e.get("reservationId") for e in bench.events()]
    assert told == [5] + [None] * (len(told) - 1)
    assert bench.told() == ["Available", "Reserved", "Available", "Occupied"]
    bench.run(3000)
    assert updates(bench) == []
    assert cancel(bench, 5) == "Rejected"


def test_the_wrong_token_is_refused():
    bench = booted()
    reserve(bench, evseId=1)
    assert remote(bench, "OTHER", evseId=1) == "Rejected"
    assert bench.answers[-1]["statusInfo"]["reasonCode"] == "Reserved"
    outcome = bench.command("start-session", id_tag="OTHER")
    assert (outcome.state, outcome.reason) == (
        "rejected",
        "connector 1 is reserved for another token",
    )
    assert bench.command("start-session", id_tag="TAG").state != "rejected"


def test_a_car_alone_does_not_use_it():
    bench = booted()
    reserve(bench, 5, evseId=1)
    bench.command("plug-connector")
    assert bench.told()[-1] == "Occupied"
    assert "reservationId" not in bench.events()[-1]
    assert bench.command("start-transaction", id_tag="OTHER").state == "rejected"
    assert bench.command("start-transaction", id_tag="TAG").state == "applied"
    assert [e["reservationId"] for e in bench.events() if "reservationId" in e] == [5]


def test_a_token_of_the_group_uses_it():
    bench = booted()
    reserve(bench, 5, evseId=1, groupIdToken=token("FLEET"))
    bench.token_info = {"status": "Accepted", "groupIdToken": token("FLEET")}
    assert bench.command("start-session", id_tag="OTHER").state == "applied"
    assert bench.events()[0]["reservationId"] == 5


def test_a_group_named_in_a_remote_start_counts():
    bench = booted()
    reserve(bench, 5, evseId=1, groupIdToken=token("FLEET"))
    assert remote(bench, "OTHER", evseId=1, groupIdToken=token("ELSE")) == "Rejected"
    assert remote(bench, "OTHER", evseId=1, groupIdToken=token("fleet")) == "Accepted"


def test_a_token_without_a_place_goes_where_it_is_awaited():
    bench = booted(ac_station(3))
    reserve(bench, 1, "TAG", evseId=3)
    reserve(bench, 2, "OTHER", evseId=1)
    assert remote(bench, "ELSE") == "Accepted"
    assert remote(bench, "TAG") == "Accepted"
    bench.run(10)
    assert {e["evse"]["id"] for e in bench.events() if "evse" in e} == {2, 3}


def test_any_evse():
    """H01.FR.24: the last ones that could serve it are Reserved."""
    bench = booted(ac_station(2))
    assert reserve(bench, 1) == "Accepted"
    assert bench.told(1) == bench.told(2) == ["Available"]
    assert remote(bench, "OTHER") == "Accepted"
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Available", "Reserved")
    assert remote(bench, "ELSE") == "Rejected"
    assert reserve(bench, 2) == "Occupied"
    assert remote(bench, "TAG") == "Accepted"
    bench.run(10)
    assert [e["reservationId"] for e in bench.events() if "reservationId" in e] == [1]
    assert bench.told(2)[-1] == "Occupied"


def test_as_many_as_there_are_evses():
    bench = booted(ac_station(2))
    assert [reserve(bench, n, f"T{n}") for n in (1, 2, 3)] == ["Accepted", "Accepted", "Occupied"]
    assert bench.told(1)[-1] == bench.told(2)[-1] == "Reserved"
    assert remote(bench, "T2") == "Accepted"
    assert remote(bench, "X") == "Rejected"
    cancel(bench, 1)
    assert bench.told(2)[-1] == "Available"


def test_a_type_of_connector():
    bench = booted(MIXED)
    assert reserve(bench, 1, connectorType="cG105") == "Rejected"
    assert bench.answers[-1]["statusInfo"]["reasonCode"] == "UnknownConnectorType"
    assert reserve(bench, 1, connectorType="cCCS2") == "Accepted"
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Available", "Reserved")
    assert reserve(bench, 2, "X", connectorType="sType2") == "Accepted"
    assert bench.told(1)[-1] == "Reserved"
    assert reserve(bench, 3, "Y", connectorType="Unknown") == "Occupied"
    assert reserve(bench, 4, evseId=1, connectorType="cCCS2") == "Rejected"


def test_the_same_id_is_replaced():
    bench = booted(ac_station(2))
    reserve(bench, 1, "A", evseId=1)
    assert reserve(bench, 1, "B", evseId=2) == "Accepted"
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Available", "Reserved")
    assert reserve(bench, 1, "B", evseId=2, expiryDateTime="2030-03-17T17:50:00Z") == "Accepted"
    bench.run(250)
    assert updates(bench) == [(1, "Expired")]


def test_what_cannot_be_kept():
    bench = booted(ac_station(2))
    assert reserve(bench, evseId=9) == "Rejected"
    assert reserve(bench, evseId=1, expiryDateTime="2030-03-17T17:00:00Z") == "Rejected"
    bench.command("plug-connector", connector_id=1)
    assert reserve(bench, evseId=1) == "Occupied"
    bench.ask("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 2})
    assert reserve(bench, evseId=2) == "Unavailable"
    fault(bench, 2, Fault.GROUND_FAILURE)
    assert reserve(bench, evseId=2) == "Faulted"
    assert reserve(bench) == "Occupied"
    bench.configure(ReservationCtrlr_Enabled=False)
    assert reserve(bench, evseId=2) == "Rejected"


def test_no_time_is_an_error():
    bench = booted()
    bench.ask("ReserveNow", id=1, idToken=token("TAG"), expiryDateTime="tomorrow")
    assert bench.errors[-1][0] == "TypeConstraintViolation"
    assert bench.errors[-1][2]["field"] == "expiryDateTime"


def test_broken_or_out_of_service_it_is_removed():
    bench = booted(ac_station(2))
    reserve(bench, 1, "A", evseId=1)
    reserve(bench, 2, "B")
    fault(bench, 1, Fault.GROUND_FAILURE)
    assert updates(bench) == [(1, "Removed")]
    bench.ask("ChangeAvailability", operationalStatus="Inoperative")
    assert updates(bench) == [(1, "Removed"), (2, "Removed")]
    bench.ask("ChangeAvailability", operationalStatus="Operative")
    assert bench.told(2)[-1] == "Available"
    bench.run(3000)
    assert len(updates(bench)) == 2


def test_it_survives_a_reset():
    bench = booted(dc_station())
    reserve(bench, 1, evseId=1)
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    assert bench.told()[-1] == "Reserved"
    assert updates(bench) == []
    bench.run(3000)
    assert updates(bench) == [(1, "Expired")]
