"""OCPP 2.x C09, C16, E05, E07: which tokens stop a transaction; what a disowned one gets."""

from typing import Any

import pytest
from bench2 import Bench2, booted
from bench16 import ac_station, dc_station

FAMILY = {"idToken": "FAMILY", "type": "Central"}


def started(bench: Bench2, tag: str = "A", **info: Any) -> Bench2:
    """A driver presented a token at a car, and charges."""
    bench.token_info = {"status": "Accepted", **info}
    bench.command("plug-connector")
    assert bench.command("start-transaction", id_tag=tag).state == "applied"
    return bench


def stopped_by(bench: Bench2, tag: str, **info: Any) -> str:
    """What becomes of a token that is presented to stop."""
    bench.token_info = {"status": "Accepted", **info}
    return str(bench.command("stop-transaction", id_tag=tag).state)


def test_the_token_that_started_it_needs_no_question():
    bench = started(booted())
    assert stopped_by(bench, "a") == "applied"
    assert len(bench.calls("Authorize")) == 1
    event = bench.events()[-1]
    assert (event["triggerReason"], event["eventType"]) == ("StopAuthorized", "Ended")
    assert event["idToken"] == {"idToken": "a", "type": "ISO14443"}


def test_another_token_of_the_group():
    bench = started(booted(), groupIdToken=FAMILY)
    assert stopped_by(bench, "B", groupIdToken=FAMILY) == "applied"
    assert [c["idToken"]["idToken"] for c in bench.calls("Authorize")] == ["A", "B"]
    event = bench.events()[-1]
    assert (event["eventType"], event["triggerReason"]) == ("Ended", "StopAuthorized")
    assert event["transactionInfo"]["stoppedReason"] == "Local"
    assert event["idToken"]["idToken"] == "B"
    assert bench.outcomes[-1].detail == {"transactionId": bench.transaction}


@pytest.mark.parametrize(
    "info", [{}, {"groupIdToken": {"idToken": "OTHERS", "type": "Central"}}, {"status": "Blocked"}]
)
def test_a_token_of_another_group_stops_nothing(info):
    bench = started(booted(), groupIdToken=FAMILY)
    told = len(bench.events())
    assert stopped_by(bench, "B", **info) == "rejected"
    assert len(bench.events()) == told


def test_the_group_may_be_told_in_the_answer_to_the_event():
    """After a remote start nobody asked about the token, but TransactionEvent did."""
    bench = booted()
    bench.token_info = {"status": "Accepted", "groupIdToken": FAMILY}
    bench.charge()
    assert bench.calls("Authorize") == []
    assert stopped_by(bench, "B", groupIdToken=FAMILY) == "applied"


def test_offline_the_cache_knows_the_group():
    bench = started(booted(), groupIdToken=FAMILY)
    bench.command("authorize-id-tag", id_tag="B")
    bench.disconnect()
    assert stopped_by(bench, "B") == "applied"
    bench.connect()
    assert bench.events()[-1]["idToken"]["idToken"] == "B"
    assert bench.events()[-1]["offline"] is True


def test_only_what_was_meant_is_stopped():
    bench = booted(ac_station(2))
    bench.token_info = {"status": "Accepted", "groupIdToken": FAMILY}
    bench.charge("A", 1)
    first = bench.transaction
    bench.charge("B", 2)
    outcome = bench.command("stop-transaction", id_tag="C", transaction_id=first)
    assert (outcome.state, outcome.detail) == ("applied", {"transactionId": first})
    assert [e["transactionInfo"]["transactionId"] for e in bench.events()][-1] == first
    assert [e["eventType"] for e in bench.events()].count("Ended") == 1


# --- the master pass (C16) -----------------------------------------------------------------------

MASTER = {"idToken": "Police", "type": "Central"}


def guarded(connectors: int = 1) -> Bench2:
    bench = booted(ac_station(connectors))
    bench.configure(AuthCtrlr_MasterPassGroupId="POLICE")
    return bench


def test_a_master_pass_stops_everything():
    bench = guarded(2)
    bench.charge("A", 1)
    bench.charge("B", 2)
    assert stopped_by(bench, "COP", groupIdToken=MASTER) == "applied"
    ended = [e for e in bench.events() if e["eventType"] == "Ended"]
    assert len({e["transactionInfo"]["transactionId"] for e in ended}) == 2
    assert {e["transactionInfo"]["stoppedReason"] for e in ended} == {"MasterPass"}
    assert {e["triggerReason"] for e in ended} == {"StopAuthorized"}


def test_a_master_pass_starts_nothing():
    bench = guarded()
    bench.token_info = {"status": "Accepted", "groupIdToken": MASTER}
    bench.command("plug-connector")
    told = len(bench.events())
    outcome = bench.command("start-transaction", id_tag="COP")
    assert (outcome.state, outcome.reason) == ("rejected", "a master pass starts no transaction")
    assert bench.start("COP", groupIdToken=MASTER)["status"] == "Rejected"
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    assert bench.start("COP")["status"] == "Accepted"
    assert len(bench.events()) == told


def test_without_a_master_pass_its_group_is_one_like_others():
    bench = started(booted(), groupIdToken=MASTER)
    assert stopped_by(bench, "B", groupIdToken=MASTER) == "applied"
    assert bench.events()[-1]["transactionInfo"]["stoppedReason"] == "Local"


# --- MaxEnergyOnInvalidId (E05) ------------------------------------------------------------------


def disowned(most_wh: int) -> Bench2:
    """It charges at 50 kW; the CSMS disowns the token at the first meter value, after 60 s."""
    bench = booted(dc_station())
    bench.configure(
        TxCtrlr_StopTxOnInvalidId=False,
        TxCtrlr_MaxEnergyOnInvalidId=most_wh,
        SampledDataCtrlr_TxUpdatedMeasurands="Energy.Active.Import.Register",
    )
    bench.command("plug-connector")
    bench.start()
    bench.command("power-update", power_w=30_000)
    bench.policies["TransactionEvent"] = lambda _: {"idTokenInfo": {"status": "NoCredit"}}
    return bench


def test_a_disowned_token_may_have_so_much():
    bench = disowned(1000)
    bench.run(70)
    assert bench.story()[-1][2] == "Charging"
    bench.run(60)
    assert bench.story()[-1] == ("Updated", "ChargingStateChanged", "SuspendedEVSE")
    session = bench.station._engine._commands._sessions[1]
    drawn_wh = session.evse.meter.register_wh - session.transaction.meter_start_wh
    assert drawn_wh == pytest.approx(1000, abs=1)
    bench.run(300)
    assert session.evse.meter.register_wh - session.transaction.meter_start_wh == drawn_wh


@pytest.mark.parametrize("most_wh", [0, 100])
def test_what_it_had_already_counts(most_wh):
    bench = disowned(most_wh)
    bench.run(61)
    assert bench.story()[-1] == ("Updated", "ChargingStateChanged", "SuspendedEVSE")


def test_the_driver_may_want_less_than_it_may_have():
    bench = booted(dc_station())
    bench.configure(TxCtrlr_StopTxOnInvalidId=False, TxCtrlr_MaxEnergyOnInvalidId=50_000)
    bench.command("plug-connector")
    bench.command("start-session", id_tag="A", target_energy_kwh=1)
    bench.policies["TransactionEvent"] = lambda _: {"idTokenInfo": {"status": "NoCredit"}}
    bench.run(600)
    assert bench.events()[-1]["transactionInfo"]["stoppedReason"] == "Local"
