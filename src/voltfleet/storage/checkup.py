"""What can be known about a database without changing it, for `voltfleet doctor`."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from voltfleet.storage import migrate, tables
from voltfleet.storage.engine import frames_url
from voltfleet.storage.schema import NEWEST, revision
from voltfleet.storage.sqlite_library import is_affected, sqlite

CONNECT_SECONDS = 2
OLDEST_POSTGRES = 14
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Library:
    """The SQLite library in use, and whether it can corrupt a database."""

    version: str
    affected: bool


@dataclass(frozen=True, slots=True)
class Server:
    """What a Postgres server says of itself. ``skew_seconds`` is its clock less ours."""

    version: int
    settings: dict[str, str]
    connections_free: int
    skew_seconds: float


@dataclass(frozen=True, slots=True)
class Schema:
    """``there`` is the revision of the database: nothing if it has no tables of ours."""

    there: str | None
    newest: str
    known: bool


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found; ``error`` when the database cannot be reached or read. ``newest_at`` is the
    newest time that any gateway has written into it."""

    error: str = ""
    exists: bool = True
    server: Server | None = None
    schema: Schema | None = None
    newest_at: float | None = None


def library() -> Library:
    """Which SQLite is used."""
    return Library(sqlite.sqlite_version, is_affected())


def look(url: str) -> Checkup:
    """Takes two seconds at the most to find out that a server does not answer."""
    return _look_at_file(url) if url.startswith(_SQLITE) else _look_at_server(url)


def files(url: str) -> list[Path]:
    """The files of an SQLite database; none of a server's."""
    if not url.startswith(_SQLITE):
        return []
    return [Path(each.removeprefix(_SQLITE)) for each in (url, frames_url(url))]


def _look_at_file(url: str) -> Checkup:
    file = Path(url.removeprefix(_SQLITE))
    if not file.exists():
        return Checkup(exists=False)
    engine = sa.create_engine(f"{_SQLITE}file:{file}?mode=ro&uri=true", module=sqlite)
    try:
        with engine.connect() as connection:
            return _read(connection, None)
    except (sa.exc.DBAPIError, OSError) as error:
        return Checkup(error=_reason(error))
    finally:
        engine.dispose()


def _look_at_server(url: str) -> Checkup:
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    try:
        with engine.connect() as connection:
            return _read(connection, _server(connection))
    except (sa.exc.DBAPIError, psycopg.Error, OSError) as error:
        return Checkup(error=_reason(error))
    finally:
        engine.dispose()


def _read(connection: sa.Connection, server: Server | None) -> Checkup:
    there = revision(connection, "main")
    schema = Schema(there, NEWEST["main"], there is None or migrate.knows("main", there))
    newest_at = None
    if there is not None:
        with contextlib.suppress(sa.exc.DBAPIError):  # a schema that this version does not know
            newest_at = max(_times(connection), default=None)
    return Checkup(server=server, schema=schema, newest_at=newest_at)


def _times(connection: sa.Connection) -> Iterator[float]:
    for column in (tables.jobs.c.updated_at, tables.gateways.c.seen_at):
        newest = connection.execute(sa.select(sa.func.max(column))).scalar_one()
        if newest is not None:
            yield newest


def _server(connection: sa.Connection) -> Server:
    settings = {
        name: str(connection.execute(sa.select(sa.func.current_setting(name))).scalar_one())
        for name in ("fsync", "full_page_writes", "server_version_num", "max_connections")
    }
    used = connection.execute(
        sa.select(sa.func.count()).select_from(sa.table("pg_stat_activity"))
    ).scalar_one()
    before = time.time()
    theirs = connection.execute(
        sa.select(sa.func.extract("epoch", sa.func.clock_timestamp()))
    ).scalar_one()
    ours = (before + time.time()) / 2
    return Server(
        version=int(settings["server_version_num"]) // 10_000,
        settings=settings,
        connections_free=int(settings["max_connections"]) - int(used),
        skew_seconds=float(theirs) - ours,
    )


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).strip().partition("\n")[0]
