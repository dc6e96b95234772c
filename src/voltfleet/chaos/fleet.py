"""The fleet under test: gateways, hosts, a demo CSMS, and the proxies between them.

On SQLite ``voltfleet serve`` with a host of its own, and another by ``voltfleet host``. On Postgres
two ``voltfleet serve`` without hosts, as on two machines, and two ``voltfleet host``. Those reach
the gateways through a proxy that is their load balancer; every station reaches its CSMS through
another.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Self

import httpx2

from voltfleet.chaos import parts
from voltfleet.chaos.control import Control, Enlisted
from voltfleet.chaos.parts import Command, Part
from voltfleet.chaos.proxy import Proxy

START_SECONDS = 120.0
ORGANIZATION = "chaos"


class Fleet:
    """Use as an async context manager; everything in it is started again when it dies."""

    def __init__(self, directory: Path, database_url: str, lease_seconds: float) -> None:
        """An empty ``database_url`` means SQLite in the directory."""
        self.control = Control(directory / "control")
        self.log = directory / "fleet.log"
        self.frames = directory / "frames.jsonl"
        self.lease_seconds = lease_seconds
        self.is_sqlite = not database_url.startswith("postgres")
        self.ports = [parts.free_port() for _ in range(1 if self.is_sqlite else 2)]
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        self.token = ""
        self.csms_port = 0
        self._far = ["far-0"] if self.is_sqlite else ["far-0", "far-1"]
        self.link = Proxy([("127.0.0.1", port) for port in self.ports])
        self.wire: Proxy
        self._directory = directory
        self._data = directory / "data"
        settings = {"VOLTFLEET_LEASE_SECONDS": str(lease_seconds)}
        if database_url:
            settings["VOLTFLEET_DATABASE_URL"] = database_url
        self._environment = parts.environment(self.control.directory, settings)
        self._parts: list[Part] = []

    async def __aenter__(self) -> Self:
        self.control.prepare()
        self._data.mkdir()
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for process in self.control.alive():
            self.control.signal(process.pid, signal.SIGCONT)
        for part in reversed(self._parts):
            await part.stop()
        await self.link.stop()
        if hasattr(self, "wire"):
            await self.wire.stop()

    @property
    def ws_url(self) -> str:
        """What stations dial."""
        return f"ws://127.0.0.1:{self.wire.port}/ocpp"

    @property
    def csms_url(self) -> str:
        """The demo CSMS's own pages, past the proxy."""
        return f"http://127.0.0.1:{self.csms_port}"

    @property
    def wanted(self) -> dict[str, int]:
        """How many processes of each role there are when nothing is broken."""
        gateways = len(self.ports)
        return {"serve": gateways, "gateway": gateways, "host": 2, "keeper": len(self._far)}

    def of(self, role: str) -> list[Enlisted]:
        """The living processes of that role, ordered by name and age."""
        return sorted(
            (process for process in self.control.alive() if process.role == role),
            key=lambda process: (process.name, process.pid),
        )

    def is_whole(self, without: Collection[int] = ()) -> bool:
        """Whether every part is there, none of them one of those processes."""
        alive = self.control.alive()
        there = [process.role for process in alive if process.pid not in without]
        return all(there.count(role) >= count for role, count in self.wanted.items())

    # --- starting ------------------------------------------------------------------------------

    async def _start(self) -> None:
        tokens = asyncio.gather(  # while the CSMS starts
            self._token("--role", "user", "--org", ORGANIZATION),
            *(self._token("--role", "host", "--host-id", name) for name in self._far),
        )
        await self._start_csms()
        self.token, *host_tokens = await tokens
        self.wire = Proxy([("127.0.0.1", self.csms_port)])
        await self.wire.start()
        await self.link.start()
        for port in self.ports:
            await self._run(f"serve-{port}", partial(self._serve, port))
        for name, token in zip(self._far, host_tokens, strict=True):
            await self._run(name, partial(self._host, name, token))
        await parts.until(self._ready, START_SECONDS, "The fleet", self.log)

    async def _run(self, name: str, command: Callable[[], Command]) -> None:
        part = Part(name, self._environment, self.log, command)
        self._parts.append(part)
        await part.start()

    async def _start_csms(self) -> None:
        self.csms_port = parts.free_port()
        words = ["--port", str(self.csms_port), "--quiet", "--log", str(self.frames)]
        command = Command([sys.executable, "-m", "voltfleet.csms", *words])
        await self._run("csms", lambda: command)
        await parts.until(self._csms_answers, START_SECONDS, "The CSMS", self.log)

    def _serve(self, port: int) -> Command:
        hosts = "1" if self.is_sqlite else "none"
        where = ["--port", str(port), "--data-dir", str(self._data), "--hosts", hosts]
        return Command(parts.voltfleet("serve", *where))

    def _host(self, name: str, token: str) -> Command:
        gateway = f"http://127.0.0.1:{self.link.port}"
        where = ["--gateway", gateway, "--host-id", name, "--data-dir", str(self._data)]
        return Command(parts.voltfleet("host", *where), {"VOLTFLEET_HOST_TOKEN": token})

    async def _token(self, *options: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *parts.voltfleet("token", "create", *options, "--data-dir", str(self._data)),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        return said.decode().strip()

    async def _csms_answers(self) -> bool:
        return await _is_ok(f"{self.csms_url}/health")

    async def _ready(self) -> bool:
        if not self.is_whole():
            return False
        answers = [await _is_ok(f"{url}/health/ready") for url in self.urls]
        return all(answers)


async def _is_ok(url: str) -> bool:
    try:
        async with httpx2.AsyncClient(timeout=2.0, trust_env=False) as client:
            return (await client.get(url)).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False
