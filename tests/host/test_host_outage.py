"""A CSMS that goes away and comes back: who finds out, and how the others hear of it."""

import random

import pytest
from host_doubles import Bench, FakeCsms, assignment

from voltfleet.domain.hosting import ConnectionState
from voltfleet.host import dialer, pacing
from voltfleet.host.outage import DARK_SECONDS, RETURNS_PER_SECOND, Outage

ONLINE = ConnectionState.ONLINE


class Waiter:
    def __init__(self) -> None:
        self.back: list[float] = []

    def csms_back(self, at: float) -> None:
        self.back.append(at)


def seeded() -> random.Random:
    return random.Random(1)  # noqa: S311 - not a secret


def test_when_the_csms_is_back_all_come_spread_over_some_seconds() -> None:
    outage, waiters = Outage(), [Waiter() for _ in range(3000)]
    for waiter in waiters:
        outage.failed(waiter, 100.0)
    outage.over(200.0, seeded())
    times = sorted(at for waiter in waiters for at in waiter.back)
    assert len(times) == 3000
    assert 200.0 <= times[0] < 200.1
    assert 201.9 < times[-1] <= 200.0 + 3000 / RETURNS_PER_SECOND
    assert outage.waiting == 0


def test_a_csms_that_lets_some_in_brings_nobody_back_early() -> None:
    outage, waiter = Outage(), Waiter()
    for second in range(20):
        outage.failed(waiter, second)
        outage.over(second + 0.9 * DARK_SECONDS, seeded())
    assert waiter.back == []
    assert outage.waiting == 1


def test_the_one_that_has_waited_longest_probes() -> None:
    outage, first, second = Outage(), Waiter(), Waiter()
    outage.failed(first, 0.0)
    outage.failed(second, 1.0)
    outage.probe(5.0)
    assert (first.back, second.back) == ([5.0], [])
    outage.failed(first, 5.1)
    outage.probe(10.0)
    assert second.back == [10.0]


def test_who_dials_by_itself_waits_no_more() -> None:
    outage, waiter = Outage(), Waiter()
    outage.failed(waiter, 0.0)
    outage.forget(waiter)
    outage.over(100.0, seeded())
    outage.probe(100.0)
    assert waiter.back == []


@pytest.mark.parametrize("chargers", [1, 50])
async def test_a_fleet_is_back_soon_after_its_csms(
    bench: Bench, csms: FakeCsms, chargers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "PROBE_SECONDS", (0.2, 0.3))
    monkeypatch.setattr(pacing, "FIRST_RETRY_SECONDS", 60.0)
    for number in range(chargers):
        bench.host.assign(assignment(csms.ws_url, f"CP{number}"))
    await bench.until(lambda: bench.host.online == chargers)
    await csms.kill()
    for _ in range(7):
        bench.clock.advance(10)  # each has dialled in vain, and waits for up to a minute again
        await bench.tick()
    assert bench.host.online == 0
    await csms.start()
    began = bench.clock.ahead
    await bench.until(lambda: bench.host.online == chargers)
    assert bench.clock.ahead == began
    assert csms.doubled == set()
