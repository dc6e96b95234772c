"""OCPP 2.1, E16: transactions that end at a cost, an amount of energy, a time or a SoC."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import dc_station


def limited(**limit: Any) -> Bench2:
    """A transaction that the CSMS has limited with its first answer."""
    bench = booted(dc_station(), bench_type=Bench21)

    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if payload["eventType"] == "Started":
            found = {"transactionLimit": limit}
        return found | ({"idTokenInfo": bench.token_info} if "idToken" in payload else {})

    bench.policies["TransactionEvent"] = answer
    bench.start(evseId=1)
    bench.run(5)
    return bench


def energy_wh(bench: Bench2) -> float:
    return bench.station._ctx.hardware.evses[0].meter.register_wh


@pytest.mark.parametrize(
    ("limit", "trigger"),
    [
        ({"maxEnergy": 2000}, "EnergyLimitReached"),
        ({"maxTime": 120}, "TimeLimitReached"),
        ({"maxSoC": 70}, "SoCLimitReached"),
    ],
)
def test_a_limit_is_confirmed_and_obeyed(limit, trigger):
    bench = limited(**limit)
    told = [e for e in bench.events() if e["triggerReason"] == "LimitSet"]
    assert [e["transactionInfo"]["transactionLimit"] for e in told] == [limit]
    began = energy_wh(bench)
    bench.run(4000)
    [end] = [e for e in bench.events() if e["triggerReason"] == trigger]
    assert (end["eventType"], end["transactionInfo"]["chargingState"]) == (
        "Updated",
        "SuspendedEVSE",
    )
    assert "transactionLimit" not in end["transactionInfo"]
    evse = bench.station._ctx.hardware.evses[0]
    assert evse.offered_w() == 0
    if trigger == "EnergyLimitReached":
        assert energy_wh(bench) - began == pytest.approx(2000, abs=300)


def test_exactly_so_much_energy():
    bench = limited(maxEnergy=2000)
    first = bench.events()[0]["meterValue"][0]["sampledValue"][0]["value"]
    bench.run(4000)
    assert energy_wh(bench) - first == pytest.approx(2000, abs=1)


def test_exactly_at_the_time():
    bench = limited(maxTime=120)
    bench.run(1000)
    times = {e["triggerReason"]: e["timestamp"] for e in bench.events()}
    assert times["TimeLimitReached"] == "2030-03-17T17:48:40.000Z"


def test_the_transaction_ends_with_it_if_energy_is_its_stop_point():
    bench = booted(dc_station(), bench_type=Bench21)
    bench.configure(TxCtrlr_TxStopPoint="EnergyTransfer")
    bench.policies["TransactionEvent"] = lambda p: (
        {"transactionLimit": {"maxTime": 60}} if p["eventType"] == "Started" else {}
    )
    bench.start(evseId=1)
    bench.run(100)
    last = bench.events()[-1]
    assert (last["eventType"], last["triggerReason"]) == ("Ended", "TimeLimitReached")
    assert last["transactionInfo"]["stoppedReason"] == "TimeLimitReached"


def test_a_limit_that_is_raised_lets_it_go_on():
    bench = limited(maxTime=60)
    bench.station._ctx.hardware.evses[0].attended = False
    bench.run(100)
    assert bench.story()[-1] == ("Updated", "TimeLimitReached", "SuspendedEVSE")
    bench.policies["TransactionEvent"] = lambda _: {"transactionLimit": {"maxTime": 300}}
    bench.ask("TriggerMessage", requestedMessage="TransactionEvent")
    bench.policies.clear()
    bench.run(1)
    assert bench.story()[-3:] == [
        ("Updated", "Trigger", "SuspendedEVSE"),
        ("Updated", "LimitSet", "SuspendedEVSE"),
        ("Updated", "ChargingStateChanged", "Charging"),
    ]
    bench.run(300)
    assert bench.story()[-1] == ("Updated", "TimeLimitReached", "SuspendedEVSE")


def test_a_limit_below_what_is_used_holds_at_once():
    bench = limited()
    bench.run(300)
    bench.policies["TransactionEvent"] = lambda _: {"transactionLimit": {"maxEnergy": 10}}
    bench.ask("TriggerMessage", requestedMessage="TransactionEvent")
    assert bench.story()[-1] == ("Updated", "EnergyLimitReached", "SuspendedEVSE")


def test_the_same_limit_is_confirmed_once():
    bench = booted(dc_station(), bench_type=Bench21)
    bench.policies["TransactionEvent"] = lambda _: {"transactionLimit": {"maxEnergy": 90_000}}
    bench.start(evseId=1)
    bench.run(200)
    assert [e["triggerReason"] for e in bench.events()].count("LimitSet") == 1


def test_cost_that_the_csms_tells():
    bench = limited(maxCost=5.0)
    told = {"transactionId": bench.transaction, "totalCost": 4.99}
    bench.ask("CostUpdated", **told)
    bench.run(1)
    assert bench.story()[-1][2] == "Charging"
    bench.ask("CostUpdated", **(told | {"totalCost": 5.01}))
    bench.run(1)
    assert bench.story()[-1] == ("Updated", "CostLimitReached", "SuspendedEVSE")
    assert bench.ask("CostUpdated", **(told | {"transactionId": "no such"})) == {}


def test_before_21_there_are_no_limits():
    bench = booted(dc_station())
    bench.policies["TransactionEvent"] = lambda _: {"transactionLimit": {"maxTime": 1}}
    bench.start(evseId=1)
    bench.run(100)
    assert bench.story()[-1][1:] == ("ChargingStateChanged", "Charging")
    assert bench.get("TxCtrlr", "SupportedLimits") is None
    new = booted(bench_type=Bench21)
    assert new.get("TxCtrlr", "SupportedLimits") == "maxCost,maxEnergy,maxTime,maxSoC"
