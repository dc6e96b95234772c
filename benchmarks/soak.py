"""A long run with churn: ``python -m benchmarks.soak`` (``make soak``).

    python -m benchmarks.soak [--minutes 30] [--chargers 20000] [--database-url postgresql://…]

One gateway, two hosts, two demo CSMSs (a process may hold so many sockets). Half of the fleet dials
each CSMS and stays; beside it small locations come and go: created, charged at, restarted, deleted.
Said at the end: how fast the memory of gateway and hosts grew once warm, and which file descriptors
and tasks were left over when the small locations were gone again.
"""

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks import main_job, systems
from benchmarks.figures import Figures
from support import processes
from support.kills import LOCATION
from support.processes import Csms, Gateway

HOSTS = 2
CHURN = 50
"""Chargers of a small location."""
CHURNING = 4
"""Small locations at a time."""
CYCLE_SECONDS = 6.0
WARM_SHARE = 1 / 3
"""So much of the run is not counted: pools and caches fill."""
SLOPE_BOUND = 1.0
SETTLE_SECONDS = 30.0
COUNTING = Path(__file__).with_name("counting")
SEED = 20261122


@dataclass
class Watched:
    """One process and what was seen of it: (seconds, MiB)."""

    name: str
    process: psutil.Process
    counts: Path
    memory: list[tuple[float, float]] = field(default_factory=list)

    def look(self, at: float) -> None:
        """One sample."""
        self.memory.append((at, self.process.memory_info().rss / 2**20))

    @property
    def tasks(self) -> int:
        """As it last said; 0 if it has none to tell of."""
        path = self.counts / f"{self.process.pid}.tasks"
        return int(path.read_text() or 0) if path.exists() else 0

    @property
    def descriptors(self) -> int:
        """Open now."""
        return int(self.process.num_fds())

    def slope(self, since: float) -> float:
        """MiB per ten minutes, by least squares."""
        points = [(at, mib) for at, mib in self.memory if at >= since]
        mean_at = sum(at for at, _ in points) / len(points)
        mean_mib = sum(mib for _, mib in points) / len(points)
        spread = sum((at - mean_at) ** 2 for at, _ in points)
        together = sum((at - mean_at) * (mib - mean_mib) for at, mib in points)
        return 600 * together / spread if spread else 0.0


@dataclass
class Churn:
    """The small locations: the newest is created, the one before is used, the oldest deleted."""

    api: httpx2.Client
    csmss: list[Csms]
    rng: random.Random
    live: list[str] = field(default_factory=list)
    cycles: int = 0

    def cycle(self) -> None:
        """Create, begin sessions, restart, end sessions, delete: each on another location."""
        self.live.append(self._create())
        if len(self.live) > 1:
            self._order("start-session", self.live[-2], {"id_tag": "SOAK"})
        if len(self.live) > 2:
            self._restart(self.live[-3])
            self._order("stop-session", self.live[-3], {})
        if len(self.live) > CHURNING:
            self._delete(self.live.pop(0))
        self.cycles += 1

    def end(self) -> None:
        """Delete what is left."""
        while self.live:
            self._delete(self.live.pop(0))

    def _create(self) -> str:
        location = str(self._ask("POST", "/ocpp/locations", json=LOCATION)["id"])
        template = {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": self.rng.choice(self.csmss).ws_url,
            "identity_prefix": "S-",
        }
        group = {"template": template, "chargers_number": CHURN}
        self._ask("POST", f"/ocpp/locations/{location}/chargers", json=[group])
        return location

    def _restart(self, location: str) -> None:
        listed = self._ask("GET", f"/ocpp/locations/{location}/chargers?limit=100")["data"]
        for charger in self.rng.sample(listed, min(10, len(listed))):
            self._ask("POST", f"/ocpp/chargers/{charger['id']}/reset-charger")

    def _order(self, command: str, location: str, event: dict[str, str]) -> None:
        body = {"target": {"location_id": location}, "event": event}
        self._ask("POST", f"/ocpp/commands/{command}", json=body)

    def _delete(self, location: str) -> None:
        self._ask("DELETE", f"/ocpp/locations/{location}")

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        answer = self.api.request(method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def run(
    directory: Path, figures: Figures, options: list[str], *, chargers: int, minutes: float
) -> None:
    """The whole of it."""
    counts = directory / "counts"
    counts.mkdir()
    settings = {"PYTHONPATH": str(COUNTING), "SOAK_COUNTS": str(counts)}
    with contextlib.ExitStack() as stack:
        csmss = [
            stack.enter_context(processes.running_csms(directory / f"csms{n}.log", "--quiet"))
            for n in range(2)
        ]
        gateway, api = stack.enter_context(
            systems.served(directory / "data", "--hosts", str(HOSTS), *options, **settings)
        )
        for csms in csmss:
            booted = main_job.create(api, csms, chargers // len(csmss)).booted
            print(f"{chargers // len(csmss):,} chargers booted in {booted:.1f} s", flush=True)
        watched = _watched(gateway, counts)
        _settled(csmss, chargers)
        before = [(one.descriptors, one.tasks) for one in watched]
        churn = Churn(api, csmss, random.Random(SEED))
        _soak(watched, churn, minutes * 60)
        churn.end()
        _settled(csmss, chargers)
        _tell(figures, watched, before, minutes * 60)
        figures.add("chargers created, used and deleted meanwhile", churn.cycles * CHURN, "")
        doubles = sum(csms.stats()["double_sockets"] for csms in csmss)
        figures.add("double sockets", doubles, "", 0)


def _soak(watched: list[Watched], churn: Churn, seconds: float) -> None:
    began = time.monotonic()
    told = 0.0
    while (at := time.monotonic() - began) < seconds:
        churn.cycle()
        for one in watched:
            one.look(at)
        if at - told >= 60:
            told = at
            print(f"{at / 60:5.1f} min  " + "  ".join(_line(one) for one in watched), flush=True)
        time.sleep(max(0.0, at + CYCLE_SECONDS - (time.monotonic() - began)))


def _line(one: Watched) -> str:
    memory = one.memory[-1][1]
    return f"{one.name} {memory:.1f} MiB {one.descriptors} fds {one.tasks} tasks"


def _tell(
    figures: Figures, watched: list[Watched], before: list[tuple[int, int]], seconds: float
) -> None:
    for one, (descriptors, tasks) in zip(watched, before, strict=True):
        slope = one.slope(WARM_SHARE * seconds)
        figures.add(f"{one.name}: memory, at the end", one.memory[-1][1], "MiB")
        figures.add(f"{one.name}: memory, growth", slope, "MiB per 10 min", SLOPE_BOUND)
        figures.add(f"{one.name}: file descriptors more", one.descriptors - descriptors, "", 0)
        figures.add(f"{one.name}: tasks more", one.tasks - tasks, "", 0)


def _settled(csmss: list[Csms], chargers: int) -> None:
    """The fleet is connected, and nobody else; idle connections of ours have been closed."""
    processes.until(
        lambda: sum(csms.stats()["connected"] for csms in csmss) == chargers, seconds=120
    )
    time.sleep(SETTLE_SECONDS)


def _watched(gateway: Gateway, counts: Path) -> list[Watched]:
    children = psutil.Process(gateway.process.pid).children(recursive=True)
    found = []
    for child in children:
        words = child.cmdline()
        if "voltfleet.cli.gateway" in words:
            found.append(Watched("gateway", child, counts))
        elif "voltfleet.host" in words:
            found.append(Watched(f"host {words[words.index('--host-id') + 1]}", child, counts))
    assert len(found) == 1 + HOSTS, [child.cmdline() for child in children]
    return sorted(found, key=lambda one: one.name)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--chargers", type=int, default=20_000)
    parser.add_argument("--database-url", help="instead of SQLite; an empty database")
    given = parser.parse_args()
    options = ["--database-url", given.database_url] if given.database_url else []
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with this
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="voltfleet-soak-") as directory:
        run(Path(directory), figures, options, chargers=given.chargers, minutes=given.minutes)
    figures.show()
    sys.exit(0 if figures.all_met else 1)


if __name__ == "__main__":
    main()
