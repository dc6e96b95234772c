"""Keeps what a version of Voltfleet leaves in its database, for `tests/storage/test_released.py`.

    .venv/bin/python tools/keep_schema.py NAME      (once per release that changed the schema)

Starts the version that this Python has installed, on SQLite and on Postgres; has it finish a job
of chargers, and begin one that cannot end because its host stands still; kills it; and writes the
dumps ``tests/storage/released/NAME.{sqlite,postgres}.sql``. Needs ``pg_dump``.
"""

import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2
import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import postgres  # noqa: E402
from support.kills import LOCATION  # noqa: E402
from support.processes import running_gateway, until  # noqa: E402

KEPT = ROOT / "tests" / "storage" / "released"
CHARGERS = 3


def main(name: str) -> None:
    """Writes both dumps."""
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "data" / "voltfleet.db"
        leave(Path(directory), f"sqlite:///{file}")
        with sqlite3.connect(file) as connection:
            write(f"{name}.sqlite.sql", "\n".join(connection.iterdump()))
    with tempfile.TemporaryDirectory() as directory:
        database = postgres.create_database()
        url = postgres.server().url(database)
        leave(Path(directory), url)
        dump = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
        write(f"{name}.postgres.sql", subprocess.check_output(dump, text=True))
    postgres.stop_server()


def write(name: str, dump: str) -> None:
    """Without what only psql understands."""
    lines = [line for line in dump.splitlines() if not line.startswith("\\")]
    (KEPT / name).write_text("\n".join(lines) + "\n")


def leave(directory: Path, url: str) -> None:
    """What a fleet leaves behind that is killed in the middle of its second job."""
    options = ["--database-url", url]
    with (
        running_gateway(directory / "data", *options) as gateway,
        httpx2.Client(
            base_url=gateway.url,
            headers={"Authorization": f"Bearer {gateway.token}"},
            trust_env=False,
            timeout=20,
        ) as client,
    ):
        location = client.post("/ocpp/locations", json=LOCATION).json()["id"]

        def order(prefix: str) -> None:
            group = {
                "template": {
                    "brand_slug": "wallbox",
                    "model_slug": "wallbox-pulsar-plus",
                    "connector_type": "Type2",
                    "ws_url": "ws://csms.example/ocpp",
                    "identity_prefix": prefix,
                },
                "charger_ids": [f"{n:04}" for n in range(CHARGERS)],
            }
            path = f"/ocpp/locations/{location}/chargers"
            client.post(path, json=[group]).raise_for_status()

        def states() -> list[str]:
            found = client.get("/ocpp/chargers?limit=100").json()["data"]
            return [charger["status"] for charger in found]

        order("DONE-")
        until(lambda: states() == ["READY"] * CHARGERS)
        family = psutil.Process(gateway.process.pid).children(recursive=True)
        (host,) = [p for p in family if "voltfleet.host" in p.cmdline()]
        host.send_signal(signal.SIGSTOP)
        order("OPEN-")
        until(lambda: len(states()) == 2 * CHARGERS)
        for process in [psutil.Process(gateway.process.pid), *family]:
            process.kill()
        psutil.wait_procs(family, timeout=10)


if __name__ == "__main__":
    main(sys.argv[1])
