"""Our stations in our host, over real sockets, against a CSMS made by others: charging."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from ocpp_csms import ID_TOKEN, OcppCsms

VERSIONS = ["OCPP1.6", "OCPP2.0.1", "OCPP2.1"]
VERSIONS_2 = VERSIONS[1:]
TWO_EVSES = ("alfen", "alfen-eve-double-pro-line", "Type2")

PlugIn = Callable[..., None]

pytestmark = pytest.mark.usefixtures("nothing_to_object_to")


async def test_charges_1_6(plug_in: PlugIn, csms: OcppCsms) -> None:
    plug_in("CP-1", "OCPP1.6")
    peer = await csms.booted("CP-1")
    stop = await peer.charge(meter_values=3)
    [start] = peer.said("StartTransaction")
    assert start["idTag"] == ID_TOKEN
    assert start["connectorId"] == 1
    readings = [_register_16(v) for v in peer.values_of(stop["transactionId"])]
    assert [start["meterStart"], *readings, stop["meterStop"]] == sorted(
        [start["meterStart"], *readings, stop["meterStop"]]
    )
    assert stop["meterStop"] > start["meterStart"]
    assert stop["reason"] == "Remote"
    await csms.recorder.until(lambda: peer.statuses(1)[-1] == "Available")
    assert _in_order(peer.statuses(1), ["Available", "Preparing", "Charging", "Available"])


def _register_16(values: dict[str, Any]) -> float:
    for sample in values["meterValue"][0]["sampledValue"]:
        if (
            sample.get("measurand", "Energy.Active.Import.Register")
            == "Energy.Active.Import.Register"
        ):
            return float(sample["value"]) * (1000 if sample.get("unit") == "kWh" else 1)
    raise AssertionError(f"no energy register: {values}")


def _in_order(seen: list[str], wanted: list[str]) -> bool:
    rest = iter(seen)
    return all(status in rest for status in wanted)


@pytest.mark.parametrize("version", VERSIONS_2)
async def test_charges_2(plug_in: PlugIn, csms: OcppCsms, version: str) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    events = await peer.charge(meter_values=3)
    assert [e["seqNo"] for e in events] == list(range(len(events)))
    assert [events[0]["eventType"], events[-1]["eventType"]] == ["Started", "Ended"]
    assert {e["eventType"] for e in events[1:-1]} == {"Updated"}
    assert any(e.get("idToken", {}).get("idToken") == ID_TOKEN for e in events)
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Remote"
    # The last event repeats the first reading: by their own time they must grow.
    registers = [wh for _, wh in sorted(r for e in events for r in _registers_2(e))]
    assert registers == sorted(registers)
    assert registers[-1] > registers[0]
    await csms.recorder.until(lambda: peer.statuses(1)[-1] == "Available")
    assert _in_order(peer.statuses(1), ["Available", "Occupied", "Available"])


def _registers_2(event: dict[str, Any]) -> list[tuple[str, float]]:
    return [
        (meter_value["timestamp"], sample["value"])
        for meter_value in event.get("meterValue", ())
        for sample in meter_value["sampledValue"]
        if sample.get("measurand", "Energy.Active.Import.Register")
        == "Energy.Active.Import.Register"
        and "phase" not in sample
    ]


@pytest.mark.parametrize("version", VERSIONS)
async def test_charges_twice_and_on_the_second_evse(
    plug_in: PlugIn, csms: OcppCsms, version: str
) -> None:
    plug_in("CP-1", version, TWO_EVSES)
    peer = await csms.booted("CP-1")
    await asyncio.gather(peer.charge(1, 1), peer.charge(2, 1))
    await csms.recorder.until(lambda: peer.statuses(2)[-1] == "Available")
    await peer.charge(2, 1)


async def test_a_mixed_fleet_charges_at_once(plug_in: PlugIn, csms: OcppCsms) -> None:
    identities = [f"CP-{n}" for n in range(12)]
    for n, identity in enumerate(identities):
        plug_in(identity, VERSIONS[n % 3])
    peers = [await csms.booted(identity) for identity in identities]
    await asyncio.gather(*(peer.charge(meter_values=1) for peer in peers))


async def test_a_transaction_survives_the_csms_1_6(plug_in: PlugIn, csms: OcppCsms) -> None:
    plug_in("CP-1", "OCPP1.6")
    peer = await csms.booted("CP-1")
    charging = asyncio.create_task(peer.charge(meter_values=10**6))
    await csms.recorder.until(lambda: len(peer.said("MeterValues")) >= 2)
    charging.cancel()
    await csms.vanish()
    async with csms:
        back = await csms.connected("CP-1", 2)
        seen = len(back.said("MeterValues"))
        await back.hear("MeterValues", seen + 2)
        assert await back.trigger("StatusNotification", 1) == "Accepted"
        assert len(back.said("StartTransaction")) == 1
        assert len(back.said("BootNotification")) == 1
        [transaction_id] = peer.transaction_ids[1]
        assert {v["transactionId"] for v in back.said("MeterValues")} == {transaction_id}


@pytest.mark.parametrize("version", VERSIONS_2)
async def test_a_transaction_survives_the_csms_2(
    plug_in: PlugIn, csms: OcppCsms, version: str
) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    charging = asyncio.create_task(peer.charge(meter_values=10**6))
    await csms.recorder.until(lambda: len(peer.said("TransactionEvent")) >= 5)
    charging.cancel()
    transaction_id = peer.said("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    await csms.vanish()
    async with csms:
        back = await csms.connected("CP-1", 2)
        seen = len(back.events_of(transaction_id))
        await csms.recorder.until(lambda: len(back.events_of(transaction_id)) >= seen + 3)
        events = back.events_of(transaction_id)
        # What was under way when the connection was lost may come twice; none is left out.
        assert sorted({e["seqNo"] for e in events}) == list(range(events[-1]["seqNo"] + 1))
        assert len(back.said("BootNotification")) == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_reset_ends_the_transaction(plug_in: PlugIn, csms: OcppCsms, version: str) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    charging = asyncio.create_task(peer.charge(meter_values=10**6))
    action = "MeterValues" if version == "OCPP1.6" else "TransactionEvent"
    await csms.recorder.until(lambda: len(peer.said(action)) >= 4)
    charging.cancel()
    assert await peer.reset() == "Accepted"
    again = await csms.booted("CP-1", 2)
    if version == "OCPP1.6":
        stop = await again.hear("StopTransaction")
        assert stop["reason"] == "SoftReset"
    else:
        transaction_id = again.said("TransactionEvent")[0]["transactionInfo"]["transactionId"]
        await csms.recorder.until(
            lambda: again.events_of(transaction_id)[-1]["eventType"] == "Ended"
        )
        ended = again.events_of(transaction_id)[-1]
        assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_availability_change_waits_for_the_transaction(
    plug_in: PlugIn, csms: OcppCsms, version: str
) -> None:
    plug_in("CP-1", version)
    peer = await csms.booted("CP-1")
    charging = asyncio.create_task(peer.charge(meter_values=3))
    action = "StartTransaction" if version == "OCPP1.6" else "TransactionEvent"
    await peer.hear(action)
    assert await peer.change_availability(operative=False) == "Scheduled"
    await charging
    await csms.recorder.until(lambda: peer.statuses(1)[-1] == "Unavailable")
