"""``voltfleet backup`` and ``voltfleet restore``: a whole fleet into one file, and back.

The fleet runs on while it is backed up. Nothing runs while it is restored: on SQLite the gateway's
own lock says so, on Postgres the signs of life that gateways leave in the database.
"""

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from voltfleet import __version__
from voltfleet.auth import keys
from voltfleet.domain.errors import VoltfleetError
from voltfleet.fleet import gateways
from voltfleet.settings import Settings, from_env
from voltfleet.storage import backup, disk
from voltfleet.storage.archive import ArchiveReader, ArchiveWriter, BadBackup
from voltfleet.storage.dialect import take_turns
from voltfleet.storage.engine import Connection, Database, DatabaseOutage, frames_url

GATEWAY_SILENT_SECONDS = 12.0
"""A gateway that has not shown itself for so long is taken for dead by the others too."""
_SQLITE = "sqlite:///"
_FILES = re.compile(r"token|keys/[A-Za-z0-9][A-Za-z0-9._-]*")

DataDir = Annotated[
    Path | None, typer.Option(help="Keys, token and SQLite files (VOLTFLEET_DATA_DIR).")
]
DatabaseUrl = Annotated[
    str | None, typer.Option(help="postgresql://… instead of SQLite (VOLTFLEET_DATABASE_URL).")
]


class CannotBackUp(VoltfleetError):
    """There is nothing to back up, or nowhere to put it."""

    code = "cannot_back_up"


class CannotRestore(VoltfleetError):
    """The backup is not restored, and nothing was changed."""

    code = "cannot_restore"


def back_up(
    file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    *,
    messages: Annotated[bool, typer.Option(help="With the log of OCPP messages.")] = True,
) -> None:
    """Write the whole fleet into one file, while it runs.

    Locations, jobs, chargers with what their stations remember, commands, keys and the token. The
    file holds the keys that sign tokens: only its owner may read it, and it should stay so.
    """
    settings = from_env(os.environ, data_dir=data_dir, database_url=database_url)
    started = time.monotonic()
    try:
        rows = _write(settings, file, messages=messages)
    except FileExistsError as error:
        raise CannotBackUp(f"{file} is there already; choose another name.") from error
    except OSError as error:
        raise CannotBackUp(f"Cannot write {file}: {error.strerror}.") from error
    took = time.monotonic() - started
    typer.echo(f"{rows:,} rows in {file} ({file.stat().st_size:,} bytes, {took:.1f} s).")
    typer.echo("It holds the keys that sign tokens; keep it as you keep them.")


def _write(settings: Settings, file: Path, *, messages: bool) -> int:
    with (
        _databases(settings) as (database, frames),
        disk.created(file) as out,
        ArchiveWriter(out) as writer,
    ):
        rows = backup.dump(database, "main", writer)
        if messages:
            rows += backup.dump(frames, "frames", writer)
        for path in _secrets(settings):
            writer.add_file(f"data/{path.relative_to(settings.data_dir)}", path.read_bytes())
        writer.finish(
            voltfleet=__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            database="sqlite" if database.is_sqlite else "postgres",
            schema=backup.revisions(),
        )
    return rows


def restore(
    file: Annotated[Path, typer.Argument(help="A file that voltfleet backup made.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the fleet that is there.")
    ] = False,
) -> None:
    """Make a fleet as it was in a backup, on SQLite or Postgres, whichever it came from.

    Every gateway and host of the fleet must be stopped, the old ones too: two fleets would dial a
    CSMS with the same identities. Start it afterwards with voltfleet serve.
    """
    settings = from_env(os.environ, data_dir=data_dir, database_url=database_url)
    with ArchiveReader(file) as reader, _stopped(settings):
        for name in reader.names("data"):
            if not _FILES.fullmatch(name.removeprefix("data/")):
                raise BadBackup(f"{file} has a file that does not belong in it: {name!r}.")
        if settings.database_url.startswith(_SQLITE):
            _restore_sqlite(settings, reader, force=force)
        else:
            _restore_server(settings, reader, force=force)
        manifest = reader.manifest
        chargers = manifest.members["main/chargers.jsonl"].rows
        typer.echo(
            f"Restored the fleet of {manifest.made_at} (Voltfleet {manifest.voltfleet}): "
            f"{chargers:,} chargers."
        )


def _restore_sqlite(settings: Settings, reader: ArchiveReader, *, force: bool) -> None:
    target = Path(settings.database_url.removeprefix(_SQLITE)).absolute()
    frames_target = Path(frames_url(settings.database_url).removeprefix(_SQLITE)).absolute()
    files = [Path(f"{db}{end}") for db in (target, frames_target) for end in ("", "-wal", "-shm")]
    there = [path for path in [*_secrets(settings), *files] if path.exists()]
    if there and not force:
        raise CannotRestore(
            f"{there[0]} is there already; restore into an empty --data-dir, or give --force to "
            "put what is there aside."
        )
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=target.parent) as directory:
        built = Path(directory) / "main.db"
        built_frames = Path(directory) / "frames.db"
        for path, line in ((built, "main"), (built_frames, "frames")):
            database = Database(f"{_SQLITE}{path}")
            with database.writing() as connection:
                backup.load(connection, line, reader)
            database.close()
        _put_aside(settings, there)
        _write_secrets(settings, reader)
        built_frames.rename(frames_target)
        built.rename(target)  # the last: without it there is no fleet, and nothing to mistake
    disk.sync_directory(target.parent)


def _restore_server(settings: Settings, reader: ArchiveReader, *, force: bool) -> None:
    there = _secrets(settings)
    if there and not force:
        raise CannotRestore(
            f"{there[0]} is there already; restore into an empty --data-dir, or give --force to "
            "put what is there aside."
        )
    with _opened(settings.database_url) as database, database.writing() as connection:
        take_turns(connection, "migrations")
        _make_room(connection, force=force)
        for line in backup.LINES:
            backup.load(connection, line, reader)
        _put_aside(settings, there)
        _write_secrets(settings, reader)


def _make_room(connection: Connection, *, force: bool) -> None:
    if backup.is_empty(connection):
        return
    if not force:
        raise CannotRestore(
            "The database has a fleet already; restore into an empty one, or give --force to "
            "replace it."
        )
    seen_at = gateways.last_seen(connection) if backup.has_gateways(connection) else None
    if seen_at is not None and time.time() - seen_at < GATEWAY_SILENT_SECONDS:
        raise CannotRestore(
            "A gateway is running on this database; stop every gateway and host, and try again "
            f"{GATEWAY_SILENT_SECONDS:g} s later."
        )
    backup.wipe(connection)


def _put_aside(settings: Settings, there: list[Path]) -> None:
    """What was there stays, under a name that says what it is."""
    if not there:
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = Path(tempfile.mkdtemp(prefix=f"before-restore-{stamp}-", dir=settings.data_dir))
    for path in there:
        shutil.move(path, aside / path.name)
    typer.echo(f"What was there is in {aside}.")


def _write_secrets(settings: Settings, reader: ArchiveReader) -> None:
    settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in reader.names("data"):
        with disk.created(settings.data_dir / name.removeprefix("data/")) as out:
            out.write(reader.file(name))


def _secrets(settings: Settings) -> list[Path]:
    """The files beside the database that make the fleet what it is."""
    found = sorted(p for p in settings.keys_dir.glob("*.json"))
    return [path for path in [*found, settings.data_dir / "token"] if path.exists()]


@contextmanager
def _databases(settings: Settings) -> Iterator[tuple[Database, Database]]:
    """The main database and the frame log's, as they are."""
    url = settings.database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        raise CannotBackUp(f"There is no fleet in {settings.data_dir}; give its --data-dir.")
    if not (settings.keys_dir / keys.FILE_NAME).exists():
        raise CannotBackUp(
            f"There are no signing keys in {settings.keys_dir}; give the --data-dir of a gateway, "
            "or no token would be good after a restore."
        )
    with ExitStack() as opened:
        database = opened.enter_context(_opened(url))
        frames = database
        if database.is_sqlite:
            frames = opened.enter_context(_opened(frames_url(url)))
        yield database, frames


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    except DatabaseOutage as error:
        why = str(error.orig).strip().partition("\n")[0]
        raise CannotBackUp(f"The database cannot be used: {why}") from error
    finally:
        database.close()


@contextmanager
def _stopped(settings: Settings) -> Iterator[None]:
    """Holds the lock that a gateway on this data directory would hold."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.data_dir / "gateway.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotRestore(f"A gateway runs on {settings.data_dir}; stop it first.") from error
        yield
