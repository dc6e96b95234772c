"""What the CSMS asks of chargers: any call, one at a time; remote starts and stops; the plan."""

import asyncio
from typing import Any

import pytest
from csms_peer import Station, running, station, until
from test_csms_transactions import START, event, stop

from voltfleet.csms.errors import BadAnswer, CallRefused, NoAnswer, NotAllowed, NotConnected
from voltfleet.csms.options import BootStatus, CsmsOptions
from voltfleet.csms.server import Csms

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}


def ask(csms: Csms, action: str, payload: dict[str, Any] | None = None, **more: Any) -> Any:
    return asyncio.ensure_future(csms.call("CP-1", action, payload, **more))


async def test_a_call_and_its_result(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = ask(csms, "Reset", {"type": "Soft"})
        unique_id, action, payload = await cp.asked()
        assert (action, payload) == ("Reset", {"type": "Soft"})
        await cp.answer(unique_id, ACCEPTED)
        assert await asking == ACCEPTED


async def test_one_call_at_a_time(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = [
            ask(csms, "ChangeAvailability", {"connectorId": n, "type": "Operative"})
            for n in range(3)
        ]
        for n in range(3):
            unique_id, _, payload = await cp.asked()
            assert payload["connectorId"] == n
            await cp.call("Heartbeat", {})  # had the next call been sent, it would be heard here
            await cp.answer(unique_id, ACCEPTED)
        assert await asyncio.gather(*asking) == [ACCEPTED] * 3


async def test_message_ids_differ(csms: Csms, port: int) -> None:
    seen = set()
    for identity in ("CP-1", "CP-2"):
        async with station(port, identity) as cp:
            for _ in range(2):
                asking = asyncio.ensure_future(csms.call(identity, "ClearCache"))
                unique_id, _, _ = await cp.asked()
                seen.add(unique_id)
                await cp.answer(unique_id, ACCEPTED)
                await asking
    assert len(seen) == 4


async def test_a_refusal(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = ask(csms, "ClearCache")
        unique_id, _, _ = await cp.asked()
        await cp.say(f'[4,"{unique_id}","NotSupported","no cache",{{"a":1}}]')
        with pytest.raises(CallRefused, match="NotSupported: no cache") as refused:
            await asking
    assert refused.value.details == {"a": 1}
    assert csms.stats().problems == 0


async def test_a_short_refusal(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = ask(csms, "ClearCache")
        unique_id, _, _ = await cp.asked()
        await cp.say(f'[4,"{unique_id}","GenericError"]')
        with pytest.raises(CallRefused, match="GenericError"):
            await asking


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_an_answer_against_the_schema_is_a_problem(version: str) -> None:
    csms = Csms()
    async with running(csms) as port, station(port, version=version) as cp:
        asking = ask(csms, "ClearCache")
        unique_id, _, _ = await cp.asked()
        await cp.answer(unique_id, {"status": "Maybe"})
        with pytest.raises(BadAnswer, match="status"):
            await asking
        assert csms.stats().problems == 1
        if version == "ocpp2.1":
            assert (await cp.hear())[:2] == [5, unique_id]


async def test_an_action_of_no_standard_may_be_tried(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = ask(csms, "MakeCoffee", {"cups": 2})
        _, unique_id, action, payload = await cp.hear()
        assert (action, payload) == ("MakeCoffee", {"cups": 2})
        await cp.answer(unique_id, {"cups": 1})
        assert await asking == {"cups": 1}
        asking = ask(csms, "MakeCoffee")
        _, unique_id, _, _ = await cp.hear()
        await cp.say(f'[3,"{unique_id}",{{"a":1e999}}]')
        with pytest.raises(BadAnswer):
            await asking


async def test_a_broken_answer_ends_the_call(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        for answer in ('[3,"{}"]', '[3,"{}",[]]', '[4,"{}"]', '[4,"{}",5]'):
            asking = ask(csms, "ClearCache")
            unique_id, _, _ = await cp.asked()
            await cp.say(answer.format(unique_id))
            with pytest.raises(BadAnswer):
                await asking
    assert csms.stats().problems == 4


async def test_nobody_there(csms: Csms, port: int) -> None:
    with pytest.raises(NotConnected):
        await csms.call("CP-1", "ClearCache")
    async with station(port) as cp:
        await cp.boot()
    await until(lambda: not csms.stats().connected)
    with pytest.raises(NotConnected):
        await csms.remote_start("CP-1")
    with pytest.raises(NotConnected):
        await csms.remote_stop("CP-1")


async def test_no_answer_in_time_and_then_the_next(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        first = ask(csms, "ClearCache", timeout_seconds=0.01)
        second = ask(csms, "ClearCache")
        late, _, _ = await cp.asked()
        with pytest.raises(NoAnswer):
            await first
        unique_id, _, _ = await cp.asked()
        await cp.answer(late, ACCEPTED)
        await cp.answer(unique_id, REJECTED)
        assert await second == REJECTED
    assert csms.stats().problems == 1


async def test_who_leaves_before_it_answers(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = [ask(csms, "ClearCache") for _ in range(2)]
        await cp.asked()
    for one in asking:
        with pytest.raises(NotConnected):
            await one


async def test_who_is_replaced_before_it_answers(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = ask(csms, "ClearCache")
        await cp.asked()
        async with station(port) as newer:
            with pytest.raises(NotConnected):
                await asking
            again = ask(csms, "ClearCache")
            unique_id, _, _ = await newer.asked()
            await newer.answer(unique_id, ACCEPTED)
            assert await again == ACCEPTED


async def test_a_caller_that_gave_up_is_not_told(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        asking = ask(csms, "ClearCache")
        unique_id, _, _ = await cp.asked()
        asking.cancel()
        await cp.answer(unique_id, ACCEPTED)
        await cp.boot()
    assert csms.stats().problems == 0


# --- starting and stopping ------------------------------------------------------------------------


async def test_remote_start_and_stop_1_6(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.boot()
        starting = asyncio.ensure_future(csms.remote_start("CP-1", evse_id=2, id_token="CAR"))
        await _accept(cp, "RemoteStartTransaction", {"connectorId": 2, "idTag": "CAR"})
        assert await starting == ACCEPTED
        answer = await cp.call("StartTransaction", START)
        stopping = asyncio.ensure_future(csms.remote_stop("CP-1"))
        transaction = {"transactionId": answer["transactionId"]}
        await _accept(cp, "RemoteStopTransaction", transaction)
        assert await stopping == ACCEPTED
        await cp.call("StopTransaction", stop(answer["transactionId"], 1500))
        with pytest.raises(NotAllowed, match="no transaction"):
            await csms.remote_stop("CP-1")


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_remote_start_and_stop_2(csms: Csms, port: int, version: str) -> None:
    async with station(port, version=version) as cp:
        await cp.boot()
        starting = asyncio.ensure_future(csms.remote_start("CP-1", evse_id=1))
        token = {"idToken": "VOLTFLEET", "type": "Central"}
        await _accept(
            cp, "RequestStartTransaction", {"evseId": 1, "idToken": token, "remoteStartId": 1}
        )
        assert await starting == ACCEPTED
        await event(cp, "Started", 0)
        stopping = asyncio.ensure_future(csms.remote_stop("CP-1", "T-1"))
        await _accept(cp, "RequestStopTransaction", {"transactionId": "T-1"})
        assert await stopping == ACCEPTED


async def _accept(
    cp: Station, action: str, payload: dict[str, Any] | None = None
) -> dict[str, Any]:
    unique_id, asked, given = await cp.asked()
    assert asked == action
    assert payload is None or given == payload
    await cp.answer(unique_id, ACCEPTED)
    return given


@pytest.mark.parametrize("status", [BootStatus.PENDING, BootStatus.REJECTED])
async def test_nothing_is_started_on_a_charger_not_accepted(status: BootStatus) -> None:
    csms = Csms(CsmsOptions(boot_status=status))
    async with running(csms) as port, station(port) as cp:
        await cp.boot()
        with pytest.raises(NotAllowed, match=status):
            await csms.remote_start("CP-1")


async def test_a_started_transaction_is_stopped_after_its_seconds(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.boot()
        starting = asyncio.ensure_future(csms.remote_start("CP-1", seconds=0.01))
        given = await _accept(cp, "RemoteStartTransaction")
        await starting
        answer = await cp.call("StartTransaction", START | {"idTag": given["idTag"]})
        await _accept(cp, "RemoteStopTransaction", {"transactionId": answer["transactionId"]})


async def test_a_rejected_start_leaves_no_stop_behind(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.boot()
        starting = asyncio.ensure_future(csms.remote_start("CP-1", seconds=0.01))
        unique_id, _, given = await cp.asked()
        await cp.answer(unique_id, REJECTED)
        assert await starting == REJECTED
        await cp.call("StartTransaction", START | {"idTag": given["idTag"]})
        assert not csms._charging._timers


async def test_a_stop_is_tried_again_once_the_charger_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("voltfleet.csms.charging.RETRY_SECONDS", 0.01)
    csms = Csms()
    async with running(csms) as port:
        async with station(port, version="ocpp2.0.1") as cp:
            await cp.boot()
            starting = asyncio.ensure_future(csms.remote_start("CP-1", seconds=0.01))
            given = await _accept(cp, "RequestStartTransaction")
            await starting
            info = {"transactionId": "T-1", "remoteStartId": given["remoteStartId"]}
            await event(cp, "Started", 0, transactionInfo=info)
            await cp.asked()  # the stop, never answered
        async with station(port, version="ocpp2.0.1") as cp:
            await _accept(cp, "RequestStopTransaction", {"transactionId": "T-1"})
            await event(cp, "Ended", 1)
        assert csms.stats().transactions_active == 0


# --- the plan -------------------------------------------------------------------------------------


async def test_so_many_chargers_are_started_and_stopped_by_themselves() -> None:
    csms = Csms(CsmsOptions(charge=2, charge_seconds=0.01))
    async with (
        running(csms) as port,
        station(port, "A") as a,
        station(port, "B", "ocpp2.0.1") as b,
        station(port, "C") as c,
    ):
        await a.boot()
        await a.status(0, "Available")  # the station itself is no connector
        await a.call("Heartbeat", {})
        await a.status(1, "Available")
        await _charge_16(a)
        await b.boot()
        await b.status(2, "Available")
        await _charge_2(b, 2)
        await c.boot()
        await c.status(1, "Available")
        await c.call("Heartbeat", {})  # nothing was asked of the third
        assert csms.stats().transactions_total == 2


async def test_another_is_started_for_one_that_will_not() -> None:
    csms = Csms(CsmsOptions(charge=1))
    async with running(csms) as port, station(port, "A") as a, station(port, "C") as c:
        await a.boot()
        await a.status(1, "Available")
        unique_id, _, _ = await a.asked()
        async with station(port, "B") as b:
            await b.boot()
            await b.status(1, "Available")
        await until(lambda: csms.stats().connected == 2)
        await c.boot()
        await c.status(1, "Available")
        await a.answer(unique_id, REJECTED)
        await _accept(c, "RemoteStartTransaction", {"connectorId": 1, "idTag": "VOLTFLEET"})
        await a.status(1, "Available")
        await a.call("Heartbeat", {})  # it is not asked again


async def test_a_charger_not_accepted_is_not_started() -> None:
    csms = Csms(CsmsOptions(charge=1, boot_status=BootStatus.PENDING))
    async with running(csms) as port, station(port) as cp:
        await cp.boot()
        await cp.status(1, "Available")
        await cp.call("Heartbeat", {})


async def _charge_16(cp: Station) -> None:
    given = await _accept(cp, "RemoteStartTransaction")
    answer = await cp.call("StartTransaction", START | {"idTag": given["idTag"]})
    await _accept(cp, "RemoteStopTransaction", {"transactionId": answer["transactionId"]})


async def _charge_2(cp: Station, evse_id: int) -> None:
    given = await _accept(cp, "RequestStartTransaction")
    assert given["evseId"] == evse_id
    info = {"transactionId": "T-1", "remoteStartId": given["remoteStartId"]}
    await event(cp, "Started", 0, transactionInfo=info)
    await _accept(cp, "RequestStopTransaction", {"transactionId": "T-1"})
