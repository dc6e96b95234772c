"""Hostile CSMSs beside good ones: how late the others' heartbeats get, and what memory it takes.

Every misbehaviour of ``tests/support/hostile`` at once, each with one charger, on the host that
also runs the neighbours. The good CSMS is a process of its own: it notes when heartbeats come.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

from benchmarks import systems
from benchmarks.figures import Figures
from benchmarks.main_job import cpu_seconds, host_of
from support.hostile.server import MISBEHAVIOURS
from support.kills import LOCATION

NEIGHBOURS = 200
CALM_SECONDS = 15.0
ATTACK_SECONDS = 30.0
LATER_BOUND_MS = 250.0
MEMORY_BOUND_MIB = 256.0
TESTS = Path(__file__).parents[1] / "tests"


class Server:
    """``support.hostile.server`` as a process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.ports: dict[str, int] = json.loads(self._line())

    def ask(self, word: str) -> str:
        """A line in, a line out."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._line()

    def url(self, name: str) -> str:
        """Where its charger dials."""
        tls = name in MISBEHAVIOURS and MISBEHAVIOURS[name].tls
        return f"{'wss' if tls else 'ws'}://127.0.0.1:{self.ports[name]}/ocpp"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """One, for as long as the block lasts."""
    command = [sys.executable, "-m", "support.hostile.server"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=TESTS, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Calm, then all of them at once."""
    attack = ATTACK_SECONDS / 3 if quick else ATTACK_SECONDS
    with (
        server() as good,
        server() as bad,
        systems.served(directory / "data", *options) as (gateway, api),
    ):
        create(api, {good.url("good"): NEIGHBOURS})
        time.sleep(5)
        good.ask("late")
        time.sleep(CALM_SECONDS)
        calm = 1e3 * float(good.ask("late"))
        host = host_of(gateway)
        memory, spent = host.memory_info().rss, cpu_seconds(host)
        create(api, dict.fromkeys(map(bad.url, MISBEHAVIOURS), 1))
        time.sleep(attack)
        late = 1e3 * float(good.ask("late"))
        busy = (cpu_seconds(host) - spent) / attack
        grown = (host.memory_info().rss - memory) / 2**20
        what = f"{len(MISBEHAVIOURS)} hostile CSMSs"
        figures.add(f"{what}: worst heartbeat of {NEIGHBOURS} neighbours, before", calm, "ms late")
        figures.add(f"{what}: meanwhile, later by", max(0.0, late - calm), "ms", LATER_BOUND_MS)
        figures.add(f"{what}: memory of the host grew by", grown, "MiB", MEMORY_BOUND_MIB)
        figures.add(f"{what}: host CPU meanwhile", 100 * busy, "% of a core")
        connected = json.loads(good.ask("counts"))["good"]
        figures.add(f"{what}: neighbours that lost their socket", connected - NEIGHBOURS, "", 0)


def create(api: httpx2.Client, where: dict[str, int]) -> None:
    """So many chargers at each address."""
    location = api.post("/ocpp/locations", json=LOCATION).json()["id"]
    groups = [
        {
            "template": {
                "brand_slug": "wallbox",
                "model_slug": "wallbox-pulsar-plus",
                "connector_type": "Type2",
                "ws_url": url,
                "identity_prefix": "H-",
            },
            "chargers_number": count,
        }
        for url, count in where.items()
    ]
    answer = api.post(f"/ocpp/locations/{location}/chargers", json=groups)
    assert answer.status_code == 202, answer.text
