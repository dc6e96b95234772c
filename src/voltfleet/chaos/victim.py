"""What makes a process of the fleet strikable: its fault points, and a wall clock that can move.

Only in a chaos run's own children (``inside/sitecustomize.py``); the product knows nothing of it
but the names of its fault points.
"""

import itertools
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from voltfleet.chaos.control import RUN_PIPE, VARIABLE, Control
from voltfleet.observability import fault_points

_MODULES = {"voltfleet.cli.gateway": "gateway", "voltfleet.host": "host"}
_COMMANDS = {"serve": "serve", "host": "keeper"}

_held: list[int] = []
"""Descriptors that must stay open for as long as this process lives."""


def enlist() -> None:
    """Joins the chaos run that the environment names, if it names one and this is a part of it."""
    directory, pipe = os.environ.get(VARIABLE), os.environ.pop(RUN_PIPE, "")
    if pipe:  # taken out of the environment: it is not for children of ours
        threading.Thread(target=_end_with_run, args=[int(pipe)], daemon=True).start()
    role, name = role_of(sys.orig_argv)
    if directory and role:
        control = Control(Path(directory))
        _held.append(control.enlist(role, name))
        fault_points.strike = striker(control, role)
        _move_clock(control)


def role_of(command: list[str]) -> tuple[str, str]:
    """What a command line is: its role in the fleet and its name; two empty words if none."""
    for before, word in itertools.pairwise(command):
        if before == "-m" and word in _MODULES:
            return _MODULES[word], _name(command)
        if before.endswith(("voltfleet", "main()")) and word in _COMMANDS:
            return _COMMANDS[word], _name(command)
    return "", ""


def _name(command: list[str]) -> str:
    return command[command.index("--host-id") + 1] if "--host-id" in command else ""


def striker(control: Control, role: str) -> Callable[[str], None]:
    """What a process of that role does at every fault point: looks whether it is its turn."""
    generation, looking = control.generation(), threading.Lock()
    seen, order, count = 0.0, None, 0

    def strike(point: str) -> None:
        nonlocal seen, order, count
        with looking:  # many threads reach points, and an order may be withdrawn meanwhile
            current = generation.value
            if current != seen:
                seen, order, count = current, control.standing() if current > 0 else None, 0
            if order is None or order.role != role or order.point != point:
                return
            count += 1
            mine = order
            is_turn = count == mine.count
        if is_turn and control.claim(mine.number):
            # To this thread: one to the process lets it run on until another thread has taken it.
            signal.pthread_kill(threading.get_ident(), mine.signal)
            control.go_on(mine.number)

    return strike


def _end_with_run(pipe: int) -> None:
    # Nothing is ever written: readable means that the run is gone.
    os.set_inheritable(pipe, False)  # noqa: FBT003 - takes no keyword
    select.select([pipe], [], [])
    os._exit(1)


def _move_clock(control: Control) -> None:
    """From now on `time.time` is the true time and what the run says."""
    offset, now, now_ns = control.clock(os.getpid()), time.time, time.time_ns
    time.time = lambda: now() + offset.value
    time.time_ns = lambda: now_ns() + int(offset.value * 1e9)
