"""Fixtures for every room: a database of either kind, a free port, a clock."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import postgres, shared_gateway
from support.clock import FakeClock
from voltfleet.storage import migrate
from voltfleet.storage.engine import Database

SLOW_FOLDERS = frozenset(
    {"chaos", "cli", "contracts", "dashboard", "durability", "e2e", "workflows"}
)


def pytest_configure() -> None:
    """Names the directory that the session's workers share, before they start; and lets what the
    tests start keep its bytecode, or each process compiles the product for itself."""
    postgres.run_directory()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes and browsers comes first: `make test` gives whole files to whichever
    worker is free, and the last ones should be short."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW_FOLDERS)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look through it, not
    while it comes about and not while the tests run."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Stops the session's gateway and Postgres, if a test has needed them."""
    shared_gateway.stop_gateway()
    postgres.stop_server()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database; the test runs once on SQLite and once on Postgres."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'voltfleet.db'}"
        return
    name = postgres.create_database()
    yield postgres.server().url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with both databases of SQLite, at the newest schema and empty, to copy."""
    directory = tmp_path_factory.mktemp("migrated")
    for line in ("main", "frames"):
        _migrate(f"sqlite:///{directory / line}.db", line)
    return directory


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[str]:
    """The name of a database of Postgres, at the newest schema, for one test after the other."""
    name = postgres.create_database()
    _migrate(postgres.server().url(name), "main")
    yield name
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def current_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As ``database_url``, with the empty tables of the newest schema in it."""
    if request.param == "sqlite":
        empty = request.getfixturevalue("migrated") / "main.db"
        yield f"sqlite:///{shutil.copy(empty, tmp_path / 'voltfleet.db')}"
        return
    name = request.getfixturevalue("migrated_postgres")
    yield postgres.server().url(name)
    postgres.empty_database(name)


def _migrate(url: str, line: str) -> None:
    database = Database(url)
    migrate.upgrade(database, line)
    database.close()


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on just now."""
    return postgres.free_port()


@pytest.fixture
def clock() -> FakeClock:
    """Time as a number: ``clock()`` reads it, ``clock.advance(seconds)`` moves it."""
    return FakeClock()
