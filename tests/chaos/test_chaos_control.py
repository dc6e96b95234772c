"""How a run and its victims know each other: enlisting, orders, clocks."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from voltfleet.chaos import victim
from voltfleet.chaos.control import VARIABLE, Control, Order
from voltfleet.chaos.parts import environment
from voltfleet.chaos.striking import release

REACH = """
import sys, time
from voltfleet.observability import fault_points
print(time.time(), flush=True)
for line in sys.stdin:
    fault_points.reach(line.strip())
    print(time.time(), flush=True)
"""


@pytest.fixture
def control(tmp_path: Path) -> Control:
    control = Control(tmp_path / "control")
    control.prepare()
    return control


STOPS_TWICE = """
import signal
once = signal.pthread_kill
signal.pthread_kill = lambda *order: (once(*order), once(*order))
"""
"""As one that is stopped by another just before it stops itself."""

IN_A_THREAD = """
import threading
from voltfleet.observability import fault_points
here = fault_points.reach
def reach(point):
    thread = threading.Thread(target=here, args=[point])
    thread.start()
    thread.join()
fault_points.reach = reach
"""


def spawn(control: Control, before: str = "") -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", before + REACH, "voltfleet", "serve"],
        env=environment(control.directory, {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def reach(process: "subprocess.Popen[str]", point: str) -> float:
    """The process's clock at that point; raises `ValueError` if it died there."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{point}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def test_a_process_is_there_for_as_long_as_it_lives(control: Control) -> None:
    with spawn(control) as process:
        [there] = control.alive()
        assert (there.pid, there.role) == (process.pid, "serve")
        process.kill()
        process.wait()
        assert control.alive() == []


def test_it_dies_at_the_point_and_the_passing_that_were_ordered(control: Control) -> None:
    with spawn(control) as process:
        reach(process, "commit.after")
        control.order(Order(7, "serve", "commit.after", 2, signal.SIGKILL))
        reach(process, "commit.before")
        reach(process, "commit.after")
        with pytest.raises(ValueError, match="could not convert"):
            reach(process, "commit.after")
        assert process.wait() == -signal.SIGKILL
        assert control.struck(7) == process.pid


def test_an_order_is_for_one_process_of_one_role_until_it_is_withdrawn(control: Control) -> None:
    with spawn(control) as process:
        control.order(Order(1, "host", "commit.after", 1, signal.SIGKILL))
        reach(process, "commit.after")
        control.order(Order(2, "serve", "commit.after", 1, signal.SIGKILL))
        assert control.claim(2)  # another process was first
        reach(process, "commit.after")
        control.order(Order(3, "serve", "commit.after", 1, signal.SIGKILL))
        control.withdraw()
        reach(process, "commit.after")
        assert control.struck(1) is None
        process.kill()


async def test_it_goes_on_however_often_it_was_stopped(control: Control) -> None:
    with spawn(control, STOPS_TWICE) as process:
        control.order(Order(4, "serve", "commit.after", 1, signal.SIGSTOP))
        reached = asyncio.create_task(asyncio.to_thread(reach, process, "commit.after"))
        await release(control, process.pid, 4)
        assert await reached
        process.kill()


@pytest.mark.parametrize("thread", ["main", "another"])
async def test_a_thread_stops_at_the_point(control: Control, thread: str) -> None:
    with spawn(control, "" if thread == "main" else IN_A_THREAD) as process:
        control.order(Order(6, "serve", "commit.after", 1, signal.SIGSTOP))
        reached = asyncio.create_task(asyncio.to_thread(reach, process, "commit.after"))
        _, status = await asyncio.to_thread(os.waitpid, process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert control.struck(6) == process.pid
        assert not control.went_on(6)
        await release(control, process.pid, 6)
        assert await reached
        process.kill()


async def test_one_that_is_gone_is_not_waited_for(control: Control) -> None:
    with spawn(control) as process:
        process.kill()
        process.wait()
        await release(control, process.pid, 5)


def test_its_clock_jumps_and_comes_back(control: Control) -> None:
    with spawn(control) as process:
        control.set_clock(process.pid, -3600)
        assert reach(process, "x") == pytest.approx(time.time() - 3600, abs=60)
        control.set_clock(process.pid, 0)
        assert reach(process, "x") == pytest.approx(time.time(), abs=60)
        process.kill()


def test_a_process_outside_a_run_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(sys, "orig_argv", ["python", "voltfleet", "serve"])
    before = time.time
    victim.enlist()
    assert time.time is before


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("python -m voltfleet.cli.gateway --listener 3", ("gateway", "")),
        ("python -m voltfleet.host --gateway x --host-id far-0", ("host", "far-0")),
        ("python /venv/bin/voltfleet serve --port 1", ("serve", "")),
        ("/venv/bin/voltfleet host --host-id far-0", ("keeper", "far-0")),
        ("python /venv/bin/voltfleet token create", ("", "")),
        ("python -m voltfleet.csms --port 1", ("", "")),
    ],
)
def test_a_process_knows_its_role_by_its_command(command: str, role: tuple[str, str]) -> None:
    assert victim.role_of(command.split()) == role


def test_nothing_is_killed_that_is_not_of_the_run(control: Control) -> None:
    (control.directory / "alive" / str(os.getpid())).write_text("host mine")
    assert control.alive() == []
