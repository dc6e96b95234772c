"""The bell between gateways."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from support import postgres
from voltfleet.storage.bell import Bell


@pytest.fixture
def url() -> Iterator[str]:
    name = postgres.create_database()
    yield postgres.server().url(name)
    postgres.drop_database(name)


class Ear:
    """Counts what a bell tells it."""

    def __init__(self) -> None:
        self.heard = threading.Semaphore(0)

    def __call__(self) -> None:
        self.heard.release()

    def hears(self, within_seconds: float = 10.0) -> bool:
        return self.heard.acquire(timeout=within_seconds)


def test_others_hear_it_and_whoever_rang_does_not(url: str) -> None:
    bells, ears = [Bell(url) for _ in range(2)], [Ear(), Ear()]
    for bell, ear in zip(bells, ears, strict=True):
        bell.start(ear)
        assert ear.hears()  # it listens now: whatever was rung before
    bells[0].ring()
    assert ears[1].hears()
    bells[1].ring()
    assert ears[0].hears()
    assert not ears[0].hears(0.1)
    for bell in bells:
        bell.stop()


def test_it_works_again_after_the_server_cut_it_off(url: str) -> None:
    bell, ear = Bell(url), Ear()
    bell.start(ear)
    assert ear.hears()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'voltfleet-bell'"
        )
    assert ear.hears()
    bell.stop()


def test_with_sqlite_there_is_nobody_to_hear_it() -> None:
    bell, ear = Bell("sqlite:///nowhere.db"), Ear()
    bell.start(ear)
    bell.ring()
    bell.stop()
    assert not ear.hears(0)
