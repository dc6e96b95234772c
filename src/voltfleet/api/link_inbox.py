"""What a host tells, on its way into the database: in batches, each kind at its own pace."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TypeVar

import structlog

from voltfleet.domain import hosting
from voltfleet.domain.errors import Unavailable
from voltfleet.fleet import delivery, frame_log, hosts, memories
from voltfleet.storage.engine import Database

RETRY_SECONDS = 0.5
BATCHES_WAITING = 32
"""Messages of one kind that may wait to be written; then the link stops reading."""
BATCH = 1_000
"""About how many reports or frames one transaction writes: larger ones hold up the API's own."""

Told = hosting.Reports | hosting.Frames | hosting.CommandOutcomes | hosting.Memories
T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Inbox:
    """One host's. What has been written is acknowledged through ``send``, where the link has an
    acknowledgement for it; ``reported`` is called with how many reports were written."""

    def __init__(
        self,
        hello: hosting.Hello,
        database: Database,
        frames: Database,
        *,
        send: Callable[[hosting.GatewayMessage], Awaitable[None]],
        reported: Callable[[int], None],
    ) -> None:
        self._host_id = hello.host_id
        self._boot_id = hello.boot_id
        self._database = database
        self._frames_database = frames
        self._send = send
        self._reported = reported
        self._reports: asyncio.Queue[hosting.Reports] = asyncio.Queue(BATCHES_WAITING)
        self._frames: asyncio.Queue[hosting.Frames] = asyncio.Queue(BATCHES_WAITING)
        self._outcomes: asyncio.Queue[hosting.CommandOutcomes] = asyncio.Queue(BATCHES_WAITING)
        self._memories: asyncio.Queue[hosting.Memories] = asyncio.Queue(BATCHES_WAITING)

    async def take(self, message: Told) -> None:
        """Has it written in its turn; waits while too much of its kind does."""
        match message:
            case hosting.Reports():
                await self._reports.put(message)
            case hosting.Frames():
                await self._frames.put(message)
            case hosting.CommandOutcomes():
                await self._outcomes.put(message)
            case hosting.Memories():
                await self._memories.put(message)

    def writers(self) -> list[Coroutine[None, None, None]]:
        """What does the writing, each to be run until the link ends."""
        return [
            self._write_reports(),
            self._write_frames(),
            self._write_outcomes(),
            self._write_memories(),
        ]

    async def _write_reports(self) -> None:
        host_id, boot_id = self._host_id, self._boot_id
        while True:
            batch = await _waiting(self._reports, lambda message: len(message.chargers))
            latest = [report for message in batch for report in message.chargers]
            dropped = [charger_id for message in batch for charger_id in message.dropped]
            if latest:
                now = time.time()
                write = partial(self._database.write, hosts.apply, host_id, boot_id, latest, now)
                await insist(write)
            if dropped:
                drop = partial(self._database.write, hosts.dropped, host_id, dropped)
                await insist(drop)
            self._reported(len(latest) + len(dropped))

    async def _write_frames(self) -> None:
        while True:
            batch = await _waiting(self._frames, lambda message: len(message.frames))
            frames = [frame for message in batch for frame in message.frames]
            write = partial(self._frames_database.write, frame_log.append, frames)
            await insist(write)
            for message in batch:
                await self._send(hosting.FramesAck(message.seq))

    async def _write_outcomes(self) -> None:
        while True:
            batch = await _waiting(self._outcomes, lambda message: len(message.outcomes))
            told = [outcome for message in batch for outcome in message.outcomes]
            now = time.time()
            write = partial(self._database.write, delivery.apply, self._host_id, told, now)
            await insist(write)
            await self._send(hosting.OutcomesAck([outcome.id for outcome in told]))

    async def _write_memories(self) -> None:
        host_id, boot_id = self._host_id, self._boot_id
        while True:
            batch = await _waiting(self._memories, lambda message: len(message.memories))
            newest = {each.charger_id: each for message in batch for each in message.memories}
            told = list(newest.values())
            keep = partial(self._database.write, memories.keep, host_id, boot_id, told, time.time())
            # What a superseded process remembers counts no more: its next beat ends this link.
            if await insist(keep):
                await self._send(hosting.MemoriesAck({each.charger_id: each.seq for each in told}))


async def insist(act: Callable[[], Awaitable[T]]) -> T:
    """``act`` until the database takes it: every act of a link is safe to repeat."""
    while True:
        try:
            return await act()
        except Unavailable as error:
            _log.warning("database_away", error=error.message)
            await asyncio.sleep(RETRY_SECONDS)


async def _waiting(queue: asyncio.Queue[T], size: Callable[[T], int]) -> list[T]:
    """What is in the queue, up to about `BATCH` by ``size``; waits until there is something."""
    batch = [await queue.get()]
    total = size(batch[0])
    while total < BATCH and not queue.empty():
        batch.append(queue.get_nowait())
        total += size(batch[-1])
    return batch
