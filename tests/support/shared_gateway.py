"""One gateway with one host for all tests that only need one to be there, whichever worker runs
them. Each takes organizations of its own, named by `mine`."""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from support.postgres import run_directory, session_pid
from support.processes import tail

_GUARD = Path(__file__).with_name("gateway_guard.py")
_READY_SECONDS = 90.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class SharedGateway:
    """Where it is; what `support.fleets` needs of a gateway."""

    url: str
    token: str
    data_directory: Path


def mine(name: str) -> str:
    """An organization's name that no other worker of the session uses."""
    return f"{name}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@functools.cache
def shared_gateway() -> SharedGateway:
    """The session's gateway, started if no worker has done so yet."""
    directory = _directory()
    state = directory / "gateway.json"
    directory.parent.mkdir(mode=0o711, exist_ok=True)
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            _start(directory, state)
    known = json.loads(state.read_text())
    return SharedGateway(known["url"], known["token"], directory / "data")


def stop_gateway() -> None:
    """Ends the session's gateway, if there is one, and waits for it. Does nothing in any process
    but the session's first."""
    directory = _directory()
    lock = directory.with_suffix(".lock")
    if session_pid() != os.getpid() or not lock.exists():
        return
    if directory.exists():
        (directory / "stop").touch()
    deadline = time.monotonic() + _STOP_SECONDS
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(directory, ignore_errors=True)  # left if it had crashed
    lock.unlink()
    with contextlib.suppress(OSError):  # Postgres may be in it, too
        directory.parent.rmdir()


def _directory() -> Path:
    return run_directory() / "shared-gateway"


def _start(directory: Path, state: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    log = directory / "guard.log"
    with log.open("ab") as output:
        guard = subprocess.Popen(
            [sys.executable, str(_GUARD), str(session_pid()), str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # it outlives the worker that needed it first
        )
    deadline = time.monotonic() + _READY_SECONDS
    while not state.exists():
        if guard.poll() is not None or time.monotonic() > deadline:
            guard.terminate()
            raise AssertionError(f"no gateway: {tail(log)}{tail(directory / 'data.log')}")
        time.sleep(0.05)
