"""The judge itself: a charger that does wrong is found out, one that does right is not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp.exceptions import OCPPError
from ocpp_csms import OcppCsms
from websockets.asyncio.client import ClientConnection, connect

VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
BOOT = {
    "ocpp1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "ocpp2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
}
BOOT["ocpp2.1"] = BOOT["ocpp2.0.1"]


@asynccontextmanager
async def charger(
    csms: OcppCsms, version: str = "ocpp1.6", *, boot: bool = True
) -> AsyncIterator[ClientConnection]:
    async with connect(f"{csms.url}/CP-1", subprotocols=[version]) as socket:  # type: ignore[list-item]
        if boot:
            await exchange(socket, 2, "boot", "BootNotification", BOOT[version])
        yield socket


async def exchange(socket: ClientConnection, *frame: Any) -> Any:
    await socket.send(json.dumps(frame))
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def found(csms: OcppCsms, text: str) -> None:
    await csms.recorder.until(lambda: csms.violations)
    assert len(csms.violations) == 1, csms.violations
    assert text in csms.violations[0]
    assert csms.violations[0].startswith("CP-1: ")


@pytest.mark.parametrize("version", VERSIONS)
async def test_finds_nothing_where_nothing_is_wrong(csms: OcppCsms, version: str) -> None:
    async with charger(csms, version) as socket:
        peer = await csms.booted("CP-1")
        kind, unique_id, answer = await exchange(socket, 2, "beat", "Heartbeat", {})
        assert (kind, unique_id) == (3, "beat")
        assert answer["currentTime"].endswith("Z")
        assert await peer.hear("Heartbeat") == {}
    assert csms.violations == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_finds_a_request_against_the_schema(csms: OcppCsms, version: str) -> None:
    async with charger(csms, version) as socket:
        answer = await exchange(socket, 2, "1", "StatusNotification", {"color": "red"})
        assert answer[0] == 4
    await found(csms, "StatusNotification had to be refused")


@pytest.mark.parametrize("version", VERSIONS)
async def test_finds_an_answer_against_the_schema(csms: OcppCsms, version: str) -> None:
    async with charger(csms, version) as socket:
        peer = await csms.booted("CP-1")
        asking = asyncio.ensure_future(peer.reset())
        unique_id = json.loads(await socket.recv())[1]
        await socket.send(json.dumps([3, unique_id, {"status": "Perhaps"}]))
        with pytest.raises(OCPPError):
            await asking
    await found(csms, "the answer to Reset")


async def test_a_refusal_is_an_error_but_no_violation(csms: OcppCsms) -> None:
    async with charger(csms) as socket:
        peer = await csms.booted("CP-1")
        asking = asyncio.ensure_future(peer.reset())
        unique_id = json.loads(await socket.recv())[1]
        await socket.send(json.dumps([4, unique_id, "NotSupported", "", {}]))
        with pytest.raises(OCPPError):
            await asking
    assert csms.violations == []


@pytest.mark.parametrize("text", ["nonsense", "{}", "[]", '[2,"1"]', '[9,"1",{}]'])
async def test_finds_what_is_no_frame(csms: OcppCsms, text: str) -> None:
    async with charger(csms) as socket:
        await socket.send(text)
        await found(csms, "no frame")


async def test_finds_a_binary_message(csms: OcppCsms) -> None:
    async with charger(csms) as socket:
        await socket.send(b'[2,"1","Heartbeat",{}]')
        await found(csms, "a binary message")


async def test_finds_an_answer_to_nothing(csms: OcppCsms) -> None:
    async with charger(csms) as socket:
        await socket.send('[3,"1",{}]')
        await found(csms, "an answer to nothing")


async def test_finds_a_second_call_before_the_first_was_answered(csms: OcppCsms) -> None:
    async with charger(csms) as socket:
        for unique_id in "12":
            await socket.send(json.dumps([2, unique_id, "Heartbeat", {}]))
        await found(csms, "Heartbeat before Heartbeat was answered")


async def test_finds_a_message_id_used_twice(csms: OcppCsms) -> None:
    async with charger(csms) as socket:
        for _ in range(2):
            await exchange(socket, 2, "1", "Heartbeat", {})
        await found(csms, "the message id 1 again")


@pytest.mark.parametrize("unique_id", ["x" * 37, 7])
async def test_finds_a_message_id_that_may_not_be(csms: OcppCsms, unique_id: Any) -> None:
    async with charger(csms) as socket:
        await exchange(socket, 2, unique_id, "Heartbeat", {})
        await found(csms, "a message id that may not be")


async def test_finds_a_call_before_the_boot(csms: OcppCsms) -> None:
    async with charger(csms, boot=False) as socket:
        await exchange(socket, 2, "1", "Heartbeat", {})
        await found(csms, "before BootNotification was accepted")


async def test_a_pending_charger_may_only_send_what_it_is_asked_for(csms: OcppCsms) -> None:
    csms.boot_status = "Pending"
    async with charger(csms) as socket:
        peer = await csms.connected("CP-1")
        asking = asyncio.ensure_future(peer.trigger("Heartbeat"))
        unique_id = json.loads(await socket.recv())[1]
        await socket.send(json.dumps([3, unique_id, {"status": "Accepted"}]))
        assert await asking == "Accepted"
        await exchange(socket, 2, "1", "Heartbeat", {})
        assert csms.violations == []
        await exchange(socket, 2, "2", "Authorize", {"idTag": "A"})
        await found(csms, "Authorize before BootNotification was accepted")


async def test_who_was_accepted_need_not_boot_again_after_a_lost_connection(csms: OcppCsms) -> None:
    async with charger(csms):
        await csms.booted("CP-1")
    await csms.recorder.until(lambda: not csms.peers)
    async with charger(csms, boot=False) as socket:
        await exchange(socket, 2, "1", "Heartbeat", {})
    assert csms.violations == []


async def test_finds_a_second_live_socket(csms: OcppCsms) -> None:
    async with charger(csms), charger(csms):
        await found(csms, "a second socket while the first was live")


async def test_a_last_answer_is_heard_although_its_sender_has_left(csms: OcppCsms) -> None:
    """A charger that resets at once need not hear what is still owed to it."""
    async with charger(csms) as socket:
        peer = await csms.booted("CP-1")
        asking = asyncio.ensure_future(peer.reset())
        unique_id = json.loads(await socket.recv())[1]
        await socket.send(json.dumps([2, "1", "Heartbeat", {}]))
        await socket.send(json.dumps([3, unique_id, {"status": "Accepted"}]))
        await socket.close()
        assert await asking == "Accepted"
    assert csms.violations == []


async def test_says_so_when_something_does_not_happen(
    csms: OcppCsms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocpp_judge.PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("ocpp_judge.QUIET_SECONDS", 0.01)
    with pytest.raises(AssertionError, match="did not happen"):
        await csms.booted("CP-1")
