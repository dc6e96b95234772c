"""OCPP 2.1, B13: a reset that resumes transactions."""

import pytest
from bench2 import Bench21, booted
from bench16 import ac_station


@pytest.mark.parametrize("place", [{}, {"evseId": 1}])
def test_transactions_are_taken_up_again(place):
    bench = booted(ac_station(2), bench_type=Bench21)
    bench.charge("A", 1)
    transaction = bench.transaction
    answer = bench.ask("Reset", type="ImmediateAndResume", **place)
    assert answer == {"status": "Accepted"}
    evse = bench.station._ctx.hardware.evses[0]
    assert evse.offered_w() == 0
    bench.run(60)
    assert len(bench.calls("BootNotification")) == (1 if place else 2)
    told = [e for e in bench.events() if e["triggerReason"] == "TxResumed"]
    assert [e["transactionInfo"]["transactionId"] for e in told] == [transaction]
    assert bench.story()[-1] == ("Updated", "ChargingStateChanged", "Charging")
    assert bench.transaction == transaction
    assert evse.offered_w() > 0
    assert [e["seqNo"] for e in bench.events()] == list(range(len(bench.events())))
    bench.run(120)
    assert bench.events()[-1]["triggerReason"] == "MeterValuePeriodic"


def test_what_was_suspended_stays_so():
    bench = booted(bench_type=Bench21)
    bench.configure(TxCtrlr_StopTxOnInvalidId=False)
    bench.charge()
    evse = bench.station._ctx.hardware.evses[0]
    evse.attended = False
    bench.policies["TransactionEvent"] = lambda _: {"idTokenInfo": {"status": "Blocked"}}
    bench.ask("TriggerMessage", requestedMessage="TransactionEvent")
    bench.policies.clear()
    assert evse.offered_w() == 0
    bench.ask("Reset", type="ImmediateAndResume")
    bench.run(60)
    assert evse.offered_w() == 0
    assert bench.events()[-1]["eventType"] != "Ended"


def test_a_car_that_left_meanwhile():
    bench = booted(bench_type=Bench21)
    bench.charge()
    bench.ask("Reset", type="ImmediateAndResume")
    bench.command("unplug-connector", connector_id=1)
    bench.run(60)
    last = bench.events()[-1]
    assert (last["eventType"], last["transactionInfo"]["stoppedReason"]) == (
        "Ended",
        "EVDisconnected",
    )
    assert "TxResumed" not in [e["triggerReason"] for e in bench.events()]
