"""Every charger charges at once: start-session on the location, meter values, stop-session."""

import json
import sqlite3
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from benchmarks import systems
from benchmarks.figures import Figures
from benchmarks.main_job import cpu_seconds, create, host_of
from support.processes import Csms, Gateway

CHARGERS = 10_000
METER_VALUES_EVERY_SECONDS = 30
STEADY_SECONDS = 90.0
SETTLES_SECONDS = 90.0
ASKING_AT_ONCE = 8
PAGE = 1_000
BEAT_SECONDS = 7.0
"""A host tells its worst lag with every beat: a third of the lease of 20 s."""


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """One whole session on each of the chargers."""
    count = CHARGERS // 10 if quick else CHARGERS
    with systems.started(directory, options) as (csms, gateway, api):
        host = host_of(gateway)
        empty = host.memory_info().rss
        batch = create(api, csms, count)
        _sample_often(csms, count)
        idle = (host.memory_info().rss - empty) / 1024 / count
        lag = Lag(gateway, options)
        what = f"{count:,} sessions"

        asked = time.perf_counter()
        _order(api, "start-session", batch.location, {"id_tag": "BENCH"}, count)
        figures.add(f"{what}: start-session answered", 1e3 * (_since(asked)), "ms", 500)
        _transactions(csms, count, lag)
        figures.add(f"{what}: all begun", _since(asked), "s", 60)
        _watch(BEAT_SECONDS, lag)
        figures.add(f"{what}: worst lag of the host's loop while they begin", lag.take(), "ms", 1e3)

        _steady(host, csms, figures, what, lag)
        charging = (host.memory_info().rss - empty) / 1024 / count
        figures.add(f"{what}: host memory per charger, idle before", idle, "KiB", 20)
        figures.add(f"{what}: host memory per charger, charging", charging, "KiB", 2 * idle)

        asked = time.perf_counter()
        _order(api, "stop-session", batch.location, {}, count)
        _transactions(csms, 0, lag)
        figures.add(f"{what}: all ended", _since(asked), "s", 60)
        _watch(BEAT_SECONDS, lag)
        figures.add(f"{what}: worst lag of the host's loop while they end", lag.take(), "ms", 1e3)
        stats = csms.stats()
        assert stats["transactions_total"] == count, stats
        figures.add(f"{what}: messages the standard does not allow", stats["problems"], "", 0)


@dataclass
class Lag:
    """The worst delay of the host's event loop, as its beats tell it (SQLite only)."""

    gateway: Gateway
    options: list[str]
    worst_ms: float = 0.0

    def look(self) -> None:
        """Reads the last beat."""
        if self.options:
            return
        database = next(self.gateway.data_directory.glob("*.db"))
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        try:
            (told,) = connection.execute("SELECT max(lag_ms) FROM hosts").fetchone()
        finally:
            connection.close()
        self.worst_ms = max(self.worst_ms, told or 0.0)

    def take(self) -> float:
        """The worst since the last call."""
        worst, self.worst_ms = self.worst_ms, 0.0
        return worst


def _steady(host: psutil.Process, csms: Csms, figures: Figures, what: str, lag: Lag) -> None:
    """Nothing but meter values and heartbeats."""
    spent, before, began = cpu_seconds(host), _messages(csms), time.perf_counter()
    _watch(STEADY_SECONDS, lag)
    seconds = _since(began)
    spent, messages = cpu_seconds(host) - spent, _messages(csms) - before
    figures.add(f"{what}: messages per second meanwhile", messages / seconds, "/s")
    figures.add(f"{what}: host CPU per message", 1e6 * spent / messages, "µs", 200)
    figures.add(f"{what}: host CPU", 100 * spent / seconds, "% of a core", 50)
    figures.add(f"{what}: worst lag of the host's loop", lag.take(), "ms", 250)


def _watch(seconds: float, lag: Lag) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        time.sleep(0.5)
        lag.look()


def _sample_often(csms: Csms, count: int) -> None:
    """The CSMS sets MeterValueSampleInterval of every charger, as one would after a boot."""
    payload = b'{"key":"MeterValueSampleInterval","value":"%d"}' % METER_VALUES_EVERY_SECONDS

    base = f"http://127.0.0.1:{csms.port}/api"

    def ask(identity: str) -> None:
        query = urllib.parse.urlencode({"identity": identity, "action": "ChangeConfiguration"})
        with urllib.request.urlopen(f"{base}/call?{query}", data=payload, timeout=30) as answer:
            assert b"Accepted" in answer.read()

    for offset in range(0, count, PAGE):
        page = f"{base}/chargers?offset={offset}&limit={PAGE}"
        with urllib.request.urlopen(page, timeout=30) as answer:
            identities = [charger["identity"] for charger in json.load(answer)["chargers"]]
        with ThreadPoolExecutor(ASKING_AT_ONCE) as pool:
            list(pool.map(ask, identities))


def _order(
    api: httpx2.Client, command: str, location: str, event: dict[str, str], count: int
) -> None:
    body = {"target": {"location_id": location}, "event": event}
    answer = api.post(f"/ocpp/commands/{command}", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["queued_count"] == count


def _transactions(csms: Csms, count: int, lag: Lag) -> None:
    deadline = time.monotonic() + SETTLES_SECONDS
    while (active := csms.stats()["transactions_active"]) != count:
        assert time.monotonic() < deadline, f"{active} of {count}"
        time.sleep(0.2)
        lag.look()


def _messages(csms: Csms) -> int:
    stats = csms.stats()
    return int(stats["messages_in"] + stats["messages_out"])


def _since(then: float) -> float:
    return time.perf_counter() - then
