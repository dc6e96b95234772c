"""Transactions as both families of the standard tell them, and the energy that is added up."""

from typing import Any

import pytest
from csms_peer import Station, station

from voltfleet.csms.chargers import Transaction
from voltfleet.csms.meter import take_readings
from voltfleet.csms.server import Csms

AT = "2026-01-01T00:00:00Z"
START = {"connectorId": 1, "idTag": "CAR", "meterStart": 1000, "timestamp": AT}


def stop(transaction_id: int, meter_wh: int) -> dict[str, Any]:
    return {"transactionId": transaction_id, "meterStop": meter_wh, "timestamp": AT}


def meter(value: str, **sample: str) -> list[dict[str, Any]]:
    return [{"timestamp": AT, "sampledValue": [{"value": value, **sample}]}]


async def test_a_transaction_of_1_6(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        answer = await cp.call("StartTransaction", START)
        assert answer["idTagInfo"]["status"] == "Accepted"
        transaction_id = answer["transactionId"]
        assert csms.stats().transactions_active == 1
        values = {"connectorId": 1, "transactionId": transaction_id, "meterValue": meter("1500")}
        await cp.call("MeterValues", values)
        charger = csms.charger("CP-1")
        assert charger is not None
        assert charger["energy_wh"] == 500
        assert charger["transactions"][0]["id_token"] == "CAR"
        ended = await cp.call("StopTransaction", stop(transaction_id, 3000) | {"idTag": "CAR"})
        assert ended == {"idTagInfo": {"status": "Accepted"}}
    stats = csms.stats()
    assert (stats.transactions_active, stats.transactions_total, stats.energy_wh) == (0, 1, 2000)


async def test_transaction_ids_are_unique(port: int) -> None:
    ids = []
    for n in range(3):
        async with station(port, f"CP-{n}") as cp:
            ids.append((await cp.call("StartTransaction", START))["transactionId"])
            ids.append(
                (await cp.call("StartTransaction", START | {"connectorId": 2}))["transactionId"]
            )
    assert len(set(ids)) == 6
    assert all(0 < i < 2**31 for i in ids)


async def test_a_repeated_start_gets_the_same_id(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        first = await cp.call("StartTransaction", START)
    async with station(port) as cp:
        assert await cp.call("StartTransaction", START) == first
        await cp.call("StopTransaction", stop(first["transactionId"], 1100))
        assert await cp.call("StartTransaction", START) == first
        await cp.call("StopTransaction", stop(first["transactionId"], 1100))
    assert csms.stats().transactions_total == 1
    assert csms.stats().transactions_active == 0


async def test_an_unknown_stop_is_answered(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        assert await cp.call("StopTransaction", stop(5, 1)) == {}
    assert csms.stats().transactions_total == 0


async def test_a_start_ends_the_one_before_on_that_connector(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.call("StartTransaction", START)
        await cp.call("StartTransaction", START | {"meterStart": 2000})
        await cp.call("StartTransaction", START | {"connectorId": 2})
    assert csms.stats().transactions_active == 2
    assert csms.stats().transactions_total == 3


async def test_a_refused_token_gets_an_id_all_the_same(port: int) -> None:
    async with station(port) as cp:
        answer = await cp.call("StartTransaction", START | {"idTag": "INVALID-7"})
    assert answer["idTagInfo"] == {"status": "Invalid"}
    assert answer["transactionId"]


async def test_only_the_last_finished_transactions_are_remembered(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        for n in range(15):
            answer = await cp.call("StartTransaction", START | {"meterStart": n})
            await cp.call("StopTransaction", stop(answer["transactionId"], n + 10))
    charger = csms._books.registry.find("CP-1")
    assert charger is not None
    assert len(charger.finished) == 10
    assert csms.stats().energy_wh == 150


# --- 2.0.1 ----------------------------------------------------------------------------------------


async def event(
    cp: Station, kind: str, seq_no: int, wh: float | None = None, **more: Any
) -> dict[str, Any]:
    payload = {
        "eventType": kind,
        "timestamp": AT,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "T-1"},
        **more,
    }
    if wh is not None:
        payload["meterValue"] = [{"timestamp": AT, "sampledValue": [{"value": wh}]}]
    return await cp.call("TransactionEvent", payload)


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_transaction_of_2(csms: Csms, port: int, version: str) -> None:
    async with station(port, version=version) as cp:
        token = {"idToken": "CAR", "type": "ISO14443"}
        answer = await event(cp, "Started", 0, 100.0, evse={"id": 1}, idToken=token)
        assert answer == {"idTokenInfo": {"status": "Accepted"}}
        assert await event(cp, "Updated", 1, 350.5) == {}
        charger = csms.charger("CP-1")
        assert charger is not None
        [transaction] = charger["transactions"]
        assert transaction["transaction_id"] == "T-1"
        assert transaction["evse_id"] == 1
        assert transaction["energy_wh"] == 250.5
        assert await event(cp, "Ended", 2, 600.0) == {}
        assert await event(cp, "Ended", 2, 600.0) == {}  # repeated: its answer was lost
    stats = csms.stats()
    assert (stats.transactions_active, stats.transactions_total, stats.energy_wh) == (0, 1, 500)


async def test_an_event_names_token_and_evse_later(csms: Csms, port: int) -> None:
    async with station(port, version="ocpp2.0.1") as cp:
        await event(cp, "Started", 0)
        token = {"idToken": "BLOCKED-1", "type": "ISO14443"}
        answer = await event(cp, "Updated", 1, evse={"id": 2}, idToken=token)
        assert answer == {"idTokenInfo": {"status": "Blocked"}}
        charger = csms.charger("CP-1")
    assert charger is not None
    [transaction] = charger["transactions"]
    assert (transaction["evse_id"], transaction["id_token"]) == (2, "BLOCKED-1")


async def test_an_end_without_a_start_is_a_transaction_over(csms: Csms, port: int) -> None:
    async with station(port, version="ocpp2.0.1") as cp:
        await event(cp, "Ended", 9, 600.0)
    assert (csms.stats().transactions_active, csms.stats().transactions_total) == (0, 1)


# --- reading the register -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "watt_hours"),
    [
        ({"value": "5"}, 5),
        ({"value": "5", "unit": "kWh", "measurand": "Energy.Active.Import.Register"}, 5000),
        ({"value": 5, "unitOfMeasure": {"unit": "kWh", "multiplier": -1}}, 500),
        ({"value": 5, "unitOfMeasure": {"multiplier": 2}}, 500),
        ({"value": "5", "measurand": "Power.Active.Import"}, None),
        ({"value": "5", "phase": "L1"}, None),
        ({"value": "5", "location": "Inlet"}, None),
        ({"value": "abc", "format": "SignedData"}, None),
        ({"value": "abc"}, None),
        ({"value": "nan"}, None),
        ({"value": "5", "unit": "Celsius"}, None),
        ({"value": 5, "unitOfMeasure": {"multiplier": 4000}}, None),
    ],
)
def test_register_readings(sample: dict[str, Any], watt_hours: float | None) -> None:
    transaction = Transaction("1", 1, "CAR", 0.0)
    take_readings(transaction, [{"sampledValue": [sample]}])
    assert transaction.last_wh == watt_hours
    assert transaction.energy_wh == 0


def test_energy_never_runs_backwards_below_nothing() -> None:
    transaction = Transaction("1", 1, "CAR", 0.0)
    transaction.read_meter(100)
    transaction.read_meter(50)
    assert transaction.energy_wh == 0
