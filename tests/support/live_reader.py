"""A reader of `GET /live`: one stream over a real connection, event by event."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: Any


class Reader:
    """What a stream tells, in its order; every event told so far is in ``told``."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.told: list[Event] = []
        self.comments = 0
        self._lines = answer.aiter_lines()

    async def next(self) -> Event:
        """The next event. Raises `StopAsyncIteration` at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                line = await anext(self._lines)
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    event = Event(fields["event"], fields["id"], json.loads(fields["data"]))
                    self.told.append(event)
                    return event
                else:
                    fields = {}

    async def until(self, name: str, wanted: Callable[[Any], bool] = lambda _: True) -> Event:
        """The next event of that name whose data is wanted; others are passed over."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self.next()
                if event.name == name and wanted(event.data):
                    return event

    async def snapshot(self) -> dict[str, list[Any]]:
        """The chargers as the stream begins, by id."""
        rows: dict[str, list[Any]] = {}
        while True:
            event = await self.until("chargers")
            assert event.data["snapshot"]
            rows |= {row[0]: row for row in event.data["rows"]}
            if not event.data["more"]:
                return rows

    async def rest(self) -> list[Event]:
        """Everything until the end of the stream."""
        found = []
        try:
            while True:
                found.append(await self.next())
        except StopAsyncIteration:
            return found


@asynccontextmanager
async def watching(
    url: str, token: str, *, last: str | None = None, **headers: str
) -> AsyncIterator[Reader]:
    """A stream; ``url`` is that of the route with its query, ``last`` the id of the last event."""
    headers["Authorization"] = f"Bearer {token}"
    if last is not None:
        headers["Last-Event-ID"] = last
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS, headers=headers) as client,
        client.stream("GET", url) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        yield Reader(answer)
