"""The host: owns the runners, gives them time, and does what the gateway says."""

import asyncio
import random
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from voltfleet.domain.commands import CommandState
from voltfleet.domain.hosting import (
    Assignment,
    ChargerDetails,
    ChargerReport,
    Command,
    CommandOutcome,
    ConnectionReport,
    ConnectionState,
)
from voltfleet.domain.target_policy import Targets
from voltfleet.host import stations
from voltfleet.host.connection import Timeouts
from voltfleet.host.departures import Departures
from voltfleet.host.dialer import Dialer, DialLimits
from voltfleet.host.endpoint import Endpoint, endpoint
from voltfleet.host.lease import Lease
from voltfleet.host.memories import HOLD_SECONDS
from voltfleet.host.outage import RETURNS_PER_SECOND
from voltfleet.host.outbox import Outbox
from voltfleet.host.ports import StationFactory
from voltfleet.host.pulse import Pulse
from voltfleet.host.runner import CLOSE_GOING_AWAY, CLOSE_NORMAL, Runner
from voltfleet.host.sharing import shared_words
from voltfleet.host.surroundings import Surroundings
from voltfleet.host.targets import Gates, Resolve, look_up
from voltfleet.host.tls import TlsContexts
from voltfleet.host.transfers import Transfers
from voltfleet.host.turns import Turns
from voltfleet.host.wheel import TICK_SECONDS, Clock, Wheel

WAKES_PER_TURN = 200
STARTS_PER_TURN = 200
COMMANDS_REMEMBERED = 20_000
"""Ids of commands whose outcome the gateway has; those that it has not are never forgotten."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HostOptions:
    """What can be set about a host."""

    capacity: int
    dialling: DialLimits = field(default_factory=DialLimits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    targets: Targets = Targets.ANY
    frame_limit: int = 100_000
    drain_seconds: float = 10.0
    hold_seconds: float = HOLD_SECONDS
    """How long frames wait for the gateway to keep what their station remembers; 0: not at all."""
    seed: int = field(default_factory=lambda: random.SystemRandom().getrandbits(64))


class Host:
    """Runs the chargers that it is assigned, at most one live socket per identity.

    `start` before use and `drain` (or `stop_all`) at the end; everything in one event loop. The
    link calls `assign`, `drop`, `command`, and sends what is in `outbox`.
    """

    def __init__(
        self,
        options: HostOptions,
        clock: Clock,
        *,
        tls: ssl.SSLContext,
        station_factory: StationFactory = stations.build,
        resolve: Resolve = look_up,
        pulse: Pulse | None = None,
    ) -> None:
        self.options = options
        self.clock = clock
        self._pulse = pulse or Pulse(None, clock)
        self.lease = Lease(self._pulse.until)
        self.outbox = Outbox(frame_limit=options.frame_limit, hold_seconds=options.hold_seconds)
        self.online = 0
        self.fences = 0
        """How often all stations were stopped because the lease was lost."""
        self._wheel = Wheel(clock())
        rng = random.Random(options.seed)  # noqa: S311 - jitter, not a secret
        self._dialer = Dialer(clock, options.dialling, resolve, rng)
        self._transfers = Transfers(tls, resolve=resolve)
        self._gates = Gates(options.targets)
        self._rng = rng
        self._shared = Surroundings(
            clock=clock,
            lease=self.lease,
            wheel=self._wheel,
            dialer=self._dialer,
            outbox=self.outbox,
            timeouts=options.timeouts,
            station_factory=station_factory,
            rng=rng,
            endpoint=_endpoint,
            log_frame=self.outbox.frames.add,
            transfers=self._transfers,
            tls=TlsContexts(tls),
            turns=Turns(),
            gates=self._gates,
        )
        self._runners: dict[str, Runner] = {}
        self._successors: dict[str, Assignment | None] = {}
        self._departures = Departures()
        self._draining = False
        self._commands_open: set[str] = set()
        self._commands_done: dict[str, None] = {}
        self._ticker: asyncio.TimerHandle | None = None
        self._tick_due = 0.0
        self._worst_lag = 0.0
        self._frames_dropped = 0

    # --- what the link asks --------------------------------------------------------------------

    @property
    def stations(self) -> int:
        """How many chargers it holds."""
        return len(self._runners)

    def holding(self) -> dict[str, int]:
        """Every charger it holds, with the generation that is applied."""
        return {key: runner.assignment.generation for key, runner in self._runners.items()}

    def assign(self, assignment: Assignment) -> None:
        """Run this charger, unless it is held in this or a newer generation already."""
        if self._draining:
            return
        charger_id = assignment.charger_id
        held = self._runners.get(charger_id)
        if held is None:
            self._start(assignment, self._newest_memory(assignment))
            return
        newest = self._successors.get(charger_id, held.assignment)
        if newest is None:
            # A drop is under way: the gateway wants the charger again after all.
            wanted = assignment.generation >= held.assignment.generation
        else:
            wanted = assignment.generation > newest.generation
        if wanted:
            self._replace(held, assignment)

    def drop(self, charger_id: str) -> None:
        """Stop running this charger; told by `Outbox.dropped` once its socket is gone."""
        held = self._runners.get(charger_id)
        if held is None:
            self.outbox.dropped(charger_id)
        else:
            self._replace(held, None)

    def command(self, command: Command) -> None:
        """Do this once, however often it is asked."""
        if command.id in self._commands_open or command.id in self._commands_done:
            return
        self._commands_open.add(command.id)
        runner = self._runners.get(command.charger_id)
        if runner is not None:
            runner.command(command)
            return
        reason = "the charger is not on this host any more; try again"
        self.outbox.outcome(
            CommandOutcome(command.id, command.charger_id, CommandState.FAILED, reason, None)
        )

    def limit_targets(self, lists: Mapping[str, list[str]]) -> list[tuple[Runner, float]]:
        """These are all lists of targets that organizations have, and they hold from now on. What
        was connected or waits under another list is returned, each with when it may dial: the
        caller passes it to `targets_changed`."""
        changed = self._gates.change(lists)
        if not changed:
            return []
        self._transfers.check_targets()
        concerned = [
            runner
            for runner in self._runners.values()
            if runner.assignment.organization_id in changed
        ]
        now, spread = self.clock(), len(concerned) / RETURNS_PER_SECOND
        return [(runner, now + self._rng.uniform(0.0, spread)) for runner in concerned]

    def targets_changed(self, concerned: tuple[Runner, float]) -> None:
        """Close its connection if it is not allowed any more; dial if now it is."""
        runner, dial_at = concerned
        if self._runners.get(runner.charger_id) is runner:
            runner.targets_changed(dial_at)

    def outcomes_acked(self, ids: list[str]) -> None:
        """The gateway knows what became of these: it will not ask for them again, though a
        repetition may be on its way."""
        self.outbox.outcomes_acked(ids)
        self._commands_open.difference_update(ids)
        done = self._commands_done
        done.update(dict.fromkeys(ids))
        while len(done) > COMMANDS_REMEMBERED:
            del done[next(iter(done))]

    def memories_acked(self, seqs: Mapping[str, int]) -> None:
        """The gateway has these memories, by charger: frames that waited for them go out."""
        self.outbox.memories.acked(seqs)
        for charger_id, seq in seqs.items():
            runner = self._runners.get(charger_id)
            if runner is not None:
                runner.memory_kept(seq)

    def details(self, charger_ids: Iterable[str]) -> list[ChargerDetails]:
        """What those of these that it holds do now."""
        told: list[ChargerDetails] = []
        for charger_id in charger_ids:
            runner = self._runners.get(charger_id)
            if runner is not None:
                runner.tell_details(told)
        return told

    def report_all(self) -> None:
        """Tell the state of everything with the next flush: a new link has been told nothing."""
        standings = [runner.standing for runner in self._runners.values()]
        for standing in standings:
            standing.everything_changed()
        self.outbox.changed_all(standings)

    def take_worst_lag_ms(self) -> float:
        """The worst delay of the event loop since the last call."""
        worst, self._worst_lag = self._worst_lag, 0.0
        return round(worst * 1000, 1)

    # --- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Let time pass for the stations. Call in the event loop."""
        self._tick_due = self.clock() + TICK_SECONDS
        self._ticker = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    async def drain(self) -> int:
        """Close every connection properly, within `HostOptions.drain_seconds`; then by force.

        Returns how many had to be forced. The chargers are reported as dropped.
        """
        self._draining = True
        self._dialer.close()
        for count, runner in enumerate(list(self._runners.values())):
            self._successors[runner.charger_id] = None
            self._stop(runner, CLOSE_GOING_AWAY, "host is shutting down")
            if count % STARTS_PER_TURN == 0:
                await asyncio.sleep(0)
        try:
            async with asyncio.timeout(self.options.drain_seconds):
                await self._departures.nobody_left()
        except TimeoutError:
            pass
        forced = len(self._departures)
        for runner in self._departures:
            runner.abort()
        await self._departures.nobody_left()
        return forced

    def stop(self) -> None:
        """The end: time stands still."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._dialer.close()
        self._transfers.stop()

    def fence(self) -> None:
        """Cut every connection and forget the chargers: another host may run them by now."""
        self.fences += 1
        runners, self._runners = list(self._runners.values()), {}
        self._successors.clear()
        for runner in runners:
            self._count(runner.standing.state, -1)
            self._departures.begin(runner)
            runner.abort()

    # --- runners -------------------------------------------------------------------------------

    def runner_moved(self, before: ConnectionState, after: ConnectionState) -> None:
        """`runner.RunnerOwner`."""
        self._count(before, -1)
        self._count(after, 1)

    def may_dial(self, runner: Runner) -> bool:
        """`runner.RunnerOwner`: never two live sockets of one identity."""
        return not self._departures.is_closing(runner)

    def runner_gone(self, runner: Runner) -> None:
        """`runner.RunnerOwner`."""
        self._departures.end(runner)
        charger_id = runner.charger_id
        if self._runners.get(charger_id) is runner:
            self._count(runner.standing.state, -1)
            del self._runners[charger_id]
            successor = self._successors.pop(charger_id, None)
            if successor is None:
                self.outbox.dropped(charger_id)
            else:
                memory = successor.memory if runner.memory is None else runner.memory
                self._start(successor, memory)
        self._say_if_over(self.clock())

    def _newest_memory(self, assignment: Assignment) -> bytes | None:
        """Of what the gateway has and what it has not acknowledged before this host was fenced."""
        own = self.outbox.memories.newest(assignment.charger_id)
        if own is None or own.generation < assignment.memory_generation:
            return assignment.memory
        return own.content

    def _start(self, assignment: Assignment, memory: bytes | None) -> None:
        if len(self._runners) >= self.options.capacity:
            self._refuse(assignment)
            return
        runner = Runner(shared_words(assignment), self._shared, self, memory)
        self._runners[assignment.charger_id] = runner
        self.outbox.held_again(assignment.charger_id)
        runner.start()

    def _replace(self, held: Runner, successor: Assignment | None) -> None:
        self._successors[held.charger_id] = successor
        self._stop(held, CLOSE_NORMAL, "stopped by its operator")

    def _stop(self, runner: Runner, code: int, text: str) -> None:
        if self._departures.begin(runner):
            runner.stop(code, text)

    def _refuse(self, assignment: Assignment) -> None:
        reason = (
            f"this host is full: it runs {len(self._runners)} chargers and can run no more; "
            "start another host, or raise its file descriptor limit (ulimit -n)"
        )
        connection = ConnectionReport(ConnectionState.WAITING, self.clock(), reason, 0)
        self.outbox.refuse(
            ChargerReport(assignment.charger_id, assignment.generation, connection, None)
        )

    def _count(self, state: ConnectionState, change: int) -> None:
        if state is ConnectionState.ONLINE:
            self.online += change

    # --- time ----------------------------------------------------------------------------------

    def _tick(self) -> None:
        now = self.clock()
        self._worst_lag = max(self._worst_lag, now - self._tick_due)
        self._tick_due = now + TICK_SECONDS
        self._ticker = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        if self._runners and self.lease.expired(now):
            log.error("lease_lost", lease_seconds=self.lease.seconds, stopped=len(self._runners))
            self.fence()
        self._say_if_over(now)
        self._trim_frames()
        self._wake(now)

    def _say_if_over(self, now: float) -> None:
        """Once the last socket is gone: whoever hears it trusts that there is nothing to kill."""
        if not self._runners and not self._departures and self.lease.expired(now):
            self._pulse.nothing_runs()

    def _wake(self, now: float) -> None:
        due = self._wheel.pop_due(now, WAKES_PER_TURN)
        for timed in due:
            timed.wake(now)
        if len(due) == WAKES_PER_TURN:
            # Many came due at once: let the sockets have a turn in between.
            asyncio.get_running_loop().call_soon(self._wake, now)

    def _trim_frames(self) -> None:
        frames = self.outbox.frames
        frames.trim()
        if frames.dropped and not self._frames_dropped:
            log.warning("frame_log_overflow", limit=self.options.frame_limit)
        self._frames_dropped = frames.dropped


def _endpoint(assignment: Assignment) -> Endpoint:
    return endpoint(assignment.ws_url, stations.version_of(assignment).subprotocol)
