"""OCPP 2.x F01, F02, F05, F06: remote start, unlock, trigger."""

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import SOCKET, ac_station, dc_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.station.connector import Cable, Fault

FLOW = ("Updated", "ChargingStateChanged", "Charging")
TWIN = StationSpec("Acme", "Twin", "1", (EvseSpec((SOCKET, SOCKET)), EvseSpec((SOCKET,))))


def fault(bench: Bench2, fault: Fault) -> None:
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[0], fault)
    bench.run(0)


# --- F01, F02 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prepare", "request_", "reason"),
    [
        (lambda b: None, {"evseId": 0}, "UnknownEvse"),
        (lambda b: None, {"evseId": 2}, "UnknownEvse"),
        (lambda b: b.charge(), {"evseId": 1}, "TxInProgress"),
        (lambda b: b.charge(), {}, "TxInProgress"),
        (lambda b: b.start("other"), {}, "TxInProgress"),
        (
            lambda b: b.ask("ChangeAvailability", operationalStatus="Inoperative"),
            {},
            "TxInProgress",
        ),
        (lambda b: fault(b, Fault.GROUND_FAILURE), {"evseId": 1}, "TxInProgress"),
    ],
)
def test_it_is_rejected_where_nothing_can_start(prepare, request_, reason):
    bench = booted()
    prepare(bench)
    answer = bench.start("T", **request_)
    assert answer["status"] == "Rejected"
    assert answer["statusInfo"]["reasonCode"] == reason


def test_without_an_evse_the_one_with_a_car_is_chosen():
    bench = booted(ac_station(3))
    bench.command("plug-connector", evse_id=2)
    bench.start()
    assert bench.story()[-1] == FLOW
    assert bench.events()[0]["evse"] == {"id": 2, "connectorId": 1}
    bench.start()
    bench.run(5)
    assert bench.events()[-1]["transactionInfo"]["chargingState"] == "Charging"
    assert {e["evse"]["id"] for e in bench.events() if "evse" in e} == {1, 2}


def test_an_evse_with_two_connectors_charges_one_car():
    bench = booted(TWIN)
    bench.command("plug-connector", evse_id=1, connector_id=2)
    bench.start(evseId=1)
    assert bench.story()[-1] == FLOW
    assert bench.start(evseId=1)["status"] == "Rejected"
    assert bench.command("start-transaction", id_tag="T", connector_id=1).state == "rejected"


def test_a_charging_profile_is_welcome():
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1000.0}],
            }
        ],
    }
    assert booted().start(chargingProfile=profile) == {"status": "Accepted"}


def test_authorize_first_if_the_csms_wants_it():
    bench = booted()
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    assert bench.start() == {"status": "Accepted"}
    assert bench.actions()[-2:] == ["Authorize", "TransactionEvent"]
    bench.run(5)
    assert bench.story()[-1] == FLOW


@pytest.mark.parametrize("info", [{"status": "Blocked"}, {"status": "Accepted", "evseId": [7]}])
def test_a_token_that_authorize_refuses_does_not_charge(info):
    bench = booted()
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    bench.token_info = info
    assert bench.start() == {"status": "Accepted"}
    bench.run(100)
    assert bench.events() == []
    assert bench.told() == ["Available"]


def test_somebody_faster_than_the_answer_to_authorize():
    bench = booted()
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    bench.policies["Authorize"] = lambda _: None
    bench.start("SLOW")
    slow = bench.station._ctx.outbox._peer.pending
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=False)
    bench.start("FAST")
    assert slow is not None
    bench.raw(f'[3,"{slow.unique_id}",{{"idTokenInfo":{{"status":"Accepted"}}}}]')
    bench.run(5)
    assert {e["idToken"]["idToken"] for e in bench.events() if "idToken" in e} == {"FAST"}


# --- F05 -----------------------------------------------------------------------------------------


def unlock(bench: Bench2, evse_id: int = 1, connector_id: int = 1) -> str:
    answer = bench.ask("UnlockConnector", evseId=evse_id, connectorId=connector_id)
    return str(answer["status"])


def test_too_much_additional_info():
    bench = booted()
    info = [{"additionalIdToken": str(n), "type": "x"} for n in range(11)]
    for many, starts in ((info, False), (info[:10], True)):
        token = {"idToken": "A", "type": "Central", "additionalInfo": many}
        bench.ask("RequestStartTransaction", idToken=token, remoteStartId=1)
        assert bool(bench.events()) is starts
    assert bench.errors[-1][0] == "OccurrenceConstraintViolation"


def test_unlock():
    bench = booted()
    assert unlock(bench) == "Unlocked"
    assert unlock(bench, 2) == "UnknownConnector"
    assert unlock(bench, 1, 2) == "UnknownConnector"
    bench.command("plug-connector")
    assert unlock(bench) == "Unlocked"
    bench.start()
    assert unlock(bench) == "OngoingAuthorizedTransaction"
    assert bench.story()[-1] == FLOW
    fault(bench, Fault.CONNECTOR_LOCK_FAILURE)
    assert unlock(bench) == "UnlockFailed"


def test_a_fixed_cable_has_no_lock():
    answer = booted(dc_station()).ask("UnlockConnector", evseId=1, connectorId=1)
    assert answer == {"status": "UnlockFailed", "statusInfo": {"reasonCode": "FixedCable"}}


def test_a_lock_that_was_left_locked_opens():
    bench = booted()
    bench.command("plug-connector")
    connector = bench.station._ctx.hardware.connectors[0]
    connector.cable = Cable.LOCKED
    assert unlock(bench) == "Unlocked"
    assert connector.cable is Cable.PLUGGED


# --- F06 -----------------------------------------------------------------------------------------


def trigger(bench: Bench2, message: str, *place: int) -> str:
    evse = {} if not place else {"evse": dict(zip(("id", "connectorId"), place, strict=False))}
    return str(bench.ask("TriggerMessage", requestedMessage=message, **evse)["status"])


def test_the_answer_comes_before_the_message():
    bench = booted()
    bench.station.receive('[2,"t","TriggerMessage",{"requestedMessage":"Heartbeat"}]', bench.now)
    assert [action for action, _ in bench.station.outgoing()] == ["TriggerMessage", "Heartbeat"]


@pytest.mark.parametrize(
    ("message", "place", "status", "sent"),
    [
        ("Heartbeat", (), "Accepted", 1),
        ("BootNotification", (), "Rejected", 0),
        ("StatusNotification", (), "Rejected", 0),
        ("StatusNotification", (1,), "Rejected", 0),
        ("StatusNotification", (2, 1), "Accepted", 1),
        ("StatusNotification", (2, 2), "Rejected", 0),
        ("MeterValues", (), "Accepted", 2),
        ("MeterValues", (2,), "Accepted", 1),
        ("MeterValues", (3,), "Rejected", 0),
        ("TransactionEvent", (), "Rejected", 0),
        ("FirmwareStatusNotification", (), "Accepted", 1),
        ("LogStatusNotification", (), "Accepted", 1),
        ("PublishFirmwareStatusNotification", (), "NotImplemented", 0),
        ("SignV2GCertificate", (), "NotImplemented", 0),
    ],
)
def test_what_can_be_triggered(message, place, status, sent):
    bench = booted(ac_station(2))
    before = len(bench.log)
    assert trigger(bench, message, *place) == status
    assert bench.actions()[before:] == [message] * sent


def test_a_triggered_transaction_event():
    bench = booted(ac_station(2))
    bench.charge(connector=2)
    assert trigger(bench, "TransactionEvent", 1) == "Rejected"
    assert trigger(bench, "TransactionEvent", 2) == "Accepted"
    assert trigger(bench, "TransactionEvent") == "Accepted"
    event = bench.events()[-1]
    assert (event["eventType"], event["triggerReason"]) == ("Updated", "Trigger")
    assert {v["context"] for v in event["meterValue"][0]["sampledValue"]} == {"Trigger"}


def test_transaction_events_are_not_triggered_while_pending():
    bench = booted()
    bench.command("plug-connector")
    bench.boot = {"status": "Pending", "interval": 1000}
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    bench.command("unplug-connector")
    assert trigger(bench, "TransactionEvent") == "Rejected"


def test_the_triggers_of_21_are_known_there_only():
    for bench, answered in ((Bench21(), True), (Bench2(), False)):
        bench.connect()
        bench.ask(
            "TriggerMessage",
            requestedMessage="CustomTrigger",
            **({"customTrigger": "x"} if answered else {}),
        )
        if answered:
            assert bench.answers[-1] == {"status": "NotImplemented"}
        else:
            assert bench.errors[-1][0] == "PropertyConstraintViolation"
