"""OCPP 2.x N07: what NotifyEvent tells of faults, and what becomes of events while offline."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import ac_station

from voltfleet.domain import faults
from voltfleet.station.connector import Fault

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


def events(bench: Bench2) -> list[dict[str, Any]]:
    return [event for call in bench.calls("NotifyEvent") for event in call["eventData"]]


def short(bench: Bench2) -> list[tuple[Any, ...]]:
    """What each event tells: code, or monitor; value; whether it is over."""
    return [
        (
            e.get("techCode", e.get("variableMonitoringId")),
            e["actualValue"],
            e.get("cleared", False),
        )
        for e in events(bench)
    ]


def break_(bench: Bench2, fault: Fault | None, connector: int = 1) -> None:
    """A fault appears, or goes away, at the hands of a user."""
    kind = "clear-fault" if fault is None else "inject-fault"
    more = {} if fault is None else {"fault_type": fault.value}
    outcome = bench.command(kind, connector_id=connector, **more)
    assert outcome is not None
    assert outcome.state == "applied"


def periodic(bench: Bench2, seconds: float = 60, severity: int = 5) -> int:
    data = {**POWER, "type": "Periodic", "value": seconds, "severity": severity}
    [result] = bench.ask("SetVariableMonitoring", setMonitoringData=[data])["setMonitoringResult"]
    return int(result["id"])


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(faults.ERROR_CODES - {"HighTemperature"}))
def test_a_fault_is_told_with_its_code_and_so_is_its_end(code: str):
    bench = booted(ac_station(2))
    break_(bench, Fault(code), 2)
    [event] = events(bench)
    assert bench.told(2)[-1] == "Faulted"
    assert event == {
        "eventId": 1,
        "timestamp": event["timestamp"],
        "trigger": "Alerting",
        "actualValue": "true",
        "techCode": code,
        "techInfo": faults.FAULTS[faults.FaultType(code)].summary,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    assert bench.get("Connector", "Problem", id=2, connectorId=1) == "true"
    break_(bench, None, 2)
    assert short(bench)[1:] == [(code, "false", True)]
    assert bench.told(2)[-1] == "Available"


def test_heat_is_seen_by_the_monitors_of_the_factory_too():
    bench = booted()
    break_(bench, Fault.HIGH_TEMPERATURE)
    assert short(bench) == [
        ("HighTemperature", "true", False),
        (1, "95.0", False),
        (2, "95.0", False),
    ]
    assert [e["eventNotificationType"] for e in events(bench)] == [
        "HardWiredNotification",
        "HardWiredMonitor",
        "PreconfiguredMonitor",
    ]
    [call] = bench.calls("NotifyEvent")
    assert call["seqNo"] == 0
    break_(bench, None)
    assert short(bench)[3:] == [
        ("HighTemperature", "false", True),
        (1, "25.0", True),
        (2, "25.0", True),
    ]
    assert [e["eventId"] for e in events(bench)] == [1, 2, 3, 4, 5, 6]
    assert bench.station._ctx.on_settled is None


def test_one_fault_after_the_other():
    bench = booted()
    break_(bench, Fault.GROUND_FAILURE)
    break_(bench, Fault.GROUND_FAILURE)
    break_(bench, Fault.OVER_VOLTAGE)
    assert short(bench) == [
        ("GroundFailure", "true", False),
        ("GroundFailure", "false", True),
        ("OverVoltage", "true", False),
    ]


def test_the_transaction_that_a_fault_ends_is_named():
    bench = booted()
    bench.charge()
    break_(bench, Fault.GROUND_FAILURE)
    [event] = events(bench)
    assert event["transactionId"] == bench.transaction
    assert bench.events()[-1]["eventType"] == "Ended"


def test_21_tells_the_severity():
    bench = Bench21(ac_station())
    bench.connect()
    break_(bench, Fault.WEAK_SIGNAL)
    break_(bench, Fault.GROUND_FAILURE)
    assert [e["severity"] for e in events(bench)] == [6, 6, 1]


def test_the_level_mutes_faults_and_what_still_holds_is_told_later():
    bench = booted()
    bench.ask("SetMonitoringLevel", severity=1)
    break_(bench, Fault.WEAK_SIGNAL)
    break_(bench, None)
    break_(bench, Fault.READER_FAILURE)
    assert events(bench) == []
    assert bench.told()[-1] == "Faulted"
    bench.ask("SetMonitoringLevel", severity=9)
    assert short(bench) == [("ReaderFailure", "true", False)]


def test_a_station_in_order_says_nothing():
    bench = booted()
    bench.charge()
    bench.run(3600)
    bench.command("unplug-connector")
    assert events(bench) == []
    assert bench.station._ctx.on_settled is None


# --- offline -------------------------------------------------------------------------------------


def test_grave_events_wait_for_the_csms_and_others_are_dropped():
    bench = booted()
    bench.configure(MonitoringCtrlr_OfflineQueuingSeverity=4)
    grave, light = periodic(bench, 60, 4), periodic(bench, 60, 5)
    bench.disconnect()
    bench.run(130)
    break_(bench, Fault.GROUND_FAILURE)
    break_(bench, None)
    bench.connect()
    told = [(grave, "0.0", False)] * 2
    assert short(bench) == [
        *told,
        ("GroundFailure", "true", False),
        ("GroundFailure", "false", True),
    ]
    assert events(bench)[0]["timestamp"] < events(bench)[-1]["timestamp"]
    bench.run(60)
    assert short(bench)[4:] == [(grave, "0.0", False), (light, "0.0", False)]


def test_what_is_not_kept_is_looked_at_again_online():
    bench = booted()
    bench.configure(MonitoringCtrlr_OfflineQueuingSeverity=0)
    bench.disconnect()
    break_(bench, Fault.GROUND_FAILURE)
    break_(bench, Fault.OVER_VOLTAGE)
    bench.connect()
    assert short(bench) == [("OverVoltage", "true", False)]
    bench.disconnect()
    break_(bench, None)
    break_(bench, Fault.OVER_VOLTAGE)
    bench.connect()
    assert len(short(bench)) == 1


def test_an_event_without_an_answer_is_told_again_after_the_link_was_lost():
    bench = booted()
    bench.policies["NotifyEvent"] = lambda _: None
    break_(bench, Fault.GROUND_FAILURE)
    break_(bench, None)
    assert short(bench) == [("GroundFailure", "true", False)]
    bench.disconnect()
    del bench.policies["NotifyEvent"]
    bench.connect()
    told = events(bench)[1:]
    assert [(e["eventId"], e.get("cleared", False)) for e in told] == [(1, False), (2, True)]


def test_an_event_that_would_not_be_kept_offline_is_not_told_again():
    bench = booted()
    light = periodic(bench, 60, 6)
    bench.policies["NotifyEvent"] = lambda _: None
    bench.run(61)
    assert short(bench) == [(light, "0.0", False)]
    bench.disconnect()
    del bench.policies["NotifyEvent"]
    bench.connect()
    assert len(short(bench)) == 1


def test_many_events_go_in_pages_and_the_oldest_are_dropped():
    bench = booted()
    periodic(bench, 60)
    bench.disconnect()
    bench.run(60 * 501 + 1)
    bench.connect()
    calls = bench.calls("NotifyEvent")
    assert [c["seqNo"] for c in calls] == list(range(25))
    assert [c.get("tbc", False) for c in calls] == [True] * 24 + [False]
    assert [e["eventId"] for e in events(bench)] == list(range(2, 502))


def test_a_fault_of_before_the_reset_is_told_once_and_its_end_after_it():
    bench = booted()
    break_(bench, Fault.GROUND_FAILURE)
    bench.ask("Reset", type="Immediate")
    bench.run(30)
    assert len(short(bench)) == 1
    break_(bench, None)
    assert short(bench)[1:] == [("GroundFailure", "false", True)]


def test_nothing_is_told_before_the_csms_has_accepted_the_station():
    bench = Bench2(ac_station())
    bench.boot = {"status": "Pending", "interval": 60}
    bench.connect()
    break_(bench, Fault.GROUND_FAILURE)
    assert events(bench) == []
    bench.boot = {"status": "Accepted", "interval": 60}
    bench.run(61)
    assert short(bench) == [("GroundFailure", "true", False)]


def test_what_the_csms_knows_and_does_not_outlives_the_host():
    bench = booted()
    break_(bench, Fault.GROUND_FAILURE)
    bench.disconnect()
    break_(bench, Fault.OVER_VOLTAGE)
    bench.kill()
    bench.connect()
    assert short(bench) == [
        ("GroundFailure", "true", False),
        ("GroundFailure", "false", True),
        ("OverVoltage", "true", False),
    ]
    break_(bench, None)
    assert short(bench)[3:] == [("OverVoltage", "false", True)]
