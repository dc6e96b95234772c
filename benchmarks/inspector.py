"""The message inspector under thousands of messages a minute: how long it keeps the tab busy.

Tasks are measured in the time that the page's own thread worked: the gateway, the host, the CSMS
and a thousand chargers share the cores with it here.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks import systems
from benchmarks.figures import Figures
from benchmarks.main_job import create
from support.browser import Tab, chromium, find_chromium

CHARGERS = 1_000
HEARTBEAT_SECONDS = 20
"""A call and its answer of each charger: 6,000 frames a minute."""
WARM_UP_SECONDS = 15


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Every figure of the inspector."""
    if find_chromium() is None:
        print("inspector: no Chromium here, so nothing is measured (apt-get install chromium)")
        return
    interval = ("--heartbeat-interval", str(HEARTBEAT_SECONDS))
    with systems.started(directory, options, *interval) as (csms, gateway, api):
        create(api, csms, CHARGERS)
        with chromium() as browser, Tab(browser, gateway.url) as tab:
            tab.sign_in(gateway.token, "/ui/messages")
            tab.page.get_by_role("option").first.wait_for()
            tab.page.wait_for_timeout(1000 * WARM_UP_SECONDS)
            before, began = messages(tab), time.monotonic()
            with traced(browser, tab) as events:
                tab.page.wait_for_timeout(20_000 if quick else 60_000)
            minutes = (time.monotonic() - began) / 60
            figures.add(
                "inspector: frames shown",
                2 * (messages(tab) - before) / minutes,
                "/min",
                least=5_000,
            )
            tasks = busy_ms(events)
            figures.add("inspector: busiest task of the page", max(tasks), "ms", 50)
            figures.add("inspector: of the page's thread", sum(tasks) / (600 * minutes), "%")


@contextmanager
def traced(browser: Browser, tab: Tab) -> Iterator[list[dict[str, Any]]]:
    """What the browser's threads did meanwhile; whole once this is over."""
    session = browser.new_browser_cdp_session()
    events: list[dict[str, Any]] = []
    over: list[object] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: over.append(told))  # noqa: PLW0108
    session.send("Tracing.start", {"categories": "toplevel", "transferMode": "ReportEvents"})
    yield events
    session.send("Tracing.end")
    while not over:
        tab.page.wait_for_timeout(50)
    session.detach()


def busy_ms(events: list[dict[str, Any]]) -> list[float]:
    """How long each task of the page's main thread worked."""
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"] / 1000
        for event in events
        if event["name"] == "ThreadControllerImpl::RunTask"
        and (event["pid"], event["tid"]) in mains
        and "tdur" in event
    ]
    assert tasks, "the browser told of no tasks"
    return tasks


def messages(tab: Tab) -> int:
    """How many messages the inspector says it has."""
    text = tab.page.get_by_role("region", name="Messages").inner_text()
    found = re.search(r"([\d,]+) messages?(?:,|$)", text, re.MULTILINE)
    assert found is not None, text[-200:]
    return int(found[1].replace(",", ""))
