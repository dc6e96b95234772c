"""The job in the real durable engine, in processes that die at every step and are started again."""

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import builders
from support import durable_half, postgres
from support.long import LONG
from voltfleet.fleet import jobs
from voltfleet.storage.engine import Database
from voltfleet.storage.queue import WorkflowQueue
from voltfleet.storage.tables import chargers
from voltfleet.storage.tables import jobs as jobs_table

CHARGERS = 35


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, str]]:
    """What an earlier gateway left, of either kind: its data directory, and its database's name."""

    @functools.cache
    def of(kind: str) -> tuple[Path, str]:
        directory = tmp_path_factory.mktemp(kind)
        name = "voltfleet.db"
        url = f"sqlite:///{directory / name}"
        if kind == "postgres":
            name = postgres.create_database()
            url = postgres.server().url(name)
        with durable_half.start(url, directory) as gateway:
            assert gateway.stdout is not None
            assert gateway.stdout.readline() == "up\n"
            gateway.kill()
        return directory, name

    return of


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(
    request: pytest.FixtureRequest,
    left: Callable[[str], tuple[Path, str]],
    tmp_path: Path,
) -> Iterator[str]:
    """A copy of that, in whose data directory the processes of a test are started."""
    directory, name = left(request.param)
    shutil.copytree(directory, tmp_path, dirs_exist_ok=True)
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / name}"
        return
    postgres.disconnect(name)  # what was killed may still be connected
    copy = postgres.create_database(name)
    yield postgres.server().url(copy)
    postgres.drop_database(copy)


def accept(url: str) -> tuple[Database, str]:
    """A job enqueued while no gateway runs."""
    database = Database(url)
    queue = WorkflowQueue(database)
    job_id = builders.accept(database, builders.batch(CHARGERS), queue=queue)
    return database, job_id


def abandon_a_job(database: Database, queue: WorkflowQueue) -> None:
    nothing = jobs.Submission(None, "")
    request = builders.batch(1, "X")
    with database.writing() as connection:
        jobs.accept_batch(connection, queue, builders.ACME, "loc", request, nothing, 0.0)
        raise sa.exc.ProgrammingError("no", None, ValueError("no"))


def check(database: Database, job_id: str) -> None:
    """Every charger is there once, READY, and was placed once."""
    with database.reading() as connection:
        view = builders.view(connection, job_id)
        rows = connection.execute(
            sa.select(chargers.c.identity, chargers.c.provisioning, chargers.c.generation)
        ).all()
    assert (view.status, view.created, view.failed) == ("READY", CHARGERS, 0)
    assert sorted(row.identity for row in rows) == [f"CP{n:04}" for n in range(CHARGERS)]
    assert {(row.provisioning, row.generation) for row in rows} == {("READY", 1)}
    database.close()


STEPS = ["begin", "register", "touch", "finish"]
DEATHS: list[Any] = [("sqlite", step, when) for step in STEPS for when in ("before", "after")]
# What differs on Postgres is whether a commit was heard of: after it, that is.
DEATHS += [("postgres", "register", "after")]
DEATHS += [
    pytest.param("postgres", step, "after", marks=LONG) for step in STEPS if step != "register"
]


@pytest.mark.parametrize(("database_url", "step", "when"), DEATHS, indirect=["database_url"])
def test_a_gateway_that_dies_at_any_step_is_taken_over(
    database_url: str, tmp_path: Path, step: str, when: str
) -> None:
    database, job_id = accept(database_url)
    assert durable_half.run(database_url, tmp_path, step, when).returncode == 9
    second = durable_half.run(database_url, tmp_path)
    assert second.stdout.splitlines() == ["up", "READY"], second.stderr
    check(database, job_id)


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=LONG)], indirect=True
)
def test_a_job_that_the_engine_loses_hold_of_is_taken_up_again(
    database_url: str, tmp_path: Path
) -> None:
    database, job_id = accept(database_url)
    done = durable_half.run(database_url, tmp_path, "claim", "lost")
    assert done.stdout.splitlines() == ["up", "READY"], done.stderr
    assert "jobs_resumed" in done.stderr
    check(database, job_id)


def test_a_job_claimed_by_a_gateway_that_is_on_no_list_is_taken_over(
    database_url: str, tmp_path: Path
) -> None:
    """As one leaves it that was taken for dead, and claimed a job before it knew."""
    database, job_id = accept(database_url)
    notes = sa.table("workflow_status", schema=None if database.is_sqlite else "dbos")
    claimed = {"status": "PENDING", "executor_id": "gone"}
    with database.writing() as connection:
        for name in (*claimed, "workflow_uuid"):
            notes.append_column(sa.column(name))
        connection.execute(
            sa.update(notes).where(notes.c.workflow_uuid == job_id).values(**claimed)
        )
    done = durable_half.run(database_url, tmp_path)
    assert done.stdout.splitlines() == ["up", "READY"], done.stderr
    assert "forgotten" in done.stderr
    check(database, job_id)


def test_a_job_whose_transaction_is_rolled_back_does_not_exist(
    database_url: str, tmp_path: Path
) -> None:
    database, job_id = accept(database_url)
    with pytest.raises(sa.exc.ProgrammingError, match="no"):
        abandon_a_job(database, WorkflowQueue(database))
    assert durable_half.run(database_url, tmp_path).stdout.splitlines() == ["up", "READY"]
    with database.reading() as connection:
        assert connection.execute(sa.select(jobs_table.c.id)).scalars().all() == [job_id]
    check(database, job_id)
