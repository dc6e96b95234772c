"""Carries out the strikes."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voltfleet.chaos.control import Control, Enlisted, Order
from voltfleet.chaos.fleet import Fleet
from voltfleet.chaos.plan import Fault, Strike
from voltfleet.chaos.postgres import PostgresServer
from voltfleet.chaos.proxy import Proxy

if sys.platform == "linux":
    import resource

CAN_FILL_DISKS = sys.platform == "linux"
"""Only there can the limits of another process be changed."""
POINT_PATIENCE_SECONDS = 4.0
WHOLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Struck:
    """What came of a strike. ``at_point``: it struck at the point that it was to wait for.
    ``whole``: every process was back in time. ``back_seconds``: how long that took."""

    strike: Strike
    at_point: bool
    whole: bool
    back_seconds: float


class Striker:
    """Strikes one fleet."""

    def __init__(self, fleet: Fleet, postgres: PostgresServer | None) -> None:
        self._fleet = fleet
        self._postgres = postgres
        self._acts: dict[Fault, Callable[[Strike], Awaitable[None]]] = {
            Fault.KILL: self._kill,
            Fault.FREEZE: self._freeze,
            Fault.CUT: self._cut,
            Fault.HALF_OPEN: self._half_open,
            Fault.DISK: self._fill_disk,
            Fault.CLOCK: self._move_clock,
            Fault.POSTGRES: self._restart_postgres,
        }
        self._killed: set[int] = set()
        self._at_point = False

    async def strike(self, strike: Strike) -> Struck:
        """Strikes, and returns once it is over and every process is there again."""
        self._killed, self._at_point = set(), False
        await self._acts[strike.fault](strike)
        loop = asyncio.get_running_loop()
        over = loop.time()
        while not (whole := self._fleet.is_whole(self._killed)):
            if loop.time() - over > WHOLE_SECONDS:
                break
            await asyncio.sleep(0.02)
        return Struck(strike, self._at_point, whole, loop.time() - over)

    # --- processes -----------------------------------------------------------------------------

    async def _kill(self, strike: Strike) -> None:
        alone = strike.target in ("gateway", "host")
        pid = await self._at(strike, signal.SIGKILL if alone else signal.SIGSTOP)
        if alone and self._at_point:
            self._killed = {pid}
            return
        for victim in self._victims(strike, pid):
            self._killed.add(victim.pid)
            self._fleet.control.signal(victim.pid, signal.SIGKILL)
        if self._at_point:  # whoever marked the moment may be none of them
            await release(self._fleet.control, pid, strike.number)

    async def _freeze(self, strike: Strike) -> None:
        pid = await self._at(strike, signal.SIGSTOP)
        control = self._fleet.control
        if self._at_point:  # it has stopped itself
            await asyncio.sleep(strike.lasts)
            await release(control, pid, strike.number)
            return
        victims = self._victims(strike, pid)
        for victim in victims:
            control.signal(victim.pid, signal.SIGSTOP)
        await asyncio.sleep(strike.lasts)
        for victim in victims:
            control.signal(victim.pid, signal.SIGCONT)

    def _victims(self, strike: Strike, pid: int) -> list[Enlisted]:
        if strike.target == "everything":
            return self._fleet.control.alive()
        there = self._fleet.of(strike.target)
        at_point = [process for process in there if process.pid == pid]
        return at_point or there[strike.number % max(1, len(there)) :][:1]

    async def _at(self, strike: Strike, number: signal.Signals) -> int:
        """Waits for the strike's moment. At a point, the process that reaches it gets the signal,
        and its pid is returned; else 0."""
        if not strike.point:
            await asyncio.sleep(strike.after_seconds)
            return 0
        control = self._fleet.control
        role = "host" if strike.point.startswith("host.") else "gateway"
        control.order(Order(strike.number, role, strike.point, strike.count, int(number)))
        if strike.point.endswith((".Hello", ".Welcome", ".TargetLists")):
            self._fleet.link.cut()  # what is said on a new link only
        pid = await self._struck(strike.number)
        control.withdraw()
        self._at_point = pid is not None
        return pid or 0

    async def _struck(self, number: int) -> int | None:
        deadline = asyncio.get_running_loop().time() + POINT_PATIENCE_SECONDS
        control = self._fleet.control
        while (pid := control.struck(number)) is None:
            # Too late: from here on it is nobody's, also of a process that was about to.
            if asyncio.get_running_loop().time() > deadline and control.claim(number):
                return None
            await asyncio.sleep(0.01)
        return pid

    # --- connections ---------------------------------------------------------------------------

    def _proxy(self, strike: Strike) -> Proxy:
        return self._fleet.link if strike.target == "host links" else self._fleet.wire

    async def _cut(self, strike: Strike) -> None:
        await asyncio.sleep(strike.after_seconds)
        await self._proxy(strike).refuse(strike.lasts)

    async def _half_open(self, strike: Strike) -> None:
        await asyncio.sleep(strike.after_seconds)
        await self._proxy(strike).swallow(strike.lasts)

    # --- surroundings --------------------------------------------------------------------------

    async def _fill_disk(self, strike: Strike) -> None:
        await asyncio.sleep(strike.after_seconds)
        for gateway in self._fleet.of("gateway"):
            _limit_files(gateway.pid, 0)
        await asyncio.sleep(strike.lasts)
        for gateway in self._fleet.of("gateway"):
            _limit_files(gateway.pid, None)

    async def _move_clock(self, strike: Strike) -> None:
        await asyncio.sleep(strike.after_seconds)
        there = self._fleet.of("gateway")
        victim = there[strike.number % len(there)] if there else None
        for offset in (strike.jump, 0.0):
            if victim is not None:
                with contextlib.suppress(FileNotFoundError):
                    self._fleet.control.set_clock(victim.pid, offset)
            if offset:
                await asyncio.sleep(strike.lasts)

    async def _restart_postgres(self, strike: Strike) -> None:
        await asyncio.sleep(strike.after_seconds)
        assert self._postgres is not None  # noqa: S101 - never drawn without one
        await self._postgres.restart()


async def release(control: Control, pid: int, number: int) -> None:
    """Until the process that stopped itself for that order runs again, or is no more. One signal
    may not do: it may come after the process has said so and before it stops."""
    async with asyncio.timeout(WHOLE_SECONDS):
        while True:
            if control.went_on(number) or not control.signal(pid, signal.SIGCONT):
                return
            await asyncio.sleep(0.01)


def _limit_files(pid: int, size: int | None) -> None:
    """From now on a write past ``size`` fails in that process; None: writes succeed again."""
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            soft = hard if size is None else size
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
