"""A real browser on the dashboard of a real gateway, and what every page must keep to.

    with chromium() as browser, Tab(browser, gateway.url) as tab:
        tab.sign_in(token)
        tab.open("/ui/locations")

A tab that asked another host for anything, or whose console told of an error, fails when it closes.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = "VOLTFLEET_SCREENSHOTS"
"""A folder that `Tab.picture` writes to; without it, pictures are not made."""

DESKTOP = (1440, 900)
PHONE = (390, 844)
Scheme = Literal["light", "dark"]

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever it may want from the Internet, it finds nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_WAIT_MS = 20_000
expect.set_options(timeout=_WAIT_MS)
_HARMLESS = re.compile(r"\[vite\]")
_GRAVE = ("serious", "critical")


def find_chromium() -> Path | None:
    """The browser of this machine, or the one that VOLTFLEET_TEST_CHROMIUM names."""
    named = os.environ.get("VOLTFLEET_TEST_CHROMIUM")
    if named:
        return Path(named)
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return Path(found) if found else None


def need_chromium() -> Path:
    """The browser; without one the test is skipped, and in CI fails."""
    found = find_chromium()
    if found is not None:
        return found
    missing = (
        "There is no Chromium here. Install it (Debian: apt-get install chromium), or name one "
        "in VOLTFLEET_TEST_CHROMIUM."
    )
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser without a window, and with a new profile.

    While it runs, this thread has a running event loop: no async test may run beside it. So take
    it as a fixture of a module, not of the session.
    """
    program = need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=[*_FLAGS, *flags]
        )
        yield browser
        browser.close()


class Tab:
    """One page with storage of its own, watched from its first request on."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        scheme: Scheme = "light",
        size: tuple[int, int] = DESKTOP,
    ) -> None:
        self.url = url.rstrip("/")
        self.scheme, self.size = scheme, size
        self.hosts: set[str] = set()
        """Every host that was asked for something."""
        self.complaints: list[str] = []
        """Errors of the console, and exceptions that nobody caught."""
        self._expected: list[re.Pattern[str]] = []
        self._context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        self._context.set_default_timeout(_WAIT_MS)
        self._context.on("request", self._asked)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._context.close()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Nothing was asked of another host, and the console told of no error."""
        mine = urlsplit(self.url).netloc
        assert self.hosts <= {mine}, f"asked {self.hosts - {mine}}"
        unexpected = [
            text
            for text in self.complaints
            if not any(pattern.search(text) for pattern in self._expected)
        ]
        assert not unexpected, f"the console says {unexpected}"

    def expect_complaint(self, pattern: str) -> None:
        """The console may say this: the browser itself logs every answer that is an error, as
        ``Failed to load resource: the server responded with a status of 401``."""
        self._expected.append(re.compile(pattern))

    def open(self, path: str) -> Page:
        """Loads a page of the dashboard anew: ``open("/ui/locations")``."""
        self.page.goto(self.url + path, wait_until="domcontentloaded")
        return self.page

    def sign_in(self, token: str, path: str = "/ui/") -> Page:
        """As the link of `voltfleet serve` does, to any page."""
        return self.open(f"{path}#token={token}")

    def axe(self) -> None:
        """No serious or critical violation of WCAG 2 A and AA on the page as it is now."""
        self.page.evaluate(AXE.read_text())
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
        found: dict[str, Any] = self.page.evaluate(
            "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", rules
        )
        grave = [
            f"{violation['id']} ({violation['impact']}): {node['html'][:160]}"
            f"\n    {node['failureSummary']}"
            for violation in found["violations"]
            if violation["impact"] in _GRAVE
            for node in violation["nodes"]
        ]
        assert not grave, "\n".join(grave)

    def picture(self, name: str, *, whole: bool = False) -> None:
        """A screenshot for people to look at, where `SCREENSHOTS` says; ``whole``: of all of the
        page, not only of what is in sight."""
        folder = os.environ.get(SCREENSHOTS)
        if folder:
            file = Path(folder) / f"{name}-{self.scheme}-{self.size[0]}.png"
            self.page.screenshot(path=file, full_page=whole)

    def _asked(self, request: Request) -> None:
        to = urlsplit(request.url)
        if to.scheme not in ("data", "blob"):
            self.hosts.add(to.netloc)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _HARMLESS.search(message.text):
            self.complaints.append(message.text)
