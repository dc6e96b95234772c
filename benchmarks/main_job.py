"""The main job: from one request to a booted fleet, at 1,000 and at 10,000 chargers."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from benchmarks import systems
from benchmarks.figures import Figures
from support import processes
from support.kills import LOCATION
from support.processes import Csms, Gateway

SMALL, LARGE = 1_000, 10_000
POLL_EVERY_SECONDS = 0.05
IDLE_SECONDS = 30.0
DEADLINE_SECONDS = 120.0


@dataclass
class Batch:
    """One batch, in seconds since its request was sent."""

    location: str
    accepted: float
    ready: float = 0.0
    booted: float = 0.0
    polls: list[float] = field(default_factory=list)


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Every figure of the main job."""
    rounds = 5 if quick else 50
    with systems.started(directory, options) as (csms, gateway, api):
        delete(api, csms, create(api, csms, SMALL))  # warms up
        idle = host_of(gateway).memory_info().rss
        batches = [delete(api, csms, create(api, csms, SMALL)) for _ in range(rounds)]
        accepted = sorted(batch.accepted for batch in batches)
        figures.add(
            f"202 for {SMALL:,} chargers, p99 of {rounds}", 1e3 * quantile(accepted), "ms", 100
        )
        best = sorted(batches, key=lambda batch: batch.booted)[len(batches) // 2]
        figures.add(f"{SMALL:,} chargers: request to READY (median)", best.ready, "s", 2)
        figures.add(f"{SMALL:,} chargers: request to all booted (median)", best.booted, "s", 4)
        large = create(api, csms, LARGE)
        figures.add(f"202 for {LARGE:,} chargers", 1e3 * large.accepted, "ms", 500)
        figures.add(f"{LARGE:,} chargers: request to READY", large.ready, "s", 6)
        figures.add(f"{LARGE:,} chargers: request to all booted", large.booted, "s", 10)
        figures.add(
            f"job poll meanwhile, p99 of {len(large.polls)}", 1e3 * quantile(large.polls), "ms", 100
        )
        idling(gateway, figures, idle)
        figures.add("double sockets", csms.stats()["double_sockets"], "", 0)


def create(api: httpx2.Client, csms: Csms, count: int) -> Batch:
    """One batch, from the request until every charger has booted."""
    location = api.post("/ocpp/locations", json=LOCATION).json()["id"]
    group = {
        "template": {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": csms.ws_url,
            "identity_prefix": "B-",
        },
        "chargers_number": count,
    }
    booted = csms.stats()["boots_total"]
    started = time.perf_counter()
    answer = api.post(f"/ocpp/locations/{location}/chargers", json=[group])
    batch = Batch(location, time.perf_counter() - started)
    assert answer.status_code == 202, answer.text
    while not (batch.ready and batch.booted):
        time.sleep(POLL_EVERY_SECONDS)
        if not batch.ready:
            asked = time.perf_counter()
            poll = api.get(answer.json()["status_url"])
            batch.polls.append(time.perf_counter() - asked)
            job = poll.json()
            if job["status"] in ("READY", "FAILED"):
                batch.ready = time.perf_counter() - started
                assert job["progress"]["created"] == count, job["error"]
        if not batch.booted and csms.stats()["boots_total"] - booted >= count:
            batch.booted = time.perf_counter() - started
        assert time.perf_counter() - started < DEADLINE_SECONDS
    batch.polls.sort()
    return batch


def delete(api: httpx2.Client, csms: Csms, batch: Batch) -> Batch:
    """Deletes the batch's location; waits until its chargers have left the CSMS."""
    assert api.delete(f"/ocpp/locations/{batch.location}").is_success
    processes.until(lambda: csms.stats()["connected"] == 0)
    return batch


def idling(gateway: Gateway, figures: Figures, before: int) -> None:
    """Memory and CPU of the host while nothing but heartbeats happens."""
    host = host_of(gateway)
    spent = cpu_seconds(host)
    time.sleep(IDLE_SECONDS)
    busy = (cpu_seconds(host) - spent) / IDLE_SECONDS
    kib = (host.memory_info().rss - before) / 1024 / LARGE
    figures.add(f"host memory per idle charger at {LARGE:,}", kib, "KiB", 20)
    figures.add(f"host CPU at {LARGE:,} chargers, 60 s heartbeats", 100 * busy, "% of a core", 5)


def host_of(gateway: Gateway) -> psutil.Process:
    """The gateway's one host process."""
    children = psutil.Process(gateway.process.pid).children(recursive=True)
    (host,) = [child for child in children if "voltfleet.host" in child.cmdline()]
    return host


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time it has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def quantile(ordered: list[float], share: float = 0.99) -> float:
    """The value that ``share`` of them do not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
