"""No 202 before the job is on disk, and what is left when power goes: `make durability`.

A real gateway is traced (`support.power_loss`) while clients order chargers; then power is lost at
every acknowledgement, and at random moments with random parts of what was not synced surviving.
"""

import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from support.durability import in_full
from support.kills import LOCATION
from support.postgres import free_port
from support.power_loss import Call, Disk, read, traced
from support.processes import VOLTFLEET, answers, running, running_gateway, until
from voltfleet.storage.sqlite_library import sqlite

pytestmark = in_full

CLIENTS = 4
ORDERS = 10
RANDOM_LOSSES = 60
_JOB = re.compile(rb'"job_id":"([0-9a-f-]{36})"')


@dataclass
class Acknowledged:
    """A 202: the job's id, and where in the trace its first byte was on its way."""

    job_id: str
    at: int


@dataclass
class Run:
    """A traced run of a gateway."""

    data: Path
    calls: list[Call]
    disk: Disk
    acknowledged: list[Acknowledged]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    directory = tmp_path_factory.mktemp("traced")
    data, log, port = directory / "data", directory / "serve.log", free_port()
    data.mkdir()
    serve = [VOLTFLEET, "serve", "--port", str(port), "--data-dir", str(data)]
    with running([*traced(directory / "trace"), *map(str, serve)], log) as strace:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), strace, log)
        told = order(port, (data / "token").read_text().strip())
        for process in psutil.Process(strace.pid).children(recursive=True):
            process.kill()
        strace.wait(20)
    calls = read(directory / "trace")
    acknowledged = list(find_acknowledged(calls))
    assert sorted(told) == sorted(each.job_id for each in acknowledged)
    return Run(data, calls, Disk(data, calls), acknowledged)


def order(port: int, token: str) -> list[str]:
    """Several clients at once; returns the ids of the jobs that were acknowledged."""
    told: list[str] = []
    headers = {"Authorization": f"Bearer {token}"}
    base = f"http://127.0.0.1:{port}"
    with httpx2.Client(base_url=base, headers=headers, trust_env=False, timeout=30) as client:
        location = client.post("/ocpp/locations", json=LOCATION).json()["id"]

        def orders(number: int) -> None:
            for n in range(ORDERS):
                group = {
                    "template": {
                        "brand_slug": "wallbox",
                        "model_slug": "wallbox-pulsar-plus",
                        "connector_type": "Type2",
                        "ws_url": "ws://127.0.0.1:9/ocpp",
                        "identity_prefix": f"P{number}-{n}-",
                    },
                    "chargers_number": 1 + 10 * (n % 3),
                }
                answer = client.post(f"/ocpp/locations/{location}/chargers", json=[group])
                if answer.status_code != 503:  # a busy machine may say so; nothing is promised then
                    assert answer.status_code == 202, answer.text
                    told.append(answer.json()["job_id"])

        threads = [threading.Thread(target=orders, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(told) > CLIENTS * ORDERS / 2
    return told


def find_acknowledged(calls: list[Call]) -> "list[Acknowledged]":
    """Every 202 that was written to a socket."""
    found = []
    open_answers: dict[str, int] = {}
    for call in calls:
        if not call.path.startswith(("socket:", "TCP:", "TCPv6:")):
            continue
        data = b"".join(call.strings)
        if data.startswith(b"HTTP/1.1 202"):
            open_answers[call.path] = call.began
        job = _JOB.search(data)
        if job and call.path in open_answers:
            found.append(Acknowledged(job[1].decode(), open_answers.pop(call.path)))
    return found


def jobs_in(directory: Path) -> set[str]:
    """The jobs of a database that is opened after a crash; it must be a sound one."""
    with sqlite.connect(directory / "voltfleet.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found = {row[0] for row in connection.execute("SELECT id FROM jobs")}
        enqueued = "SELECT workflow_uuid FROM workflow_status"
        assert found <= {row[0] for row in connection.execute(enqueued)}
    connection.close()
    return found


def test_the_log_is_synced_between_a_job_and_the_first_byte_of_its_202(run: Run) -> None:
    """The trace itself, without any model of what a disk does."""
    log = str(run.data / "voltfleet.db-wal")
    writes = [c for c in run.calls if c.name == "pwrite64" and c.path == log]
    syncs = [c for c in run.calls if c.name in ("fsync", "fdatasync") and c.path == log]
    for each in run.acknowledged:
        job = each.job_id.encode()
        written = next(c.ended for c in writes if job in c.strings[0])
        assert written < each.at
        assert any(written < sync.began and sync.ended < each.at for sync in syncs), each


def test_whoever_was_told_202_finds_the_job_after_a_loss_of_power(run: Run, tmp_path: Path) -> None:
    told: set[str] = set()
    for number, each in enumerate(sorted(run.acknowledged, key=lambda each: each.at)):
        told.add(each.job_id)
        run.disk.after_loss(each.at, tmp_path / str(number))
        assert told <= jobs_in(tmp_path / str(number))


def test_whatever_part_of_the_rest_survives(run: Run, tmp_path: Path) -> None:
    first, last = run.acknowledged[0].at, run.calls[-1].ended
    for seed in range(RANDOM_LOSSES):
        at = first + (last - first) * seed // RANDOM_LOSSES
        told = {each.job_id for each in run.acknowledged if each.at < at}
        run.disk.after_loss(at, tmp_path / str(seed), seed)
        assert told <= jobs_in(tmp_path / str(seed))


def test_a_gateway_goes_on_after_a_loss_of_power(run: Run, tmp_path: Path) -> None:
    """With the keys, so that every token is still good, and with every job that was begun."""
    token = (run.data / "token").read_text().strip()
    run.disk.after_loss(max(each.at for each in run.acknowledged), tmp_path / "data")
    keys = Path("keys") / "signing-keys.json"
    assert (tmp_path / "data" / keys).read_bytes() == (run.data / keys).read_bytes()
    for path in (tmp_path / "data" / "keys", tmp_path / "data" / keys):
        path.chmod(0o700 if path.is_dir() else 0o600)
    with running_gateway(tmp_path / "data") as gateway:

        def all_ready() -> bool:
            with sqlite.connect(tmp_path / "data" / "voltfleet.db") as connection:
                states = connection.execute("SELECT id, status FROM jobs").fetchall()
            assert {each.job_id for each in run.acknowledged} <= {job for job, _ in states}
            return {status for _, status in states} == {"READY"}

        until(all_ready, seconds=60)
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx2.get(f"{gateway.url}/ocpp/chargers", headers=headers, trust_env=False)
        assert answer.status_code == 200


@pytest.mark.parametrize(("synchronous", "kept"), [("FULL", 20), ("NORMAL", 0), ("OFF", 0)])
def test_the_simulation_loses_what_was_not_synced(
    tmp_path: Path, synchronous: str, kept: int
) -> None:
    """Else the tests above would prove nothing."""
    (tmp_path / "data").mkdir()
    program = [
        "import os",
        "from voltfleet.storage.sqlite_library import sqlite",
        f"c = sqlite.connect({str(tmp_path / 'data' / 'x.db')!r}, isolation_level=None)",
        "c.execute('PRAGMA journal_mode=WAL')",
        "c.execute('CREATE TABLE t (n)')",
        f"c.execute('PRAGMA synchronous={synchronous}')",
        *(f"c.execute('INSERT INTO t VALUES ({n})')" for n in range(20)),  # noqa: S608
        "os._exit(0)",
    ]
    trace = tmp_path / "trace"
    subprocess.run(
        [*traced(trace), sys.executable, "-c", "\n".join(program)], check=True, timeout=60
    )
    calls = read(trace)
    Disk(tmp_path / "data", calls).after_loss(calls[-1].ended + 1, tmp_path / "left")
    with sqlite.connect(tmp_path / "left" / "x.db") as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (kept,)
    connection.close()
