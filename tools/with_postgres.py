"""Runs a command with a throw-away Postgres server of its own, on loopback.

    tools/with_postgres.py COMMAND...

The command finds the URL of an empty database in VOLTFLEET_CHAOS_DATABASE_URL and the server's data
directory in VOLTFLEET_CHAOS_POSTGRES_DATA_DIR. The server and its files go when the command ends.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import postgres

OPTIONS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"


def main(command: list[str]) -> int:
    """The command's exit code."""
    # Not below a directory that only we may enter: as root the server runs as somebody else.
    directory = Path(tempfile.mkdtemp(prefix="voltfleet-postgres-", dir="/tmp"))
    user = postgres._server_user()  # noqa: SLF001 - the tests' own way to set a server up
    if user is not None:
        os.chown(directory, user.pw_uid, user.pw_gid)
    programs = postgres._reachable(postgres._programs(), directory, user)  # noqa: SLF001
    password, port = secrets.token_hex(16), postgres.free_port()
    postgres._initialise(programs, directory, password, user)  # noqa: SLF001
    control = [str(programs / "pg_ctl"), "-D", str(directory / "data"), "-w"]
    try:
        start = ["-l", str(directory / "log"), "-o", f"{OPTIONS} -c port={port}", "start"]
        _run([*control, *start], user)
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        settings = {
            "VOLTFLEET_CHAOS_DATABASE_URL": url,
            "VOLTFLEET_CHAOS_POSTGRES_DATA_DIR": str(directory / "data"),
        }
        with subprocess.Popen(command, env={**os.environ, **settings}) as process:
            # The command ends then, and the server after it.
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            return process.wait()
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], check=False, **_as_user(user))
        shutil.rmtree(directory, ignore_errors=True)


def _run(command: list[str], user: pwd.struct_passwd | None) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_as_user(user))


def _as_user(user: pwd.struct_passwd | None) -> dict[str, object]:
    if user is None:
        return {"cwd": "/"}
    return {"cwd": "/", "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
