"""A fleet of our stations in a host, over real sockets, whose clock runs ahead when it is quiet."""

import ssl
from collections.abc import AsyncIterator, Callable

import pytest
from ocpp_csms import OcppCsms

from voltfleet.domain.hosting import Assignment
from voltfleet.host.connection import Timeouts
from voltfleet.host.host import Host, HostOptions
from voltfleet.host.wheel import start_clock

STEP_SECONDS = 14.0
"""How far the clock jumps when nothing happens: twice in a row is less than the time a station
waits for an answer, so that a slow machine does not make the CSMS look dead."""


@pytest.fixture
async def csms() -> AsyncIterator[OcppCsms]:
    async with OcppCsms() as csms:
        yield csms


@pytest.fixture
async def nothing_to_object_to(csms: OcppCsms) -> AsyncIterator[None]:
    """Fails the test in which a charger did anything wrong."""
    yield
    assert csms.violations == []


@pytest.fixture
async def plug_in(csms: OcppCsms) -> AsyncIterator[Callable[..., None]]:
    """Call it with an identity and a version to have such a charger dial the CSMS."""
    clock, ahead = start_clock(), [0.0]
    host = Host(
        HostOptions(100, timeouts=Timeouts(ping_interval=1e9), seed=1),
        lambda: clock() + ahead[0],
        tls=ssl.create_default_context(),
    )
    host.lease.link_up(host.clock(), 1e9)
    host.start()

    def later() -> None:
        ahead[0] += STEP_SECONDS

    def dial(
        identity: str,
        version: str,
        model: tuple[str, str, str] = ("wallbox", "wallbox-pulsar-plus", "Type2"),
    ) -> None:
        host.assign(Assignment(f"id-{identity}", 1, identity, csms.url, version, *model, True, 7))

    csms.recorder.on_quiet = later
    yield dial
    csms.recorder.on_quiet = None
    await host.drain()
    host.stop()
