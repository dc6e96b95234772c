"""What SQLite and Postgres spell differently."""

import zlib

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.dml.Insert | sqlite.dml.Insert


def insert(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that can be told what to do about a row that is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_new(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that leaves alone every row that would break a unique rule."""
    return insert(connection, table).on_conflict_do_nothing()


def upsert(connection: sa.Connection, table: sa.Table, key: str, columns: list[str]) -> Insert:
    """An INSERT that overwrites ``columns`` of the row whose ``key`` is there already."""
    into = insert(connection, table)
    return into.on_conflict_do_update(
        index_elements=[key], set_={name: into.excluded[name] for name in columns}
    )


def take_turns(connection: sa.Connection, what: str, *, shared: bool = False) -> None:
    """Makes transactions about ``what`` follow one another until each has committed; those that
    take their turn ``shared`` may run beside each other.

    SQLite's writers do so by themselves.
    """
    if connection.dialect.name == "postgresql":
        key = zlib.crc32(what.encode()) - 2**31
        take = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
        connection.execute(sa.select(take(86010, key)))


def random_hex(connection: sa.Connection) -> sa.ColumnElement[str]:
    """Twelve random hex digits, drawn anew for every row."""
    if connection.dialect.name == "postgresql":
        # The version digit of a random UUID is its thirteenth.
        return sa.func.substr(
            sa.func.replace(sa.cast(sa.func.gen_random_uuid(), sa.Text), "-", ""), 1, 12
        )
    return sa.func.lower(sa.func.hex(sa.func.randomblob(6)))


def storable(text: str) -> str:
    """The text as Postgres can keep it: a NUL, which anybody can send us, becomes U+FFFD."""
    return text.replace("\0", "\ufffd")
