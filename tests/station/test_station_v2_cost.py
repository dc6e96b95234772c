"""OCPP 2.x block I: what a driver reads of the price and the cost."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import ac_station

NO_PRICE, NO_COST = "The price is not known here", "The cost is not known here"


def shown(bench: Bench2, evse: int = 1) -> str | None:
    return bench.get("EVSE", "DisplayText", id=evse)


def says(bench: Bench2, event_type: str, **answer: Any) -> None:
    """The CSMS answers such events so, and all others with nothing."""
    bench.policies["TransactionEvent"] = lambda e: answer if e["eventType"] == event_type else {}


def stop(bench: Bench2) -> None:
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)


def message(text: str) -> dict[str, str]:
    return {"format": "UTF8", "content": text}


def test_the_price_for_this_driver():
    """I01"""
    bench = booted()
    bench.token_info = {"status": "Accepted", "personalMessage": message("0.42 EUR/kWh")}
    assert shown(bench) == ""
    outcome = bench.command("start-session", id_tag="A")
    assert shown(bench) == "0.42 EUR/kWh"
    outcome = bench.command("authorize-id-tag", id_tag="A")
    assert outcome.detail == {"status": "Accepted", "personalMessage": "0.42 EUR/kWh"}


@pytest.mark.parametrize("tag", ["KNOWN", "OTHER"])
def test_the_cache_knows_the_price_of_a_token_offline(tag):
    bench = booted()
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.token_info = {"status": "Accepted", "personalMessage": message("cheap")}
    bench.command("authorize-id-tag", id_tag="KNOWN")
    bench.disconnect()
    bench.command("start-session", id_tag=tag)
    bench.policies["TransactionEvent"] = lambda _: {}
    bench.connect()
    assert shown(bench) == ("cheap" if tag == "KNOWN" else NO_PRICE)


def test_without_a_price_there_is_a_message_instead():
    """I04"""
    bench = booted()
    bench.configure(TariffCostCtrlr_TariffFallbackMessage="Ask inside")
    bench.charge()
    assert shown(bench) == "Ask inside"


def test_a_price_that_changes_while_it_charges():
    """I06"""
    bench = booted()
    says(bench, "Updated", updatedPersonalMessage=message("now 0.99"))
    bench.charge()
    assert shown(bench) == "now 0.99"


def test_the_cost_while_it_charges():
    """I02, by either way."""
    bench = booted()
    bench.charge()
    bench.ask("CostUpdated", totalCost=1.5, transactionId=bench.transaction)
    assert (bench.answers[-1], shown(bench)) == ({}, "1.50 EUR")
    bench.configure(TariffCostCtrlr_Currency="CHF")
    says(bench, "Updated", totalCost=2.25)
    bench.run(61)
    assert shown(bench) == "2.25 CHF"
    bench.ask("CostUpdated", totalCost=99, transactionId="x")
    assert (bench.answers[-1], shown(bench)) == ({}, "2.25 CHF")


def test_the_cost_in_the_end():
    """I03: it is to be read until the next driver comes."""
    bench = booted()
    says(bench, "Ended", totalCost=7)
    bench.charge()
    stop(bench)
    bench.run(60)
    assert shown(bench) == "7.00 EUR"
    bench.start("NEXT")
    assert shown(bench) == NO_PRICE


def test_the_next_driver_may_plug_in_first():
    bench = booted()
    says(bench, "Ended", totalCost=7)
    bench.charge()
    stop(bench)
    bench.run(60)
    bench.command("plug-connector")
    assert shown(bench) == ""


@pytest.mark.parametrize("answer", [{}, "InternalError"])
def test_nobody_says_what_it_cost(answer):
    """I05"""
    bench = booted()
    bench.configure(OCPPCommCtrlr_MessageAttempts_TransactionEvent=1)
    bench.charge()
    bench.ask("CostUpdated", totalCost=1.5, transactionId=bench.transaction)
    bench.policies["TransactionEvent"] = lambda _: answer
    stop(bench)
    assert shown(bench) == NO_COST


def test_offline_the_cost_comes_later_if_it_still_matters():
    bench = booted(ac_station(2))
    for connector in (1, 2):
        bench.charge("A", connector)
    bench.disconnect()
    bench.command("stop-session")
    bench.run(30)
    bench.command("plug-connector", connector_id=2)
    says(bench, "Ended", totalCost=3)
    bench.connect()
    assert (shown(bench, 1), shown(bench, 2)) == ("3.00 EUR", "")


def test_offline_at_the_end():
    bench = booted()
    bench.charge()
    bench.disconnect()
    bench.command("stop-session")
    bench.policies["TransactionEvent"] = lambda _: None
    bench.connect()
    assert shown(bench) == NO_COST


def test_what_is_switched_off_is_not_shown():
    bench = booted()
    bench.configure(TariffCostCtrlr_Enabled_Tariff=False, TariffCostCtrlr_Enabled_Cost=False)
    bench.charge()
    bench.ask("CostUpdated", totalCost=1.5, transactionId=bench.transaction)
    stop(bench)
    assert shown(bench) == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [("Currency", "EURO"), ("Currency", ""), ("TotalCostFallbackMessage", "x" * 256)],
)
def test_settings_that_make_no_sense(variable, value):
    assert booted().set("TariffCostCtrlr", variable, value) == "Rejected"


def test_21_shows_it_too():
    bench = Bench21(ac_station())
    bench.connect()
    bench.charge()
    bench.ask("CostUpdated", totalCost=1.5, transactionId=bench.transaction)
    assert shown(bench) == "1.50 EUR"
