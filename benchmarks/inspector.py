"""The message inspector under thousands of messages a minute: how long it keeps the tab busy."""

import re
import time
from pathlib import Path

import httpx2

from benchmarks.figures import Figures
from benchmarks.main_job import create
from support import processes
from support.browser import Tab, chromium, find_chromium

CHARGERS = 1_000
HEARTBEAT_SECONDS = 20
"""A call and its answer of each charger: 6,000 frames a minute."""
WARM_UP_SECONDS = 15

_WATCH = """
() => {
  window.tasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.tasks.push(task.duration);
  }).observe({ type: 'longtask' });
}
"""


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Every figure of the inspector."""
    if find_chromium() is None:
        print("inspector: no Chromium here, so nothing is measured (apt-get install chromium)")
        return
    interval = ("--heartbeat-interval", str(HEARTBEAT_SECONDS), "--quiet")
    with (
        processes.running_csms(directory / "csms.log", *interval) as csms,
        processes.running_gateway(directory / "data", *options) as gateway,
        httpx2.Client(
            base_url=gateway.url,
            headers={"Authorization": f"Bearer {gateway.token}"},
            timeout=30,
            trust_env=False,
        ) as api,
    ):
        processes.until(lambda: api.get("/health/ready").is_success)
        create(api, csms, CHARGERS)
        with chromium() as browser, Tab(browser, gateway.url) as tab:
            tab.sign_in(gateway.token, "/ui/messages")
            tab.page.get_by_role("option").first.wait_for()
            tab.page.wait_for_timeout(1000 * WARM_UP_SECONDS)
            tab.page.evaluate(_WATCH)
            before, began = messages(tab), time.monotonic()
            tab.page.wait_for_timeout(20_000 if quick else 60_000)
            minutes = (time.monotonic() - began) / 60
            shown = 2 * (messages(tab) - before) / minutes
            tasks = tab.page.evaluate("window.tasks")
            figures.add("inspector: frames shown", shown, "/min", least=5_000)
            figures.add("inspector: tasks over 50 ms", len(tasks), "", 0)
            figures.add("inspector: longest task over 50 ms", max(tasks, default=0), "ms", 0)


def messages(tab: Tab) -> int:
    """How many messages the inspector says it has."""
    text = tab.page.get_by_role("region", name="Messages").inner_text()
    found = re.search(r"([\d,]+) messages?(?:,|$)", text, re.MULTILINE)
    assert found is not None, text[-200:]
    return int(found[1].replace(",", ""))
