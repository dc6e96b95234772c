"""The application over a real database, and callers of every kind."""

import shutil
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
from voltfleet.api.live_hub import Live
from voltfleet.auth import jwt, keys
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database


class Trouble:
    """Why the gateway is not ready; a test writes it in."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    async def __call__(self) -> dict[str, str]:
        return self.reasons


@pytest.fixture
def app_database_url(migrated: Path, tmp_path: Path) -> str:
    """SQLite; a module that wants both databases overrides it with ``current_database_url``."""
    return f"sqlite:///{shutil.copy(migrated / 'main.db', tmp_path / 'voltfleet.db')}"


@pytest.fixture
def database(app_database_url: str) -> Iterator[Database]:
    database = Database(app_database_url)
    yield database
    database.close()


@pytest.fixture
def signing_keys(tmp_path: Path) -> keys.LocalKeys:
    return keys.load_or_create(tmp_path / "keys")


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def frames(migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """The message log's database; SQLite, whatever the other one is."""
    frames = Database(f"sqlite:///{shutil.copy(migrated / 'frames.db', tmp_path / 'frames.db')}")
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
        live=Live(database, frames, clock=clock),
        authenticator=jwt.Authenticator(signing_keys, clock=clock),
        settings=Settings(max_body_bytes=2_000),
        readiness=trouble,
        clock=clock,
    )


@pytest.fixture(scope="session")
def apps() -> dict[str, FastAPI]:
    """The applications made so far: FastAPI takes 50 ms to work out the routes of each."""
    return {}


@pytest.fixture
def app(services: Services, apps: dict[str, FastAPI]) -> FastAPI:
    """The application, over this test's services."""
    made_for = f"product {services.settings}"  # its body limits are fixed when it is made
    app = apps.get(made_for) or apps.setdefault(made_for, create_app(services))
    app.state.services = services
    return app


@pytest.fixture
def api(app: FastAPI, signing_keys: keys.LocalKeys, clock: FakeClock) -> Api:
    return Api(app, signing_keys, clock())
