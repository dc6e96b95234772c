"""Restarts a Postgres server of this machine the hard way."""

import asyncio
import contextlib
import os
import shlex
import shutil
from pathlib import Path
from typing import Any

from voltfleet.domain.errors import VoltfleetError


class NoPostgresServer(VoltfleetError):
    """The data directory is not that of a running server that this user may restart."""

    code = "no_postgres_server"


class PostgresServer:
    """The server of that data directory."""

    def __init__(self, data_directory: Path) -> None:
        self._directory = data_directory
        self._programs = _programs(data_directory)

    async def restart(self) -> None:
        """``pg_ctl restart -m immediate``: as a crash, and the server starts again at once."""
        data = ["-D", str(self._directory)]
        log = ["-l", str(self._directory.parent / "restarts.log")]
        words = [str(self._programs / "pg_ctl"), "restart", "-m", "immediate", "-w", *data, *log]
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=self._directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
            **_as_owner(self._directory),
        )
        assert process.stdout is not None  # noqa: S101 - it was asked for, above
        # Not to the end of its output: the server that it leaves behind keeps that open.
        code = await process.wait()
        if code:
            said = (await process.stdout.read(4000)).decode(errors="replace")
            raise NoPostgresServer(f"{shlex.join(words)} failed: {said}")


def _programs(data_directory: Path) -> Path:
    """The folder with ``pg_ctl``: that of the running server, or else of the PATH."""
    try:
        pid = int((data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError) as error:
        raise NoPostgresServer(f"No Postgres server runs on {data_directory}.") from error
    candidates = []
    with contextlib.suppress(OSError):  # not Linux, or somebody else's process
        candidates.append(Path(f"/proc/{pid}/exe").readlink().parent)
    on_path = shutil.which("pg_ctl")
    candidates += [Path(on_path).resolve().parent] if on_path else []
    for folder in candidates:
        if (folder / "pg_ctl").is_file():
            return folder
    raise NoPostgresServer("pg_ctl is not beside the server's program and not on the PATH.")


def _as_owner(data_directory: Path) -> dict[str, Any]:
    """Root may not run ``pg_ctl``; the owner of the data may."""
    owner = data_directory.stat()
    if os.geteuid() != 0:
        return {}
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
