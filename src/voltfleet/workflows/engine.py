"""The durable engine (DBOS), named here and in ``storage/queue.py`` only.

What it does for us: a workflow that was enqueued is run until it ends, however often its process
dies. What it does not do, and ``workflows/reconcile.py`` does: take over the work of a process that
will not come back.
"""

import contextlib
import logging
import os
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID

from voltfleet.observability import fault_points
from voltfleet.storage.engine import create_sqlite_engine_for_workflows, open_kept
from voltfleet.storage.queue import APPLICATION, ENGINE_VERSION, JOBS

T = TypeVar("T")

JOBS_AT_ONCE = 32
"""Jobs that one gateway carries out at a time; a job that waits for a host holds a thread."""
POLL_SECONDS = 0.2
"""How often the queue is looked at: the longest wait before a job begins."""
MAX_RECOVERIES = 50
"""Crashes of the process that a job survives before it is taken for the cause of them."""

_STEP_RETRIES = 30
"""With the back-off below, the database may be away for two hours before a job is given up."""
_DEAD = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


class Engine:
    """The durable engine of one gateway process."""

    def __init__(self, database_url: str, *, is_sqlite: bool) -> None:
        self.executor_id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        config: DBOSConfig = {
            "name": APPLICATION,
            "application_version": ENGINE_VERSION,
            "executor_id": self.executor_id,
            "max_executor_threads": JOBS_AT_ONCE + 16,
            "sys_db_idle_transaction_timeout_sec": 5,
            "log_level": "WARNING",
        }
        self._sqlite = create_sqlite_engine_for_workflows(database_url) if is_sqlite else None
        if self._sqlite is not None:
            open_kept(self._sqlite)
            config["system_database_engine"] = self._sqlite
        else:
            config["system_database_url"] = database_url
        logging.getLogger("dbos").setLevel(logging.WARNING)
        self._dbos = DBOS(config=config)
        self._workflows: dict[str, Callable[[str], None]] = {}
        self._under_way: Counter[str] = Counter()
        self._counting = threading.Lock()

    def workflow(self, name: str, work: Callable[[str], None]) -> None:
        """Makes ``work(workflow_id)`` the workflow of that name; before `launch`."""

        def run(workflow_id: str) -> None:
            with self._counted(workflow_id):
                work(workflow_id)

        self._workflows[name] = DBOS.workflow(name=name, max_recovery_attempts=MAX_RECOVERIES)(run)

    def launch(self) -> None:
        """Creates the engine's tables where they lack and begins to run what is enqueued."""
        DBOS.launch()
        DBOS.register_queue(
            JOBS,
            worker_concurrency=JOBS_AT_ONCE,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )

    def recover(self, executor_id: str) -> bool:
        """Enqueues again what a dead gateway left behind. True once nothing of it is left."""
        DBOS._recover_pending_workflows([executor_id])  # noqa: SLF001 - no public call keeps attempts
        return not DBOS.list_workflows(status="PENDING", executor_id=[executor_id], limit=1)

    def claims(self) -> dict[str, str]:
        """The workflows that gateways have claimed and not ended, each with its gateway."""
        claimed = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {status.workflow_id: status.executor_id for status in claimed if status.executor_id}

    def stranded(self, claims: Mapping[str, str]) -> list[str]:
        """Which of the claims are this gateway's, and not run. For a moment that is every one; for
        longer, one of which the engine lost hold: it does not look again when a write of its own
        fails after the claim, or after the work is done."""
        mine = [claimed for claimed, gateway_id in claims.items() if gateway_id == self.executor_id]
        with self._counting:
            return [workflow_id for workflow_id in mine if not self._under_way[workflow_id]]

    def resume(self, workflow_ids: list[str]) -> None:
        """Enqueues them again; nothing for those that have ended."""
        DBOS.resume_workflows(workflow_ids, queue_name=JOBS)

    def unknown(self, workflow_ids: list[str]) -> list[str]:
        """Those of the workflows that the engine has no note of: their database was restored from
        a backup, which has none."""
        found = DBOS.list_workflows(workflow_ids=workflow_ids, load_input=False, load_output=False)
        known = {status.workflow_id for status in found}
        return [workflow_id for workflow_id in workflow_ids if workflow_id not in known]

    def begin_again(self, name: str, workflow_id: str) -> None:
        """Enqueues a workflow whose argument is its id; nothing if the engine has it by now."""
        with SetWorkflowID(workflow_id):
            DBOS.enqueue_workflow(JOBS, self._workflows[name], workflow_id)

    def dead(self, workflow_ids: list[str]) -> list[str]:
        """Those of the workflows that the engine has given up on."""
        ended = DBOS.list_workflows(workflow_ids=workflow_ids, status=_DEAD, load_input=False)
        return [status.workflow_id for status in ended]

    def sweep(self, before: float) -> None:
        """Forgets the engine's notes of workflows that ended before ``before`` (epoch seconds)."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", *_DEAD],
            completed_before=_iso(before),
            limit=1_000,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([status.workflow_id for status in ended])

    def stop(self, patience_seconds: int) -> None:
        """Stops taking work and waits for what is under way; what is not done by then is taken up
        again by the next gateway."""
        DBOS.destroy(workflow_completion_timeout_sec=patience_seconds)
        if self._sqlite is not None:
            self._sqlite.dispose()

    @contextlib.contextmanager
    def _counted(self, workflow_id: str) -> Iterator[None]:
        with self._counting:
            self._under_way[workflow_id] += 1
        try:
            yield
        finally:
            with self._counting:
                self._under_way[workflow_id] -= 1
                self._under_way += Counter()  # forgets what is at none


def durable_step(name: str, work: Callable[[], T]) -> T:
    """``work()``, remembered by the workflow under way and retried when it raises."""
    result = DBOS.run_step(
        {
            "name": name,
            "retries_allowed": True,
            "interval_seconds": 1.0,
            "max_attempts": _STEP_RETRIES,
            "backoff_rate": 1.3,
        },
        work,
    )
    fault_points.reach("step.noted")
    return result


def _iso(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat()
