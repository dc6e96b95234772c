"""Reads shared by those who ask at the same time: each as fresh as one of its own."""

import asyncio
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from voltfleet.storage.engine import Connection, Database
from voltfleet.storage.gathering import Gathering


class Source:
    """What is read; a read goes on until it is let go."""

    def __init__(self) -> None:
        self.value = 0
        self.reads: list[set[str]] = []
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.trouble: Exception | None = None

    async def read(self, keys: set[str]) -> Mapping[str, int]:
        self.reads.append(keys)
        value = self.value
        self.begun.set()
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        return {key: value for key in keys if key != "nothing"}


async def test_who_asks_during_a_read_is_told_by_the_next_one() -> None:
    source = Source()
    gathering = Gathering(source.read)
    first = asyncio.create_task(gathering.ask("a"))
    await source.begun.wait()
    source.value = 1  # committed and acknowledged before the next two ask
    later = [asyncio.create_task(gathering.ask(key)) for key in ("a", "b", "a", "nothing")]
    await asyncio.sleep(0)
    source.gate.set()
    assert await first == 0
    assert await asyncio.gather(*later) == [1, 1, 1, None]
    assert source.reads == [{"a"}, {"a", "b", "nothing"}]


async def test_a_failed_read_fails_for_those_who_shared_it_and_for_nobody_else() -> None:
    source = Source()
    gathering = Gathering(source.read)
    asked = [asyncio.create_task(gathering.ask("a")) for _ in range(2)]
    await source.begun.wait()
    source.trouble = ValueError("away")
    source.gate.set()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in told] == [ValueError, ValueError]
    source.trouble = None
    assert await gathering.ask("a") == 0


async def test_one_who_gives_up_leaves_the_others_their_answer() -> None:
    source = Source()
    gathering = Gathering(source.read)
    asked = [asyncio.create_task(gathering.ask("a")) for _ in range(2)]
    await source.begun.wait()
    asked[0].cancel()
    await asyncio.gather(asked[0], return_exceptions=True)
    source.gate.set()
    assert asked[0].cancelled()
    assert await asked[1] == 0


def _values(connection: Connection, keys: Collection[int]) -> dict[int, int]:
    rows = connection.execute(sa.text("SELECT id, value FROM counters"))
    return {row.id: row.value for row in rows if row.id in keys}


def _raise_to(connection: Connection, value: int) -> None:
    connection.execute(sa.text("UPDATE counters SET value = :value"), {"value": value})


async def test_no_answer_is_older_than_what_was_committed_before_it_was_asked(
    database_url: str,
) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(sa.text("CREATE TABLE counters (id INTEGER, value INTEGER)"))
        connection.execute(sa.text("INSERT INTO counters VALUES (1, 0), (2, 0)"))
    committed = asked = 0

    async def ask(key: int) -> None:
        nonlocal asked
        while asked < 500 or committed < 30:
            least = committed
            told = await database.read_together(_values, key)
            assert told is not None
            assert told >= least
            asked += 1

    asking = asyncio.gather(*(ask(n % 2 + 1) for n in range(20)))
    while not asking.done():
        await database.write(_raise_to, committed + 1)
        committed += 1
    await asking
    database.close()
