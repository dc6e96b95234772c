"""The application over a real database, and callers of every kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

import builders
from support.callers import Api
from support.clock import FakeClock
from voltfleet.api.app import create_app
from voltfleet.api.deps import Services
from voltfleet.api.links import HostLinks
from voltfleet.auth import jwt, keys
from voltfleet.settings import Settings
from voltfleet.storage import migrate
from voltfleet.storage.engine import Database


class Trouble:
    """Why the gateway is not ready; a test writes it in."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    async def __call__(self) -> dict[str, str]:
        return self.reasons


@pytest.fixture
def app_database_url(tmp_path: Path) -> str:
    """SQLite; a module that wants both databases overrides it with ``database_url``."""
    return f"sqlite:///{tmp_path / 'voltfleet.db'}"


@pytest.fixture
def database(app_database_url: str) -> Iterator[Database]:
    database = builders.open_database(app_database_url)
    yield database
    database.close()


@pytest.fixture
def signing_keys(tmp_path: Path) -> keys.LocalKeys:
    return keys.load_or_create(tmp_path / "keys")


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def frames(tmp_path: Path) -> Iterator[Database]:
    """The message log's database; SQLite, whatever the other one is."""
    frames = Database(f"sqlite:///{tmp_path / 'frames.db'}")
    migrate.upgrade(frames, "frames")
    yield frames
    frames.close()


@pytest.fixture
async def services(
    database: Database,
    frames: Database,
    signing_keys: keys.LocalKeys,
    clock: FakeClock,
    trouble: Trouble,
) -> Services:
    queue: Any = builders.NoQueue()
    return Services(
        db=database,
        frames=frames,
        queue=queue,
        links=HostLinks(database, frames, lease_seconds=builders.LEASE_SECONDS),
        authenticator=jwt.Authenticator(signing_keys, clock=clock),
        settings=Settings(max_body_bytes=2_000),
        readiness=trouble,
        clock=clock,
    )


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest.fixture
def api(app: FastAPI, signing_keys: keys.LocalKeys, clock: FakeClock) -> Api:
    return Api(app, signing_keys, clock())
