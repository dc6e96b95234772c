"""A charger for each way in which a CSMS can misbehave, all on one host beside well-served ones.

The hostile CSMSs (`support.hostile`) are a process of their own: what is tested is the host.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from host_doubles import Bench, assignment
from hostile_process import HostileProcess

from support.hostile.peer import Misbehaviour
from support.hostile.server import MISBEHAVIOURS
from voltfleet.domain.hosting import Assignment, ConnectionState
from voltfleet.host import dialer, stations
from voltfleet.host.connection import Timeouts

pytestmark = pytest.mark.e2e

NEIGHBOURS = 20
PATIENCE_SECONDS = 40.0
LATER = (0, 11, 11, 20, 20, 30, 30, 60)
"""Deadlines pass in these steps; each has its own charger to tell of it."""


STAY_AWAY = {
    # Their port never learns to speak TLS.
    "tls_that_hangs",
    "tls_that_is_none",
    # OCPP 1.6 §4.2: a station says nothing more until the interval is over, connected anew or not.
    "rejects_for_68_years",
}


class Room(Bench):
    """A host of real stations, one of which each misbehaviour has, and what they were told."""

    def __init__(self, hostile: HostileProcess) -> None:
        # So few that a flood is one on a machine that is busy with other tests, too.
        super().__init__(timeouts=Timeouts(frames_per_second=20))
        self.hostile = hostile
        self.said: dict[str, set[str]] = {name: set() for name in MISBEHAVIOURS}
        self.neighbours = [f"NEIGHBOUR{number}" for number in range(NEIGHBOURS)]

    def _build(self, assignment: Assignment, now: float) -> Any:
        return stations.build(assignment, now)

    async def fill(self) -> None:
        """The neighbours first, so that they are there when it begins."""
        for name in self.neighbours:
            self.host.assign(assignment(self.hostile.url("good"), name))
        await self.patiently(lambda: self.host.online == NEIGHBOURS)
        for name, one in MISBEHAVIOURS.items():
            self.host.assign(assignment(self.hostile.url(name, tls=one.tls), name))

    def unheard(self, which: Callable[[Misbehaviour], bool] = lambda one: True) -> str:
        """Those whose user has not been told what is wrong, and what they were told instead."""
        for report in self.seen.reports:
            name = report.charger_id.removeprefix("id-")
            if name in self.said and report.connection and report.connection.last_error:
                self.said[name].add(report.connection.last_error)
        self.seen.reports.clear()
        return "\n".join(
            f"{name}: {self.said[name] or 'nothing'}"
            for name, one in MISBEHAVIOURS.items()
            if one.says and which(one) and not any(re.search(one.says, t) for t in self.said[name])
        )

    def away(self) -> str:
        """Those that are not registered with their CSMS."""
        everyone = [*(MISBEHAVIOURS.keys() - STAY_AWAY), *self.neighbours]
        away = [n for n in everyone if self.seen.state(n) is not ConnectionState.ONLINE]
        return "\n".join(f"{n}: {self.seen.state(n)}, {self.seen.error(n)}" for n in away)

    async def later(self, seconds: float) -> None:
        """In steps of ten seconds at most; the sockets get a turn after each."""
        while seconds > 0:
            self.clock.advance(min(seconds, 10.0))
            seconds -= 10.0
            await self.tick()
            await self.tick()

    async def patiently(self, condition: Callable[[], object]) -> None:
        """Until it holds, or `PATIENCE_SECONDS` are over."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await self.tick()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """All of them, dialled."""
    hostile = HostileProcess()
    await hostile.start()
    room = Room(hostile)
    room.host.start()
    yield room
    room.host.fence()
    room.host.stop()
    await hostile.quit()


async def test_each_is_contained_to_its_own_charger_and_its_user_is_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "PROBE_SECONDS", (0.2, 0.3))
    await room.fill()
    # Floods take real time, deadlines do not.
    await room.patiently(lambda: not room.unheard(lambda one: "sends more" in (one.says or "")))
    for seconds in LATER:
        await room.later(seconds)
        if not room.unheard():
            break
    assert room.unheard() == ""
    assert not [line for line in room.away().splitlines() if line.startswith("NEIGHBOUR")]

    await room.hostile.turn_good()
    for _ in range(30):
        await room.later(10)
        if not room.away():
            break
    assert room.away() == ""
    counts = await room.hostile.counts()
    assert counts["good"] == NEIGHBOURS  # one connection each, from beginning to end
    assert counts["rejects_with_interval_0"] < 20
