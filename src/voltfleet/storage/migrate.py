"""Brings a database to the schema of this version, from nothing or from any released one.

Two lines of migrations: the main tables, and the frame log (which on SQLite is a file of its own).
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from voltfleet.domain.errors import VoltfleetError
from voltfleet.storage import tables
from voltfleet.storage.dialect import take_turns
from voltfleet.storage.engine import Database
from voltfleet.storage.schema import NEWEST, revision

_HERE = Path(__file__).parent / "migrations"
_LINES = {"main": tables.metadata, "frames": tables.frames_metadata}


class WrongSchema(VoltfleetError):
    """The database is not at the schema of this version."""

    code = "wrong_schema"


def upgrade(database: Database, line: str) -> None:
    """Applies what is missing of ``line`` (``main`` or ``frames``), all or nothing per revision.

    Safe to run from several gateways at once: on Postgres they take turns on an advisory lock, on
    SQLite on the write lock. Raises `WrongSchema` if a newer version has been at the database.
    """
    with database.writing() as connection:
        take_turns(connection, "migrations")
        check_is_known(connection, line)
        upgrade_connection(connection, line, "head")


def upgrade_connection(connection: sa.Connection, line: str, to: str) -> None:
    """Applies what is missing of ``line`` up to a revision, in the transaction under way."""
    command.upgrade(config(connection, line), to)


def knows(line: str, given: str) -> bool:
    """Whether this version of Voltfleet has that revision, so that it can migrate from it."""
    try:
        return _scripts(line).get_revision(given) is not None
    except CommandError:
        return False


def check_is_known(connection: sa.Connection, line: str) -> None:
    """Raises `WrongSchema` if a newer version of Voltfleet has migrated the database."""
    there = revision(connection, line)
    if there is not None and not knows(line, there):
        raise WrongSchema(
            f"The database was migrated by a newer version of Voltfleet (to {there}); run that "
            "version, or restore a backup made by this one."
        )


def check_is_current(connection: sa.Connection, line: str) -> None:
    """Raises `WrongSchema` unless the database is at the revision of this version."""
    check_is_known(connection, line)
    there = revision(connection, line)
    if there != NEWEST[line]:
        raise WrongSchema(
            f"The database is at schema {there or 'none'}, this version's is {NEWEST[line]}; back "
            "it up with the version that runs on it, or start this one once."
        )


def _scripts(line: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(_settings(line))


def _settings(line: str) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(_HERE))
    settings.set_main_option("version_locations", str(_HERE / line))
    settings.set_main_option("path_separator", "os")
    return settings


def config(connection: sa.Connection, line: str) -> Config:
    """Alembic's configuration for one line of migrations over an open connection."""
    settings = _settings(line)
    settings.attributes.update(connection=connection, metadata=_LINES[line], line=line)
    return settings
