"""The HTTP side: the page, the API to look at chargers, and the API to drive them."""

import asyncio
import json
import re
from typing import Any

import pytest
from csms_peer import BOOT_16, exchange, get, post, running, station, until
from test_csms_transactions import START

from voltfleet.csms.page import PAGE_CHARGERS
from voltfleet.csms.server import Csms


async def test_health(port: int) -> None:
    assert await get(port, "/health") == {"status": "ok"}


async def test_stats(csms: Csms, port: int) -> None:
    async with station(port) as cp, station(port, "CP-2") as other:
        await cp.boot()
        await cp.call("StartTransaction", START)
        await other.call("Heartbeat", {})
        stats = await get(port, "/api/stats")
    assert stats["connected"] == stats["connections_total"] == 2
    assert stats["booted"] == stats["boots_total"] == 1
    assert stats["messages_in"] == stats["messages_out"] == 3
    assert stats["transactions_active"] == stats["transactions_total"] == 1
    assert stats["double_sockets"] == stats["problems"] == 0


async def test_rates_are_of_the_last_seconds() -> None:
    now = [1000.0]
    csms = Csms(clock=lambda: now[0])
    async with running(csms) as port, station(port) as cp:
        for _ in range(10):
            for _ in range(20):
                await cp.call("Heartbeat", {})
            now[0] += 1.0
            csms._rates.sample(now[0])
        stats = csms.stats()
        assert stats.messages_per_second == 20
        assert stats.boots_per_second == 0
        assert stats.uptime_seconds == 10
        now[0] += 95.0
        assert csms.stats().messages_per_second == 1


async def test_chargers_are_paged_the_connected_ones_first(csms: Csms, port: int) -> None:
    async with station(port, "GONE") as cp:
        await cp.boot()
    await until(lambda: not csms.stats().connected)
    async with station(port, "A") as a, station(port, "B", "ocpp2.0.1") as b:
        await a.boot()
        await b.boot()
        await b.status(2, "Available")
        await b.status(1, "Occupied")
        page = await get(port, "/api/chargers?limit=2")
        assert (page["total"], page["connected"], page["booted"]) == (3, 2, 2)
        assert [c["identity"] for c in page["chargers"]] == ["A", "B"]
        assert page["chargers"][1]["connectors"] == [
            {"evse_id": 1, "connector_id": 1, "status": "Occupied"},
            {"evse_id": 2, "connector_id": 1, "status": "Available"},
        ]
        page = await get(port, "/api/chargers?limit=2&offset=2")
        assert [c["identity"] for c in page["chargers"]] == ["GONE"]
        assert page["chargers"][0]["connected"] is False
        assert (await get(port, "/api/chargers?offset=99"))["chargers"] == []
        assert (await get(port, "/api/chargers?identity=B"))["ocpp_version"] == "OCPP2.0.1"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/chargers?identity=nobody", 404),
        ("/api/chargers?limit=0", 422),
        ("/api/chargers?limit=1001", 422),
        ("/api/chargers?limit=many", 422),
        ("/api/chargers?offset=-1", 422),
        ("/api/nothing", 404),
        ("/api/call", 405),
        ("/api/charge?identity=CP-1", 405),
    ],
)
async def test_bad_gets(port: int, path: str, status: int) -> None:
    got, headers, body = await exchange(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert got == status
    assert set(json.loads(body)) == {"detail", "code"}
    assert headers.get("allow") == ("post" if status == 405 else None)


async def test_the_path_of_a_charger_without_a_handshake_asks_for_one(port: int) -> None:
    status, headers, _ = await exchange(port, b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 426
    assert headers["upgrade"] == "websocket"


async def test_problems_are_listed(port: int) -> None:
    async with station(port) as cp:
        await cp.try_call("MakeCoffee", {})
        [problem] = (await get(port, "/api/problems"))["problems"]
    assert problem["identity"] == "CP-1"
    assert "MakeCoffee" in problem["problem"]


# --- the page -------------------------------------------------------------------------------------


async def _page(port: int) -> str:
    status, headers, body = await exchange(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    return body.decode()


async def test_the_page_shows_who_is_there(csms: Csms, port: int) -> None:
    assert "Nobody has connected yet" in await _page(port)
    async with station(port, "A", "ocpp2.0.1") as a, station(port, "B") as b:
        await a.boot()
        await a.status(1, "Available")
        await b.status(0, "Available")
        await b.call("StartTransaction", START)
        page = await _page(port)
    for text in (
        "2 connected",
        "Volt Two",
        "1.1 Available",
        "2.0.1",
        "StartTransaction",
        "1 now",
        "station Available",
    ):
        assert text in page
    await until(lambda: not csms.stats().connected)
    assert 'class="gone"' in await _page(port)


async def test_the_page_loads_nothing_from_elsewhere(port: int) -> None:
    page = await _page(port)
    assert not re.search(r"(src|href)=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page


async def test_what_strangers_say_is_escaped(csms: Csms, port: int) -> None:
    evil = "<script>alert(1)</script>"
    async with station(port, "%3Cb%3E%22x") as cp:
        await cp.call(
            "BootNotification", BOOT_16 | {"chargePointVendor": "<i>", "chargePointModel": "&"}
        )
        await cp.try_call(evil, {})
        page = await _page(port)
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;&quot;x" in page
    assert "&lt;i&gt; &amp;" in page


async def test_the_page_shows_the_first_of_many(csms: Csms, port: int) -> None:
    for n in range(PAGE_CHARGERS + 5):
        async with station(port, f"CP-{n}"):
            pass
    page = await _page(port)
    assert page.count("<tr") == PAGE_CHARGERS + 1
    assert f"The first {PAGE_CHARGERS} of {PAGE_CHARGERS + 5}" in page


# --- driving --------------------------------------------------------------------------------------


async def test_call_charge_and_stop(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.boot()
        path = "/api/call?identity=CP-1&action=Reset"
        asking = asyncio.ensure_future(post(port, path, b'{"type":"Soft"}'))
        unique_id, action, payload = await cp.asked()
        assert (action, payload) == ("Reset", {"type": "Soft"})
        await cp.answer(unique_id, {"status": "Accepted"})
        assert await asking == (200, {"result": {"status": "Accepted"}})

        path = "/api/charge?identity=CP-1&evse_id=2&id_token=CAR&seconds=3600"
        asking = asyncio.ensure_future(post(port, path))
        unique_id, action, payload = await cp.asked()
        assert payload == {"connectorId": 2, "idTag": "CAR"}
        await cp.answer(unique_id, {"status": "Accepted"})
        assert (await asking)[0] == 200
        started = await cp.call("StartTransaction", START | {"connectorId": 2})
        assert len(csms._charging._timers) == 1

        asking = asyncio.ensure_future(post(port, "/api/stop?identity=CP-1"))
        unique_id, action, payload = await cp.asked()
        assert payload == {"transactionId": started["transactionId"]}
        await cp.answer(unique_id, {"status": "Rejected"})
        assert await asking == (200, {"result": {"status": "Rejected"}})


async def test_a_refusal_is_a_bad_gateway(port: int) -> None:
    async with station(port) as cp:
        asking = asyncio.ensure_future(post(port, "/api/call?identity=CP-1&action=ClearCache"))
        unique_id, _, _ = await cp.asked()
        await cp.say(f'[4,"{unique_id}","NotSupported","no cache",{{}}]')
        status, body = await asking
    assert status == 502
    assert body["rpc_error"] == {"code": "NotSupported", "description": "no cache", "details": {}}


async def test_no_answer_is_a_gateway_timeout(port: int) -> None:
    async with station(port):
        path = "/api/call?identity=CP-1&action=ClearCache&timeout_seconds=0.1"
        status, body = await post(port, path)
    assert (status, body["code"]) == (504, "no_answer")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/call?action=Reset", b"", 422),
        ("/api/call?identity=CP-1", b"", 422),
        ("/api/call?identity=CP-1&action=Reset", b"[]", 422),
        ("/api/call?identity=CP-1&action=Reset", b"{", 422),
        ("/api/call?identity=CP-1&action=Reset", b"[" * 9999, 422),
        ("/api/call?identity=CP-1&action=Reset&timeout_seconds=nan", b"", 422),
        ("/api/call?identity=CP-1&action=Reset", b"", 404),
        ("/api/charge?identity=CP-1", b"", 404),
        ("/api/charge?identity=CP-1&seconds=soon", b"", 422),
        ("/api/charge?identity=CP-1&seconds=-1", b"", 422),
        ("/api/stop?identity=CP-1", b"", 404),
        ("/api/stop", b"", 422),
        ("/api/boot-status?status=Perhaps", b"", 422),
        ("/api/boot-status", b"", 422),
        ("/api/stats", b"", 405),
        ("/", b"", 405),
        ("/elsewhere", b"", 404),
        ("//[", b"", 404),
    ],
)
async def test_bad_posts(port: int, path: str, body: bytes, status: int) -> None:
    got, answer = await post(port, path, body)
    assert got == status
    assert answer["detail"]
    assert answer["code"]


async def test_nothing_to_stop_is_a_conflict(port: int) -> None:
    async with station(port):
        assert (await post(port, "/api/stop?identity=CP-1"))[0] == 409


async def test_boots_can_be_answered_otherwise_from_now_on(port: int) -> None:
    assert await post(port, "/api/boot-status?status=Pending") == (200, {"boot_status": "Pending"})
    async with station(port) as cp:
        assert (await cp.boot())["status"] == "Pending"


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1:1", 200), ("http://evil.example", 403), ("null", 403)],
)
async def test_another_site_must_not_drive_chargers(port: int, origin: str, status: int) -> None:
    got, _ = await post(port, "/api/boot-status?status=Rejected", b"", f"Origin: {origin}\r\n")
    assert got == status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"HELLO\r\n\r\n", 400),
        (b"POST /\xff HTTP/1.1\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 405),
        (b"DELETE /api/stats HTTP/1.1\r\n\r\n", 405),
        (b"POST /x HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 2_000_000, 413),
    ],
)
async def test_what_is_no_good_http(port: int, data: bytes, status: int) -> None:
    got, _, body = await exchange(port, data)
    assert got == status
    assert json.loads(body)["detail"]


async def test_a_post_may_trickle_in_and_half_close(port: int) -> None:
    body = b'{"type":"Soft"}'
    request = (
        b"POST /api/call?identity=CP-1&action=Reset HTTP/1.1\r\nHost: x\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    async with station(port) as cp:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for n in range(len(request)):
            writer.write(request[n : n + 1])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        unique_id, _, payload = await cp.asked()
        assert payload == {"type": "Soft"}
        await cp.answer(unique_id, {"status": "Accepted"})
        assert b'{"result":{"status":"Accepted"}}' in await reader.read()
        writer.close()


async def test_who_asked_may_be_gone_when_the_answer_comes(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/call?identity=CP-1&action=ClearCache HTTP/1.1\r\n\r\n")
        unique_id, _, _ = await cp.asked()
        writer.transport.abort()
        await cp.answer(unique_id, {"status": "Accepted"})
        await cp.boot()
        await until(lambda: len(csms._door.sockets) == 1)
    assert csms.stats().problems == 0


async def test_python_callers_see_the_same(csms: Csms, port: int) -> None:
    async with station(port) as cp:
        await cp.boot()
        seen: list[Any] = [csms.chargers()[0], csms.charger("CP-1")]
        assert (await get(port, "/api/chargers?identity=CP-1")) == seen[0] == seen[1]
    assert csms.charger("nobody") is None
