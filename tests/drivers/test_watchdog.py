"""The watchdog: a process that is frozen past its lease is killed, and no other."""

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from voltfleet.domain.hosting import PULSE
from voltfleet.drivers import watchdog as watchdog_module
from voltfleet.drivers.child import Child, ParentPipe
from voltfleet.drivers.watchdog import Watchdog


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog_module, "PATIENCE_SECONDS", 0.05)


async def killed(*words: bytes, within: float = 0.3) -> bool:
    """Whether a process that says so and then nothing is killed."""
    kill = asyncio.Event()
    watchdog = Watchdog(kill.set)
    mouth = os.dup(watchdog.child_end)
    watchdog.watch()
    for word in words:
        os.write(mouth, word)
        await asyncio.sleep(0)
    try:
        async with asyncio.timeout(within):
            return await kill.wait()
    except TimeoutError:
        return False
    finally:
        os.close(mouth)
        watchdog.close()


async def test_one_whose_last_word_has_run_out_is_killed() -> None:
    assert await killed(PULSE.pack(0.01))


async def test_the_last_word_counts_even_in_pieces() -> None:
    long, short = PULSE.pack(60.0), PULSE.pack(0.01)
    assert await killed(long + short[:3], short[3:])
    assert not await killed(short + long)


async def test_one_that_runs_nothing_is_left_alone() -> None:
    assert not await killed(PULSE.pack(0.01), PULSE.pack(0.0))
    assert not await killed()


async def test_a_frozen_child_is_killed_and_started_again(tmp_path: Path) -> None:
    born = tmp_path / "born"
    script = f"""
import os, signal, struct, sys
fd = int(sys.argv[sys.argv.index("--pulse") + 1])
os.write(fd, struct.pack("<d", 0.05))
open({str(born)!r}, "a").write(f"{{os.getpid()}}\\n")
os.kill(os.getpid(), signal.SIGSTOP)
"""
    child = Child(
        "t",
        ["-c", script],
        pipe=ParentPipe(),
        environment=os.environ,
        leased=True,
        patience_seconds=0.1,
    )
    running = asyncio.create_task(child.run())
    async with asyncio.timeout(20):
        while not born.exists() or len(born.read_text().split()) < 2:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)
    first = int(born.read_text().split()[0])
    assert not psutil.pid_exists(first)
    await child.stop()
    await asyncio.wait_for(running, 5)
