"""The live stream: what its snapshot, its changes and its absence cost the gateway."""

import asyncio
import contextlib
import time
from pathlib import Path

import httpx2
import psutil

from benchmarks import main_job, systems
from benchmarks.figures import Figures
from support.live_reader import Reader, watching
from support.processes import Gateway

CHARGERS, STREAMS = 10_000, 20
QUIET_SECONDS = 10.0
CHANGING_SECONDS = 20.0
CHANGES_AT_ONCE = 100
CHANGES_EVERY_SECONDS = 0.5


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Every figure of the live stream."""
    with systems.started(directory, options) as (csms, gateway, api):
        batch = main_job.create(api, csms, CHARGERS // 10 if quick else CHARGERS)
        asyncio.run(_measure(gateway, api, batch.location, figures))


async def _measure(gateway: Gateway, api: httpx2.Client, location: str, figures: Figures) -> None:
    process = gateway_of(gateway)
    await asyncio.sleep(2.0)  # the last of the boots is told
    unwatched = await _busy(process, QUIET_SECONDS)
    figures.add("gateway CPU, nobody watching", 100 * unwatched, "% of a core")
    unwatched_changing = await _changing(process, api, location)
    figures.add("... while 200 chargers a second change", 100 * unwatched_changing, "% of a core")
    async with contextlib.AsyncExitStack() as streams:
        spent, began = main_job.cpu_seconds(process), time.perf_counter()
        first = await streams.enter_async_context(watching(f"{gateway.url}/live", gateway.token))
        rows = await first.snapshot()
        took = time.perf_counter() - began
        figures.add(f"first snapshot of {len(rows):,} chargers", took, "s", 1)
        cost = main_job.cpu_seconds(process) - spent - unwatched * took
        figures.add("... gateway CPU", 1000 * cost, "ms", 300)
        spent, began = main_job.cpu_seconds(process), time.perf_counter()
        readers = [
            await streams.enter_async_context(watching(f"{gateway.url}/live", gateway.token))
            for _ in range(STREAMS - 1)
        ]
        await asyncio.gather(*(reader.snapshot() for reader in readers))
        took = time.perf_counter() - began
        each = (main_job.cpu_seconds(process) - spent - unwatched * took) / (STREAMS - 1)
        figures.add(f"each of {STREAMS - 1} more, gateway CPU", 1000 * each, "ms", 100)
        reading = [asyncio.create_task(_read(reader)) for reader in (first, *readers)]
        quiet = await _busy(process, QUIET_SECONDS)
        more = 100 * (quiet - unwatched)
        figures.add(
            f"{STREAMS} streams, nothing changes: gateway CPU more", more, "% of a core", 10
        )
        changing = await _changing(process, api, location)
        more = 100 * (changing - unwatched_changing)
        figures.add("... while 200 chargers a second change, more", more, "% of a core", 50)
        lag = max(await asyncio.gather(*(_lag(api) for _ in range(20))))
        figures.add("a request meanwhile, worst of 20", 1000 * lag, "ms")
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)


async def _changing(process: psutil.Process, api: httpx2.Client, location: str) -> float:
    """How busy the gateway is while commands change chargers, 200 a second."""
    changing = asyncio.create_task(asyncio.to_thread(_change, api, location))
    busy = await _busy(process, CHANGING_SECONDS)
    await changing
    return busy


def _change(api: httpx2.Client, location: str) -> None:
    """Plugs cars in and out, at different chargers each time."""
    page, ids = 1, []
    while len(ids) < 1_000:
        found = api.get(f"/ocpp/chargers?location_id={location}&limit=100&page={page}").json()
        if not found["data"]:
            break
        ids += [charger["id"] for charger in found["data"]]
        page += 1
    until, turn = time.monotonic() + CHANGING_SECONDS, 0
    while time.monotonic() < until:
        began = time.monotonic()
        start = turn * CHANGES_AT_ONCE % len(ids)
        verb = "plug" if turn * CHANGES_AT_ONCE // len(ids) % 2 == 0 else "unplug"
        some = {"location_id": location, "charger_ids": ids[start : start + CHANGES_AT_ONCE]}
        event = {"evse_id": 1, "connector_id": 1}
        answer = api.post(f"/ocpp/commands/{verb}-connector", json={"target": some, "event": event})
        assert answer.status_code == 202, answer.text
        turn += 1
        time.sleep(max(0.0, CHANGES_EVERY_SECONDS - (time.monotonic() - began)))


async def _busy(process: psutil.Process, seconds: float) -> float:
    spent = main_job.cpu_seconds(process)
    await asyncio.sleep(seconds)
    return (main_job.cpu_seconds(process) - spent) / seconds


async def _read(reader: Reader) -> None:
    while True:
        await reader.next()
        reader.told.clear()


async def _lag(api: httpx2.Client) -> float:
    began = time.perf_counter()
    await asyncio.to_thread(api.get, "/health")
    return time.perf_counter() - began


def gateway_of(gateway: Gateway) -> psutil.Process:
    """The process that serves the API."""
    children = psutil.Process(gateway.process.pid).children(recursive=True)
    (found,) = [child for child in children if "voltfleet.cli.gateway" in child.cmdline()]
    return found
