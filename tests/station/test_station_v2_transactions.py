"""OCPP 2.x E01 to E14, F01 to F03: transactions, from the token to the last message."""

from itertools import pairwise
from typing import Any

import pytest
from bench2 import Bench2, booted
from bench16 import START, ac_station, dc_station

from voltfleet.station.connector import Fault
from voltfleet.station.v2.messages.transactions import StoppedReason, TriggerReason
from voltfleet.station.v2.session import Session

END_BY_HAND = ("Updated", "RemoteStop", "EVConnected")


def last(bench: Bench2) -> dict[str, Any]:
    info: dict[str, Any] = bench.events()[-1]["transactionInfo"]
    return info


def stop(bench: Bench2) -> str:
    answer = bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    return str(answer["status"])


def set_fault(bench: Bench2, fault: Fault | None) -> None:
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[0], fault)
    bench.station.tick(bench.now)
    bench.settle()


# --- the whole way -------------------------------------------------------------------------------


def test_a_whole_transaction_driven_by_the_csms():
    bench = booted()
    bench.run(60)
    assert bench.start() == {"status": "Accepted"}
    bench.run(1200)
    assert stop(bench) == "Accepted"
    bench.run(5)
    assert bench.story() == [
        ("Started", "RemoteStart", "Idle"),
        ("Updated", "CablePluggedIn", "EVConnected"),
        ("Updated", "ChargingStateChanged", "Charging"),
        ("Ended", "RemoteStop", "EVConnected"),
    ]
    assert bench.told() == ["Available", "Occupied", "Available"]
    events = bench.events()
    assert [e["seqNo"] for e in events] == list(range(len(events)))
    assert len({e["transactionInfo"]["transactionId"] for e in events}) == 1
    first, *between, ended = events
    assert first["idToken"] == {"idToken": "TAG", "type": "Central"}
    assert first["evse"] == {"id": 1}
    assert first["transactionInfo"]["remoteStartId"] == 1
    assert between[0]["evse"] == {"id": 1, "connectorId": 1}
    assert ended["transactionInfo"]["stoppedReason"] == "Remote"
    charged = 1200 - (float(bench.log[3][0]) - START - 60)
    assert abs(ended["transactionInfo"]["timeSpentCharging"] - charged) < 3
    for event in [*between[1:], ended]:
        assert "idToken" not in event
        assert "evse" not in event
        assert "remoteStartId" not in event["transactionInfo"]
    assert not any(e.get("offline") for e in events)


def test_cable_first():
    """E02: the cable starts the transaction, and the remote start joins it (F01)."""
    bench = booted()
    bench.command("plug-connector")
    assert bench.story() == [("Started", "CablePluggedIn", "EVConnected")]
    known = bench.transaction
    assert bench.start() == {"status": "Accepted", "transactionId": known}
    assert bench.story()[1:] == [
        ("Updated", "RemoteStart", "EVConnected"),
        ("Updated", "ChargingStateChanged", "Charging"),
    ]
    assert bench.events()[1]["idToken"]["idToken"] == "TAG"
    assert bench.events()[1]["transactionInfo"]["remoteStartId"] == 1


def test_a_driver_who_presents_a_token_comes_first_and_ends_it_with_the_same():
    bench = booted()
    assert bench.command("start-session", id_tag="RFID", duration_seconds=100).state == "applied"
    bench.run(120)
    assert bench.calls("Authorize") == [{"idToken": {"idToken": "RFID", "type": "ISO14443"}}]
    assert bench.story() == [
        ("Started", "Authorized", "Idle"),
        ("Updated", "CablePluggedIn", "EVConnected"),
        ("Updated", "ChargingStateChanged", "Charging"),
        ("Ended", "StopAuthorized", "EVConnected"),
    ]
    assert bench.events()[-1]["idToken"]["idToken"] == "RFID"
    assert last(bench)["stoppedReason"] == "Local"
    assert bench.told()[-1] == "Available"


def test_the_driver_comes_in_one_to_three_and_leaves_in_two_to_five_seconds():
    waits, stays = set(), set()
    for seed in range(30):
        bench = booted(seed=seed)
        bench.start()
        bench.run(100)
        stop(bench)
        stopped = bench.now
        bench.run(10)
        waits.add(bench.log[4][0] - START)
        stays.add(bench.log[-1][0] - stopped)
    assert 1 <= min(waits) < max(waits) <= 3
    assert 2 <= min(stays) < max(stays) <= 5


def test_the_same_seed_lives_the_same_life():
    lives = []
    for _ in range(2):
        bench = booted(seed=42)
        bench.charge()
        bench.run(600)
        lives.append(bench.log)
    assert lives[0] == lives[1]


def test_another_seed_or_time_makes_other_transaction_ids():
    ids = set()
    for seed in range(20):
        bench = booted(seed=seed)
        bench.charge()
        ids.add(bench.transaction)
    again = Bench2(seed=1)
    again.now = again.station._ctx.now = START + 1
    again.connect()
    again.charge()
    assert len(ids | {again.transaction}) == 21


# --- TxStartPoint and TxStopPoint ----------------------------------------------------------------

PLUG, AUTH = ("Updated", "CablePluggedIn", "EVConnected"), ("Updated", "RemoteStart", "EVConnected")
FLOW = ("Updated", "ChargingStateChanged", "Charging")


@pytest.mark.parametrize(
    ("points", "story"),
    [
        ("EVConnected", [("Started", "CablePluggedIn", "EVConnected"), AUTH, FLOW]),
        ("Authorized", [("Started", "RemoteStart", "EVConnected"), FLOW]),
        ("PowerPathClosed", [("Started", "RemoteStart", "EVConnected"), FLOW]),
        ("EnergyTransfer", [("Started", "RemoteStart", "Charging")]),
    ],
)
def test_start_points_cable_first(points, story):
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint=points)
    bench.command("plug-connector")
    bench.start()
    assert bench.story() == story


@pytest.mark.parametrize(
    ("points", "story"),
    [
        ("EVConnected", [("Started", "RemoteStart", "EVConnected"), FLOW]),
        ("Authorized", [("Started", "RemoteStart", "Idle"), PLUG, FLOW]),
        ("PowerPathClosed", [("Started", "RemoteStart", "EVConnected"), FLOW]),
        ("EnergyTransfer", [("Started", "RemoteStart", "Charging")]),
    ],
)
def test_start_points_token_first(points, story):
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint=points)
    bench.start()
    bench.run(5)
    assert bench.story() == story
    [carrier] = [e for e in bench.events() if "idToken" in e]
    assert carrier["eventType"] == "Started"
    assert carrier["transactionInfo"]["remoteStartId"] == 1


@pytest.mark.parametrize(
    ("points", "story"),
    [
        ("Authorized", [("Ended", "RemoteStop", "EVConnected")]),
        ("PowerPathClosed", [("Ended", "RemoteStop", "EVConnected")]),
        ("EnergyTransfer", [("Ended", "RemoteStop", "EVConnected")]),
        ("EVConnected", [END_BY_HAND, ("Ended", "EVCommunicationLost", "Idle")]),
    ],
)
def test_stop_points_when_the_csms_stops(points, story):
    bench = booted()
    bench.configure(TxCtrlr_TxStopPoint=points)
    bench.charge()
    assert stop(bench) == "Accepted"
    bench.run(10)
    assert bench.story()[3:] == story
    assert last(bench)["stoppedReason"] == "Remote"


@pytest.mark.parametrize(
    ("points", "ended"), [("EnergyTransfer", True), ("EVConnected,Authorized", False)]
)
def test_stop_points_when_the_car_has_enough(points, ended):
    bench = booted()
    bench.configure(TxCtrlr_TxStopPoint=points)
    bench.charge()
    bench.command("ev-stops-energy")
    if ended:
        assert bench.story()[-1] == ("Ended", "ChargingStateChanged", "EVConnected")
        assert last(bench)["stoppedReason"] == "StoppedByEV"
    else:
        assert bench.story()[-1] == ("Updated", "ChargingStateChanged", "SuspendedEV")
        bench.command("ev-requests-energy")
        assert bench.story()[-1] == FLOW


def test_a_transaction_ends_when_no_point_is_left():
    bench = booted()
    bench.configure(TxCtrlr_TxStopPoint="EnergyTransfer")
    bench.command("plug-connector")
    bench.command("unplug-connector")
    assert bench.story()[-1] == ("Ended", "EVCommunicationLost", "Idle")
    assert last(bench)["stoppedReason"] == "EVDisconnected"


def test_a_car_that_stays_after_the_end_starts_nothing_new():
    bench = booted()
    bench.command("plug-connector")
    bench.start()
    bench.run(60)
    stop(bench)
    bench.run(1000)
    assert [s[0] for s in bench.story()].count("Started") == 1
    assert bench.told()[-1] == "Occupied"
    bench.start()
    assert bench.story()[-1] == FLOW
    assert len({e["transactionInfo"]["transactionId"] for e in bench.events()}) == 2


def test_a_driver_who_starts_again_does_not_leave():
    bench = booted()
    bench.charge()
    stop(bench)
    bench.start()
    bench.run(600)
    assert bench.events()[-1]["transactionInfo"]["chargingState"] == "Charging"


# --- how it ends ---------------------------------------------------------------------------------


def test_the_cable_is_pulled_out():
    bench = booted()
    bench.charge()
    bench.command("unplug-connector")
    assert bench.story()[-1] == ("Ended", "EVCommunicationLost", "Idle")
    assert last(bench)["stoppedReason"] == "EVDisconnected"
    assert bench.told()[-1] == "Available"


def test_a_pulled_cable_may_only_suspend():
    """E10"""
    bench = booted()
    bench.configure(TxCtrlr_TxStopPoint="Authorized", TxCtrlr_StopTxOnEVSideDisconnect=False)
    bench.charge()
    bench.command("unplug-connector")
    assert bench.story()[-1] == ("Updated", "EVCommunicationLost", "Idle")
    bench.run(100)
    bench.command("plug-connector")
    assert bench.story()[-2:] == [PLUG, FLOW]
    assert stop(bench) == "Accepted"
    assert bench.story()[-1][0] == "Ended"


def test_nobody_plugs_in():
    bench = booted()
    bench.configure(TxCtrlr_EVConnectionTimeOut=1)
    bench.start()
    bench.run(100)
    timed_out = [s for s in bench.story() if s[1] == "EVConnectTimeout"]
    assert timed_out == [("Ended", "EVConnectTimeout", "Idle")]
    assert last(bench)["stoppedReason"] == "Timeout"
    assert bench.told() == ["Available"]


def test_a_full_battery_suspends_and_its_driver_ends_it():
    bench = booted(dc_station())
    bench.start()
    bench.run(6 * 3600)
    assert bench.story()[3:] == [
        ("Updated", "ChargingStateChanged", "SuspendedEV"),
        ("Ended", "StopAuthorized", "EVConnected"),
    ]
    assert last(bench)["stoppedReason"] == "Local"
    assert bench.told()[-1] == "Available"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.GROUND_FAILURE, "GroundFault"),
        (Fault.OVER_CURRENT_FAILURE, "OvercurrentFault"),
        (Fault.HIGH_TEMPERATURE, "Other"),
    ],
)
def test_a_fault_ends_it(fault, reason):
    bench = booted()
    bench.charge()
    set_fault(bench, fault)
    assert bench.story()[-1] == ("Ended", "AbnormalCondition", "EVConnected")
    assert last(bench)["stoppedReason"] == reason
    assert bench.told()[-1] == "Faulted"
    set_fault(bench, None)
    assert bench.told()[-1] == "Occupied"


def test_a_token_that_waits_finds_a_fault():
    bench = booted()
    bench.start()
    set_fault(bench, Fault.GROUND_FAILURE)
    bench.run(5)
    assert bench.story() == [
        ("Started", "RemoteStart", "Idle"),
        PLUG,
        ("Ended", "AbnormalCondition", "EVConnected"),
    ]


def test_no_power_suspends_and_power_resumes():
    bench = booted()
    bench.charge()
    bench.command("power-update", power_w=0)
    assert bench.story()[-1] == ("Updated", "ChargingStateChanged", "SuspendedEVSE")
    bench.command("power-update", power_w=5000)
    assert bench.story()[-1] == FLOW
    bench.command("power-update", power_w=4000)
    assert bench.story()[5:] == [("Updated", "ChargingRateChanged", "Charging")]


def test_a_car_without_anybodys_leave_is_ended_too():
    """F03.FR.02: the CSMS stops a transaction that only the cable has started."""
    bench = booted()
    bench.command("plug-connector")
    assert stop(bench) == "Accepted"
    assert bench.story()[-1] == ("Ended", "RemoteStop", "EVConnected")
    assert last(bench)["stoppedReason"] == "Remote"
    bench.run(100)
    assert len(bench.story()) == 2


def test_an_unknown_transaction_cannot_be_stopped():
    bench = booted()
    answer = bench.ask("RequestStopTransaction", transactionId="nonsense")
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}
    bench.charge()
    stop(bench)
    assert stop(bench) == "Rejected"


# --- the CSMS disowns the token (E05) ------------------------------------------------------------


def test_a_disowned_token_ends_it():
    bench = booted()
    bench.token_info = {"status": "Invalid"}
    bench.start()
    bench.run(10)
    assert bench.story() == [
        ("Started", "RemoteStart", "Idle"),
        ("Ended", "Deauthorized", "Idle"),
    ]
    assert last(bench)["stoppedReason"] == "DeAuthorized"
    assert bench.told() == ["Available"]


def test_a_token_of_another_evse_is_not_accepted_here():
    bench = booted(ac_station(2))
    bench.token_info = {"status": "Accepted", "evseId": [2]}
    bench.start(evseId=1)
    assert bench.story()[-1] == ("Ended", "Deauthorized", "Idle")
    bench.start(evseId=2)
    bench.run(10)
    assert bench.story()[-1] == FLOW


def test_a_disowned_token_with_a_car_there():
    bench = booted()
    bench.command("plug-connector")
    bench.token_info = {"status": "Blocked"}
    bench.start()
    assert bench.story()[-1] == ("Ended", "Deauthorized", "EVConnected")
    assert bench.station._ctx.hardware.evses[0].closed is False


def test_disowned_but_the_stop_point_is_the_cable():
    bench = booted()
    bench.configure(TxCtrlr_TxStopPoint="EVConnected")
    bench.command("plug-connector")
    bench.token_info = {"status": "Blocked"}
    bench.start()
    assert bench.story()[-1] == ("Updated", "Deauthorized", "EVConnected")
    bench.command("unplug-connector")
    assert bench.story()[-1] == ("Ended", "EVCommunicationLost", "Idle")
    assert last(bench)["stoppedReason"] == "DeAuthorized"


def test_disowned_but_it_goes_on_without_energy():
    bench = booted()
    bench.configure(TxCtrlr_StopTxOnInvalidId=False)
    bench.token_info = {"status": "NoCredit"}
    bench.start()
    bench.run(4)
    assert bench.story()[1] == (*PLUG[:2], "SuspendedEVSE")
    assert bench.station._ctx.hardware.evses[0].closed is False
    bench.run(100)
    assert stop(bench) == "Accepted"
    assert last(bench)["timeSpentCharging"] == 0


@pytest.mark.parametrize("interval", [1, 60])
def test_disowned_while_charging_the_driver_comes_to_see(interval):
    bench = booted()
    bench.configure(TxCtrlr_StopTxOnInvalidId=False, SampledDataCtrlr_TxUpdatedInterval=interval)
    bench.charge()
    disown = {"idTokenInfo": {"status": "NoCredit"}}
    bench.policies["TransactionEvent"] = lambda _: disown
    bench.run(interval + 10)
    assert ("Updated", "ChargingStateChanged", "SuspendedEVSE") in bench.story()
    assert bench.story()[-1] == ("Ended", "StopAuthorized", "EVConnected")


# --- offline (E04, E08, E11, E12) ----------------------------------------------------------------


def test_what_happens_offline_is_told_later_in_order_with_its_own_time():
    bench = booted()
    bench.charge()
    bench.disconnect()
    bench.run(200)
    bench.command("unplug-connector")
    gone = bench.now
    bench.run(300)
    before = len(bench.events())
    bench.connect()
    late = bench.events()[before:]
    assert [e["triggerReason"] for e in late] == ["MeterValuePeriodic"] * 3 + [
        "EVCommunicationLost"
    ]
    assert all(e["offline"] for e in late)
    assert [e["seqNo"] for e in bench.events()] == list(range(before + 4))
    times = [e["timestamp"] for e in bench.events()]
    assert times == sorted(times)
    assert gone - START == pytest.approx(205)
    assert late[-1]["timestamp"].startswith("2030-03-17T17:50:05")


def test_started_offline_and_disowned_once_the_csms_hears_of_it():
    """E04, C15.FR.02 and FR.04"""
    bench = booted()
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.disconnect()
    assert bench.command("start-session", id_tag="STRANGER").state == "applied"
    bench.run(30)
    bench.token_info = {"status": "Invalid"}
    bench.connect()
    started, *between, ended = bench.events()
    assert (started["eventType"], started["offline"]) == ("Started", True)
    assert started["idToken"]["idToken"] == "STRANGER"
    assert started["timestamp"].startswith("2030-03-17T17:46:40")
    assert all(e["offline"] for e in between)
    assert (ended["triggerReason"], last(bench)["stoppedReason"]) == (
        "Deauthorized",
        "DeAuthorized",
    )
    assert not ended.get("offline", False)


def test_started_and_ended_offline():
    """E04 and E08: all of it is told later, in order."""
    bench = booted()
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.disconnect()
    bench.command("start-session", id_tag="A", duration_seconds=130)
    bench.run(200)
    bench.connect()
    events = bench.events()
    assert (events[0]["eventType"], events[-1]["eventType"]) == ("Started", "Ended")
    assert [e["seqNo"] for e in events] == list(range(len(events)))
    assert all(e["offline"] for e in events)
    assert bench.command("stop-session").state == "rejected"


@pytest.mark.parametrize("spec", [ac_station(), dc_station()])
def test_the_phases_are_told_when_they_are_new(spec):
    bench = booted(spec)
    bench.charge()
    bench.run(200)
    told = [e["numberOfPhasesUsed"] for e in bench.events() if "numberOfPhasesUsed" in e]
    alternating = spec.evses[0].connectors[0].current_type == "ac"
    assert len(told) == int(alternating)
    schedule = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1500, "numberPhases": 1}],
    }
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }
    bench.ask("SetChargingProfile", evseId=1, chargingProfile=profile)
    assert bench.events()[-1].get("numberOfPhasesUsed", 1) == 1
    told = [e["numberOfPhasesUsed"] for e in bench.events() if "numberOfPhasesUsed" in e]
    assert told == ([3, 1] if alternating else [])


def test_an_event_under_way_when_the_link_is_lost_is_sent_again():
    bench = booted()
    bench.policies["TransactionEvent"] = lambda _: None
    bench.command("plug-connector")
    bench.disconnect()
    bench.policies.clear()
    bench.connect()
    first, second = bench.events()
    assert first == second


def test_events_are_repeated_and_given_up():
    """E13: three attempts, 60 and 120 s apart; the transaction goes on."""
    bench = booted()
    bench.configure(SampledDataCtrlr_TxUpdatedInterval=0)
    bench.policies["TransactionEvent"] = lambda _: "InternalError"
    bench.command("plug-connector")
    bench.run(1000)
    assert [at - START for at, a, _ in bench.log if a == "TransactionEvent"] == [0, 60, 180]
    bench.policies.clear()
    bench.command("unplug-connector")
    assert bench.events()[-1]["seqNo"] == 1


# --- what must never be --------------------------------------------------------------------------


def test_there_is_nothing_to_tell_of_a_transaction_that_is_not():
    engine = booted().station._engine
    transactions, session = engine._commands._transactions, Session(engine.ctx.hardware.evses[0])
    with pytest.raises(RuntimeError, match="no transaction is open at EVSE 1"):
        transactions._events.updated(session, TriggerReason.TRIGGER)
    with pytest.raises(RuntimeError, match="no transaction is open at EVSE 1"):
        transactions._end(session, TriggerReason.TRIGGER, StoppedReason.OTHER)


# --- GetTransactionStatus (E14) ------------------------------------------------------------------


def test_transaction_status():
    bench = booted()
    status = lambda **q: bench.ask("GetTransactionStatus", **q)  # noqa: E731
    assert status() == {"messagesInQueue": False}
    assert status(transactionId="x") == {"ongoingIndicator": False, "messagesInQueue": False}
    bench.charge()
    id_ = bench.transaction
    assert status(transactionId=id_) == {"ongoingIndicator": True, "messagesInQueue": False}
    bench.policies["TransactionEvent"] = lambda _: None
    bench.command("unplug-connector")
    assert status(transactionId=id_) == {"ongoingIndicator": False, "messagesInQueue": True}
    assert status() == {"messagesInQueue": True}
    assert status(transactionId="x")["messagesInQueue"] is False


# --- energy --------------------------------------------------------------------------------------


def test_registers_rise_as_power_says():
    bench = booted()
    bench.charge()
    bench.run(600)
    periodic = [e for e in bench.events() if e["triggerReason"] == "MeterValuePeriodic"]
    values = [
        {v["measurand"]: v["value"] for v in e["meterValue"][0]["sampledValue"]} for e in periodic
    ]
    power = values[1]["Power.Active.Import"]
    for a, b in pairwise(values[1:]):
        gained = b["Energy.Active.Import.Register"] - a["Energy.Active.Import.Register"]
        assert abs(gained - power / 60) <= 1
