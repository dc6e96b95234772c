"""The fixtures themselves: what every other test stands on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from support import postgres
from support.clock import FakeClock
from voltfleet.storage.engine import create_engine

_SESSION = """
import os, signal
from support import postgres
print(postgres.server().directory, postgres.server().guard_pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_database_is_empty_and_takes_a_table(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE t (n INTEGER)"))
        assert connection.execute(sa.text("SELECT count(*) FROM t")).scalar_one() == 0
    engine.dispose()


def test_a_clock_moves_only_when_told(clock: FakeClock) -> None:
    before = clock()
    assert clock() == before
    clock.advance(60)
    assert clock() == before + 60


@pytest.mark.e2e
@pytest.mark.parametrize("source", ["system", "wheel"])
def test_a_killed_session_leaves_no_server_behind(source: str) -> None:
    if source == "system" and not postgres._system_programs():
        pytest.skip("this machine has no Postgres of its own")
    environment = os.environ | {
        postgres.SOURCE_VARIABLE: source,
        "PYTHONPATH": str(Path(postgres.__file__).parents[1]),
    }
    environment.pop(postgres.RUN_DIRECTORY_VARIABLE, None)
    session = subprocess.run(
        [sys.executable, "-c", _SESSION],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert session.returncode == -9, session.stderr
    directory, guard_pid = session.stdout.split()
    _until(lambda: not Path(directory).parent.exists() and not _runs(int(guard_pid)))


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
