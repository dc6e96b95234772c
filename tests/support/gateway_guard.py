"""Runs one gateway with a host for as long as a test session lives; started by `shared_gateway`.

    gateway_guard.py SESSION_PID DIRECTORY

A process of its own, as `postgres_guard` is: the end of SESSION_PID, or a file ``DIRECTORY/stop``,
ends it. Writes ``DIRECTORY/gateway.json`` once the gateway takes requests.
"""

import json
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.postgres_guard import POLL_SECONDS, is_alive
from support.processes import running_gateway


def main(session_pid: int, directory: Path) -> None:
    """Serves until the session is over."""
    asked_to_stop = directory / "stop"
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.touch())
    with running_gateway(directory / "data", VOLTFLEET_HOSTS="1") as gateway:
        state = {"url": gateway.url, "token": gateway.token}
        written = directory / "gateway.json.new"
        written.write_text(json.dumps(state))
        written.rename(directory / "gateway.json")
        while is_alive(session_pid) and not asked_to_stop.exists():
            if gateway.process.poll() is not None:
                sys.exit("the gateway has ended")
            time.sleep(POLL_SECONDS)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
