"""The sweep: takes over what a dead gateway left behind, and what a silent host ran.

Every gateway shows that it is alive once a second (`fleet.gateways`). Whichever finds another
silent for most of a lease, or finds its process dead on the same machine (`workflows.presence`),
enqueues its unfinished workflows again; the engine never does so by itself. Hosts are judged by
their leases. Each act is safe to repeat, and safe on several gateways at once; silence is measured
by this process's own clock (`workflows.silence`).
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from voltfleet.fleet import (
    audit,
    credentials,
    delivery,
    frame_log,
    gateways,
    jobs,
    live_details,
    news,
    provisioning,
    silent_hosts,
)
from voltfleet.observability import memory
from voltfleet.storage.engine import Database, DatabaseError
from voltfleet.workflows.engine import Engine
from voltfleet.workflows.presence import Presence
from voltfleet.workflows.provision import Provisioner
from voltfleet.workflows.silence import Silences
from voltfleet.workflows.steps import Steps

HEARTBEAT_SECONDS = 1.0
SWEEP_SECONDS = 1.0
GATEWAY_SILENT_SHARE = 0.8
"""Of a host's lease: how long a gateway has to be silent."""
LEASE_MARGIN_SECONDS = 2.0
"""How much longer than its lease a host has to be silent: until then it has closed its sockets, or
whoever started it has killed it."""
STRANDED_SECONDS = 4.0
"""How long work that this gateway has claimed may wait to begin, or to be noted as done."""
JOB_STALLED_SECONDS = 30.0
HOUSEKEEPING_SECONDS = 30.0
NOTES_KEPT_SECONDS = 24 * 3600.0
COMMANDS_KEPT = 200_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Bounds of the frame log and of the audit log: age in seconds, and how many rows. Commands are
    kept as long as frames."""

    seconds: float
    frames: int
    audit_seconds: float = 90 * 86_400.0
    audit_rows: int = 1_000_000


class Reconciler:
    """Two threads: one shows that this gateway is alive, the other sweeps up after those that are
    not. ``alone`` says that no other gateway can be alive (SQLite): what others left is taken over
    at once. A host is left alone for its lease from when this gateway first looked, so the hosts of
    a restarted fleet find their chargers where they were."""

    def __init__(
        self,
        engine: Engine,
        steps: Steps,
        provisioner: Provisioner,
        frames: Database,
        retention: Retention,
        presence: Presence,
        *,
        alone: bool,
        lease_seconds: float,
        assigned: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._steps = steps
        self._provisioner = provisioner
        self._frames = frames
        self._retention = retention
        self._presence = presence
        self._gateways = Silences[float](
            0.0 if alone else GATEWAY_SILENT_SHARE * lease_seconds,
            is_final=lambda sign: sign == gateways.GONE,
        )
        self._hosts = Silences[silent_hosts.Sign](
            lease_seconds + LEASE_MARGIN_SECONDS,
            is_final=lambda sign: sign[1] == silent_hosts.GIVEN_UP,
        )
        self._stranded = Silences[None](STRANDED_SECONDS, is_final=lambda _: False)
        self._housekeeping_from = time.monotonic() + HOUSEKEEPING_SECONDS
        self._assigned = assigned
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=(HEARTBEAT_SECONDS, self._beat), daemon=True),
            threading.Thread(target=self._every, args=(SWEEP_SECONDS, self.sweep), daemon=True),
        ]

    def register(self) -> None:
        """Shows that this gateway is alive; before the engine runs anything."""
        self._presence.show()
        self._steps.once(lambda c, now: gateways.seen(c, self._engine.executor_id, now))

    def start(self) -> None:
        """Takes over what is left of dead gateways, and goes on doing so."""
        self._take_up_unknown_jobs()
        self.sweep()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends both threads; this gateway then counts as dead after the usual silence, or at once
        after `leave`."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def leave(self) -> None:
        """Nothing runs here any more: the next sweep of any gateway takes over what is left."""
        with contextlib.suppress(DatabaseError):  # then they find out by the silence
            self._steps.once(lambda c, _now: gateways.leave(c, self._engine.executor_id))

    def sweep(self) -> None:
        """One round."""
        claims = self._engine.claims()
        self._recover_gateways(claims)
        self._resume_stranded(claims)
        self._give_up_dead_jobs()
        self._conclude_commands()
        self._move_chargers()
        if time.monotonic() >= self._housekeeping_from:
            self._housekeeping_from = time.monotonic() + HOUSEKEEPING_SECONDS
            self._keep_house()

    def _recover_gateways(self, claims: Mapping[str, str]) -> None:
        """One that has claimed work and is on the list no more was taken for dead, claimed that
        before it noticed, and ended. The claims are older than this look at the list: whoever lives
        is on it before it claims anything."""
        listed = self._steps.look(lambda c, _now: gateways.signs(c))
        own = {self._engine.executor_id}
        forgotten = set(claims.values()) - listed.keys() - own
        if forgotten:
            _log.warning("gateways_forgotten", gateways=sorted(forgotten))
        signs = listed | dict.fromkeys(forgotten, gateways.GONE)
        silent = self._gateways.among(signs)
        for gateway_id in signs.keys() - own:
            is_dead = gateway_id in silent or self._presence.has_ended(gateway_id)
            if is_dead and self._engine.recover(gateway_id):
                self._forget(gateway_id)
                _log.info("gateway_recovered", gateway=gateway_id)

    def _resume_stranded(self, claims: Mapping[str, str]) -> None:
        stranded = self._stranded.among(dict.fromkeys(self._engine.stranded(claims)))
        if stranded:
            _log.warning("jobs_resumed", jobs=list(stranded))
            self._engine.resume(list(stranded))

    def _move_chargers(self) -> None:
        silent = self._hosts.among(self._steps.look(lambda c, _now: silent_hosts.signs(c)))
        if not silent:
            return
        moved = self._steps.once(lambda c, now: silent_hosts.rehome(c, silent, now))
        if moved:
            _log.info("chargers_moved", chargers=moved)
            self._assigned()

    def _forget(self, gateway_id: str) -> None:
        self._steps.once(lambda c, _now: gateways.forget(c, gateway_id))
        self._presence.forget(gateway_id)

    def _take_up_unknown_jobs(self) -> None:
        """Open jobs that came without the engine's notes, out of a backup. A job and its workflow
        are written in one transaction, so no other lacks them."""
        open_jobs = self._steps.look(
            lambda c, now: provisioning.stalled(c, now, limit=jobs.MOST_OPEN_JOBS)
        )
        if not open_jobs:
            return
        for job_id in self._engine.unknown(open_jobs):
            _log.info("job_taken_up", job=job_id)
            self._engine.begin_again(jobs.WORKFLOW, job_id)

    def _give_up_dead_jobs(self) -> None:
        stalled = self._steps.look(
            lambda c, now: provisioning.stalled(c, now - JOB_STALLED_SECONDS)
        )
        if not stalled:
            return
        for job_id in self._engine.dead(stalled):
            _log.error("job_given_up", job=job_id)
            self._provisioner.give_up(job_id)

    def _conclude_commands(self) -> None:
        verdicts = self._steps.look(delivery.overdue)
        if verdicts:
            self._steps.once(lambda c, now: delivery.conclude(c, verdicts, now))

    def _keep_house(self) -> None:
        memory.give_back()
        self._steps.once(credentials.sweep)
        self._steps.once(news.trim)
        self._steps.once(live_details.trim)
        self._engine.sweep(self._steps.clock() - NOTES_KEPT_SECONDS)
        oldest = self._steps.clock() - self._retention.seconds
        while not self._stopping.is_set() and self._steps.once(
            lambda c, _now: delivery.trim(c, older_than=oldest, keep=COMMANDS_KEPT)
        ):
            pass
        audited_from = self._steps.clock() - self._retention.audit_seconds
        lines = self._retention.audit_rows
        while not self._stopping.is_set() and self._steps.once(
            lambda c, _now: audit.trim(c, older_than=audited_from, keep=lines)
        ):
            pass
        while not self._stopping.is_set():
            with self._frames.writing() as connection:
                if not frame_log.trim(connection, older_than=oldest, keep=self._retention.frames):
                    return

    def _beat(self) -> None:
        gateway_id = self._engine.executor_id
        if not self._steps.once(lambda c, now: gateways.renew(c, gateway_id, now)):
            # Others took this gateway for dead (it was frozen, say) and run its work by now.
            _log.critical("gateway_superseded", gateway=gateway_id)
            os._exit(75)

    def _every(self, seconds: float, act: Callable[[], None]) -> None:
        while not self._stopping.wait(seconds):
            try:
                act()
            except DatabaseError as error:
                _log.warning("reconcile_failed", act=act.__name__, error=str(error))
