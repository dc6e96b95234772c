"""Random lives of a 2.1 station: what 2.1 added, in any order, among everything else."""

from typing import Any

from bench2 import Bench21
from bench16 import lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_station_v2_lives import (
    SPECS,
    Life,
    Step,
    assert_a_transaction_is_told_whole,
    assert_all_is_over,
    assert_energy_never_runs_backwards,
    assert_one_transaction_at_a_time,
    by_transaction,
    places,
    steps,
)

from voltfleet.domain.timestamps import rfc3339

IDS = st.sampled_from(["T1", "T2", "T3"])
PRICES = st.lists(
    st.builds(
        lambda price, limits: {"price": price, "conditions": limits},
        st.floats(0, 5),
        st.fixed_dictionaries(
            {},
            optional={
                "minEnergy": st.integers(0, 3000),
                "maxTime": st.integers(1, 600),
                "startTimeOfDay": st.sampled_from(["17:00", "17:50", "23:59"]),
                "dayOfWeek": st.just(["Sunday", "Monday"]),
            },
        ),
    ),
    min_size=1,
    max_size=3,
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "maxEnergy": st.integers(0, 5000),
        "maxTime": st.integers(0, 900),
        "maxSoC": st.integers(0, 100),
        "maxCost": st.floats(0, 20),
    },
)


def tariff(id_: str, prices: list[dict[str, Any]]) -> dict[str, Any]:
    def named(name: str) -> dict[str, Any]:
        return {
            "prices": [{name: p["price"], "conditions": p["conditions"]} for p in prices],
            "taxRates": [{"type": "vat", "tax": 19.0}],
        }

    return {
        "tariffId": id_,
        "currency": "EUR",
        "energy": named("priceKwh"),
        "chargingTime": named("priceMinute"),
        "idleTime": named("priceMinute"),
    }


def change_tariff(life: Life, given: dict[str, Any]) -> None:
    if life.bench.events():
        id_ = life.bench.transaction
        life.ask("ChangeTransactionTariff", tariff=given, transactionId=id_)


def limit(life: Life, given: dict[str, Any]) -> None:
    """The CSMS answers the next events with a limit."""
    life.bench.policies["TransactionEvent"] = lambda _: {"transactionLimit": given}


def control(life: Life, id_: str, percent: float, start: float, *, default: bool) -> None:
    given: dict[str, Any] = {
        "priority": len(id_),
        "yUnit": "PctMaxW",
        "curveData": [{"x": 50.0, "y": percent}],
    }
    if not default:
        given |= {"startTime": rfc3339(life.bench.now + start), "duration": 500.0}
    told = {"controlId": id_, "controlType": "FreqWatt", "isDefault": default, "curve": given}
    life.ask("SetDERControl", **told)


def dynamic(life: Life, evse: int, watts: int, seconds: int) -> None:
    schedule = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": watts}],
        "limitAtSoC": {"soc": 60, "limit": 2000.0},
    }
    profile = {
        "id": 9,
        "stackLevel": 9,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Dynamic",
        "chargingSchedule": [schedule],
        "dynUpdateInterval": seconds,
        "maxOfflineDuration": 30,
    }
    life.ask("SetChargingProfile", evseId=evse, chargingProfile=profile)


def stream(life: Life, interval: int) -> None:
    item = {
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Power"},
        "type": "Periodic",
        "value": 7,
        "severity": 5,
        "periodicEventStream": {"interval": interval},
    }
    life.ask("SetVariableMonitoring", setMonitoringData=[item])


tariffs = st.builds(tariff, IDS, PRICES)
new_steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda t, n: lambda life: life.ask("SetDefaultTariff", evseId=n, tariff=t), tariffs, places
    ),
    tariffs.map(lambda t: lambda life: change_tariff(life, t)),
    places.map(lambda n: lambda life: life.ask("GetTariffs", evseId=n)),
    IDS.map(lambda i: lambda life: life.ask("ClearTariffs", tariffIds=[i])),
    LIMITS.map(lambda given: lambda life: limit(life, given)),
    st.builds(
        lambda i, p, s, d: lambda life: control(life, i, p, s, default=d),
        st.sampled_from(["a", "bb", "ccc"]),
        st.floats(0, 120),
        st.floats(-100, 2000),
        st.booleans(),
    ),
    st.just(lambda life: life.ask("GetDERControl", requestId=1)),
    st.booleans().map(lambda d: lambda life: life.ask("ClearDERControl", isDefault=d)),
    st.builds(
        lambda n, w, s: lambda life: dynamic(life, n, w, s),
        places,
        st.integers(0, 30_000),
        st.sampled_from([0, 50, 200]),
    ),
    st.integers(0, 20_000).map(
        lambda w: (
            lambda life: life.ask(
                "UpdateDynamicSchedule", chargingProfileId=9, scheduleUpdate={"limit": w}
            )
        )
    ),
    st.integers(20, 100).map(lambda s: lambda life: stream(life, s)),
    st.just(lambda life: life.ask("GetPeriodicEventStream")),
    st.just(lambda life: life.ask("ClearVariableMonitoring", id=[1, 2, 3, 4, 5, 6])),
    st.just(lambda life: life.ask("Reset", type="ImmediateAndResume")),
    places.map(lambda n: lambda life: life.ask("Reset", type="ImmediateAndResume", evseId=n)),
)


@settings(
    max_examples=lives(60),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.sampled_from(SPECS),
    st.integers(0, 1000),
    tariffs,
    st.lists(st.one_of(new_steps, steps), min_size=5, max_size=40),
)
def test_a_station_of_21_never_lies(spec, seed, first, script):
    life = Life(Bench21(spec, seed))
    life.bench.connect()
    answer = {"status": "Accepted", "scheduleUpdate": {"limit": 3000.0}}
    life.bench.policies["PullDynamicScheduleUpdate"] = lambda _: answer
    life.ask("SetDefaultTariff", evseId=0, tariff=first)
    for step in script:
        step(life)
        life.bench.assert_flow_is_told()
    life.finish()
    transactions = by_transaction(life.bench)
    for events in transactions.values():
        assert_a_transaction_is_told_whole(events)
        for event in events:
            assert_cost_makes_sense(event)
    assert_one_transaction_at_a_time(transactions)
    assert_energy_never_runs_backwards(life.bench, transactions)
    assert_all_is_over(life.bench)


def assert_cost_makes_sense(event: dict[str, Any]) -> None:
    details = event.get("costDetails")
    if details is None:
        return
    total, usage = details["totalCost"]["total"], details["totalUsage"]
    assert (
        total["inclTax"] == round(total["exclTax"] * 1.19, 4)
        or abs(total["inclTax"] - total["exclTax"] * 1.19) < 0.001
    )
    assert usage["idleTime"] <= usage["chargingTime"]
    periods = [p["startPeriod"] for p in details.get("chargingPeriods", [])]
    assert periods == sorted(periods)
