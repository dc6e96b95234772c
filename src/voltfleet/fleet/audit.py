"""The audit log: who changed what, and who was refused. Kept with a bound on age and on size.

A change's row is written in the transaction of the change itself, so that no change that was
acknowledged is missing; a refusal's a moment later. No row holds a body: targets are ids and
numbers, never secrets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.storage.dialect import storable
from voltfleet.storage.tables import audit_log

DONE = "done"
"""The outcome of a change that was made; any other is the code of the error."""
REFUSED_SHARE = 4
"""Refusals get at most this part (one fourth) of the log, so that a flood of them does not push out
what was done."""
_TRIMMED_AT_ONCE = 20_000
_LONGEST_TEXT = 300
_REFUSED = audit_log.c.outcome != sa.literal_column(f"'{DONE}'")
"""Spelled out, so that SQLite sees that the partial index serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log. ``subject``, ``role`` and ``organization_id`` are the token's, as far as
    it was a good one; an admin's organization is the one named in the request. ``times`` counts
    equal refusals that came close together."""

    at: float
    operation: str
    outcome: str
    request_id: str
    remote: str | None = None
    subject: str | None = None
    role: str | None = None
    organization_id: str | None = None
    targets: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    times: int = 1


_COLUMNS = [audit_log.c[name] for name in Entry.__slots__]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines: None is any. Times are inclusive."""

    organization_id: str | None = None
    subject: str | None = None
    operation: str | None = None
    outcome: str | None = None
    start: float | None = None
    end: float | None = None


def append(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Writes the lines."""
    if entries:
        connection.execute(sa.insert(audit_log), [_row(entry) for entry in entries])


def page(
    connection: sa.Connection, wanted: Wanted, *, offset: int, limit: int
) -> tuple[list[Entry], int]:
    """Lines of the log, the newest first, and how many there are."""
    those = sa.and_(sa.true(), *_conditions(wanted))
    total = connection.execute(
        sa.select(sa.func.count()).select_from(audit_log).where(those)
    ).scalar_one()
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .where(those)
        .order_by(audit_log.c.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [_entry(row) for row in rows], total


def trim(connection: sa.Connection, *, older_than: float, keep: int) -> int:
    """Deletes lines older than ``older_than`` and all but about the newest ``keep``, of which
    refusals are at most their share.

    A bounded number at a time; returns how many. Ids grow with time, so every bound is cut at an
    id.
    """
    first, last = connection.execute(
        sa.select(sa.func.min(audit_log.c.id), sa.func.max(audit_log.c.id))
    ).one()
    if first is None:
        return 0
    old = sa.select(sa.func.max(audit_log.c.id)).where(
        audit_log.c.at < older_than, audit_log.c.id < first + _TRIMMED_AT_ONCE
    )
    cut = max(last - keep, connection.execute(old).scalar_one() or 0)
    gone = _delete_up_to(connection, min(cut, first + _TRIMMED_AT_ONCE), sa.true())
    return gone or _trim_refused(connection, keep // REFUSED_SHARE)


def _trim_refused(connection: sa.Connection, keep: int) -> int:
    cut = connection.execute(
        sa.select(audit_log.c.id)
        .where(_REFUSED)
        .order_by(audit_log.c.id.desc())
        .offset(keep)
        .limit(1)
    ).scalar_one_or_none()
    if cut is None:
        return 0
    oldest = sa.select(sa.func.min(audit_log.c.id)).where(_REFUSED)
    first = connection.execute(oldest).scalar_one()
    return _delete_up_to(connection, min(cut, first + _TRIMMED_AT_ONCE), _REFUSED)


def _delete_up_to(connection: sa.Connection, cut: int, of: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.delete(audit_log).where(audit_log.c.id <= cut, of)).rowcount


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    equal = ("organization_id", "subject", "operation", "outcome")
    found = [
        audit_log.c[name] == getattr(wanted, name)
        for name in equal
        if getattr(wanted, name) is not None
    ]
    if wanted.start is not None:
        found.append(audit_log.c.at >= wanted.start)
    if wanted.end is not None:
        found.append(audit_log.c.at <= wanted.end)
    return found


def _row(entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    cleaned = {n: _clean(v) if isinstance(v, str) else v for n, v in entry.targets.items()}
    row["targets"] = msgspec.json.encode(cleaned).decode()
    for name in ("subject", "organization_id", "reason", "remote"):
        if row[name] is not None:
            row[name] = _clean(row[name])
    return row


def _clean(text: str) -> str:
    """The text, cut, without what no UTF-8 can carry: paths and tokens may hold anything."""
    return storable(text)[:_LONGEST_TEXT].encode("utf-8", "replace").decode()


def _entry(row: Any) -> Entry:
    fields = row._asdict()
    fields["targets"] = msgspec.json.decode(row.targets)
    return Entry(**fields)
