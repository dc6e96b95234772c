"""The processes of the fleet under test: started here, and started again whenever they die."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voltfleet.chaos.control import RUN_PIPE, VARIABLE
from voltfleet.domain.errors import VoltfleetError

RESTART_SECONDS = 0.1
STOP_SECONDS = 15.0
INSIDE = Path(__file__).with_name("inside")


class CannotStart(VoltfleetError):
    """A part of the fleet does not start; the message has the end of its log."""

    code = "cannot_start"


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and what to add to its environment."""

    words: Sequence[str]
    settings: Mapping[str, str] = field(default_factory=dict)


class Part:
    """One process, kept alive as a service manager would; its output goes to ``log``."""

    def __init__(
        self, name: str, environment: Mapping[str, str], log: Path, command: Callable[[], Command]
    ) -> None:
        self.name = name
        self._environment = environment
        self._log = log
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._pipe = os.pipe()

    async def start(self) -> None:
        """Starts it, and again whenever it ends, until `stop`."""
        await self._spawn()
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if that does not do."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._end()
        for end in self._pipe:
            os.close(end)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _keep(self) -> None:
        while True:
            assert self._process is not None  # noqa: S101 - spawned before, for the type checker
            await self._process.wait()
            await asyncio.sleep(RESTART_SECONDS)
            await self._spawn()

    async def _spawn(self) -> None:
        command = self._command()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command.words,
                env={**self._environment, **command.settings, RUN_PIPE: str(self._pipe[0])},
                pass_fds=[self._pipe[0]],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def environment(directory: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting of a gateway that the user runs, and with what makes its processes
    a part of the chaos run of that directory."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VOLTFLEET_")}
    paths = [str(INSIDE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), VARIABLE: str(directory), **settings}


def voltfleet(*words: str) -> list[str]:
    """The ``voltfleet`` command of this installation."""
    return [sys.executable, "-c", "from voltfleet.cli.app import main; main()", *words]


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(
    condition: Callable[[], Awaitable[bool]], seconds: float, what: str, log: Path | None = None
) -> None:
    """Waits for it. Raises `CannotStart` with ``what`` and the end of the log."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            said = "" if log is None else f"\n{tail(log)}"
            raise CannotStart(f"{what} is not there after {seconds:g} s.{said}")
        await asyncio.sleep(0.05)


def tail(log: Path) -> str:
    """The last lines of a log."""
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""
