"""What a session is set to, so that a commit that has returned is on disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support import postgres
from voltfleet.domain.errors import Unavailable
from voltfleet.storage.engine import Database

FULL = 2


def test_every_sqlite_connection_syncs_each_commit(database_url: str) -> None:
    database = Database(database_url)
    if not database.is_sqlite:
        pytest.skip("of SQLite")
    with database.reading() as first, database.reading() as second, database.writing() as third:
        for connection in (first, second, third):
            read = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "fullfsync")
            }
            assert read == {"journal_mode": "wal", "synchronous": FULL, "fullfsync": 1}
    database.close()


@pytest.fixture
def server_database() -> Iterator[str]:
    name = postgres.create_database()
    yield name
    postgres.drop_database(name)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("on", "on"),
        ("remote_apply", "remote_apply"),
    ],
)
def test_a_postgres_session_waits_for_the_disk_whatever_the_database_says(
    server_database: str, given: str, used: str
) -> None:
    url = postgres.server().url(server_database)
    admin = sa.create_engine(url.replace("postgresql", "postgresql+psycopg"))
    with admin.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER DATABASE {server_database} SET synchronous_commit = {given}"
        )
    admin.dispose()
    database = Database(url)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == used
    with database.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == used
        connection.exec_driver_sql("CREATE TABLE kept (id int)")
        written = connection.exec_driver_sql("SELECT pg_current_wal_insert_lsn()").scalar_one()
    with database.reading() as connection:
        flushed = connection.exec_driver_sql("SELECT pg_current_wal_flush_lsn()").scalar_one()
        later = connection.exec_driver_sql(f"SELECT '{flushed}'::pg_lsn > '{written}'::pg_lsn")
        assert later.scalar_one()  # the commit's own record comes after what was written
    database.close()


async def test_a_full_disk_refuses_and_leaves_what_was_there(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    await database.write(lambda c: c.exec_driver_sql("CREATE TABLE t (x TEXT)") and None)

    def too_much(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 10")  # as a disk without room
        connection.exec_driver_sql("INSERT INTO t VALUES ('first')")
        connection.exec_driver_sql("INSERT INTO t VALUES (hex(zeroblob(100000)))")

    with pytest.raises(Unavailable):
        await database.write(too_much)
    count = sa.text("SELECT count(*) FROM t")
    assert await database.read(lambda c: c.execute(count).scalar_one()) == 0
    database.close()
