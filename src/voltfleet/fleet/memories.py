"""What stations must not forget: their memories, kept for the time that no host runs them.

A host sends the newest memory of each of its stations, over and over; here is the last one that was
committed. Only the process that is a charger's host now may write it, and never an older over a
newer one, however late a message comes. Nothing here looks into a memory: the station does, and
ignores what does not fit it (any more), so nothing is taken away when the charger is edited. It
outlives a stop, a start and ``reset-charger``, for they are power cuts; it goes with the charger.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from voltfleet.domain.hosting import Assignment, ChargerMemory
from voltfleet.fleet import hosts
from voltfleet.storage import dialect
from voltfleet.storage.tables import chargers, station_memory


def keep(
    connection: sa.Connection,
    host_id: str,
    boot_id: str,
    memories: Sequence[ChargerMemory],
    now: float,
) -> bool:
    """Writes them, at most one of each charger. Passes over what is older than what is there, and
    chargers that the host has lost. False, and nothing is written, when another process has taken
    this host's place."""
    if not hosts.is_current(connection, host_id, boot_id):
        return False
    if memories:
        connection.execute(
            _upsert(connection, host_id, boot_id, now),
            [
                {
                    "b_id": memory.charger_id,
                    "b_content": memory.content,
                    "b_generation": memory.generation,
                    "b_seq": memory.seq,
                }
                for memory in memories
            ],
        )
    return True


def with_memories(connection: sa.Connection, assignments: Sequence[Assignment]) -> list[Assignment]:
    """The assignments, in their order, with what their stations remember."""
    rows = connection.execute(
        sa.select(
            station_memory.c.charger_id, station_memory.c.content, station_memory.c.generation
        ).where(station_memory.c.charger_id.in_([each.charger_id for each in assignments]))
    )
    kept = {charger_id: (content, generation) for charger_id, content, generation in rows}
    return [
        _with(assignment, *kept[assignment.charger_id])
        if assignment.charger_id in kept
        else assignment
        for assignment in assignments
    ]


def _with(assignment: Assignment, content: bytes, generation: int) -> Assignment:
    return msgspec.structs.replace(assignment, memory=content, memory_generation=generation)


def _upsert(connection: sa.Connection, host_id: str, boot_id: str, now: float) -> sa.sql.dml.Insert:
    generation = sa.bindparam("b_generation", type_=sa.Integer)
    rows = (
        sa.select(
            chargers.c.id,
            sa.bindparam("b_content", type_=sa.LargeBinary),
            generation,
            sa.literal(boot_id),
            sa.bindparam("b_seq", type_=sa.BigInteger),
            sa.literal(now, sa.Double),
        )
        .where(
            chargers.c.id == sa.bindparam("b_id"),
            chargers.c.host_id == host_id,
            # An older one is this host's too: it has not taken up the newer yet.
            chargers.c.generation >= generation,
            chargers.c.deleted_at.is_(None),
        )
        # A charger that is being deleted is gone when the lock is there.
        .with_for_update(read=True, key_share=True)
    )
    columns = ("content", "generation", "boot_id", "seq", "updated_at")
    into = dialect.insert(connection, station_memory).from_select(["charger_id", *columns], rows)
    new, old = into.excluded, station_memory.c
    same_process = old.boot_id == new.boot_id
    return into.on_conflict_do_update(
        index_elements=["charger_id"],
        set_={name: new[name] for name in columns},
        where=sa.case((same_process, old.seq < new.seq), else_=old.generation <= new.generation),
    )
