"""A TCP relay: a plain load balancer over several ports, or a cable that can be cut."""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

CHUNK = 65_536


class Relay:
    """Takes turns among its targets; one that refuses is passed over. Knows nothing of what it
    carries. Methods are for other threads than its own."""

    def __init__(self, targets: Sequence[int]) -> None:
        self.port = 0
        self.refused = 0
        """Connections that no target took."""
        self._targets = list(targets)
        self._turns = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._whole = asyncio.Event()
        self._whole.set()
        self._pipes: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where HTTP clients find it."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Nothing passes any more, and nobody is told: as a cable that is pulled out."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """What was under way goes on."""
        self._loop.call_soon_threadsafe(self._whole.set)

    def run(self, started: Callable[[], None]) -> None:
        """Its thread."""
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    def stop(self) -> None:
        """Cuts everything and ends."""
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _serve(self, started: Callable[[], None]) -> None:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        started()
        await self._stop.wait()
        server.close()
        pipes = list(self._pipes)
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        try:
            await self._whole.wait()
            onward = await self._dial()
            if onward is None:
                self.refused += 1
                return
            try:
                await self._pass_both_ways(reader, writer, *onward)
            finally:
                onward[1].close()
        except asyncio.CancelledError:
            return  # by `stop` alone; Python 3.11's streams print a task that ends in one
        finally:
            writer.close()
            self._pipes.discard(task)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turns)
        for n in range(len(self._targets)):
            target = self._targets[(first + n) % len(self._targets)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", target)
        return None

    async def _pass_both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        await asyncio.gather(
            self._pass(reader, far_writer), self._pass(far_reader, writer), return_exceptions=True
        )

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
            await self._whole.wait()
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()


@contextmanager
def relay(*targets: int) -> Iterator[Relay]:
    """One on a free port of 127.0.0.1."""
    made, started = Relay(targets), threading.Event()
    thread = threading.Thread(target=made.run, args=[started.set])
    thread.start()
    assert started.wait(10)
    try:
        yield made
    finally:
        made.stop()
        thread.join(10)
