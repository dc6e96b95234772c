"""What a user's commands do on a 2.x station: each has exactly one outcome."""

import pytest
from bench2 import Bench2, booted
from bench16 import ac_station, dc_station

FLOW = ("Updated", "ChargingStateChanged", "Charging")


def state(bench: Bench2, kind: str, **payload: object) -> str:
    outcome = bench.command(kind, **payload)
    return "none yet" if outcome is None else str(outcome.state)


def test_start_and_stop_a_transaction():
    bench = booted()
    bench.command("plug-connector")
    outcome = bench.command("start-transaction", id_tag="TAG")
    assert outcome.state == "applied"
    assert outcome.detail == {"transactionId": bench.transaction, "status": "Accepted"}
    assert bench.story()[-1] == FLOW
    stopped = bench.command("stop-transaction")
    assert stopped.detail == {"transactionId": bench.transaction}
    assert bench.events()[-1]["transactionInfo"]["stoppedReason"] == "Local"


def test_a_csms_that_says_nothing_of_the_token_has_taken_it():
    bench = booted()
    bench.policies["TransactionEvent"] = lambda _: {}
    bench.command("plug-connector")
    assert state(bench, "start-transaction", id_tag="TAG") == "applied"


def test_a_csms_that_disowns_it_later():
    bench = booted()
    bench.command("plug-connector")
    bench.policies["TransactionEvent"] = lambda _: {"idTokenInfo": {"status": "Invalid"}}
    outcome = bench.command("start-transaction", id_tag="TAG")
    assert (outcome.state, outcome.detail["status"]) == ("rejected", "Invalid")


def test_a_start_that_the_csms_never_takes():
    bench = booted()
    bench.policies["TransactionEvent"] = lambda e: "InternalError" if "idToken" in e else {}
    bench.command("plug-connector")
    assert state(bench, "start-transaction", id_tag="TAG") == "none yet"
    bench.run(1000)
    assert bench.outcomes[-1].state == "rejected"
    assert "InternalError" in (bench.outcomes[-1].reason or "")


def test_a_session_with_a_target():
    bench = booted()
    assert state(bench, "start-session", id_tag="TAG", target_energy_kwh=1.5) == "applied"
    bench.run(3600)
    ended = bench.events()[-1]
    assert ended["triggerReason"] == "StopAuthorized"
    begin, end = [m["sampledValue"][0]["value"] for m in ended["meterValue"]]
    assert 1499 <= end - begin <= 1510
    assert bench.told()[-1] == "Available"


def test_a_session_that_is_stopped_before_it_began():
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint="PowerPathClosed")
    assert state(bench, "start-session", id_tag="TAG") == "none yet"
    assert state(bench, "stop-session") == "applied"
    assert [o.state for o in bench.outcomes] == ["rejected", "applied"]
    assert bench.outcomes[0].reason == "it was stopped before it began"
    bench.run(100)
    assert bench.events() == []
    assert bench.told() == ["Available"]


def test_stop_session_at_one_connector_or_all():
    bench = booted(ac_station(3))
    for number in (1, 2, 3):
        bench.command("start-session", id_tag="TAG", connector_id=number)
    bench.run(10)
    assert state(bench, "stop-session", connector_id=2) == "applied"
    open_ = bench.station._engine._reset._sessions.open
    assert [s.evse.id for s in open_()] == [1, 3]
    assert state(bench, "stop-transaction") == "rejected"
    assert state(bench, "stop-session") == "applied"
    assert open_() == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("start-transaction", {"id_tag": "TAG"}),
        ("start-transaction", {"id_tag": "TAG", "connector_id": 2}),
        ("start-transaction", {"id_tag": ""}),
        ("start-session", {"id_tag": "x" * 37}),
        ("start-session", {"id_tag": "TAG", "target_energy_kwh": 0}),
        ("start-session", {"id_tag": "TAG", "duration_seconds": 0}),
        ("stop-transaction", {}),
        ("stop-transaction", {"transaction_id": "x"}),
        ("stop-session", {}),
        ("stop-session", {"connector_id": 7}),
        ("unplug-connector", {}),
    ],
)
def test_what_cannot_be_is_rejected(kind, payload):
    assert state(booted(), kind, **payload) == "rejected"


def test_what_is_taken_cannot_be_taken_again():
    bench = booted()
    bench.charge()
    assert state(bench, "start-session", id_tag="B") == "rejected"
    assert state(bench, "start-session", id_tag="B", connector_id=1) == "rejected"


def test_a_transaction_that_nobody_authorized_ends_by_unplugging():
    bench = booted()
    bench.command("plug-connector")
    assert state(bench, "stop-transaction", transaction_id=bench.transaction) == "rejected"
    assert state(bench, "unplug-connector") == "applied"


def test_somebody_faster_than_the_answer():
    bench = booted()
    bench.command("plug-connector")
    bench.policies["Authorize"] = lambda _: None
    assert state(bench, "start-transaction", id_tag="SLOW") == "none yet"
    slow = bench.station._ctx.outbox._peer.pending
    bench.start("FAST")
    bench.raw(f'[3,"{slow.unique_id}",{{"idTokenInfo":{{"status":"Accepted"}}}}]')
    assert bench.outcomes[-1].state == "rejected"
    assert bench.outcomes[-1].reason == "connector 1 was taken meanwhile"


def test_ask_about_a_token():
    bench = booted()
    bench.token_info = {"status": "Unknown"}
    outcome = bench.command("authorize-id-tag", id_tag="TAG")
    assert (outcome.state, outcome.detail) == ("applied", {"status": "Unknown"})
    bench.disconnect()
    assert state(bench, "authorize-id-tag", id_tag="TAG") == "failed"


def test_unlock():
    assert state(booted(), "unlock-connector") == "applied"
    assert state(booted(), "unlock-connector", connector_id=1) == "applied"
    assert state(booted(dc_station()), "unlock-connector") == "rejected"


@pytest.mark.parametrize("stops", [True, False])
def test_a_pulled_cable_tells_who_waited(stops):
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint="EnergyTransfer", TxCtrlr_StopTxOnEVSideDisconnect=stops)
    bench.command("plug-connector")
    bench.command("ev-stops-energy")
    assert state(bench, "start-transaction", id_tag="TAG") == "none yet"
    assert state(bench, "unplug-connector") == "applied"
    assert [o.reason for o in bench.outcomes[-2:]] == ["the cable was pulled out", None]
    assert bench.events() == []
