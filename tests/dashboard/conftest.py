"""A gateway with a host, one for the whole session; a demo CSMS and a browser for each module; tabs
for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from support import browser
from support.browser import Tab
from support.processes import Csms, running_csms
from support.shared_gateway import SharedGateway, shared_gateway


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; without Chromium on the machine the module's tests are skipped."""
    with browser.chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def csms(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Csms]:
    """The demo CSMS."""
    with running_csms(tmp_path_factory.mktemp("csms") / "csms.log") as started:
        yield started


@pytest.fixture(scope="module")
def gateway(chromium: Browser) -> SharedGateway:
    """A gateway with one host, which all workers share. Each test takes an organization of its own,
    and each module one whose name `mine` has made its worker's own."""
    return shared_gateway()


@pytest.fixture
def new_tab(chromium: Browser, gateway: SharedGateway) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, as `Tab` takes them; each is checked at the end of the test."""
    with ExitStack() as opened:

        def open_one(**options: Any) -> Tab:
            return opened.enter_context(Tab(chromium, gateway.url, **options))

        yield open_one


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    """A tab of an ordinary screen, in the light scheme."""
    return new_tab()
