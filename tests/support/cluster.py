"""Gateways on one Postgres behind a balancer, and hosts that dial it: as on several machines.

Each part has a data directory of its own; the gateways' hold the same keys.
"""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil

from support import processes
from support.kills import LOCATION
from support.postgres import free_port
from support.processes import VOLTFLEET, Csms
from support.relay import Relay, relay

SETTLED_SECONDS = 60.0
START_SECONDS = 90.0
"""Several processes start at once, on a machine that may have other things to do."""


@dataclass
class Part:
    """One ``voltfleet serve`` or ``voltfleet host``, started and stopped at will."""

    command: list[str | Path]
    log: Path
    settings: dict[str, str]
    port: int = 0
    _running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _process: "subprocess.Popen[bytes] | None" = None
    _said_before: int = 0

    def start(self) -> None:
        """A gateway has answered when this returns; a host has only been started."""
        self._said_before = len(self.said()) + self._said_before
        self._process = self._running.enter_context(
            processes.running(self.command, self.log, **self.settings)
        )
        if self.port:
            url = f"http://127.0.0.1:{self.port}/health"
            processes.until(lambda: processes.answers(url), self._process, self.log, START_SECONDS)

    def said(self) -> str:
        """What it has logged since it was started."""
        return self.log.read_text()[self._said_before :] if self.log.exists() else ""

    def stop(self) -> None:
        """SIGTERM, and waits for the end."""
        self._running.close()

    def kill(self, *others: "Part") -> None:
        """Its whole machine loses power, and at the same moment those of the others."""
        parts = (self, *others)
        whole = [process for part in parts for process in part.tree()]
        for process in whole:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(whole, timeout=10)
        for part in parts:
            assert part._process is not None
            part._process.wait()
            part._running.close()

    def freeze(self) -> psutil.Process:
        """SIGSTOP to the process that runs chargers; returns it."""
        (worker,) = self.tree()[1:]
        worker.send_signal(signal.SIGSTOP)
        return worker

    def tree(self) -> list[psutil.Process]:
        """Its processes, the one that supervises the others first."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]


class Cluster:
    """``gateways`` and ``hosts`` parts, all running; ``call`` is a client of the balancer."""

    def __init__(self, directory: Path, balancer: Relay, csms: Csms) -> None:
        self.directory = directory
        self.balancer = balancer
        self.csms = csms
        self.gateways: list[Part] = []
        self.hosts: list[Part] = []
        self.token = ""

    def call(self, method: str, path: str, *, url: str = "", **request: Any) -> Any:
        """A request that is sent again until it is answered, as a careful client does."""
        deadline = time.monotonic() + SETTLED_SECONDS
        headers = {"Authorization": f"Bearer {self.token}"} | request.pop("headers", {})
        while True:
            try:
                answer = httpx2.request(
                    method,
                    (url or self.balancer.url) + path,
                    headers=headers,
                    timeout=10,
                    trust_env=False,
                    **request,
                )
                if answer.status_code < 500:
                    assert answer.is_success, answer.text
                    return answer.json() if answer.content else None
                assert time.monotonic() < deadline, answer.text
            except httpx2.HTTPError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def location(self) -> str:
        """The path of a new location's chargers."""
        made = self.call("POST", "/ocpp/locations", json=LOCATION)
        return f"/ocpp/locations/{made['id']}/chargers"

    def submit(self, path: str, count: int, prefix: str) -> Any:
        """A job of that many chargers, accepted."""
        template = {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": self.csms.ws_url,
            "identity_prefix": prefix,
        }
        group = {"template": template, "charger_ids": [f"{n:05}" for n in range(count)]}
        return self.call("POST", path, json=[group], headers={"Idempotency-Key": prefix})

    def finished(self, job: Any, seconds: float = SETTLED_SECONDS) -> Any:
        """The job once it is READY."""

        def final() -> Any:
            seen = self.call("GET", job["status_url"])
            return seen if seen["status"] in ("READY", "FAILED") else None

        done = processes.until(final, seconds=seconds)
        assert done["status"] == "READY", done["error"]
        assert not done["results"]["failed"], done["results"]["failed"][:3]
        return done

    def connected(self, count: int, seconds: float = SETTLED_SECONDS) -> None:
        """Returns once that many chargers are connected to the CSMS and have booted there."""

        def there() -> bool:
            figures = self.csms.stats()
            return bool(figures["connected"] == figures["booted"] == count)

        processes.until(there, seconds=seconds)

    def identities(self, path: str) -> list[str]:
        """Every charger of a location."""
        found, page = [], 1
        while data := self.call("GET", f"{path}?limit=100&page={page}")["data"]:
            found += [charger["identity"] for charger in data]
            page += 1
        return found

    def stop(self) -> None:
        """Hosts first, as they have something to tell."""
        for part in (*self.hosts, *self.gateways):
            part.stop()

    def linked(self, host: Part) -> None:
        """Returns once a host that was started has reached a gateway."""
        processes.until(lambda: "gateway_connected" in host.said(), seconds=START_SECONDS)

    def add_host(self, name: str, dials: Relay | None = None, **settings: str) -> Part:
        """A host that dials the balancer, or a cable before it."""
        token = subprocess.run(
            [
                VOLTFLEET,
                "token",
                "create",
                "--role",
                "host",
                "--host-id",
                name,
                "--data-dir",
                self.directory / "gateway-0",
            ],
            env=processes.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        url = (dials or self.balancer).url
        where: list[str | Path] = [
            "--gateway",
            url,
            "--host-id",
            name,
            "--data-dir",
            self.directory / name,
        ]
        settings = {"VOLTFLEET_HOST_TOKEN": token, **settings}
        part = Part([VOLTFLEET, "host", *where], self.directory / f"{name}.log", settings)
        part.start()
        self.hosts.append(part)
        return part


@contextlib.contextmanager
def running_cluster(
    directory: Path,
    database_url: str,
    csms: Csms,
    *,
    gateways: int = 2,
    hosts: int = 2,
    **settings: str,
) -> Iterator[Cluster]:
    """All of it, ready for chargers; stopped in good order at the end."""
    with contextlib.ExitStack() as stack:
        ports = [free_port() for _ in range(gateways)]
        cluster = Cluster(directory, stack.enter_context(relay(*ports)), csms)
        stack.callback(cluster.stop)
        for number, port in enumerate(ports):
            data = directory / f"gateway-{number}"
            if number:
                shutil.copytree(directory / "gateway-0" / "keys", data / "keys")
            command: list[str | Path] = [
                VOLTFLEET,
                "serve",
                "--hosts",
                "none",
                "--port",
                str(port),
                "--data-dir",
                data,
            ]
            database = {"VOLTFLEET_DATABASE_URL": database_url}
            part = Part(command, directory / f"gateway-{number}.log", database | settings, port)
            part.start()
            cluster.gateways.append(part)
        cluster.token = (directory / "gateway-0" / "token").read_text().strip()
        for number in range(hosts):
            cluster.add_host(f"host-{number}")
        for part in cluster.hosts:
            cluster.linked(part)
        yield cluster
