"""Brings a database to the schema of this version, from nothing or from any released one.

Two lines of migrations: the main tables, and the frame log (which on SQLite is a file of its own).
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from voltfleet.storage import tables
from voltfleet.storage.dialect import take_turns
from voltfleet.storage.engine import Database

_HERE = Path(__file__).parent / "migrations"
_LINES = {"main": tables.metadata, "frames": tables.frames_metadata}


def upgrade(database: Database, line: str) -> None:
    """Applies what is missing of ``line`` (``main`` or ``frames``), all or nothing per revision.

    Safe to run from several gateways at once: on Postgres they take turns on an advisory lock, on
    SQLite on the write lock.
    """
    with database.writing() as connection:
        take_turns(connection, "migrations")
        command.upgrade(config(connection, line), "head")


def config(connection: sa.Connection, line: str) -> Config:
    """Alembic's configuration for one line of migrations over an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(_HERE))
    settings.set_main_option("version_locations", str(_HERE / line))
    settings.set_main_option("path_separator", "os")
    settings.attributes.update(connection=connection, metadata=_LINES[line], line=line)
    return settings
