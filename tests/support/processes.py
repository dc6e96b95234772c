"""The product's own processes, started as a user starts them, on loopback and free ports.

They cannot leave this machine: see ``loopback_only/sitecustomize.py``.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from support.postgres import free_port

VOLTFLEET = Path(sys.executable).with_name("voltfleet")
LOOPBACK_ONLY = Path(__file__).with_name("loopback_only")
READY_SECONDS = 30.0
STOP_SECONDS = 20.0

T = TypeVar("T")


@dataclass(frozen=True)
class Gateway:
    """A running ``voltfleet serve``."""

    url: str
    token: str
    data_directory: Path
    process: "subprocess.Popen[bytes]"


@dataclass(frozen=True)
class Csms:
    """A running ``voltfleet csms``."""

    port: int

    @property
    def ws_url(self) -> str:
        """Where chargers dial; each adds its identity."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    def stats(self) -> dict[str, Any]:
        """What it says of itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/stats", timeout=5) as answer:
            figures: dict[str, Any] = json.load(answer)
            return figures


@contextmanager
def running_gateway(data_directory: Path, *options: str, **settings: str) -> Iterator[Gateway]:
    """``voltfleet serve`` on a free port, ready to take requests; stopped with SIGTERM after it.

    ``settings`` are variables of its environment: ``VOLTFLEET_MAX_BATCH="50"``.
    """
    data_directory.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), data_directory.with_suffix(".log")
    where = ["--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data_directory)]
    with running([VOLTFLEET, "serve", *where, *options], log, **settings) as process:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/health"), process, log)
        token = (data_directory / "token").read_text().strip()
        yield Gateway(url, token, data_directory, process)


@contextmanager
def running_csms(log: Path, *options: str) -> Iterator[Csms]:
    """``voltfleet csms`` on a free port, ready to take chargers; stopped with SIGTERM after it."""
    port = free_port()
    with running([VOLTFLEET, "csms", "--port", str(port), *options], log) as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/"), process, log)
        yield Csms(port)


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, **settings: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """``command`` with its output in ``log``, in a process group of its own that ends with it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process, log)


def environment() -> dict[str, str]:
    """Ours, without what a developer has set for a gateway of their own, nor what makes every
    process compile the product anew: a user's Python keeps the bytecode."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("VOLTFLEET_") and key != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {"PYTHONPATH": str(LOOPBACK_ONLY)}


def stop(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """SIGTERM, as a supervisor would; what does not end by it is killed, and that is a failure."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise AssertionError(f"{process.args!r} did not stop:\n{tail(log)}")  # noqa: B904 keep both


def until(
    condition: Callable[[], T],
    process: "subprocess.Popen[bytes] | None" = None,
    log: Path | None = None,
    seconds: float = READY_SECONDS,
) -> T:
    """Waits for ``condition`` to become true, and returns what it gave.

    Fails after ``seconds``, or at once when ``process`` has ended, with the end of ``log``.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            what = "the process has ended" if ended else f"not after {seconds:.0f} s"
            raise AssertionError(f"{what}:\n{tail(log) if log else ''}")
        time.sleep(0.05)
    return result


def answers(url: str) -> bool:
    """Whether a GET of ``url`` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 our own loopback URL
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(log: Path) -> str:
    """The last lines of a log."""
    return log.read_text(errors="replace")[-4000:] if log.exists() else ""
