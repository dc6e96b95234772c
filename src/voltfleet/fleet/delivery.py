"""How commands reach the hosts and how their outcomes come back.

A command is marked ``sent``, with the host process that it goes to, before it is sent, and is never
given to another process: whatever dies, it is carried out at most once. What was sent and not told
about is sent again to the same process, which ignores what it has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.domain.commands import (
    BETTER_ONLINE,
    NEEDS_CSMS,
    TERMINAL_STATES,
    CommandState,
)
from voltfleet.domain.hosting import Command, CommandOutcome, ConnectionState
from voltfleet.fleet.commands import QUEUED, SENT
from voltfleet.storage.dialect import storable
from voltfleet.storage.tables import chargers, commands, hosts

PATIENCE_SECONDS = 10.0
"""How long a command that is better done online waits for a station that is not."""
LONGEST_SECONDS = 3600.0
"""A command without an outcome after so long has failed."""
MAX_DETAIL_BYTES = 64 * 1024
MAX_REASON = 2_000
_AT_ONCE = 5_000

HOST_DIED = (
    "the host process that had it ended before it told what became of it; it may have been done"
)
NO_OUTCOME = "the station has not told what became of it within an hour"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A command that will get no further, and why."""

    seq: int
    before: str
    after: str
    reason: str


def is_due(
    connection: sa.Connection, host_id: str, boot_id: str, now: float, *, again_before: float
) -> bool:
    """Whether `take` would take anything."""
    fresh = _deliverable(host_id, now).limit(1)
    again = sa.select(commands.c.seq).where(_unanswered(host_id, boot_id, again_before)).limit(1)
    return any(connection.execute(query).first() is not None for query in (fresh, again))


def take(
    connection: sa.Connection,
    host_id: str,
    boot_id: str,
    now: float,
    *,
    again_before: float,
    limit: int,
) -> list[Command]:
    """Marks the commands for the host's chargers as sent to that process and returns them, in the
    order in which they were given; with them, those sent before ``again_before`` of which it has
    told nothing. Nothing for a process that is not the host any more."""
    wanted = (
        sa.and_(QUEUED, commands.c.seq.in_(_deliverable(host_id, now).limit(limit))),
        _unanswered(host_id, boot_id, again_before),
    )
    is_the_host = sa.exists().where(hosts.c.id == host_id, hosts.c.boot_id == boot_id)
    taken: list[Any] = []
    for which in wanted:
        statement = (
            sa.update(commands)
            .where(which, is_the_host)
            .values(
                state=CommandState.SENT.value,
                host_id=host_id,
                host_boot_id=boot_id,
                updated_at=now,
            )
            .returning(
                commands.c.seq,
                commands.c.id,
                commands.c.charger_id,
                commands.c.kind,
                commands.c.payload,
            )
        )
        taken += connection.execute(statement).all()
    taken.sort()
    return [Command(id_, at, kind, msgspec.json.decode(text)) for _, id_, at, kind, text in taken]


def apply(
    connection: sa.Connection, host_id: str, outcomes: Sequence[CommandOutcome], now: float
) -> None:
    """Writes what a host tells of its commands. What is final stays as it is, so a repetition
    changes nothing; nor does word of another host's command."""
    if not outcomes:
        return
    statement = (
        sa.update(commands)
        .where(
            commands.c.id == sa.bindparam("b_id"),
            commands.c.charger_id == sa.bindparam("b_charger_id"),
            commands.c.host_id == host_id,
            SENT,
        )
        .values(
            state=sa.bindparam("b_state"),
            reason=sa.bindparam("b_reason"),
            detail=sa.bindparam("b_detail"),
            updated_at=now,
        )
    )
    connection.execute(statement, [_values(outcome) for outcome in outcomes])


def overdue(connection: sa.Connection, now: float) -> list[Verdict]:
    """The commands that waited too long, and those whose host process is gone."""
    late = connection.execute(
        sa.select(
            commands.c.seq,
            commands.c.created_at,
            commands.c.expires_at,
            chargers.c.deleted_at,
            chargers.c.running,
            chargers.c.synced,
            chargers.c.connection_state,
            chargers.c.connection_error,
            chargers.c.id,
        )
        .outerjoin(chargers, chargers.c.id == commands.c.charger_id)
        .where(
            QUEUED,
            sa.or_(
                commands.c.expires_at <= now,
                chargers.c.id.is_(None),
                chargers.c.deleted_at.is_not(None),
            ),
        )
        .limit(_AT_ONCE)
    )
    expired = CommandState.EXPIRED.value
    verdicts = [Verdict(row.seq, CommandState.QUEUED, expired, _why_late(row)) for row in late]
    same_process = sa.exists().where(
        hosts.c.id == commands.c.host_id, hosts.c.boot_id == commands.c.host_boot_id
    )
    lost = connection.execute(
        sa.select(commands.c.seq, sa.not_(same_process))
        .where(SENT, sa.or_(sa.not_(same_process), commands.c.created_at < now - LONGEST_SECONDS))
        .limit(_AT_ONCE)
    )
    failed = CommandState.FAILED.value
    return verdicts + [
        Verdict(seq, CommandState.SENT, failed, HOST_DIED if gone else NO_OUTCOME)
        for seq, gone in lost
    ]


def conclude(connection: sa.Connection, verdicts: Sequence[Verdict], now: float) -> int:
    """Writes the verdicts on what is still as it was; returns how many there were."""
    if verdicts:
        connection.execute(
            sa.update(commands)
            .where(
                commands.c.seq == sa.bindparam("b_seq"),
                commands.c.state == sa.bindparam("b_before"),
            )
            .values(state=sa.bindparam("b_after"), reason=sa.bindparam("b_reason"), updated_at=now),
            [
                {"b_seq": v.seq, "b_before": v.before, "b_after": v.after, "b_reason": v.reason}
                for v in verdicts
            ],
        )
    return len(verdicts)


def trim(connection: sa.Connection, *, older_than: float, keep: int) -> int:
    """Deletes commands older than ``older_than``, and all but about the newest ``keep``, if their
    fate is known; a bounded number at a time. Returns how many."""
    last = connection.execute(sa.select(sa.func.max(commands.c.seq))).scalar_one()
    if last is None:
        return 0
    oldest = (
        sa.select(commands.c.seq)
        .where(commands.c.state.in_(sorted(TERMINAL_STATES)))
        .order_by(commands.c.seq)
        .limit(_AT_ONCE)
    )
    return connection.execute(
        sa.delete(commands).where(
            commands.c.seq.in_(oldest),
            sa.or_(commands.c.seq <= last - keep, commands.c.created_at < older_than),
        )
    ).rowcount


def _deliverable(host_id: str, now: float) -> sa.Select[Any]:
    """The queued commands whose charger this host runs as it should be run."""
    online = chargers.c.connection_state == ConnectionState.ONLINE.value
    may_wait = sa.or_(
        commands.c.kind.in_(sorted(NEEDS_CSMS)),
        sa.and_(
            commands.c.kind.in_(sorted(BETTER_ONLINE)),
            commands.c.created_at > now - PATIENCE_SECONDS,
        ),
    )
    # Not a join: SQLite would go through the host's chargers, of which there are thousands, to find
    # out each time that hardly any has a command.
    runs_here = (
        sa.exists()
        .where(
            chargers.c.id == commands.c.charger_id,
            chargers.c.host_id == host_id,
            chargers.c.synced,
            chargers.c.running,
            chargers.c.deleted_at.is_(None),
            sa.or_(online, sa.not_(may_wait)),
        )
        .correlate(commands)
    )
    return (
        sa.select(commands.c.seq)
        .where(QUEUED, commands.c.expires_at > now, runs_here)
        .order_by(commands.c.seq + 0)  # or SQLite walks the whole table in that order
    )


def _unanswered(host_id: str, boot_id: str, before: float) -> sa.ColumnElement[bool]:
    return sa.and_(
        SENT,
        commands.c.host_id == host_id,
        commands.c.host_boot_id == boot_id,
        commands.c.updated_at < before,
    )


def _why_late(row: Any) -> str:
    if row.id is None or row.deleted_at is not None:
        return "the charger was deleted before this was done"
    within = f"within {row.expires_at - row.created_at:.0f} s"
    if not row.running:
        return f"the charger was stopped, and not started {within}"
    if not row.synced:
        return f"no host had taken the charger up {within}"
    why = f": {row.connection_error}" if row.connection_error else f" ({row.connection_state})"
    return f"the charger was not online {within}{why}"


def _values(outcome: CommandOutcome) -> dict[str, object]:
    known = outcome.state in TERMINAL_STATES
    reason = outcome.reason if known else f"the host told an unknown state, {outcome.state}"
    return {
        "b_id": outcome.id,
        "b_charger_id": outcome.charger_id,
        "b_state": outcome.state if known else CommandState.FAILED.value,
        "b_reason": None if reason is None else storable(reason[:MAX_REASON]),
        "b_detail": None if outcome.detail is None else _detail(outcome.detail),
    }


def _detail(detail: dict[str, Any]) -> str:
    text = msgspec.json.encode(detail)
    if len(text) > MAX_DETAIL_BYTES:
        return '{"omitted":"the answer is larger than 64 KiB; see the charger\'s messages"}'
    return text.decode()
