"""The live stream of real processes: over a kill, at a stop, beside a reader that does not read."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.kills import LOCATION
from support.live_reader import Reader, watching
from support.processes import Csms, Gateway, running_csms, running_gateway, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

STATE = 7
COUNT = 20


@pytest.fixture
def gateway(tmp_path: Path, database_url: str) -> Iterator[Gateway]:
    """On either database."""
    settings = {"VOLTFLEET_HOSTS": "1", "VOLTFLEET_DATABASE_URL": database_url}
    with running_gateway(tmp_path / "data", **settings) as started:
        yield started


@pytest.fixture
def csms(tmp_path: Path) -> Iterator[Csms]:
    with running_csms(tmp_path / "csms.log", "--quiet") as started:
        yield started


def client(gateway: Gateway) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {gateway.token}"}
    return httpx2.Client(base_url=gateway.url, headers=headers, timeout=20, trust_env=False)


def order(gateway: Gateway, csms: Csms) -> str:
    """Asks for `COUNT` chargers; returns their location."""
    with client(gateway) as http:
        until(lambda: http.get("/health/ready").is_success)
        location_id = str(http.post("/ocpp/locations", json=LOCATION).json()["id"])
        template = {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": csms.ws_url,
        }
        group = {"template": template, "chargers_number": COUNT}
        answer = http.post(f"/ocpp/locations/{location_id}/chargers", json=[group])
        assert answer.status_code == 202, answer.text
        return location_id


async def all_available(reader: Reader) -> dict[str, Any]:
    """Until the stream has told that every charger is; returns them by id."""
    rows: dict[str, Any] = {}
    for event in reader.told:
        if event.name == "chargers":
            rows |= {row[0]: row for row in event.data["rows"]}
    while len(rows) < COUNT or {row[STATE] for row in rows.values()} != {"available"}:
        event = await reader.until("chargers")
        rows |= {row[0]: row for row in event.data["rows"]}
    return rows


async def cut_off(reader: Reader) -> None:
    """Reads what is left of a stream whose gateway is gone."""
    with contextlib.suppress(httpx2.HTTPError):
        assert "goodbye" not in {event.name for event in await reader.rest()}


def process_of(gateway: Gateway) -> int:
    find = ["pgrep", "-P", str(gateway.process.pid), "-f", "voltfleet.cli.gateway"]
    return int(subprocess.run(find, capture_output=True, text=True, check=True).stdout)


async def test_a_stream_goes_on_after_its_gateway_was_killed(gateway: Gateway, csms: Csms) -> None:
    async with watching(f"{gateway.url}/live?frames=*", gateway.token) as reader:
        await reader.snapshot()
        await asyncio.to_thread(order, gateway, csms)
        rows = await all_available(reader)
        jobs = [e.data["rows"] for e in reader.told if e.name == "jobs"]
        while not any(job["status"] == "READY" for told in jobs for job in told):
            jobs.append((await reader.until("jobs")).data["rows"])
        boots = sum(e.data["boots"] for e in reader.told if e.name == "rates")
        while boots < COUNT:
            boots += (await reader.until("rates")).data["boots"]
        assert boots == COUNT
        some = next(iter(rows))
        os.kill(process_of(gateway), signal.SIGKILL)
        await cut_off(reader)
        last = reader.told[-1].id
        seen = frames_of(reader)
    assert len({row[0] for row in seen}) == len(seen)

    def stop_one() -> bool:
        with client(gateway) as http:
            try:
                return http.post(f"/ocpp/chargers/{some}/stop-charger").status_code == 202
            except httpx2.HTTPError:
                return False

    await asyncio.to_thread(until, stop_one)
    async with watching(f"{gateway.url}/live?frames=*", gateway.token, last=last) as reader:
        assert (await reader.next()).data["resumed"] is True
        while True:
            event = await reader.until("chargers")
            assert event.data["snapshot"] is False
            if any(row[0] == some and row[STATE] == "stopped" for row in event.data["rows"]):
                break
        again = {row[0] for row in frames_of(reader)}
        # What was read before is not told again, but for what was read after the last id.
        assert not again & {row[0] for row in seen if row[0] <= int(last.partition(".")[2])}


def frames_of(reader: Reader) -> list[Any]:
    return [row for e in reader.told if e.name == "frames" for row in e.data["rows"]]


async def test_a_gateway_stops_at_once_however_many_watch(
    gateway: Gateway, database_url: str
) -> None:
    url = f"{gateway.url}/live"
    stuck = stuck_reader(gateway)
    async with watching(url, gateway.token) as one, watching(url, gateway.token) as other:
        await one.until("rates")
        await other.until("rates")
        began = time.monotonic()
        os.kill(process_of(gateway), signal.SIGTERM)
        for reader in (one, other):
            last = (await reader.rest())[-1]
            assert last.name == "goodbye"
            assert "stops" in last.data["reason"]
        assert time.monotonic() - began < 3
    stuck.close()
    if not database_url.startswith("sqlite"):
        return  # it has given up its address: other gateways go on
    async with watching(url, gateway.token, last=last.id) as reader:  # the next one
        assert (await reader.next()).data["resumed"] is True


def stuck_reader(gateway: Gateway) -> socket.socket:
    """Asks for a stream, and never reads."""
    host, port = gateway.url.removeprefix("http://").split(":")
    plug = socket.create_connection((host, int(port)))
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    request = (
        f"GET /live?frames=* HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.token}\r\n\r\n"
    )
    plug.sendall(request.encode())
    return plug


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_readers_that_do_not_read_hold_up_nobody(gateway: Gateway, csms: Csms) -> None:
    stuck = [stuck_reader(gateway) for _ in range(10)]
    async with watching(f"{gateway.url}/live?frames=*", gateway.token) as reader:
        await reader.snapshot()
        await asyncio.to_thread(order, gateway, csms)
        await all_available(reader)
        rates = [await reader.until("rates") for _ in range(3)]
        assert all(event.data["seconds"] < 5 for event in rates)
    for plug in stuck:
        plug.close()
