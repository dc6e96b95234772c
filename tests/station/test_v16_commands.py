"""What a user's commands do, and that each has exactly one outcome."""

import pytest
from bench16 import ac_station, booted, dc_station


def state(outcome) -> str:
    assert outcome is not None
    return outcome.state


def test_a_session_of_so_much_energy():
    bench = booted()
    bench.command("start-session", id_tag="T", target_energy_kwh=1.5)
    bench.run(3600)
    [start], [stop] = bench.calls("StartTransaction"), bench.calls("StopTransaction")
    assert stop["meterStop"] - start["meterStart"] in {1500, 1501}
    assert stop["reason"] == "Local"
    assert bench.told()[-1] == "Available"
    [outcome] = bench.outcomes
    assert outcome.state == "applied"
    assert outcome.detail == {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}


def test_a_session_of_so_much_time():
    bench = booted()
    bench.command("start-session", id_tag="T", duration_seconds=300)
    bench.run(3600)
    starts = [at for at, action, _ in bench.log if action == "StartTransaction"]
    stops = [at for at, action, _ in bench.log if action == "StopTransaction"]
    assert stops[0] - starts[0] == pytest.approx(300)


def test_a_session_the_csms_refuses():
    bench = booted()
    bench.tag_status = "Blocked"
    outcome = bench.command("start-session", id_tag="T")
    assert state(outcome) == "rejected"
    assert outcome.detail == {"idTagInfo": {"status": "Blocked"}}
    assert outcome.reason == "the CSMS answered Authorize with Blocked"


def test_stop_session_before_the_car_has_come():
    bench = booted()
    bench.command("start-session", id_tag="T")
    bench.command("stop-session")
    assert sorted(o.state for o in bench.outcomes) == ["applied", "rejected"]
    bench.run(60)
    assert "StartTransaction" not in bench.actions()
    assert state(bench.command("stop-session")) == "rejected"


def test_start_transaction_wants_a_car():
    bench = booted()
    assert state(bench.command("start-transaction", id_tag="T")) == "rejected"
    bench.command("plug-connector")
    assert state(bench.command("start-transaction", id_tag="T")) == "applied"
    assert state(bench.command("start-transaction", id_tag="T")) == "rejected"


def test_stop_transaction_by_number_or_the_only_one():
    bench = booted(ac_station(2))
    bench.charge(connector=1)
    bench.charge(connector=2)
    assert state(bench.command("stop-transaction")) == "rejected"
    assert state(bench.command("stop-transaction", transaction_id="7")) == "rejected"
    assert state(bench.command("stop-transaction", transaction_id="2")) == "applied"
    assert state(bench.command("stop-transaction")) == "applied"
    assert [s["transactionId"] for s in bench.calls("StopTransaction")] == [2, 1]
    assert state(bench.command("stop-transaction")) == "rejected"


def test_authorize_tells_what_the_csms_said_whatever_it_was():
    bench = booted()
    bench.tag_status = "Blocked"
    outcome = bench.command("authorize-id-tag", id_tag="T")
    assert (state(outcome), outcome.detail) == ("applied", {"idTagInfo": {"status": "Blocked"}})
    bench.disconnect()
    assert state(bench.command("authorize-id-tag", id_tag="T")) == "failed"


def test_plug_and_unplug():
    bench = booted(ac_station(2))
    assert state(bench.command("plug-connector")) == "applied"
    assert state(bench.command("plug-connector")) == "applied"
    assert bench.told(1)[-1] == bench.told(2)[-1] == "Preparing"
    assert state(bench.command("plug-connector")) == "rejected"
    assert state(bench.command("unplug-connector", evse_id=2)) == "applied"
    assert state(bench.command("unplug-connector")) == "applied"
    outcome = bench.command("unplug-connector")
    assert (state(outcome), outcome.reason) == ("rejected", "no car is plugged in")


def test_a_refused_plug_does_not_change_who_attends_the_car():
    bench = booted()
    bench.charge()
    assert state(bench.command("plug-connector")) == "rejected"
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(10)
    assert bench.told()[-1] == "Available"


def test_the_cars_wish():
    bench = booted()
    assert state(bench.command("ev-stops-energy")) == "rejected"
    bench.charge()
    assert state(bench.command("ev-stops-energy")) == "applied"
    assert bench.told()[-1] == "SuspendedEV"
    assert state(bench.command("ev-requests-energy", connector_id=1)) == "applied"
    assert bench.told()[-1] == "Charging"


def test_unlock():
    assert state(booted().command("unlock-connector")) == "applied"
    outcome = booted(dc_station()).command("unlock-connector")
    assert (state(outcome), outcome.reason) == ("rejected", "connector 1: NotSupported")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("make-coffee", {}),
        ("plug-connector", {"connector_id": "one"}),
        ("plug-connector", {"connector_id": 9}),
        ("plug-connector", {"evse_id": 1, "connector_id": 2}),
        ("start-session", {}),
        ("start-session", {"id_tag": ""}),
        ("start-session", {"id_tag": "x" * 21}),
        ("start-session", {"id_tag": "x", "duration_seconds": 0}),
        ("start-session", {"id_tag": "x", "target_energy_kwh": -1}),
        ("start-session", {"id_tag": "x", "connector_id": 4}),
    ],
)
def test_what_cannot_be_done_is_rejected_with_a_reason(kind, payload):
    outcome = booted().command(kind, **payload)
    assert state(outcome) == "rejected"
    assert outcome.reason


def test_the_place_must_be_free():
    bench = booted(ac_station(2))
    bench.charge(connector=1)
    outcome = bench.command("start-session", id_tag="T", connector_id=1)
    assert (state(outcome), outcome.reason) == ("rejected", "connector 1 is Charging, not free")
    bench.command("start-session", id_tag="T", connector_id=2)
    bench.run(5)
    outcome = bench.command("start-session", id_tag="T")
    assert (state(outcome), outcome.reason) == ("rejected", "no connector is free")


def test_a_session_nobody_came_to():
    bench = booted()
    bench.configure(ConnectionTimeOut=1)
    bench.station._ctx.rng._state = 3
    bench.command("start-session", id_tag="T")
    bench.run(5)
    assert bench.outcomes[-1].state == "rejected"
    assert "ConnectionTimeOut" in (bench.outcomes[-1].reason or "")
