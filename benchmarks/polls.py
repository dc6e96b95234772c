"""Job polls per second on one gateway, its token verified each time, while a whole fleet runs."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks import systems
from benchmarks.figures import Figures
from benchmarks.main_job import cpu_seconds, create
from support import processes
from support.kills import LOCATION
from support.processes import Csms, Gateway

CHARGERS = 10_000
SMALL_JOBS = 50
LARGER_JOB = 1_000
CONNECTIONS = 64
SECONDS = 10.0
LEAST_PER_SECOND = 3_000
POLLER = Path(__file__).with_name("poller.py")


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Several jobs, polled by as many clients as there are connections."""
    count = CHARGERS // 10 if quick else CHARGERS
    seconds = SECONDS / 3 if quick else SECONDS
    with systems.started(directory, options) as (csms, gateway, api):
        create(api, csms, count)
        small = [_job(api, csms, n, 1) for n in range(SMALL_JOBS)]
        larger = _job(api, csms, SMALL_JOBS, LARGER_JOB)
        running = count + SMALL_JOBS + LARGER_JOB
        processes.until(lambda: csms.stats()["connected"] == running)
        chargers = f"{running:,} chargers running"
        for what, paths, least in (
            (f"{SMALL_JOBS} jobs", small, LEAST_PER_SECOND),
            ("one job", small[:1], LEAST_PER_SECOND),
            (f"a READY job of {LARGER_JOB:,} chargers", [larger], None),
        ):
            polled = f"polls of {what}, {chargers}"
            _measure(figures, gateway, polled, _Polls(paths), seconds, least)
        tags = [api.get(path).headers["ETag"] for path in small]
        polled = f"polls of {SMALL_JOBS} unchanged jobs (304), {chargers}"
        _measure(figures, gateway, polled, _Polls(small, tags), seconds, LEAST_PER_SECOND)


@dataclass
class _Polls:
    """Which jobs to poll, and what of them is known already."""

    paths: list[str]
    tags: list[str] | None = None


def _measure(
    figures: Figures,
    gateway: Gateway,
    what: str,
    polls: _Polls,
    seconds: float,
    least: int | None,
) -> None:
    children = psutil.Process(gateway.process.pid).children()
    (served,) = [child for child in children if "voltfleet.cli.gateway" in child.cmdline()]
    given = {"token": gateway.token, "paths": polls.paths, "tags": polls.tags}
    port = gateway.url.rpartition(":")[2]
    spent = cpu_seconds(served)
    done = subprocess.run(
        [sys.executable, POLLER, port, str(CONNECTIONS), str(seconds)],
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    spent = cpu_seconds(served) - spent
    told: dict[str, Any] = json.loads(done.stdout)
    answered = told["statuses"].pop("200" if polls.tags is None else "304")
    assert not told["statuses"], told
    figures.add(f"{what}, {CONNECTIONS} clients", answered / told["seconds"], "/s", least=least)
    figures.add(f"{what}: p50", told["p50"], "ms")
    figures.add(f"{what}: p99", told["p99"], "ms")
    figures.add(f"{what}: CPU of the gateway per poll", 1e6 * spent / answered, "µs")


def _job(api: httpx2.Client, csms: Csms, number: int, chargers: int) -> str:
    """A job that is done; where to poll it."""
    location = api.post("/ocpp/locations", json=LOCATION).json()["id"]
    group = {
        "template": {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": csms.ws_url,
            "identity_prefix": f"P{number}-",
        },
        "chargers_number": chargers,
    }
    answer = api.post(f"/ocpp/locations/{location}/chargers", json=[group])
    assert answer.status_code == 202, answer.text
    url: str = answer.json()["status_url"]
    processes.until(lambda: api.get(url).json()["status"] == "READY")
    return url
