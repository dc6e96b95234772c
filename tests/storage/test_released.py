"""A database of every released schema is brought to this one, and nothing in it is lost.

The dumps in ``released/`` were left by the versions themselves: `tools/keep_schema.py` makes them.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from support import durable_half, postgres
from support.durability import in_full
from voltfleet.storage import backup, migrate
from voltfleet.storage.engine import Database
from voltfleet.storage.sqlite_library import sqlite

DUMPS = sorted((Path(__file__).parent / "released").glob("*.sql"))


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with what that version left."""
    dump: Path = request.param
    if dump.name.endswith(".sqlite.sql"):
        file = tmp_path / "voltfleet.db"
        with sqlite.connect(file) as connection:
            connection.executescript(dump.read_text())
        connection.close()
        yield f"sqlite:///{file}"
        return
    name = postgres.create_database()
    with psycopg.connect(postgres.server().url(name), autocommit=True) as connection:
        connection.execute(dump.read_bytes())
    yield postgres.server().url(name)
    postgres.drop_database(name)


def rows(database: Database) -> dict[str, list[dict[str, object]]]:
    """Every row of our tables as they are, whatever this version thinks of them."""
    found = {}
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        ours = {name for metadata in backup.LINES.values() for name in metadata.tables}
        for name in sorted(ours & set(inspector.get_table_names())):
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            every = sa.select(table).order_by(*table.primary_key.columns)
            found[name] = [dict(row) for row in connection.execute(every).mappings()]
    return found


@pytest.mark.parametrize("url", DUMPS, ids=lambda dump: dump.stem, indirect=True)
def test_what_a_release_left_survives_every_migration(url: str) -> None:
    database = Database(url)
    before = rows(database)
    assert {charger["provisioning"] for charger in before["chargers"]} == {"READY", "PROVISIONING"}
    assert len(before["jobs"]) == 2
    migrate.upgrade(database, "main")
    if not database.is_sqlite:
        migrate.upgrade(database, "frames")
    with database.reading() as connection:
        migrate.check_is_current(connection, "main")
    after = rows(database)
    for name, kept in before.items():
        same = [{column: row[column] for column in kept[0]} for row in after[name]] if kept else []
        assert same == kept, name
    database.close()


@in_full
@pytest.mark.parametrize(
    "url",
    DUMPS,
    ids=lambda dump: dump.stem,
    indirect=True,
)
def test_the_job_that_a_release_left_open_is_finished(url: str, tmp_path: Path) -> None:
    # The gateways of then left no file by which their death is seen at once.
    ended = durable_half.run(url, tmp_path, LEASE_SECONDS="2")
    assert ended.stdout.split() == ["up", "READY"], ended.stderr
    database = Database(url)
    assert {charger["provisioning"] for charger in rows(database)["chargers"]} == {"READY"}
    database.close()
