"""Fixtures for every room: a database of either kind, a free port, a clock."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import postgres, shared_gateway
from support.clock import FakeClock

SLOW_FOLDERS = frozenset(
    {"chaos", "cli", "contracts", "dashboard", "durability", "e2e", "workflows"}
)


def pytest_configure() -> None:
    """Names the directory that the session's workers share, before they start; and lets what the
    tests start keep its bytecode, or each process compiles the product for itself."""
    postgres.run_directory()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes and browsers comes first: `make test` gives whole files to whichever
    worker is free, and the last ones should be short."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW_FOLDERS)


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


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on just now."""
    return postgres.free_port()


@pytest.fixture
def clock() -> FakeClock:
    """Time as a number: ``clock()`` reads it, ``clock.advance(seconds)`` moves it."""
    return FakeClock()
