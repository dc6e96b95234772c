"""Runs one Postgres server for as long as a test session lives; started by ``postgres.py``.

    postgres_guard.py SESSION_PID DIRECTORY UID:GID|- POSTGRES ARGUMENT...

A process of its own, so that the server and its files also go when the session is killed: the
end of SESSION_PID, or a file ``DIRECTORY/stop``, ends the server and removes DIRECTORY's parent.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

POLL_SECONDS = 0.1


def main(session_pid: int, directory: Path, owner: str, command: list[str]) -> int:
    """Serves until the session is over (0), or until the server fails (its exit code)."""
    identity: dict[str, Any] = {}
    if owner != "-":
        uid, gid = owner.split(":")
        identity = {"user": int(uid), "group": int(gid), "extra_groups": []}
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log, **identity)
    asked_to_stop = directory / "stop"
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.touch())
    while server.poll() is None and is_alive(session_pid) and not asked_to_stop.exists():
        time.sleep(POLL_SECONDS)
    if (failure := server.poll()) is not None:
        return failure  # whoever started us reads the log
    _end(server)
    shutil.rmtree(directory.parent, ignore_errors=True)
    return 0


def _end(server: "subprocess.Popen[bytes]") -> None:
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, last resort
        if server.poll() is None:
            server.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=5)


def is_alive(pid: int) -> bool:
    """Whether that process runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
