"""A chaos run: rounds of a strike under load, each followed by a look at what is left."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voltfleet.chaos.api import Api
from voltfleet.chaos.client import Gate, User
from voltfleet.chaos.fleet import Fleet
from voltfleet.chaos.history import Finding, History, Kind
from voltfleet.chaos.looking import Onlooker
from voltfleet.chaos.plan import Fault, draw
from voltfleet.chaos.postgres import PostgresServer
from voltfleet.chaos.striking import Striker, Struck
from voltfleet.chaos.watching import watch

SETTLE_BOUND_SECONDS = 10.0
SETTLE_PATIENCE_SECONDS = 60.0
"""What is not so after this is lost; what takes longer than the bound is late."""
USERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may choose."""

    kills: int
    seed: int
    chargers: int
    faults: Collection[Fault]
    database_url: str = ""
    postgres_data: Path | None = None
    lease_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Round:
    """One strike, how long it took until all was as it should be, and what was not."""

    struck: Struck
    settled_seconds: float
    findings: Sequence[Finding]


@dataclass(slots=True)
class Outcome:
    """What came of all rounds."""

    rounds: list[Round] = field(default_factory=list)
    history: History = field(default_factory=History)
    last_findings: list[Finding] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """All that was wrong."""
        return [each for done in self.rounds for each in done.findings] + self.last_findings

    @property
    def is_wrong(self) -> bool:
        """Whether anything but patience was lost: how fast things settle is the machine's matter,
        too."""
        return any(finding.kind is not Kind.LATE for finding in self.findings)

    @property
    def counts(self) -> Counter[Kind]:
        """How much of each kind."""
        return Counter(finding.kind for finding in self.findings)


async def run(
    options: Options, directory: Path, outcome: Outcome, told: Callable[[Round], None]
) -> None:
    """Runs it in the directory, into the outcome; ``told`` hears of every round."""
    postgres = PostgresServer(options.postgres_data) if options.postgres_data else None
    async with Fleet(directory, options.database_url, options.lease_seconds) as fleet:
        rng = random.Random(f"{options.seed}-client")  # noqa: S311 - chaos, no secret
        api = Api(fleet.urls, fleet.token, outcome.history, rng)
        onlooker = Onlooker(api, fleet.csms_url, fleet.frames, outcome.history)
        gate = Gate()
        most = max(1, options.chargers // USERS)
        users = [
            User(f"u{n}", api, outcome.history, gate, rng, fleet.ws_url, most) for n in range(USERS)
        ]
        working = [asyncio.create_task(user.work()) for user in users]
        working.append(asyncio.create_task(watch(api, outcome.history)))
        try:
            rounds = _Rounds(options, fleet, Striker(fleet, postgres), onlooker, gate, outcome)
            for number in range(1, options.kills + 1):
                told(await rounds.one(number))
                _raise_failure(working)
            outcome.last_findings += await onlooker.finish_sessions(SETTLE_PATIENCE_SECONDS)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            await onlooker.close()
            await api.close()


class _Rounds:
    """Does one round after another."""

    def __init__(
        self,
        options: Options,
        fleet: Fleet,
        striker: Striker,
        onlooker: Onlooker,
        gate: Gate,
        outcome: Outcome,
    ) -> None:
        self._options = options
        self._fleet = fleet
        self._striker = striker
        self._onlooker = onlooker
        self._gate = gate
        self._outcome = outcome
        self._roles = tuple(fleet.wanted)

    async def one(self, number: int) -> Round:
        """Strikes while the users work, then lets them finish and looks."""
        options, loop = self._options, asyncio.get_running_loop()
        strike = draw(options.seed, number, options.faults, self._roles, self._fleet.lease_seconds)
        counted = await self._onlooker.double_sockets()
        self._gate.open()
        struck = await self._striker.strike(strike)
        back_at = loop.time()
        await self._gate.close()
        done_at = loop.time()
        findings = await self._onlooker.settle(SETTLE_PATIENCE_SECONDS)
        settled = loop.time() - back_at
        rng = random.Random(f"{options.seed}-{number}-log")  # noqa: S311 - chaos, no secret
        findings += await self._onlooker.check_one_log(rng)
        findings += await self._sockets(struck, counted)
        findings += _late(struck, settled, done_at - back_at, self._onlooker.awaited)
        findings += self._outcome.history.findings
        self._outcome.history.findings = []
        done = Round(struck, settled, findings)
        self._outcome.rounds.append(done)
        return done

    async def _sockets(self, struck: Struck, counted: int) -> list[Finding]:
        """Identities that had two sockets.

        The CSMS's end of a half-open socket stays open, which no station can help: there only what
        was said on both counts.
        """
        still = struck.strike.fault is Fault.HALF_OPEN
        overlaps = self._fleet.wire.overlaps
        found = [
            Finding(Kind.DOUBLED, f"charger {overlap.identity} had two live sockets")
            for overlap in overlaps
            if overlap.spoke or not still
        ]
        overlaps.clear()
        more = await self._onlooker.double_sockets() - counted
        if more and not still and not found:
            found.append(Finding(Kind.DOUBLED, f"the CSMS counted {more} double sockets"))
        return found


def _late(struck: Struck, settled: float, done: float, awaited: Sequence[Finding]) -> list[Finding]:
    found = []
    if not struck.whole:
        told = f"a process did not come back within {struck.back_seconds:.0f} s"
        found.append(Finding(Kind.LOST, told))
    if settled > SETTLE_BOUND_SECONDS:
        last = f"; waited last for: {awaited[-1].what}" if awaited else ""
        told = (
            f"settled {settled:.1f} s after all was back (bound {SETTLE_BOUND_SECONDS:g} s), the "
            f"client's requests after {done:.1f} s{last}"
        )
        found.append(Finding(Kind.LATE, told))
    return found


def _raise_failure(tasks: Collection["asyncio.Task[None]"]) -> None:
    """A user whose work ended has met a mistake of this program."""
    for task in tasks:
        if task.done():
            task.result()
