"""The schema that this version of Voltfleet works on, and whether a database is at it.

What leads there is `migrate`'s, which most starts of a gateway do not need: loading its library
takes a tenth of such a start.
"""

import sqlalchemy as sa

from voltfleet.storage.engine import Database

NEWEST = {"main": "20261130_live", "frames": "20261122_frames"}
"""The newest revision of each line of migrations."""


def make_current(database: Database, line: str) -> None:
    """Applies what is missing of ``line``, if anything is: see `migrate.upgrade`."""
    with database.reading() as connection:
        if revision(connection, line) == NEWEST[line]:
            return
    from voltfleet.storage import migrate  # noqa: PLC0415 - see above

    migrate.upgrade(database, line)


def version_table(line: str) -> str:
    """The table that says at which revision the line is."""
    return f"schema_version_{line}"


def revision(connection: sa.Connection, line: str) -> str | None:
    """The revision that the database is at; nothing if it has none of our tables yet."""
    name = version_table(line)
    if not sa.inspect(connection).has_table(name):
        return None
    column = sa.column("version_num", sa.Text)
    return connection.execute(sa.select(column).select_from(sa.table(name))).scalars().first()
