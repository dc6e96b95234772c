"""Refusals on their way into the audit log.

Changes write their own line (`api.changes`). Refusals change nothing, so they are gathered for a
moment and written together, equal ones as one line with a count: a flood of them costs a
transaction a second and a bounded memory.
"""

import asyncio
from dataclasses import replace

import structlog

from voltfleet.domain.errors import Unavailable
from voltfleet.fleet import audit
from voltfleet.storage.engine import Database

FLUSH_SECONDS = 1.0
MOST_WAITING = 1_000

_log = structlog.get_logger(__name__)
_Key = tuple[str | None, ...]


class AuditTrail:
    """What this gateway has refused and not written down yet."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, audit.Entry] = {}
        self._lost = 0
        self._flushing: asyncio.Task[None] | None = None

    def refused(self, db: Database, entry: audit.Entry) -> None:
        """Takes a line; it is in the log about `FLUSH_SECONDS` later."""
        self._take(entry)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_soon(db))

    async def flush(self, db: Database) -> None:
        """Writes all that waits. While the database is away, it goes on waiting."""
        entries, self._waiting = list(self._waiting.values()), {}
        if not entries:
            return
        try:
            await db.write(audit.append, entries)
        except Unavailable as error:
            for entry in entries:
                self._take(entry)
            _log.warning("audit_waits", lines=len(entries), error=error.message)
        if self._lost:
            _log.warning("audit_refusals_lost", requests=self._lost)
            self._lost = 0

    async def close(self, db: Database) -> None:
        """Writes what waits, at the end."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await self.flush(db)

    def _take(self, entry: audit.Entry) -> None:
        key = (
            entry.operation,
            entry.outcome,
            entry.reason,
            entry.remote,
            entry.subject,
            entry.organization_id,
            # Strangers may name any number of things; what somebody we know was refused is told.
            None if entry.subject is None else repr(sorted(entry.targets.items())),
        )
        same = self._waiting.get(key)
        if same is not None:
            self._waiting[key] = replace(same, times=same.times + entry.times)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting[key] = entry
        else:
            self._lost += entry.times

    async def _flush_soon(self, db: Database) -> None:
        while self._waiting:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush(db)
