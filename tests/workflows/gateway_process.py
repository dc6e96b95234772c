"""A gateway's durable half in a process of its own, which dies where it is told to.

``python gateway_process.py URL [STEP WHEN]``: runs what is enqueued, with a host that takes up
everything at once; ``WHEN`` is ``before`` or ``after`` the commit of the first transaction of
``STEP``. With ``claim lost`` nothing dies: the engine fails once after its claim of a workflow.
Prints READY or FAILED when no job is open any more, and exits. ``LEASE_SECONDS`` is a variable: how
long a gateway that left no file in this directory has to be silent before it is taken for dead.
"""

import os
import sys
import threading
import time
from pathlib import Path

import sqlalchemy as sa
from dbos import _queue

import builders
from voltfleet.fleet import jobs, provisioning
from voltfleet.observability.logging import configure
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import jobs as jobs_table
from voltfleet.workflows.engine import Engine
from voltfleet.workflows.presence import Presence
from voltfleet.workflows.provision import Provisioner
from voltfleet.workflows.reconcile import Reconciler, Retention
from voltfleet.workflows.steps import Steps

CHUNK = 10


class DyingSteps(Steps):
    """Dies before or after the commit of one step's transaction."""

    def __init__(self, database: Database, step: str, when: str) -> None:
        super().__init__(database)
        self._function = getattr(provisioning, step) if step else None
        self._when = when
        self._touched = False

    def once(self, work):
        if self._function is None:
            return super().once(work)
        called = False

        def watched(connection, now):
            nonlocal called
            name = self._function.__name__
            original = self._function

            def noting(*args, **kwargs):
                nonlocal called
                called = True
                return original(*args, **kwargs)

            setattr(provisioning, name, noting)
            try:
                return work(connection, now)
            finally:
                setattr(provisioning, name, original)
                if called and self._when == "before":
                    os._exit(9)

        result = super().once(watched)
        if called:
            os._exit(9)
        return result


def lose_a_claim() -> None:
    """As when the disk is full, or the database away, just after the claim was written."""
    original = _queue.execute_dequeued_workflow

    def failing(*_args, **_kwargs):
        _queue.execute_dequeued_workflow = original
        raise RuntimeError("this once")

    _queue.execute_dequeued_workflow = failing


def main() -> None:
    configure()
    url, step, when = (*sys.argv[1:], "", "")[:3]
    if (step, when) == ("claim", "lost"):
        lose_a_claim()
        step = ""
    database = builders.open_database(url)
    frames = database
    steps = DyingSteps(database, step, when)
    engine = Engine(url, is_sqlite=database.is_sqlite)
    provisioner = Provisioner(steps, chunk=CHUNK, assigned=lambda: None)
    engine.workflow(jobs.WORKFLOW, provisioner.run)
    reconciler = Reconciler(
        engine,
        Steps(database),
        provisioner,
        frames,
        Retention(3600, 1000),
        Presence(Path.cwd(), engine.executor_id),
        alone=False,
        lease_seconds=float(os.environ.get("LEASE_SECONDS", "600")),
        assigned=lambda: None,
    )
    reconciler.register()
    engine.launch()
    reconciler.start()
    builders.connect_host(database, time.time(), capacity=1_000)
    print("up", flush=True)  # noqa: T201 - what the test waits for
    pause = threading.Event()
    while True:
        builders.take_up(database, time.time())
        with database.reading() as connection:
            states = set(connection.execute(sa.select(jobs_table.c.status)).scalars())
        if states and states <= {"READY", "FAILED"}:
            print(*states, flush=True)  # noqa: T201
            os._exit(0)
        pause.wait(0.05)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
