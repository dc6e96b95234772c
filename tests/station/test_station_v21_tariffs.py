"""OCPP 2.1, block I: what a transaction costs by the station's own calculation."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import ac_station, dc_station

VAT = [{"type": "vat", "tax": 20.0}]
T1 = {
    "tariffId": "T1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.5}], "taxRates": VAT},
}


def station(bench_spec: Any = None) -> Bench2:
    return booted(bench_spec or dc_station(), bench_type=Bench21)


def put(bench: Bench2, tariff: dict[str, Any], evse: int = 0) -> str:
    return str(bench.ask("SetDefaultTariff", evseId=evse, tariff=tariff)["status"])


def cost(bench: Bench2) -> dict[str, Any]:
    found: dict[str, Any] = bench.events()[-1]["costDetails"]
    return found


def charge(bench: Bench2, seconds: float) -> dict[str, Any]:
    """A session of so long; what it cost."""
    bench.charge()
    bench.run(seconds)
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert bench.events()[-1]["eventType"] == "Ended"
    return cost(bench)


def test_energy_with_tax():
    bench = station()
    assert put(bench, T1) == "Accepted"
    details = charge(bench, 600)
    started, ended = bench.events()[0], bench.events()[-1]
    used = details["totalUsage"]["energy"]
    assert used > 5000
    total = details["totalCost"]
    assert total["energy"]["exclTax"] == pytest.approx(used / 1000 * 0.5, abs=0.001)
    assert total["energy"]["inclTax"] == pytest.approx(used / 1000 * 0.6, abs=0.001)
    assert total["energy"]["taxRates"] == VAT
    assert total["total"] == {k: total["energy"][k] for k in ("exclTax", "inclTax")}
    assert (total["currency"], total["typeOfCost"]) == ("EUR", "NormalCost")
    assert started["transactionInfo"]["tariffId"] == ended["transactionInfo"]["tariffId"] == "T1"
    assert "costDetails" not in started


def test_time_idle_and_a_fee():
    bench = station()
    tariff = {
        "tariffId": "T2",
        "currency": "EUR",
        "chargingTime": {"prices": [{"priceMinute": 0.6}]},
        "idleTime": {"prices": [{"priceMinute": 6.0}]},
        "fixedFee": {"prices": [{"priceFixed": 1.5}]},
    }
    assert put(bench, tariff) == "Accepted"
    bench.charge()
    bench.run(295)
    bench.command("ev-stops-energy")
    bench.run(60)
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    details = cost(bench)
    usage = details["totalUsage"]
    charging = usage["chargingTime"] - usage["idleTime"]
    assert usage["idleTime"] in range(60, 66)
    assert charging in range(293, 301)
    total = details["totalCost"]
    assert total["fixed"]["exclTax"] == 1.5
    assert total["chargingTime"]["exclTax"] == pytest.approx(charging * 0.01, abs=0.02)
    assert total["idleTime"]["exclTax"] == pytest.approx(usage["idleTime"] * 0.1, abs=0.1)
    volumes = [d["type"] for p in details["chargingPeriods"] for d in p["dimensions"]]
    assert {"Energy", "ChargingTime", "IdleTIme"} == set(volumes)


def test_prices_that_change_in_the_middle():
    bench = station()
    prices = [
        {"priceKwh": 1.0, "conditions": {"maxEnergy": 1000}},
        {"priceKwh": 0.1, "conditions": {"minEnergy": 1000}},
    ]
    put(bench, {"tariffId": "T3", "currency": "EUR", "energy": {"prices": prices}})
    details = charge(bench, 600)
    used = details["totalUsage"]["energy"]
    expected = 1.0 + (used - 1000) / 1000 * 0.1
    assert details["totalCost"]["total"]["exclTax"] == pytest.approx(expected, abs=0.01)
    assert len(details["chargingPeriods"]) == 2


def test_prices_by_the_time_of_day():
    """It is 17:46:40 on a Sunday."""
    bench = station()
    day = {"startTimeOfDay": "06:00", "endTimeOfDay": "18:00", "dayOfWeek": ["Sunday"]}
    night = {"startTimeOfDay": "18:00", "endTimeOfDay": "06:00"}
    prices = [
        {"priceMinute": 1.0, "conditions": day},
        {"priceMinute": 2.0, "conditions": night},
    ]
    tariff = {
        "tariffId": "T4",
        "currency": "EUR",
        "chargingTime": {"prices": prices},
        "idleTime": {"prices": prices},
    }
    put(bench, tariff)
    details = charge(bench, 1595)
    total = details["totalCost"]["total"]["exclTax"]
    assert total == pytest.approx(800 / 60 + 2 * 800 / 60, abs=0.2)
    begins = [p["startPeriod"] for p in details["chargingPeriods"]]
    assert "2030-03-17T18:00:00.000Z" in begins


@pytest.mark.parametrize(
    ("bounds", "kind", "incl"),
    [
        ({"minCost": {"exclTax": 50.0, "taxRates": VAT}}, "MinCost", 60.0),
        ({"maxCost": {"inclTax": 0.06, "taxRates": VAT}}, "MaxCost", 0.06),
        ({"maxCost": {"inclTax": 5000.0}}, "NormalCost", None),
    ],
)
def test_least_and_most(bounds, kind, incl):
    bench = station()
    put(bench, T1 | bounds)
    total = charge(bench, 60)["totalCost"]
    assert total["typeOfCost"] == kind
    if incl is not None:
        assert total["total"]["inclTax"] == pytest.approx(incl)


def test_what_cannot_be():
    bench = station()
    slow = {"priceKwh": 1.0, "conditions": {"minPower": 1000}}
    tariff = {"tariffId": "T", "currency": "EUR", "energy": {"prices": [slow]}}
    assert put(bench, tariff) == "ConditionNotSupported"
    many = {"tariffId": "T", "currency": "EUR", "energy": {"prices": [{"priceKwh": 1.0}] * 21}}
    assert put(bench, many) == "TooManyElements"
    odd = {"priceKwh": 1.0, "conditions": {"startTimeOfDay": "25:99"}}
    wrong = {"tariffId": "T", "currency": "EUR", "energy": {"prices": [odd]}}
    assert put(bench, wrong) == "Rejected"
    assert put(bench, T1, 7) == "Rejected"
    assert put(bench, T1) == "Accepted"
    assert put(bench, T1, 1) == "Accepted"
    assert put(bench, T1 | {"currency": "SEK"}) == "DuplicateTariffId"
    bench.configure(TariffCostCtrlr_Enabled_Tariff=False)
    assert put(bench, T1) == "Rejected"


def test_get_and_clear():
    bench = station(ac_station(2))
    assert bench.ask("GetTariffs", evseId=0) == {"status": "NoTariff"}
    assert bench.ask("GetTariffs", evseId=9)["status"] == "Rejected"
    assert bench.ask("ClearTariffs") == {"clearTariffsResult": [{"status": "NoTariff"}]}
    later = T1 | {"tariffId": "T9", "validFrom": "2031-01-01T00:00:00Z"}
    put(bench, T1)
    put(bench, later, 2)
    assert bench.ask("GetTariffs", evseId=0)["tariffAssignments"] == [
        {"tariffId": "T1", "tariffKind": "DefaultTariff", "evseIds": [1, 2]},
        {
            "tariffId": "T9",
            "tariffKind": "DefaultTariff",
            "validFrom": "2031-01-01T00:00:00Z",
            "evseIds": [2],
        },
    ]
    cleared = bench.ask("ClearTariffs", tariffIds=["T9", "T8"])["clearTariffsResult"]
    assert cleared == [
        {"status": "Accepted", "tariffId": "T9"},
        {"status": "NoTariff", "tariffId": "T8"},
    ]
    cleared = bench.ask("ClearTariffs", evseId=1)["clearTariffsResult"]
    assert cleared == [{"status": "Accepted", "tariffId": "T1"}]
    [left] = bench.ask("GetTariffs", evseId=0)["tariffAssignments"]
    assert left["evseIds"] == [2]


def test_a_tariff_that_is_not_valid_yet_waits():
    bench = station()
    put(bench, T1)
    put(bench, T1 | {"tariffId": "T9", "validFrom": "2030-03-17T18:00:00Z"})
    charge(bench, 60)
    assert bench.events()[-1]["transactionInfo"]["tariffId"] == "T1"
    bench.run(3600)
    charge(bench, 60)
    assert bench.events()[-1]["transactionInfo"]["tariffId"] == "T9"


def test_the_drivers_own_tariff_goes_first():
    bench = station()
    put(bench, T1)
    bench.configure(AuthCtrlr_AuthorizeRemoteStart=True)
    own = T1 | {"tariffId": "VIP", "energy": {"prices": [{"priceKwh": 0.01}]}}
    bench.policies["Authorize"] = lambda _: {"idTokenInfo": {"status": "Accepted"}, "tariff": own}
    bench.charge()
    assert bench.events()[-1]["transactionInfo"]["tariffId"] == "VIP"
    found = bench.ask("GetTariffs", evseId=1)["tariffAssignments"]
    assert {f["tariffKind"]: f.get("idTokens") for f in found} == {
        "DefaultTariff": None,
        "DriverTariff": ["TAG"],
    }


def test_another_tariff_for_a_transaction():
    bench = station()
    put(bench, T1)
    bench.charge()
    bench.run(300)
    other = {"tariffId": "T5", "currency": "EUR", "energy": {"prices": [{"priceKwh": 5.0}]}}

    def change(tariff: dict[str, Any], id_: str = "") -> str:
        transaction = id_ or bench.transaction
        answer = bench.ask("ChangeTransactionTariff", tariff=tariff, transactionId=transaction)
        return str(answer["status"])

    assert change(other, "none") == "TxNotFound"
    assert change(other | {"currency": "SEK"}) == "NoCurrencyChange"
    assert change(other) == "Accepted"
    told = bench.events()[-1]
    assert (told["triggerReason"], told["transactionInfo"]["tariffId"]) == ("TariffChanged", "T5")
    before = told["costDetails"]["totalUsage"]["energy"]
    bench.run(300)
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    details = cost(bench)
    after = details["totalUsage"]["energy"] - before
    expected = before / 1000 * 0.5 + after / 1000 * 5.0
    assert details["totalCost"]["total"]["exclTax"] == pytest.approx(expected, abs=0.05)
    assert [p["tariffId"] for p in details["chargingPeriods"]] == ["T1", "T5"]
    bare = station()
    bare.charge()
    answer = bare.ask("ChangeTransactionTariff", tariff=T1, transactionId=bare.transaction)
    assert answer["status"] == "Rejected"


def test_a_limit_of_the_cost():
    bench = station()
    put(bench, T1)
    limit = {"transactionLimit": {"maxCost": 2.0}}
    bench.policies["TransactionEvent"] = lambda p: limit if p["eventType"] == "Started" else {}
    bench.start(evseId=1)
    bench.run(2000)
    [end] = [e for e in bench.events() if e["triggerReason"] == "CostLimitReached"]
    assert end["costDetails"]["totalCost"]["total"]["inclTax"] == pytest.approx(2.0, abs=0.02)


def test_before_21_there_are_no_tariffs():
    bench = booted()
    bench.ask("GetTariffs", evseId=0)
    assert bench.errors[-1][0] == "NotImplemented"


def test_a_transaction_that_ends_as_it_starts_costs_nothing():
    bench = station()
    put(bench, T1)
    bench.configure(TxCtrlr_TxStartPoint="Authorized")
    bench.start(evseId=1)
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert cost(bench)["totalCost"]["total"] == {"exclTax": 0.0, "inclTax": 0.0}
    assert "chargingPeriods" not in cost(bench)
