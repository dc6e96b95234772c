"""OCPP 1.6 §4.2 and §4.6: boot and heartbeat."""

import pytest
from bench16 import START, Bench, ac_station, booted

from voltfleet.domain.hosting import ConnectionState


def test_boot_then_the_status_of_every_connector():
    bench = booted(ac_station(2))
    assert bench.actions() == ["BootNotification"] + ["StatusNotification"] * 3
    assert [p["connectorId"] for p in bench.calls("StatusNotification")] == [0, 1, 2]
    assert bench.calls("BootNotification")[0] == {
        "chargePointVendor": "Acme",
        "chargePointModel": "AC 22",
        "chargePointSerialNumber": "CP-1",
        "firmwareVersion": "1.2.3",
    }
    states = [r.state for r in bench.registrations]
    assert states == [ConnectionState.CONNECTED, ConnectionState.ONLINE]


def test_long_names_are_cut_to_what_the_standard_allows():
    spec = ac_station()
    long = type(spec)("V" * 30, "M" * 30, "F" * 60, spec.evses)
    bench = booted(long)
    assert len(bench.calls("BootNotification")[0]["chargePointVendor"]) == 20


def test_heartbeats_come_at_the_interval_of_the_csms():
    bench = Bench()
    bench.boot["interval"] = 60
    bench.connect().run(185)
    beats = [at - START for at, action, _ in bench.log if action == "Heartbeat"]
    assert beats == [60, 120, 180]


def test_interval_zero_leaves_the_choice_to_the_station():
    bench = Bench()
    bench.boot["interval"] = 0
    bench.connect().run(301)
    assert bench.actions().count("Heartbeat") == 1
    keys = bench.ask("GetConfiguration", key=["HeartbeatInterval"])["configurationKey"]
    assert keys[0]["value"] == "300"


@pytest.mark.parametrize("interval", [7 * 86_400, 10**30])
def test_an_interval_may_be_as_long_as_the_csms_likes(interval):
    bench = Bench()
    bench.boot["interval"] = interval
    bench.connect().run(6 * 86_400)
    assert "Heartbeat" not in bench.actions()
    bench.boot["status"] = "Rejected"
    bench.ask("TriggerMessage", requestedMessage="BootNotification")
    bench.run(6 * 86_400)
    assert bench.actions().count("BootNotification") == 2


def test_an_unanswered_heartbeat_is_not_piled_upon():
    bench = Bench()
    bench.boot["interval"] = 10
    bench.policies["Heartbeat"] = lambda _: None
    bench.connect().run(39)
    assert bench.actions().count("Heartbeat") == 1
    bench.run(20)
    assert bench.actions().count("Heartbeat") == 2


@pytest.mark.parametrize(("interval", "wait"), [(45, 45), (0, 60)])
def test_pending_keeps_silent_and_boots_again_after_the_interval(interval, wait):
    bench = Bench()
    bench.boot = {"status": "Pending", "interval": interval}
    bench.connect().run(wait - 1)
    assert bench.actions() == ["BootNotification"]
    assert bench.registrations[-1].state is ConnectionState.PENDING
    assert bench.ask("GetConfiguration")["configurationKey"]
    assert bench.ask("RemoteStartTransaction", idTag="T") == {"status": "Rejected"}
    bench.boot = {"status": "Accepted", "interval": 60}
    bench.run(1)
    assert bench.actions()[:3] == ["BootNotification", "BootNotification", "StatusNotification"]
    assert bench.registrations[-1].state is ConnectionState.ONLINE


def test_pending_sends_what_is_triggered():
    bench = Bench()
    bench.boot = {"status": "Pending", "interval": 1000}
    bench.connect()
    for message in ("StatusNotification", "Heartbeat", "BootNotification"):
        answer = bench.ask("TriggerMessage", requestedMessage=message)
        assert answer == {"status": "Accepted"}
    expected = ["BootNotification", "StatusNotification", "StatusNotification", "Heartbeat"]
    assert bench.actions() == [*expected, "BootNotification"]


def test_nothing_can_be_triggered_before_the_boot_is_answered():
    bench = Bench()
    bench.policies["BootNotification"] = lambda _: None
    bench.connect()
    for message in ("StatusNotification", "Heartbeat"):
        assert bench.ask("TriggerMessage", requestedMessage=message) == {"status": "Rejected"}
    assert bench.actions() == ["BootNotification"]


def test_rejected_is_deaf_and_dumb_until_the_interval_has_passed():
    bench = Bench()
    bench.boot = {"status": "Rejected", "interval": 300}
    bench.connect()
    note = bench.registrations[-1]
    assert note.state is ConnectionState.REJECTED
    assert note.note == (
        "the CSMS answered BootNotification with Rejected; the charger tries again in 300 s"
    )
    assert bench.ask("GetConfiguration") == {}
    assert bench.ask("TriggerMessage", requestedMessage="BootNotification") == {}
    assert bench.errors == []
    bench.run(299)
    assert bench.actions() == ["BootNotification"]
    bench.run(1)
    assert bench.actions() == ["BootNotification"] * 2


def test_a_new_socket_does_not_shorten_the_wait_of_a_rejected_station():
    bench = Bench()
    bench.boot = {"status": "Rejected", "interval": 300}
    bench.connect().run(100)
    bench.disconnect()
    bench.connect()
    bench.run(199)
    assert bench.actions() == ["BootNotification"]
    assert bench.registrations[-1].state is ConnectionState.REJECTED
    bench.run(1)
    assert bench.actions() == ["BootNotification"] * 2


@pytest.mark.parametrize(
    ("answer", "wait"), [(None, 90), ("InternalError", 60), ({"status": "Maybe"}, 60)]
)
def test_a_boot_without_a_good_answer_is_repeated(answer, wait):
    bench = Bench()
    bench.policies["BootNotification"] = lambda _: answer
    bench.connect().run(wait - 1)
    assert bench.actions() == ["BootNotification"]
    bench.policies.clear()
    bench.run(1)
    assert bench.actions()[:2] == ["BootNotification"] * 2
    assert bench.registrations[-1].state is ConnectionState.ONLINE


def test_a_boot_that_was_cut_off_is_repeated_on_the_next_socket():
    bench = Bench()
    bench.policies["BootNotification"] = lambda _: None
    bench.connect()
    bench.disconnect()
    bench.policies.clear()
    bench.run(500)
    assert bench.actions() == ["BootNotification"]
    bench.connect()
    assert bench.actions()[1:] == ["BootNotification"] + ["StatusNotification"] * 2


def test_a_reconnect_does_not_boot_again_and_tells_only_what_changed():
    bench = booted(ac_station(2))
    bench.run(10)
    bench.disconnect()
    bench.command("plug-connector", connector_id=2)
    bench.run(50)
    before = len(bench.log)
    bench.connect()
    assert [(a, p.get("connectorId")) for _, a, p in bench.log[before:]] == [
        ("StatusNotification", 2)
    ]
    assert bench.calls("StatusNotification")[-1]["timestamp"] == "2030-03-17T17:46:50.000Z"


def test_heartbeats_stop_with_the_socket_and_go_on_with_the_next():
    bench = Bench()
    bench.boot["interval"] = 10
    bench.connect()
    bench.disconnect()
    bench.run(100)
    assert "Heartbeat" not in bench.actions()
    bench.connect().run(11)
    assert bench.actions().count("Heartbeat") == 1


def test_the_clock_of_the_csms_is_taken_over():
    bench = Bench()
    bench.boot["currentTime"] = "2031-01-01T00:00:00Z"
    bench.connect()
    assert bench.calls("StatusNotification")[0]["timestamp"] == "2031-01-01T00:00:00.000Z"


@pytest.mark.parametrize("text", ["2030-03-17T17:46:42Z", "soon", "0001-01-01T00:00:00+14:00"])
def test_a_clock_that_is_near_or_makes_no_sense_is_not(text):
    bench = Bench()
    bench.boot["currentTime"] = text
    bench.connect()
    assert bench.calls("StatusNotification")[0]["timestamp"] == "2030-03-17T17:46:40.000Z"
