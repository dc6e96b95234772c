"""Dials for all stations of a host: paced, and bounded per CSMS."""

import asyncio
import ipaddress
import random
import socket
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from voltfleet.host.connection import Connection
from voltfleet.host.outage import PROBE_SECONDS, Outage, Waiting
from voltfleet.host.pacing import TokenBucket
from voltfleet.host.targets import Resolve, look_up
from voltfleet.host.wheel import Clock

Address = tuple[bool, str, int]
"""TLS or not, host, port."""

RESOLVED_FOR_SECONDS = 30.0
FAILURE_STANDS_FOR_SECONDS = 2.0
_SHORTEST_WAIT_SECONDS = 0.005  # the loop's timers are no finer than a few milliseconds


@dataclass(frozen=True, slots=True)
class DialLimits:
    """How hard one CSMS is dialled. The bound on handshakes stays below the accept queue (100 in
    asyncio, 511 in Node.js) of an ordinary server; the rate bounds what a fast one gets."""

    per_second: float = 4000.0
    burst: float = 100.0
    handshakes: int = 64


class Dialled(Waiting, Protocol):
    """One that waits for its turn to dial."""

    def dial(self, now: float) -> Connection | None:
        """Its turn has come: the connection to bring up, or null if it no longer wants one. It
        calls `Dialer.handshake_over` once that connection is open or has failed."""


class _Csms:
    """The queue in front of one address: one slow CSMS does not hold up another."""

    __slots__ = (
        "bucket",
        "dialled_at",
        "handshakes",
        "is_ip",
        "looked_up_at",
        "lookup",
        "outage",
        "probe",
        "queue",
    )

    def __init__(self, host: str, limits: DialLimits, now: float) -> None:
        self.is_ip = _is_ip(host)
        self.queue: deque[Dialled] = deque()
        self.bucket = TokenBucket(limits.per_second, limits.burst, now)
        self.handshakes = 0
        self.lookup: asyncio.Future[list[str]] | None = None
        self.looked_up_at = 0.0
        self.outage = Outage()
        self.dialled_at = now
        self.probe: asyncio.TimerHandle | None = None


class Dialer:
    """Starts dials in the order they were asked for, per CSMS, and only to what the connection's
    ``gate`` lets through: it dials the very addresses that were checked."""

    def __init__(
        self,
        clock: Clock,
        limits: DialLimits,
        resolve: Resolve = look_up,
        rng: random.Random | None = None,
    ) -> None:
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._limits = limits
        self._look_up = resolve
        self._targets: dict[Address, _Csms] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[Address, asyncio.TimerHandle] = {}
        self._closed = False

    def request(self, dialled: Dialled, address: Address) -> None:
        """Call ``dialled.dial`` when its turn has come, not before this returns."""
        if self._closed:
            return
        self._target(address).queue.append(dialled)
        self._pump_later(address, 0.0)

    def handshake_over(self, address: Address) -> None:
        """One of the handshakes under way succeeded or failed."""
        target = self._targets[address]
        target.handshakes -= 1
        if target.queue:
            self._pump_later(address, 0.0)
        else:
            self._forget_if_idle(address, target)

    def reached(self, address: Address) -> None:
        """A handshake succeeded: the CSMS is there, and those that wait for it may hear of it."""
        self._target(address).outage.over(self._clock(), self._rng)

    def unreachable(self, waiting: Waiting, address: Address) -> None:
        """A dial failed in a way in which any other would have: ``waiting`` is told, by
        `Waiting.csms_back`, when it should dial before its own time."""
        if not self._closed:
            target = self._target(address)
            target.outage.failed(waiting, self._clock())
            self._probe_later(address, target)

    def forget(self, waiting: Waiting, address: Address) -> None:
        """It waits no more."""
        target = self._targets.get(address)
        if target is not None:
            target.outage.forget(waiting)
            self._forget_if_idle(address, target)

    def close(self) -> None:
        """Start no more dials. Those under way are their owners' to abort."""
        self._closed = True
        for target in self._targets.values():
            target.queue.clear()
            if target.probe is not None:
                target.probe.cancel()

    def _target(self, address: Address) -> _Csms:
        target = self._targets.get(address)
        if target is None:
            target = self._targets[address] = _Csms(address[1], self._limits, self._clock())
        return target

    def _probe_later(self, address: Address, target: _Csms) -> None:
        if target.probe is None:
            loop = asyncio.get_running_loop()
            seconds = self._rng.uniform(*PROBE_SECONDS)
            target.probe = loop.call_later(seconds, self._probe, address, target)

    def _probe(self, address: Address, target: _Csms) -> None:
        target.probe = None
        now = self._clock()
        if now - target.dialled_at >= PROBE_SECONDS[0]:
            target.outage.probe(now)
        if target.outage.waiting:
            self._probe_later(address, target)
        else:
            self._forget_if_idle(address, target)

    def _pump_later(self, address: Address, seconds: float) -> None:
        if address not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[address] = loop.call_later(seconds, self._pump, address)

    def _pump(self, address: Address) -> None:
        del self._timers[address]
        target = self._targets[address]
        now = self._clock()
        while target.queue and target.handshakes < self._limits.handshakes:
            if not target.bucket.take(now):
                wait = max(_SHORTEST_WAIT_SECONDS, target.bucket.seconds_to_next())
                self._pump_later(address, wait)
                return
            dialled = target.queue.popleft()
            target.outage.forget(dialled)
            connection = dialled.dial(now)
            if connection is not None:
                target.handshakes += 1
                target.dialled_at = now
                self._start(connection, address, target)
        self._forget_if_idle(address, target)

    def _forget_if_idle(self, address: Address, target: _Csms) -> None:
        """Addresses that nobody dials any more do not pile up."""
        dials = target.queue or target.handshakes or address in self._timers
        waits = target.outage.waiting or target.probe is not None
        if not dials and not waits and self._targets.get(address) is target:
            del self._targets[address]

    def _start(self, connection: Connection, address: Address, target: _Csms) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._connect(connection, address, target))
        self._tasks.add(task)
        # A callback, not a try in the task: a task that is cancelled before its first step never
        # enters its body, and the connection must hear of its end all the same.
        task.add_done_callback(partial(self._dialled, connection))
        connection.dialling(task)

    def _dialled(self, connection: Connection, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            connection.dial_failed(None)
        elif (exc := task.exception()) is not None:
            connection.dial_failed(exc)

    async def _connect(self, connection: Connection, address: Address, target: _Csms) -> None:
        _, host, port = address
        failure: OSError | None = None
        connection.gate.check_name(host, port)
        found = await self._resolve(target, host, port)
        for ip in connection.gate.check(host, port, found):
            # Again: the list may have changed while the address before was tried.
            connection.gate.check(host, port, [ip])
            try:
                await self._open(connection, ip, address)
            except OSError as exc:
                failure = exc
            else:
                return
        raise failure or socket.gaierror(socket.EAI_NONAME, "no address")

    async def _open(self, connection: Connection, ip: str, address: Address) -> None:
        """Dial that very IP address: a name is never looked up again between check and dial."""
        secure, host, port = address
        connection.dialled_ip = ip
        await asyncio.get_running_loop().create_connection(
            lambda: connection,
            ip,
            port,
            ssl=connection.tls if secure else None,
            server_hostname=host if secure else None,
        )

    async def _resolve(self, target: _Csms, host: str, port: int) -> list[str]:
        if target.is_ip:
            return [host]
        now = self._clock()
        if target.lookup is None or _is_stale(target.lookup, now - target.looked_up_at):
            target.lookup = asyncio.ensure_future(self._look_up(host, port))
            target.looked_up_at = now
        # One look-up for all that wait; one that gives up does not cancel it for the others.
        return await asyncio.shield(target.lookup)


def _is_stale(lookup: asyncio.Future[list[str]], age: float) -> bool:
    if not lookup.done():
        return False
    failed = lookup.cancelled() or lookup.exception() is not None
    return age > (FAILURE_STANDS_FOR_SECONDS if failed else RESOLVED_FOR_SECONDS)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
