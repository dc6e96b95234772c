"""Every row of Voltfleet's own tables into an archive, as they were at one moment, and back.

The same lines of JSON whatever the database is, so a fleet can move from SQLite to Postgres or
back. Left out are the durable engine's notes, because an unfinished job goes on from its rows
(`workflows.reconcile`), which gateway processes were alive, and what is kept for minutes only, for
live streams.
"""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy as sa

from voltfleet.storage import migrate, queue, schema, tables
from voltfleet.storage.archive import ArchiveReader, ArchiveWriter, BadBackup
from voltfleet.storage.engine import Database

LINES = {"main": tables.metadata, "frames": tables.frames_metadata}
LEFT_OUT = frozenset(
    table.name
    for table in (tables.gateways, tables.live_changes, tables.live_watches, tables.live_details)
)
BATCH = 2_000
"""Rows that are in memory at a time."""


def dump(database: Database, line: str, archive: ArchiveWriter) -> int:
    """Writes the tables of one line of migrations (``main`` or ``frames``), all as of one moment,
    while the fleet runs on. Returns how many rows there were.

    Raises `migrate.WrongSchema` if the database is not at this version's schema.
    """
    with _snapshot(database) as connection:
        migrate.check_is_current(connection, line)
        return sum(
            archive.add_table(
                f"{line}/{table.name}.jsonl",
                [str(column.name) for column in table.columns],
                _rows(connection, table),
            )
            for table in LINES[line].sorted_tables
            if table.name not in LEFT_OUT
        )


def load(connection: sa.Connection, line: str, archive: ArchiveReader) -> None:
    """Makes the tables as they were in the version that made the backup, fills them, and brings
    them to this version's schema. There must be none of them yet.

    Raises `BadBackup` when this version does not know the schema of the backup.
    """
    revision = archive.manifest.schema[line]
    if not migrate.knows(line, revision):
        raise BadBackup(
            f"The backup has a schema that this version does not know ({revision}); restore it "
            f"with Voltfleet {archive.manifest.voltfleet} or newer."
        )
    migrate.upgrade_connection(connection, line, revision)
    for member in archive.names(line):
        name = member.removeprefix(f"{line}/").removesuffix(".jsonl")
        columns, rows = archive.table(member)
        count = _fill(connection, name, columns, rows)
        if count != archive.manifest.members[member].rows:
            raise BadBackup(f"The backup is damaged: {member} has {count} rows.")
    migrate.upgrade_connection(connection, line, "head")
    if line == "main":
        # Whoever watched the fleet before must look at all of it anew: see fleet/news.py.
        connection.execute(sa.insert(tables.live_changes), {"at": time.time()})


def revisions() -> dict[str, str]:
    """The schema of this version, by line of migrations: what `dump` writes."""
    return {line: schema.NEWEST[line] for line in LINES}


def has_gateways(connection: sa.Connection) -> bool:
    """Whether there is a table in which gateways show that they are alive."""
    return sa.inspect(connection).has_table(tables.gateways.name)


def is_empty(connection: sa.Connection) -> bool:
    """Whether the database has no table of ours."""
    return not _ours(connection)


def wipe(connection: sa.Connection) -> None:
    """Drops our tables, with all that is in them, and the durable engine's notes (Postgres)."""
    for name in _ours(connection):
        connection.execute(sa.schema.DropTable(sa.Table(name, sa.MetaData())))
    queue.drop_notes(connection)


def _ours(connection: sa.Connection) -> list[str]:
    """Our tables that are there, each before those that it refers to."""
    known = [
        table.name for metadata in LINES.values() for table in reversed(metadata.sorted_tables)
    ]
    known += [schema.version_table(line) for line in LINES]
    there = set(sa.inspect(connection).get_table_names())
    return [name for name in known if name in there]


@contextmanager
def _snapshot(database: Database) -> Iterator[sa.Connection]:
    """One moment of the database, for as long as it is read."""
    if database.is_sqlite:
        with database.reading() as connection:
            yield connection
        return
    with database.engine.connect() as plain:
        connection = plain.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield connection


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[object]]:
    found = connection.execution_options(yield_per=BATCH).execute(
        sa.select(table).order_by(*table.primary_key.columns)
    )
    for row in found:
        yield list(row)


def _fill(
    connection: sa.Connection, name: str, columns: list[str], rows: Iterator[list[object]]
) -> int:
    types = {c["name"]: c["type"] for c in sa.inspect(connection).get_columns(name)}
    table = sa.table(name, *(sa.column(column, types[column]) for column in columns))
    binary = {c for c in columns if isinstance(types[c], sa.LargeBinary)}
    count = 0
    while batch := list(islice(rows, BATCH)):
        connection.execute(sa.insert(table), [_values(columns, binary, row) for row in batch])
        count += len(batch)
    if connection.dialect.name == "postgresql":
        _count_on(connection, name)
    return count


def _values(columns: list[str], binary: set[str], row: list[object]) -> dict[str, Any]:
    values = dict(zip(columns, row, strict=True))
    for column in binary:
        text = values[column]
        values[column] = None if text is None else base64.b64decode(str(text))
    return values


def _count_on(connection: sa.Connection, name: str) -> None:
    """Numbers that Postgres draws go on after those that were brought."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    for column in sa.inspect(connection).get_pk_constraint(name)["constrained_columns"]:
        sequence = connection.execute(
            sa.select(sa.func.pg_get_serial_sequence(quoted, column))
        ).scalar_one()
        if sequence is not None:
            number = sa.column(column, sa.BigInteger)
            last = connection.execute(
                sa.select(sa.func.max(number)).select_from(sa.table(name))
            ).scalar_one()
            if last is not None:
                connection.execute(sa.select(sa.func.setval(sequence, last)))
