"""Whom somebody looks at: their details are told while it lasts."""

import asyncio
from collections.abc import Sequence

from voltfleet.domain.hosting import Watch
from voltfleet.host.wheel import Clock


class Watching:
    """What one gateway has asked for on one link. Costs nothing while nobody looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._charger_ids: Sequence[str] = ()
        self._until = 0.0
        self._asked = asyncio.Event()

    def watch(self, message: Watch) -> None:
        """From now on these, and no others, for so long."""
        self._charger_ids = message.charger_ids
        self._until = self._clock() + message.seconds
        self._asked.set()

    async def watched(self) -> Sequence[str]:
        """Those that are looked at now; waits until there are any."""
        while not self._charger_ids or self._clock() >= self._until:
            self._asked.clear()
            await self._asked.wait()
        return self._charger_ids
