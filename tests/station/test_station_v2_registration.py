"""OCPP 2.x B01 to B04, G02: boot and heartbeat."""

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import START, ac_station

from voltfleet.domain.hosting import ConnectionState


@pytest.mark.parametrize("bench_type", [Bench2, Bench21])
def test_boot_then_the_status_of_every_connector(bench_type):
    bench = bench_type(ac_station(2))
    bench.connect()
    statuses = ["StatusNotification"] * 2
    assert bench.actions() == ["BootNotification", *statuses, "SecurityEventNotification"]
    assert bench.calls("BootNotification")[0] == {
        "chargingStation": {
            "model": "AC 22",
            "vendorName": "Acme",
            "serialNumber": "CP-1",
            "firmwareVersion": "1.2.3",
        },
        "reason": "PowerUp",
    }
    places = [(p["evseId"], p["connectorId"]) for p in bench.calls("StatusNotification")]
    assert places == [(1, 1), (2, 1)]
    states = [r.state for r in bench.registrations]
    assert states == [ConnectionState.CONNECTED, ConnectionState.ONLINE]


def test_long_names_are_cut_to_what_the_standard_allows():
    spec = ac_station()
    bench = booted(type(spec)("V" * 60, "M" * 30, "F" * 60, spec.evses))
    assert len(bench.calls("BootNotification")[0]["chargingStation"]["model"]) == 20


def test_heartbeats_come_at_the_interval_of_the_csms_which_is_a_variable_too():
    bench = Bench2()
    bench.boot["interval"] = 60
    bench.connect()
    bench.run(185)
    beats = [at - START for at, action, _ in bench.log if action == "Heartbeat"]
    assert beats == [60, 120, 180]
    assert bench.get("OCPPCommCtrlr", "HeartbeatInterval") == "60"
    bench.configure(OCPPCommCtrlr_HeartbeatInterval=10)
    bench.run(11)
    assert [at - START for at, action, _ in bench.log if action == "Heartbeat"][3:] == [195]


@pytest.mark.parametrize("interval", [10**12, 10**25, 10**400])
def test_no_interval_is_too_long(interval):
    for status in ("Accepted", "Pending", "Rejected"):
        bench = Bench2()
        bench.boot = {"status": status, "interval": interval}
        bench.connect()
        bench.run(86_400)
        assert bench.actions().count("BootNotification") == 1


@pytest.mark.parametrize(("interval", "wait"), [(45, 45), (0, 60)])
def test_pending_answers_but_sends_nothing_of_its_own(interval, wait):
    bench = Bench2()
    bench.boot = {"status": "Pending", "interval": interval}
    bench.connect()
    bench.run(wait - 1)
    assert bench.actions() == ["BootNotification"]
    assert bench.registrations[-1].state is ConnectionState.PENDING
    assert bench.get("TxCtrlr", "EVConnectionTimeOut") == "60"
    bench.configure(TxCtrlr_EVConnectionTimeOut=30)
    assert bench.start() == {"status": "Rejected", "statusInfo": {"reasonCode": "CSNotAccepted"}}
    bench.boot = {"status": "Accepted", "interval": 60}
    bench.run(1)
    afterwards = ["BootNotification", "StatusNotification", "SecurityEventNotification"]
    assert bench.actions() == ["BootNotification", *afterwards]


def test_pending_sends_what_the_csms_asks_for():
    bench = Bench2()
    bench.boot = {"status": "Pending", "interval": 1000}
    bench.connect()
    report = bench.ask("GetBaseReport", requestId=7, reportBase="SummaryInventory")
    assert report == {"status": "Accepted"}
    for message in ("Heartbeat", "MeterValues", "BootNotification"):
        assert bench.ask("TriggerMessage", requestedMessage=message) == {"status": "Accepted"}
    where = {"id": 1, "connectorId": 1}
    bench.ask("TriggerMessage", requestedMessage="StatusNotification", evse=where)
    expected = ["BootNotification", "NotifyReport", "Heartbeat", "MeterValues", "BootNotification"]
    assert bench.actions() == [*expected, "StatusNotification"]
    bench.run(1001)
    reasons = [p["reason"] for p in bench.calls("BootNotification")]
    assert reasons == ["PowerUp", "Triggered", "PowerUp"]


def test_no_transaction_starts_before_the_boot_is_accepted():
    bench = Bench2()
    bench.boot = {"status": "Pending", "interval": 100}
    bench.connect()
    bench.command("plug-connector")
    outcome = bench.command("start-transaction", id_tag="TAG")
    assert outcome.state == "rejected"
    bench.run(50)
    assert bench.events() == []
    bench.boot = {"status": "Accepted", "interval": 100}
    bench.run(60)
    assert bench.told() == ["Occupied"]
    assert bench.story() == [("Started", "CablePluggedIn", "EVConnected")]
    [started] = bench.events()
    assert started["timestamp"] == "2030-03-17T17:48:20.000Z"  # when it was accepted
    assert "offline" not in started


def test_rejected_is_dumb_and_answers_security_error():
    bench = Bench2()
    bench.boot = {"status": "Rejected", "interval": 300}
    bench.connect()
    assert bench.registrations[-1].note == (
        "the CSMS answered BootNotification with Rejected; the charger tries again in 300 s"
    )
    assert bench.ask("TriggerMessage", requestedMessage="BootNotification") == {}
    assert bench.ask("Nonsense") == {}
    assert [code for code, _, _ in bench.errors] == ["SecurityError"] * 2
    bench.run(299)
    assert bench.actions() == ["BootNotification"]
    bench.run(1)
    assert bench.actions() == ["BootNotification"] * 2


def test_after_a_short_time_offline_only_changes_are_told():
    bench = booted(ac_station(2))
    bench.disconnect()
    bench.command("plug-connector", connector_id=2)
    bench.run(30)
    bench.connect()
    assert bench.actions().count("BootNotification") == 1
    assert (bench.told(1), bench.told(2)) == (["Available"], ["Available", "Occupied"])


def test_after_a_long_time_offline_every_status_is_told():
    bench = booted(ac_station(2))
    bench.disconnect()
    bench.run(61)
    bench.connect()
    assert (bench.told(1), bench.told(2)) == (["Available"] * 2, ["Available"] * 2)
    assert bench.actions().count("BootNotification") == 1


def test_the_clock_follows_the_csms():
    bench = Bench2()
    bench.boot["currentTime"] = "2031-01-01T00:00:00Z"
    bench.connect()
    assert bench.get("ClockCtrlr", "DateTime") == "2031-01-01T00:00:00.000Z"


def test_web_socket_pings_are_what_the_csms_sets():
    bench = booted()
    assert bench.station.ping_seconds == 60
    bench.configure(OCPPCommCtrlr_WebSocketPingInterval=30)
    assert bench.station.ping_seconds == 30


def test_nothing_can_be_triggered_before_the_boot_is_answered():
    bench = Bench2()
    bench.policies["BootNotification"] = lambda _: None
    bench.connect()
    assert bench.ask("TriggerMessage", requestedMessage="Heartbeat") == {"status": "Rejected"}
    assert bench.actions() == ["BootNotification"]
