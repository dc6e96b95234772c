"""The job, as a runbook: register and place the chargers, see that hosts take them up, finish.

The steps are transactions over the job's charger rows (`fleet.provisioning`); the engine remembers
which of them are done. Names of steps are frozen once released.
"""

import threading
import time
from collections.abc import Callable

import structlog

from voltfleet.domain.provisioning import UNKNOWN
from voltfleet.fleet import placement, provisioning
from voltfleet.storage.engine import DatabaseError
from voltfleet.workflows.engine import durable_step
from voltfleet.workflows.steps import Steps

LOOK_EVERY_SECONDS = 0.1
TOUCH_EVERY_SECONDS = 5.0
AWAY_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class Provisioner:
    """Carries out jobs. ``chunk`` is the driver's: how many chargers to register at once;
    ``assigned`` is called after each commit that gives hosts something to do."""

    def __init__(
        self,
        steps: Steps,
        *,
        chunk: int,
        assigned: Callable[[], None],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._steps = steps
        self._chunk = chunk
        self._assigned = assigned
        self._wait = wait
        self._handing_over = threading.Event()

    def run(self, job_id: str) -> None:
        """The workflow. Returns when the job is final; raises only what the engine should retry."""
        steps = self._steps
        if not steps.transact("begin", lambda c, now: provisioning.begin(c, job_id, now)):
            return
        while durable_step("register", lambda: self._register(job_id)):
            pass
        durable_step("settle", lambda: self._settle(job_id))
        steps.transact("finish", lambda c, now: provisioning.finish(c, job_id, now))

    def hand_over(self) -> None:
        """Begins no further act, for good: this process is about to end, and whoever takes a job
        over goes on from its rows."""
        self._handing_over.set()

    def give_up(self, job_id: str) -> None:
        """Ends a job whose workflow the engine has given up on."""
        self._steps.once(lambda c, now: provisioning.fail(c, job_id, UNKNOWN, now))

    def _go_on(self) -> None:
        if self._handing_over.is_set():
            threading.Event().wait()  # returning would tell the engine that the job is done

    def _register(self, job_id: str) -> int:
        self._go_on()
        left = self._steps.once(lambda c, now: provisioning.register(c, job_id, self._chunk, now))
        self._assigned()
        return left

    def _settle(self, job_id: str) -> None:
        """Places what waits, tries again what failed, until every charger is READY or FAILED.

        One long step: it keeps nothing in memory that the rows do not say, so a crash costs only
        the time since.
        """
        touched = -TOUCH_EVERY_SECONDS
        while True:
            self._go_on()
            try:
                if self._steps.clock() - touched > TOUCH_EVERY_SECONDS:
                    self._steps.once(lambda c, now: provisioning.touch(c, job_id, "settle", now))
                    touched = self._steps.clock()
                if self._settled(job_id):
                    return
            except DatabaseError as error:
                # However long it is away: the rows are where they were when it is back.
                _log.warning("database_away", job=job_id, error=str(error))
                self._wait(AWAY_SECONDS)
            self._wait(LOOK_EVERY_SECONDS)

    def _settled(self, job_id: str) -> bool:
        steps = self._steps
        standing = steps.look(lambda c, now: placement.standing(c, job_id, now))
        if standing.due:
            steps.once(lambda c, now: placement.place(c, job_id, now))
            steps.once(lambda c, now: placement.reclaim(c, job_id, now))
            self._assigned()
        return not standing.open
