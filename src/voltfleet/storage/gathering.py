"""Reading once for many who ask at the same time, without telling anybody something old."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Gathering(Generic[K, V]):
    """One read at a time. Those who ask while one is under way share the next: it begins after
    each of them asked, so each is told what a read of its own would have told."""

    def __init__(self, read: Callable[[set[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._turn = asyncio.Lock()
        self._keys: set[K] = set()
        self._next: asyncio.Task[Mapping[K, V]] | None = None

    async def ask(self, key: K) -> V | None:
        """What the read finds for that key, if anything. Raises what the read raises."""
        self._keys.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._read_next())
        found = await asyncio.shield(self._next)
        return found.get(key)

    async def _read_next(self) -> Mapping[K, V]:
        async with self._turn:
            keys, self._keys, self._next = self._keys, set(), None
            return await self._read(keys)
