"""A child process that is kept alive: started, restarted when it dies, stopped when asked."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence

import structlog

from voltfleet.domain.errors import VoltfleetError
from voltfleet.drivers.watchdog import Watchdog

FIRST_RESTART_SECONDS = 0.2
LONGEST_RESTART_SECONDS = 5.0
STABLE_SECONDS = 10.0
"""A child that has lived this long starts over with the shortest restart delay."""

REFUSED = 78
"""The exit code (EX_CONFIG) of a gateway that cannot run as it was configured."""
NO_USE_RESTARTING = frozenset({REFUSED, 2, 3})
"""Exit codes that a restart would only bring again; 2 and 3 are a host's (`voltfleet.host`)."""

_log = structlog.get_logger(__name__)


class ChildRefused(VoltfleetError):
    """A process cannot run as it was configured; it has said why."""

    code = "child_refused"


class ParentPipe:
    """A pipe that tells children of this process's death, however it dies: its write end is open
    here and nowhere else, so that their end is at EOF at that very moment."""

    def __init__(self) -> None:
        self.child_end, self._own_end = os.pipe()


class Child:
    """One command, run again and again until `stop`.

    It gets ``parent_pipe`` as an inherited file descriptor and must exit at once on its EOF. It is
    in a session of its own, so that Ctrl-C in a terminal reaches only this process. A ``leased``
    one gets ``--pulse`` as well, and is killed when what it says there has run out (`Watchdog`).
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        pipe: ParentPipe,
        environment: Mapping[str, str],
        inherited: Sequence[int] = (),
        log: int | None = None,
        patience_seconds: float = 12.0,
        leased: bool = False,
    ) -> None:
        self.name = name
        self._command = [sys.executable, *command, "--exit-with-parent", str(pipe.child_end)]
        self._environment = dict(environment)
        self._inherited = (pipe.child_end, *inherited)
        self._output = log
        self._patience_seconds = patience_seconds
        self._leased = leased
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._log = _log.bind(child=name)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    async def run(self) -> None:
        """Until `stop` is called. Raises `ChildRefused` when the child says that it cannot run."""
        delay = FIRST_RESTART_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._live()
            if self._stopping.is_set():
                return
            if code in NO_USE_RESTARTING:
                raise ChildRefused(f"The {self.name} process cannot run; its message is above.")
            lived = time.monotonic() - started
            delay = FIRST_RESTART_SECONDS if lived > STABLE_SECONDS else delay
            self._log.warning("child_died", code=code, lived_seconds=round(lived, 1))
            await self._pause(delay)
            delay = min(LONGEST_RESTART_SECONDS, delay * 2)

    async def _live(self) -> int:
        """One life of the process: its exit code."""
        watchdog = Watchdog(self._kill_frozen) if self._leased else None
        self._process = await self._start(watchdog)
        if watchdog is not None:
            watchdog.watch()
        try:
            if self._stopping.is_set():  # `stop` came while it was being started
                await self.stop()
            return await self._process.wait()
        finally:
            if watchdog is not None:
                watchdog.close()

    async def _start(self, watchdog: Watchdog | None) -> asyncio.subprocess.Process:
        pulse = [] if watchdog is None else ["--pulse", str(watchdog.child_end)]
        return await asyncio.create_subprocess_exec(
            *self._command,
            *pulse,
            env=self._environment,
            pass_fds=[*self._inherited, *(int(fd) for fd in pulse[1:])],
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )

    def _kill_frozen(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._log.error("child_frozen", why="its lease is over and it has not stopped")
            self._process.kill()

    async def stop(self) -> None:
        """Asks it to stop, waits for it, and kills it when that takes too long."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._patience_seconds):
                await process.wait()
        except TimeoutError:
            self._log.warning("child_killed", after_seconds=self._patience_seconds)
            process.kill()
            await process.wait()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
