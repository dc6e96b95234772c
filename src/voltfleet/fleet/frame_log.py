"""The OCPP frame log: what crossed each charger's wire, kept with a bound on age and on size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from voltfleet.domain.hosting import FrameLog
from voltfleet.storage.dialect import storable
from voltfleet.storage.tables import ocpp_frames

_TRIMMED_AT_ONCE = 50_000


def append(connection: sa.Connection, frames: Sequence[FrameLog]) -> None:
    """Keeps a batch of frames, each at its millisecond: what a reader is told finds it again."""
    if frames:
        connection.execute(
            sa.insert(ocpp_frames),
            [
                {
                    "charger_id": frame.charger_id,
                    "at": round(frame.at, 3),
                    "from_station": frame.from_station,
                    "action": storable(frame.action),
                    "message": storable(frame.message),
                }
                for frame in frames
            ],
        )


def page(
    connection: sa.Connection,
    charger_id: str,
    *,
    start: float | None,
    end: float | None,
    action: str | None,
    offset: int,
    limit: int,
) -> tuple[list[FrameLog], int]:
    """The charger's frames from ``start`` to ``end`` (inclusive), oldest first, and how many."""
    wanted = [ocpp_frames.c.charger_id == charger_id]
    if start is not None:
        wanted.append(ocpp_frames.c.at >= start)
    if end is not None:
        wanted.append(ocpp_frames.c.at <= end)
    if action is not None:
        wanted.append(ocpp_frames.c.action == action)
    total = connection.execute(sa.select(sa.func.count()).where(*wanted)).scalar_one()
    columns = ("charger_id", "at", "from_station", "action", "message")
    rows = connection.execute(
        sa.select(*(ocpp_frames.c[name] for name in columns))
        .where(*wanted)
        .order_by(ocpp_frames.c.at, ocpp_frames.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [FrameLog(*row) for row in rows], total


@dataclass(frozen=True, slots=True)
class Slice:
    """Which frames of a charger: those with ids before and after these, of that action and
    direction, with that text in the message."""

    before: int | None = None
    after: int | None = None
    action: str | None = None
    from_station: bool | None = None
    text: str | None = None


def newest_first(
    connection: sa.Connection, charger_id: str, wanted: Slice, limit: int
) -> list[tuple[int, FrameLog]]:
    """The newest ``limit`` of the frames, each with its id; the newest first. With ``after`` alone,
    those that come right after it, so that a reader can go forward, too."""
    # The charger's own index has the ids; it must not be the order that chooses the way, or the
    # whole log would be walked.
    is_forward = wanted.after is not None and wanted.before is None
    nearest = sa.asc(ocpp_frames.c.id + 0) if is_forward else sa.desc(ocpp_frames.c.id + 0)
    ids = (
        sa.select(ocpp_frames.c.id)
        .where(ocpp_frames.c.charger_id == charger_id, *_wanted(wanted))
        .order_by(nearest)
        .limit(limit)
    )
    columns = ("id", "charger_id", "at", "from_station", "action", "message")
    rows = connection.execute(
        sa.select(*(ocpp_frames.c[name] for name in columns))
        .where(ocpp_frames.c.id.in_(ids))
        .order_by(ocpp_frames.c.id.desc())
    )
    return [(row[0], FrameLog(*row[1:])) for row in rows]


def _wanted(wanted: Slice) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.before is not None:
        yield ocpp_frames.c.id < wanted.before
    if wanted.after is not None:
        yield ocpp_frames.c.id > wanted.after
    if wanted.action is not None:
        yield ocpp_frames.c.action == wanted.action
    if wanted.from_station is not None:
        yield ocpp_frames.c.from_station == wanted.from_station
    if wanted.text is not None:
        yield ocpp_frames.c.message.icontains(wanted.text, autoescape=True)


def trim(connection: sa.Connection, *, older_than: float, keep: int) -> int:
    """Deletes frames older than ``older_than`` and all but about the newest ``keep``.

    A bounded number at a time, so that a trim never holds up the log for long; returns how many.
    Ids grow with time, so both bounds are cut at an id. The newest frame stays: SQLite would give
    the ids of an emptied table out once more, and live streams follow the ids.
    """
    first, last = connection.execute(
        sa.select(sa.func.min(ocpp_frames.c.id), sa.func.max(ocpp_frames.c.id))
    ).one()
    if first is None:
        return 0
    last_old = connection.execute(
        sa.select(sa.func.max(ocpp_frames.c.id)).where(
            ocpp_frames.c.at < older_than, ocpp_frames.c.id < first + _TRIMMED_AT_ONCE
        )
    ).scalar_one()
    cut = min(last - 1, max(last - keep, last_old or 0))
    if cut < first:
        return 0
    return connection.execute(
        sa.delete(ocpp_frames).where(ocpp_frames.c.id <= min(cut, first + _TRIMMED_AT_ONCE))
    ).rowcount
