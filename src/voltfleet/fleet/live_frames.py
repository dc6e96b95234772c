"""The frame log as live streams follow it: by id, at the newest end."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from voltfleet.storage.tables import ocpp_frames

AT_ONCE = 5_000
SCANNED_AT_ONCE = 50_000
"""How far back a stream that wants every charger's frames is told what it missed."""

OTHER, ERROR, BOOTED = range(3)
"""What a frame counts as: CALLERROR or CALLRESULTERROR, and an accepted boot."""


class Frame(NamedTuple):
    """One frame. ``message`` is None where nobody asked for it."""

    id: int
    charger_id: str
    at: float
    from_station: bool
    action: str
    kind: int
    message: str | None


# The message type is the first thing in the array that is no space: 4 is CALLERROR, 5 (OCPP 2.1)
# CALLRESULTERROR. Counting so reads no payloads.
_TYPE = sa.func.substr(
    sa.func.ltrim(sa.func.substr(ocpp_frames.c.message, 1, 16), " \t\r\n["), 1, 1
)
_KIND = sa.case(
    (_TYPE.in_(("4", "5")), ERROR),
    (
        sa.and_(
            ocpp_frames.c.action == "BootNotification",
            sa.not_(ocpp_frames.c.from_station),
            ocpp_frames.c.message.like('%"Accepted"%'),
        ),
        BOOTED,
    ),
    else_=OTHER,
)
_HEAD = (
    ocpp_frames.c.id,
    ocpp_frames.c.charger_id,
    ocpp_frames.c.at,
    ocpp_frames.c.from_station,
    ocpp_frames.c.action,
)
ID: sa.ColumnElement[int] = ocpp_frames.c.id


def newest_id(connection: sa.Connection) -> int:
    """From where to follow what is to come; 0 when there is nothing."""
    return connection.execute(sa.select(sa.func.max(ID))).scalar_one() or 0


def follow(
    connection: sa.Connection, unseen: sa.ColumnElement[bool], messages_of: Collection[str] | None
) -> list[Frame]:
    """The next `AT_ONCE` frames, with the messages of those chargers; None: of all."""
    message: sa.ColumnElement[Any] = ocpp_frames.c.message
    if messages_of is not None:
        wanted = ocpp_frames.c.charger_id.in_(messages_of)
        message = sa.case((wanted, message)) if messages_of else sa.null()
    rows = connection.execute(
        sa.select(*_HEAD, _KIND, message).where(unseen).order_by(ID).limit(AT_ONCE)
    )
    return [Frame(*row) for row in rows]


def missed(
    connection: sa.Connection,
    charger_ids: Collection[str],
    *,
    named: bool,
    after: int,
    until: int,
    since: float,
    limit: int,
) -> tuple[list[Frame], int]:
    """The newest ``limit`` frames of those chargers with ids from after ``after`` to ``until``,
    oldest first, and how many older ones are left out; with ``after`` 0, those since then.

    If the chargers are not ``named`` one by one, no more than the last `SCANNED_AT_ONCE` frames of
    all are looked at.
    """
    wanted: list[sa.ColumnElement[bool]] = [ID.between(after + 1, until)]
    if not after:
        wanted.append(ocpp_frames.c.at >= since)
    if named:
        wanted.append(ocpp_frames.c.charger_id.in_(charger_ids))
    else:
        wanted.append(ID.between(until - SCANNED_AT_ONCE, until))
    heads = connection.execute(sa.select(ID, ocpp_frames.c.charger_id).where(*wanted).order_by(ID))
    ids = [id_ for id_, charger_id in heads if charger_id in charger_ids]
    kept = ids[-limit:]
    if not kept:
        return [], 0
    rows = connection.execute(
        sa.select(*_HEAD, _KIND, ocpp_frames.c.message).where(ID.in_(kept)).order_by(ID)
    )
    return [Frame(*row) for row in rows], len(ids) - len(kept)
