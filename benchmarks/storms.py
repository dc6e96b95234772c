"""Big events: the CSMS goes away under the whole fleet and comes back; everything is started again.

A CSMS that is killed cuts every socket in the same instant, and its port refuses until it is
started again. Measured is how long the fleet then takes, and how hard it comes. A charger that has
booted does not boot again because its socket was cut: it is back when it is connected.
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import systems
from benchmarks.figures import Figures
from benchmarks.main_job import create
from support import processes
from support.postgres import free_port
from support.processes import Csms

CHARGERS = 10_000
REFUSING_SECONDS = 60.0
DEADLINE_SECONDS = 120.0
POLL_EVERY_SECONDS = 0.05


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Both events, on one fleet."""
    count = CHARGERS // 10 if quick else CHARGERS
    port, data = free_port(), directory / "data"
    with systems.served(data, *options) as (_, api):
        with csms_at(port, directory) as (csms, kill):
            create(api, csms, count)
            kill()
        time.sleep(REFUSING_SECONDS)
        with csms_at(port, directory) as (csms, _):
            crowd = watch(csms, "connected", count)
            what = f"{count:,} sockets cut, refused for {REFUSING_SECONDS:.0f} s"
            figures.add(f"{what}: all back after its return", crowd.uptime, "s", 15)
            figures.add(f"{what}: most connections in a second", crowd.peak, "/s", 4000)
            figures.add(f"{what}: double sockets", csms.stats()["double_sockets"], "", 0)
    with csms_at(port, directory) as (csms, _):
        began = time.perf_counter()
        with processes.running_gateway(data, *options):
            crowd = watch(csms, "booted", count)
            booted = time.perf_counter() - began
            what = f"everything started again with {count:,} chargers"
            figures.add(f"{what}: all booted", booted, "s", 10)
            figures.add(f"{what}: most connections in a second", crowd.peak, "/s", 4000)
            figures.add(f"{what}: double sockets", csms.stats()["double_sockets"], "", 0)


class Crowd:
    """How a fleet came: seconds since the CSMS's start, and connections in its fullest second."""

    def __init__(self) -> None:
        self.uptime = 0.0
        self.peak = 0.0
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, uptime: float, connections: int) -> None:
        """One sample."""
        self.uptime = uptime
        self._seen.append((uptime, connections))
        while uptime - self._seen[0][0] > 1.0:
            self._seen.popleft()
        self.peak = max(self.peak, connections - self._seen[0][1])


def watch(csms: Csms, what: str, count: int) -> Crowd:
    """Until every charger is that."""
    crowd = Crowd()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        stats = csms.stats()
        crowd.look(stats["uptime_seconds"], stats["connections_total"])
        if stats[what] >= count:
            return crowd
        assert time.monotonic() < deadline, f"{stats[what]} of {count}"
        time.sleep(POLL_EVERY_SECONDS)


@contextlib.contextmanager
def csms_at(port: int, directory: Path) -> Iterator[tuple[Csms, Callable[[], None]]]:
    """A demo CSMS on that port, and how to kill it."""
    log = directory / "csms.log"
    command = [processes.VOLTFLEET, "csms", "--port", str(port), "--quiet"]
    with processes.running(command, log) as process:
        processes.until(lambda: processes.answers(f"http://127.0.0.1:{port}/"), process, log)

        def kill() -> None:
            process.kill()
            process.wait()

        yield Csms(port), kill
