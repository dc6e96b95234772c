"""The migrations lead to the tables that the code knows."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from voltfleet.storage import migrate, tables
from voltfleet.storage.engine import Database


@pytest.mark.parametrize(
    ("line", "metadata"), [("main", tables.metadata), ("frames", tables.frames_metadata)]
)
def test_nothing_is_left_to_migrate(database_url: str, line: str, metadata: object) -> None:
    database = Database(database_url)
    migrate.upgrade(database, line)
    with database.reading() as connection:
        ours = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: (
                    kind != "table" or name in metadata.tables  # type: ignore[attr-defined]
                )
            },
        )
        assert compare_metadata(ours, metadata) == []  # type: ignore[arg-type]
    database.close()
