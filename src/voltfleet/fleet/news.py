"""News for live streams: which chargers a transaction has changed, written in that transaction.

A line says where to look, never what changed: whoever reads it reads the rows. So a line too many,
or one read twice, does no harm. Streams may be served by another gateway than the one that wrote,
so the news goes through the database. Lines are kept for minutes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from voltfleet.storage.tables import live_changes

KEPT_SECONDS = 600.0
MOST_IDS = 5_000
"""Of a line; more chargers than that are all of the organization's."""
ID: sa.ColumnElement[int] = live_changes.c.id

PATIENCE_SECONDS = 10.0
"""No transaction that has drawn an id commits later than that."""
_MOST_GAPS = 50
_MOST_LINES = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """One line. ``organization_id`` None: whoever's the chargers are; ``charger_ids`` None: any may
    have changed; none at all: something else of the organization has, such as a job."""

    id: int
    organization_id: str | None
    charger_ids: list[str] | None


def changed(
    connection: sa.Connection,
    now: float,
    charger_ids: Collection[str] | None = (),
    *,
    organization_id: str | None,
) -> None:
    """Notes that those chargers, or jobs of the organization, may be different once this
    transaction has committed. Call it last: ids should become visible in their order."""
    lines: list[str | None]
    if charger_ids is None or (organization_id is not None and len(charger_ids) > MOST_IDS):
        lines = [None]
    else:
        ids = list(charger_ids)
        starts = range(0, max(1, len(ids)), MOST_IDS)
        lines = [msgspec.json.encode(ids[at : at + MOST_IDS]).decode() for at in starts]
    connection.execute(
        sa.insert(live_changes),
        [{"at": now, "organization_id": organization_id, "charger_ids": line} for line in lines],
    )


class Tail:
    """Follows a table whose ids grow, without missing the rows that become visible late: on
    Postgres concurrent transactions draw ids in one order and commit in another.

    `unseen` narrows a query to what has not been seen yet; `saw` takes the ids that it found, in
    their order. Ids that were skipped are looked for again, for a while.
    """

    def __init__(self, last: int) -> None:
        self.last = last
        self._gaps: list[tuple[int, int, float]] = []

    def unseen(self, column: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Rows that came since, and those that were skipped."""
        return sa.or_(
            column > self.last,
            *(column.between(first, until) for first, until, _ in self._gaps),
        )

    def saw(self, ids: Sequence[int], now: float) -> None:
        """Those of them were found, all that there are up to the greatest."""
        gaps = [gap for gap in self._gaps if gap[2] > now]
        for gap in gaps:
            inside = [id_ for id_ in ids if gap[0] <= id_ <= gap[1]]
            if inside:
                gaps = [*(g for g in gaps if g is not gap), *_between(*gap, inside)]
        fresh = [id_ for id_ in ids if id_ > self.last]
        if fresh:
            gaps += _between(self.last + 1, fresh[-1], now + PATIENCE_SECONDS, fresh)
            self.last = fresh[-1]
        self._gaps = gaps[-_MOST_GAPS:]


def _between(
    first: int, until: int, give_up_at: float, ids: Sequence[int]
) -> list[tuple[int, int, float]]:
    """What is left of first to until without those ids."""
    left = []
    for id_ in ids:
        if id_ > first:
            left.append((first, id_ - 1, give_up_at))
        first = id_ + 1
    if first <= until:
        left.append((first, until, give_up_at))
    return left


def newest_id(connection: sa.Connection) -> int:
    """From where to follow what is to come; 0 when there is nothing."""
    return connection.execute(sa.select(sa.func.max(live_changes.c.id))).scalar_one() or 0


def follow(connection: sa.Connection, unseen: sa.ColumnElement[bool]) -> list[Change]:
    """What is new; the tail is then to be told that it `saw` these."""
    rows = connection.execute(
        sa.select(live_changes.c.id, live_changes.c.organization_id, live_changes.c.charger_ids)
        .where(unseen)
        .order_by(live_changes.c.id)
        .limit(_MOST_LINES)
    ).all()
    return [_change(row) for row in rows]


def since(connection: sa.Connection, organization_id: str, at: float) -> list[Change]:
    """What may concern the organization of all that was noted at that time or later."""
    rows = connection.execute(
        sa.select(live_changes.c.id, live_changes.c.organization_id, live_changes.c.charger_ids)
        .where(
            live_changes.c.at >= at,
            sa.or_(
                live_changes.c.organization_id == organization_id,
                live_changes.c.organization_id.is_(None),
            ),
        )
        .order_by(live_changes.c.id)
    )
    return [_change(row) for row in rows]


def trim(connection: sa.Connection, now: float) -> int:
    """Forgets what is older than `KEPT_SECONDS`; returns how many lines. The newest stays: SQLite
    gives the ids of an emptied table out once more."""
    newest = sa.select(sa.func.max(live_changes.c.id)).scalar_subquery()
    return connection.execute(
        sa.delete(live_changes).where(
            live_changes.c.at < now - KEPT_SECONDS, live_changes.c.id < newest
        )
    ).rowcount


def _change(row: Any) -> Change:
    ids = None if row.charger_ids is None else msgspec.json.decode(row.charger_ids, type=list[str])
    return Change(row.id, row.organization_id, ids)
