"""`support.hostile.server` as a process that a test asks."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


class HostileProcess:
    """Its ports by name, and what it says."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self._process: Process | None = None

    async def start(self) -> None:
        """Until it listens."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "support.hostile.server"),
            cwd=TESTS,
            stdin=PIPE,
            stdout=PIPE,
            limit=2**20,
        )
        self.ports = json.loads(await self._line())

    def url(self, name: str, *, tls: bool = False) -> str:
        """Where a charger of that misbehaviour dials."""
        return f"{'wss' if tls else 'ws'}://127.0.0.1:{self.ports[name]}/ocpp"

    async def turn_good(self) -> None:
        """All behave from now on."""
        await self._ask("good")

    async def turn_bad(self) -> None:
        """None but ``good`` does."""
        await self._ask("bad")

    async def late(self) -> float:
        """The worst lateness of a heartbeat at ``good`` since the last call."""
        return float(await self._ask("late"))

    async def counts(self) -> dict[str, int]:
        """Connections so far, by name."""
        counts: dict[str, int] = json.loads(await self._ask("counts"))
        return counts

    async def quit(self) -> None:
        """The end of it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, word: str) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())
        return await self._line()

    async def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            return (await self._process.stdout.readline()).decode()
