"""The dashboard with a large fleet: how soon it shows, how smoothly, and what the tab takes.

Chromium without a window draws in software, on the same cores as everything else here.
"""

import gzip
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks import systems
from benchmarks.figures import Figures
from benchmarks.main_job import create
from support.browser import DESKTOP, Tab, chromium, find_chromium
from support.processes import Gateway

CHARGERS = 10_000
LOADS = 5
FRAMES_SECONDS = 20.0
IN_MOTION = 150
"""Chargers that begin or end a session every second."""
HELD_SECONDS = 10
STATIC = Path(__file__).parents[1] / "src" / "voltfleet" / "dashboard" / "static"
MEGABYTE = 1e6

_WHEN_SHOWN = """
(() => {
  // Looks once a frame what the heading says; a frame later it has been painted.
  const look = () => {
    const text = document.querySelector('h1 + div')?.textContent ?? '';
    const number = Number((/^([\\d,]+) chargers? at/.exec(text)?.[1] ?? '0').replaceAll(',', ''));
    if (number > 0 && !window.firstShown) {
      requestAnimationFrame((now) => { window.firstShown ??= now; });
    }
    if (number >= COUNT && !window.allShown) {
      requestAnimationFrame((now) => { window.allShown ??= now; });
      return;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
_FRAMES = """
(seconds) => new Promise((resolve) => {
  const gaps = [];
  let last = performance.now();
  const end = last + 1000 * seconds;
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(step);
    else resolve(gaps);
  };
  requestAnimationFrame(step);
})
"""


@dataclass
class Changes:
    """Charger rows that the live stream has told of since the snapshot."""

    rows: int = 0


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Every figure of the dashboard."""
    scripts = sum(len(gzip.compress(file.read_bytes())) for file in STATIC.rglob("*.js"))
    figures.add("dashboard: JavaScript, gzipped", scripts / 1000, "kB", 200)
    if find_chromium() is None:
        print("dashboard: no Chromium here, so nothing else is measured (apt-get install chromium)")
        return
    count = CHARGERS
    with systems.started(directory, options) as (csms, gateway, api):
        location = create(api, csms, count).location
        with chromium() as browser, motion(gateway, location) as changes:
            what = f"dashboard, {count:,} chargers"
            first, everything = [], []
            for _ in range(LOADS):
                with Tab(browser, gateway.url) as tab:
                    shown = load(tab, gateway, count)
                    first.append(shown[0])
                    everything.append(shown[1])
            figures.add(f"{what}: first useful paint (median of {LOADS})", middle(first), "s", 1)
            figures.add(f"{what}: all of them shown (median)", middle(everything), "s")

            with Tab(browser, gateway.url, size=DESKTOP) as tab:
                load(tab, gateway, count)
                before, began = changes.rows, time.monotonic()
                gaps = sorted(tab.page.evaluate(_FRAMES, FRAMES_SECONDS))
                told = (changes.rows - before) / (time.monotonic() - began)
                figures.add(f"{what}: changes of state meanwhile", told, "/s", least=IN_MOTION)
                figures.add(f"{what}: frames", len(gaps) / FRAMES_SECONDS, "/s", least=50)
                figures.add(f"{what}: slowest frame of 100", gaps[int(0.99 * len(gaps))], "ms")
                minutes = 1 if quick else 10
                tab.page.wait_for_timeout(60_000 * minutes)
                taken = tab_bytes() / MEGABYTE
                figures.add(f"{what}: tab after {minutes} min", taken, "MB", 300)
        figures.add("double sockets", csms.stats()["double_sockets"], "", 0)


def load(tab: Tab, gateway: Gateway, count: int) -> tuple[float, float]:
    """Seconds from the beginning of the navigation until chargers, and until all of them, were
    painted."""
    tab.page.add_init_script(_WHEN_SHOWN.replace("COUNT", str(count)))
    tab.sign_in(gateway.token)
    tab.page.wait_for_function("() => window.allShown", timeout=60_000)
    first, everything = tab.page.evaluate("[window.firstShown, window.allShown]")
    return first / 1000, everything / 1000


@contextmanager
def motion(gateway: Gateway, location: str) -> Iterator[Changes]:
    """Meanwhile sessions begin and end all over the fleet, and what the stream tells is counted."""
    changes, over = Changes(), threading.Event()
    headers = {"Authorization": f"Bearer {gateway.token}"}
    threads = [
        threading.Thread(target=_move, args=(gateway, headers, location, over)),
        threading.Thread(target=_count, args=(gateway, headers, changes, over)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield changes
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _move(gateway: Gateway, headers: dict[str, str], location: str, over: threading.Event) -> None:
    with httpx2.Client(base_url=gateway.url, headers=headers, timeout=30, trust_env=False) as api:
        ids = [
            charger["id"]
            for page in range(1, CHARGERS // 100 + 1)
            for charger in api.get(
                f"/ocpp/locations/{location}/chargers", params={"page": page, "limit": 100}
            ).json()["data"]
        ]
        step = 7_919  # a prime: the sessions are spread over the grid
        order = [ids[n * step % len(ids)] for n in range(len(ids))]
        at = 0
        charging: deque[list[str]] = deque()

        def tell(command: str, chosen: list[str], event: dict[str, Any]) -> None:
            target = {"location_id": location, "charger_ids": chosen}
            api.post(f"/ocpp/commands/{command}", json={"target": target, "event": event})

        while not over.wait(1.0):
            chosen = [order[(at + n) % len(order)] for n in range(IN_MOTION)]
            at += IN_MOTION
            tell("start-session", chosen, {"id_tag": "BENCH"})
            charging.append(chosen)
            if len(charging) > HELD_SECONDS:
                tell("stop-session", charging.popleft(), {})


def _count(
    gateway: Gateway, headers: dict[str, str], changes: Changes, over: threading.Event
) -> None:
    stream = httpx2.stream(
        "GET", f"{gateway.url}/live", headers=headers, timeout=30, trust_env=False
    )
    with stream as answer:
        for line in answer.iter_lines():
            if over.is_set():
                return
            if line.startswith("data: ") and '"rows"' in line and '"gone"' in line:
                event = json.loads(line[6:])
                changes.rows += 0 if event["snapshot"] else len(event["rows"])


def tab_bytes() -> int:
    """What the busiest page process of the browser has for itself alone."""
    pages = [
        child
        for child in psutil.Process().children(recursive=True)
        if "--type=renderer" in child.cmdline()
    ]
    return max(int(page.memory_full_info().uss) for page in pages)


def middle(values: list[float]) -> float:
    """The median."""
    return sorted(values)[len(values) // 2]
