"""What stations must not forget, on its way to the gateway, and the frames that wait for it.

A station's memory is whole: only the newest of each charger counts. It is kept here until the
gateway has it. When the station calls it urgent, its frames wait meanwhile, so that what a CSMS has
been told is never forgotten, whatever is killed: `CarriedMemory.holds`. A gateway that is away
holds nothing up for long: from the first wait in vain until it answers again, nobody waits.
"""

import asyncio
from collections.abc import Iterator, Mapping

import structlog

from voltfleet.domain.hosting import ChargerMemory, Memories
from voltfleet.station.reports import Memory

HOLD_SECONDS = 2.0
"""The longest that frames wait for the gateway; well below the time-out of a CSMS's calls."""
MEMORIES_PER_MESSAGE = 1000
BYTES_PER_MESSAGE = 2**20
"""A message may exceed this by one memory."""

log = structlog.get_logger()


class MemoryBuffer:
    """The newest memory of each charger that the gateway has not acknowledged yet."""

    def __init__(self, hold_seconds: float = HOLD_SECONDS) -> None:
        self.hold_seconds = hold_seconds
        self.urgent = asyncio.Event()
        """Set when one should not wait for the next flush; whoever flushes clears it."""
        self.worth_waiting = hold_seconds > 0
        """Whether the gateway has answered since somebody waited for it in vain."""
        self._newest: dict[str, ChargerMemory] = {}
        self._unsent: dict[str, None] = {}
        self._seq = 0

    def __len__(self) -> int:
        return len(self._newest)

    def add(self, charger_id: str, generation: int, memory: Memory) -> int:
        """Keep it, in place of the charger's older one. Returns its number."""
        self._seq += 1
        self._newest[charger_id] = ChargerMemory(charger_id, generation, self._seq, memory.content)
        self._unsent[charger_id] = None
        if memory.urgent:
            self.urgent.set()
        return self._seq

    def newest(self, charger_id: str) -> ChargerMemory | None:
        """What the gateway has not acknowledged of that charger."""
        return self._newest.get(charger_id)

    def link_up(self) -> None:
        """A new link: what an older one may have lost is sent again."""
        self._unsent = dict.fromkeys(self._newest)

    def take(self) -> Iterator[Memories]:
        """The messages to send now."""
        while self._unsent:
            yield Memories(self._next_batch())

    def acked(self, seqs: Mapping[str, int]) -> None:
        """The gateway has these, by charger, or newer ones."""
        self.worth_waiting = self.hold_seconds > 0
        for charger_id, seq in seqs.items():
            newest = self._newest.get(charger_id)
            if newest is not None and newest.seq <= seq:
                del self._newest[charger_id]
                self._unsent.pop(charger_id, None)

    def waited_in_vain(self) -> None:
        """A hold has run out."""
        if self.worth_waiting:
            log.warning("memories_not_acknowledged", after_seconds=self.hold_seconds)
        self.worth_waiting = False

    def _next_batch(self) -> list[ChargerMemory]:
        batch: list[ChargerMemory] = []
        size = 0
        while self._unsent and len(batch) < MEMORIES_PER_MESSAGE and size < BYTES_PER_MESSAGE:
            charger_id = next(iter(self._unsent))
            del self._unsent[charger_id]
            batch.append(self._newest[charger_id])
            size += len(batch[-1].content)
        return batch


class CarriedMemory:
    """One charger's newest memory, and whether its station's frames wait for the gateway."""

    __slots__ = ("_awaited", "_buffer", "content", "hold_until")

    def __init__(self, buffer: MemoryBuffer, content: bytes | None = None) -> None:
        self._buffer = buffer
        self._awaited = 0
        self.content = content
        self.hold_until = 0.0
        """When the wait ends at the latest; 0: there is none."""

    def remember(self, memory: Memory, charger_id: str, generation: int, now: float) -> None:
        """The station has a new memory."""
        self.content = memory.content
        seq = self._buffer.add(charger_id, generation, memory)
        if not memory.urgent:
            return
        if not self.hold_until and self._buffer.worth_waiting:
            self.hold_until = now + self._buffer.hold_seconds
        self._awaited = seq

    def kept(self, seq: int, now: float) -> None:
        """The gateway has this one. A newer urgent one is waited for as long again."""
        if seq >= self._awaited:
            self.hold_until = 0.0
        elif self.hold_until:
            self.hold_until = now + self._buffer.hold_seconds

    def holds(self, now: float) -> bool:
        """Whether the station's frames must wait."""
        if not self.hold_until:
            return False
        if now < self.hold_until:
            return True
        self.hold_until = 0.0
        self._buffer.waited_in_vain()
        return False
