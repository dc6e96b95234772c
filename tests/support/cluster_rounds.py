"""What is done to a cluster, and how long it takes to get over it: for tests and benchmarks."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from support import processes
from support.cluster import Cluster
from support.kills import LOCATION

LOAD_CLIENTS = 4
RETRIES = 50


@dataclass(frozen=True)
class Round:
    """One job, and one gateway and one host killed while it ran."""

    gateway: int
    host: int
    after_seconds: float
    mid_job: bool
    """Whether the job was still under way after both had died."""
    job_seconds: float
    chargers_seconds: float
    lost: int
    doubled: int
    double_sockets: int


def kill_one_of_each(cluster: Cluster, chargers: int, number: int, rng: random.Random) -> Round:
    """Both are killed somewhere in a job and stay dead until it is READY and all its chargers are
    back; then they are started again."""
    gateway, host = number % len(cluster.gateways), rng.randrange(len(cluster.hosts))
    doubles = cluster.csms.stats()["double_sockets"]
    path, prefix = cluster.location(), f"K{number}-"
    job = cluster.submit(path, chargers, prefix)
    after = rng.uniform(0.0, 0.5)
    time.sleep(after)
    cluster.gateways[gateway].kill(cluster.hosts[host])
    killed_at = time.monotonic()
    mid_job = cluster.call("GET", job["status_url"])["status"] not in ("READY", "FAILED")
    cluster.finished(job)
    ready_at = time.monotonic()
    cluster.connected(chargers)
    connected_at = time.monotonic()
    there = cluster.identities(path)
    wanted = {f"{prefix}{n:05}" for n in range(chargers)}
    found = Round(
        gateway,
        host,
        round(after, 2),
        mid_job,
        round(ready_at - killed_at, 1),
        round(connected_at - killed_at, 1),
        lost=len(wanted - set(there)),
        doubled=len(there) - len(set(there)),
        double_sockets=cluster.csms.stats()["double_sockets"] - doubles,
    )
    cluster.hosts[host].start()
    cluster.gateways[gateway].start()
    cluster.linked(cluster.hosts[host])
    cluster.call("DELETE", path.removesuffix("/chargers"))
    processes.until(lambda: cluster.csms.stats()["connected"] == 0, seconds=60)
    return found


@dataclass(frozen=True)
class Move:
    """A host lost its chargers: how long until the first and the last were back."""

    chargers: int
    first_seconds: float
    all_seconds: float
    double_sockets: int


def moved(cluster: Cluster, chargers: int, act: Callable[[], object]) -> Move:
    """``act`` makes one host unable to go on; all chargers are there again in the end."""
    before, began = cluster.csms.stats(), time.monotonic()
    act()
    boots = before["boots_total"]
    processes.until(lambda: cluster.csms.stats()["boots_total"] > boots, seconds=60)
    first = time.monotonic() - began
    cluster.connected(chargers)
    last = time.monotonic() - began
    after = cluster.csms.stats()
    return Move(
        after["boots_total"] - boots,
        round(first, 1),
        round(last, 1),
        after["double_sockets"] - before["double_sockets"],
    )


@dataclass
class Load:
    """What clients of the balancer met. They try again only what a balancer would: a connection
    that nobody took, and 503."""

    answered: int = 0
    again: int = 0
    failures: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0


@contextmanager
def load(cluster: Cluster) -> Iterator[Load]:
    """Clients that keep their connections, reading and writing for as long as the block lasts."""
    seen, stop = Load(), threading.Event()
    threads = [
        threading.Thread(target=_use, args=(cluster, seen, stop)) for _ in range(LOAD_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def _use(cluster: Cluster, seen: Load, stop: threading.Event) -> None:
    headers = {"Authorization": f"Bearer {cluster.token}"}
    with httpx2.Client(
        base_url=cluster.balancer.url, headers=headers, timeout=20, trust_env=False
    ) as client:
        while not stop.is_set():
            _ask(client, seen, "GET", "/ocpp/locations")
            _ask(client, seen, "POST", "/ocpp/locations", json=LOCATION)


def _ask(client: httpx2.Client, seen: Load, method: str, path: str, **request: Any) -> None:
    began = time.monotonic()
    for _ in range(RETRIES):
        try:
            answer = client.request(method, path, **request)
        except httpx2.ConnectError:
            seen.again += 1
            time.sleep(0.05)
            continue
        except httpx2.HTTPError as error:
            seen.failures.append(f"{method} {path}: {error!r}")
            return
        if answer.status_code == 503:
            seen.again += 1
            time.sleep(0.05)
            continue
        seen.answered += 1
        seen.statuses[answer.status_code] += 1
        seen.slowest_seconds = max(seen.slowest_seconds, time.monotonic() - began)
        if not answer.is_success:
            seen.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return
    seen.failures.append(f"{method} {path}: nobody took it")


def restart_gateways(cluster: Cluster, pause_seconds: float = 1.0) -> None:
    """One after the other, as an upgrade would."""
    for part in cluster.gateways:
        part.stop()
        part.start()
        time.sleep(pause_seconds)


def command_seconds(cluster: Cluster, charger_id: str, url: str) -> float:
    """How long a command takes that is answered with what the station said."""
    began = time.monotonic()
    body = {"target": {"charger_id": charger_id}, "event": {}}
    cluster.call("POST", "/ocpp/commands/cache/reset", url=url, json=body)
    return time.monotonic() - began
