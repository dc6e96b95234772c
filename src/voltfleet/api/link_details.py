"""One host's share in what is watched: it is asked for details while somebody looks, and what it
tells is left where the streams find it (`fleet.live_details`), at whatever gateway they are."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import msgspec

from voltfleet.domain.errors import Unavailable
from voltfleet.domain.hosting import Details, Watch
from voltfleet.fleet import live_details
from voltfleet.storage.engine import Database

LOOK_EVERY_SECONDS = 1.0
ASK_AGAIN_SECONDS = 2.0
WATCH_SECONDS = 6.0
"""How long a host goes on that is not asked again."""
WATCHED_AT_MOST = 200
"""Chargers of one host; those of further streams have no details."""


class WatchedChargers:
    """Details are worth nothing a second later: none are kept for a database that is away, and of
    those that come faster than they are written the newest count."""

    def __init__(
        self, database: Database, host_id: str, send: Callable[[Watch], Awaitable[None]]
    ) -> None:
        self._database = database
        self._host_id = host_id
        self._send = send
        self._told: asyncio.Queue[Details] = asyncio.Queue(1)

    async def ask(self) -> None:
        """Tells the host whom somebody looks at; says nothing while nobody does."""
        said: list[str] = []
        said_at = 0.0
        while True:
            watched, now = await self._look(said), time.monotonic()
            if watched != said or (watched and now - said_at >= ASK_AGAIN_SECONDS):
                await self._send(Watch(watched, WATCH_SECONDS))
                said, said_at = watched, now
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _look(self, before: list[str]) -> list[str]:
        try:
            found = await self._database.read(live_details.watched, self._host_id, time.time())
        except Unavailable:
            return before
        return found[:WATCHED_AT_MOST]

    def heard(self, message: Details) -> None:
        """What the host told, to be left with the next `leave`."""
        if self._told.full():
            self._told.get_nowait()
        self._told.put_nowait(message)

    async def leave(self) -> None:
        """Writes what is heard, at this gateway's time: a host's clock may be wrong."""
        while True:
            message, now = await self._told.get(), time.time()
            rows = [
                (charger.charger_id, now, msgspec.json.encode(charger.connectors).decode())
                for charger in message.chargers[:WATCHED_AT_MOST]
            ]
            with contextlib.suppress(Unavailable):
                await self._database.write(live_details.publish, self._host_id, rows)
