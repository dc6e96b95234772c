"""A database of either kind, at the newest schema and empty."""

from collections.abc import Iterator

import pytest

from voltfleet.storage.engine import Database


@pytest.fixture
def database(current_database_url: str) -> Iterator[Database]:
    """A module that wants things in it overrides this with itself."""
    database = Database(current_database_url)
    yield database
    database.close()
