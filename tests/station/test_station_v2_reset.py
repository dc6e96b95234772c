"""OCPP 2.x B11 and B12: reset of the station, and of an EVSE."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import ac_station


def reset(bench: Bench2, type_: str, **evse: int) -> str:
    return str(bench.ask("Reset", type=type_, **evse)["status"])


def boots(bench: Bench2) -> list[str]:
    return [p["reason"] for p in bench.calls("BootNotification")]


def last(bench: Bench2) -> tuple[str, str, dict[str, Any]]:
    event = bench.events()[-1]
    return event["eventType"], event["triggerReason"], event["transactionInfo"]


@pytest.mark.parametrize("type_", ["Immediate", "OnIdle"])
def test_an_idle_station_goes_down_at_once(type_):
    bench = booted()
    assert reset(bench, type_) == "Accepted"
    bench.run(0.3)
    assert bench.station.link_wanted is False
    bench.run(10)
    assert bench.station.link_wanted is True
    assert boots(bench) == ["PowerUp", "RemoteReset"]
    assert bench.told() == ["Available", "Unavailable", "Available"]


def test_immediate_ends_the_transaction_and_tells_so_before():
    bench = booted()
    bench.charge()
    assert reset(bench, "Immediate") == "Accepted"
    type_, trigger, info = last(bench)
    assert (type_, trigger, info["stoppedReason"]) == ("Ended", "ResetCommand", "ImmediateReset")
    bench.run(20)
    assert boots(bench) == ["PowerUp", "RemoteReset"]
    assert bench.told()[-1] == "Available"


def test_it_waits_a_while_for_the_csms_to_take_the_last_message():
    bench = booted()
    bench.charge()
    bench.policies["TransactionEvent"] = lambda _: None
    reset(bench, "Immediate")
    bench.run(9.9)
    assert bench.station.link_wanted is True
    bench.run(1)
    assert bench.station.link_wanted is False
    bench.policies.clear()
    bench.run(20)
    ended = [e for e in bench.events() if e["eventType"] == "Ended"]
    assert len(ended) == 2, "sent again after the boot"
    assert ended[0] == ended[1]


def test_on_idle_waits_for_the_transaction_and_starts_no_other():
    bench = booted(ac_station(2))
    bench.charge(connector=1)
    assert reset(bench, "OnIdle") == "Scheduled"
    assert bench.told(2)[-1] == "Unavailable"
    assert bench.start(evseId=2)["status"] == "Rejected"
    bench.run(500)
    assert boots(bench) == ["PowerUp"]
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert last(bench)[2]["stoppedReason"] == "Remote"
    bench.run(20)
    assert boots(bench) == ["PowerUp", "ScheduledReset"]
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Available", "Available")


def test_immediate_does_not_wait_for_what_on_idle_waits_for():
    bench = booted()
    bench.charge()
    reset(bench, "OnIdle")
    assert reset(bench, "Immediate") == "Accepted"
    bench.run(20)
    assert boots(bench) == ["PowerUp", "RemoteReset"]


def test_a_second_reset_while_it_goes_down_is_rejected():
    bench = booted()
    reset(bench, "Immediate")
    assert reset(bench, "Immediate") == "Rejected"
    bench.run(20)
    assert len(boots(bench)) == 2


def test_a_token_that_waits_is_forgotten():
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint="PowerPathClosed")
    outcome = bench.command("start-session", id_tag="TAG")
    assert outcome is None
    reset(bench, "Immediate")
    assert bench.outcomes[-1].state == "rejected"
    bench.run(100)
    assert bench.events() == []
    assert bench.told()[-1] == "Available"


def test_a_car_that_stays_is_found_again_after_the_boot():
    bench = booted()
    bench.command("plug-connector")
    reset(bench, "Immediate")
    bench.run(20)
    story = [(s[0], s[1]) for s in bench.story()]
    assert story == [
        ("Started", "CablePluggedIn"),
        ("Ended", "ResetCommand"),
        ("Started", "CablePluggedIn"),
    ]
    assert bench.told()[-1] == "Occupied"
    bench.command("unplug-connector")
    assert last(bench)[2]["stoppedReason"] == "EVDisconnected"


def test_an_evse_is_reset_alone():
    bench = booted(ac_station(2))
    bench.charge(connector=1)
    bench.charge(connector=2)
    assert reset(bench, "Immediate", evseId=1) == "Accepted"
    assert last(bench)[:2] == ("Ended", "ResetCommand")
    assert bench.told(1)[-1] == "Unavailable"
    bench.run(20)
    assert boots(bench) == ["PowerUp"]
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Available", "Occupied")


def test_a_car_that_stays_is_found_again_after_the_reset_of_its_evse():
    bench = booted(ac_station(2))
    bench.command("plug-connector", evse_id=1)
    reset(bench, "Immediate", evseId=1)
    bench.run(20)
    assert [s[0] for s in bench.story()] == ["Started", "Ended", "Started"]
    assert bench.told(1)[-1] == "Occupied"


def test_an_evse_waits_for_its_own_transaction():
    bench = booted(ac_station(2))
    bench.charge(connector=2)
    other = bench.transaction
    bench.charge(connector=1)
    assert reset(bench, "OnIdle", evseId=1) == "Scheduled"
    bench.ask("RequestStopTransaction", transactionId=other)
    bench.run(20)
    assert bench.told(1)[-1] == "Occupied"
    bench.command("unplug-connector", connector_id=1)
    assert bench.told(1)[-1] == "Unavailable"
    bench.run(20)
    assert bench.told(1)[-1] == "Available"
    assert boots(bench) == ["PowerUp"]


@pytest.mark.parametrize("evse_id", [0, 2, 99])
def test_an_unknown_evse_is_rejected(evse_id):
    answer = booted().ask("Reset", type="Immediate", evseId=evse_id)
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}


def test_resume_of_21_needs_an_evse_that_exists():
    bench = Bench21()
    bench.connect()
    assert reset(bench, "ImmediateAndResume", evseId=9) == "Rejected"


def test_a_reset_offline_does_not_wait_for_anybody():
    bench = booted()
    bench.charge()
    bench.policies["TransactionEvent"] = lambda _: None
    reset(bench, "Immediate")
    bench.disconnect()
    bench.run(8)
    bench.policies.clear()
    bench.connect()
    assert boots(bench) == ["PowerUp", "RemoteReset"]
    assert last(bench)[0] == "Ended"
