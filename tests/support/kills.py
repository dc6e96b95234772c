"""Kills: a job of many chargers, everything killed at a random moment, and started again."""

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from support import processes
from support.postgres import free_port
from support.processes import Csms

SETTLED_SECONDS = 60.0
LOCATION = {
    "name": "Depot",
    "address": "1 Main Street",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.1, "longitude": 5.1},
}


@dataclass(frozen=True)
class Round:
    """What one kill did."""

    target: str
    after_seconds: float
    settled_seconds: float
    lost: int
    doubled: int
    double_sockets: int


class Fleet:
    """``voltfleet serve`` on one data directory and port, killed and started again at will."""

    def __init__(self, directory: Path, csms: Csms, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.csms = csms
        self._data = directory / "data"
        self._log = directory / "serve.log"
        self._options = options
        self._running = contextlib.ExitStack()
        self._process: psutil.Process | None = None

    def start(self) -> None:
        """Until it answers."""
        where = ["--port", str(self.port), "--data-dir", str(self._data), *self._options]
        process = self._running.enter_context(
            processes.running([processes.VOLTFLEET, "serve", *where], self._log)
        )
        processes.until(lambda: processes.answers(f"{self.url}/health"), process, self._log)
        self._process = psutil.Process(process.pid)

    def kill(self, target: str) -> None:
        """SIGKILL to that part; what dies as a whole is started again."""
        assert self._process is not None
        whole = [self._process, *self._process.children(recursive=True)]
        chosen = {
            "everything": whole,
            "serve": whole[:1],
            "gateway": [p for p in whole if "voltfleet.cli.gateway" in p.cmdline()],
            "host": [p for p in whole if "voltfleet.host" in p.cmdline()],
        }[target]
        for process in chosen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if target in ("everything", "serve"):
            psutil.wait_procs(whole, timeout=10)
            self._running.close()
            self._running = contextlib.ExitStack()
            self.start()

    def stop(self) -> None:
        """As a supervisor would."""
        self._running.close()

    def call(self, method: str, path: str, **request: Any) -> Any:
        """A request that is sent again until it is answered, as a careful client does."""
        deadline = time.monotonic() + SETTLED_SECONDS
        headers = {"Authorization": f"Bearer {(self._data / 'token').read_text().strip()}"}
        headers |= request.pop("headers", {})
        while True:
            try:
                answer = httpx2.request(
                    method, self.url + path, headers=headers, timeout=10, trust_env=False, **request
                )
                if answer.status_code < 500:
                    assert answer.is_success, answer.text
                    return answer.json() if answer.content else None
            except httpx2.HTTPError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)


def kill_round(fleet: Fleet, chargers: int, number: int, target: str, rng: random.Random) -> Round:
    """One job, one kill somewhere in it, and what is there once all has settled."""
    location = fleet.call("POST", "/ocpp/locations", json=LOCATION)["id"]
    doubles = fleet.csms.stats()["double_sockets"]
    path = f"/ocpp/locations/{location}/chargers"
    group = {
        "template": {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": fleet.csms.ws_url,
            "identity_prefix": f"K{number}-",
        },
        "charger_ids": [f"{n:05}" for n in range(chargers)],
    }
    key = {"Idempotency-Key": f"round-{number}"}
    accepted = fleet.call("POST", path, json=[group], headers=key)
    after = rng.uniform(0.0, 0.8)
    time.sleep(after)
    fleet.kill(target)
    killed_at = time.monotonic()
    assert fleet.call("POST", path, json=[group], headers=key) == accepted
    job = processes.until(lambda: _final(fleet, accepted["status_url"]), seconds=SETTLED_SECONDS)
    assert job["status"] == "READY", job["error"]
    assert not job["results"]["failed"], job["results"]["failed"][:3]
    processes.until(lambda: fleet.csms.stats()["connected"] == chargers, seconds=SETTLED_SECONDS)
    settled = time.monotonic() - killed_at
    there = [charger["identity"] for charger in _pages(fleet, path)]
    wanted = {f"K{number}-{n:05}" for n in range(chargers)}
    found = Round(
        target,
        round(after, 2),
        round(settled, 2),
        lost=len(wanted - set(there)),
        doubled=len(there) - len(set(there)),
        double_sockets=fleet.csms.stats()["double_sockets"] - doubles,
    )
    fleet.call("DELETE", f"/ocpp/locations/{location}")
    processes.until(lambda: fleet.csms.stats()["connected"] == 0, seconds=SETTLED_SECONDS)
    return found


def _final(fleet: Fleet, status_url: str) -> Any:
    job = fleet.call("GET", status_url)
    return job if job["status"] in ("READY", "FAILED") else None


def _pages(fleet: Fleet, path: str) -> Iterator[Any]:
    page = 1
    while data := fleet.call("GET", f"{path}?limit=100&page={page}")["data"]:
        yield from data
        page += 1
