"""A child that is kept alive: real processes, a few lines of Python each."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from voltfleet.drivers import child as child_module
from voltfleet.drivers.child import REFUSED, Child, ChildRefused, ParentPipe

PARENT = """
import asyncio, os, sys
from voltfleet.drivers.child import Child, ParentPipe
async def main():
    children = [
        Child(str(n), ["-c", sys.argv[1]], pipe=ParentPipe(), environment=os.environ)
        for n in range(2)
    ]
    runs = [asyncio.create_task(child.run()) for child in children]
    while not all(child.pid for child in children):
        await asyncio.sleep(0.01)
    print(*(child.pid for child in children), flush=True)
    await asyncio.gather(*runs)
asyncio.run(main())
"""
UNTIL_ORPHANED = "import os, sys; os.read(int(sys.argv[-1]), 1)"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "FIRST_RESTART_SECONDS", 0.01)
    monkeypatch.setattr(child_module, "LONGEST_RESTART_SECONDS", 0.02)


@pytest.fixture
def born(tmp_path: Path) -> Path:
    """Where each process of a test writes a line when it starts."""
    return tmp_path / "born"


def make(born: Path, then: str, *, patience_seconds: float = 5.0) -> Child:
    script = f"import os, signal, sys, time; open({str(born)!r}, 'a').write('x\\n'); {then}"
    return Child(
        "test",
        ["-c", script],
        pipe=ParentPipe(),
        environment=os.environ,
        patience_seconds=patience_seconds,
    )


def lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


async def births(born: Path, count: int) -> None:
    async with asyncio.timeout(20):
        while lines(born) < count:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)


async def test_a_child_that_dies_is_started_again_until_it_is_stopped(born: Path) -> None:
    child = make(born, "sys.exit(1)")
    running = asyncio.create_task(child.run())
    await births(born, 3)
    await child.stop()
    await asyncio.wait_for(running, 5)


async def test_a_killed_child_is_started_again(born: Path) -> None:
    child = make(born, "signal.pause()")
    running = asyncio.create_task(child.run())
    await births(born, 1)
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await births(born, 2)
    assert child.pid != first
    await child.stop()
    await asyncio.wait_for(running, 5)


@pytest.mark.parametrize("code", [REFUSED, 2, 3])
async def test_a_child_that_cannot_run_is_not_started_again(born: Path, code: int) -> None:
    with pytest.raises(ChildRefused, match="test process cannot run"):
        await asyncio.wait_for(make(born, f"sys.exit({code})").run(), 10)
    assert lines(born) == 1


async def test_a_child_that_does_not_stop_is_killed(born: Path) -> None:
    deaf = born.with_name("deaf")
    then = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(deaf)!r}, 'w').write('x')"
    child = make(born, f"{then}; time.sleep(60)", patience_seconds=0.2)
    running = asyncio.create_task(child.run())
    await births(deaf, 1)
    pid = child.pid
    await child.stop()
    await asyncio.wait_for(running, 5)
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_stop_while_the_child_is_being_started(
    born: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between the wish to start and the process: it must not be left running."""
    child = make(born, "signal.pause()")
    start = asyncio.create_subprocess_exec

    async def slow(*args: str, **options: object) -> asyncio.subprocess.Process:
        await child.stop()
        return await start(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    await asyncio.wait_for(child.run(), 10)
    assert child.pid is not None
    assert not psutil.pid_exists(child.pid)


async def test_stop_before_the_start_starts_nothing(born: Path) -> None:
    child = make(born, "signal.pause()")
    await child.stop()
    await child.run()
    assert child.pid is None


def test_children_end_with_their_parent_however_it_dies() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, UNTIL_ORPHANED], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    children = []
    for pid in parent.stdout.readline().split():
        with contextlib.suppress(psutil.NoSuchProcess):
            children.append(psutil.Process(int(pid)))
    assert len(children) == 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
