"""How fast a connection reads: bounded, and in turn with the others."""

import asyncio
from abc import abstractmethod

from voltfleet.host.turns import Turns
from voltfleet.host.wheel import Clock

_SLICE_BYTES = 512
"""What is parsed at once: 250 of the smallest frames."""
_SLICES_AT_ONCE = 16
"""What is handled as it arrives; the rest waits for its turn behind others."""
_FRAME_COSTS_BYTES = 8192
"""What a frame counts for, beside its length: a small message is as much work as so many bytes."""


class Intake(asyncio.Protocol):
    """The reading half of a connection.

    Small messages are handled as they arrive. What comes in bulk is handled slice by slice, in turn
    with other connections (`Turns`); what comes faster than ``frames_per_second`` waits, and its
    sender with it: nothing is read from the socket meanwhile. Nor is anything while ``paused``, for
    the other side does not read, or while silent.
    """

    __slots__ = (
        "_aborted",
        "_clock",
        "_flooded",
        "_frames_per_second",
        "_second",
        "_silent",
        "_spent",
        "_transport",
        "_turns",
        "_unread",
        "paused",
    )

    def __init__(self, clock: Clock, turns: Turns, frames_per_second: int) -> None:
        self._clock = clock
        self._turns = turns
        self._frames_per_second = frames_per_second
        self._transport: asyncio.Transport | None = None
        self._unread: memoryview | None = None
        self._second = self._spent = 0
        self._flooded = False
        self._silent = False
        self._aborted = False
        self.paused = False

    @abstractmethod
    def _receive(self, data: memoryview, now: float) -> int:
        """Handle these bytes; how many frames were complete with them."""

    @abstractmethod
    def _overrun(self) -> None:
        """More comes than is read. Called once at most."""

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the CSMS."""
        if self._unread is not None:
            # Reading is paused, but TLS may have had more at hand.
            self._unread = memoryview(bytes(self._unread) + data)
            return
        self._unread = self._read(memoryview(data), _SLICES_AT_ONCE)
        if self._unread is not None:
            self._pause_reading()
            self._turns.add(self)

    def read_on(self) -> float | None:
        """`turns.Reader`."""
        if self._unread is None or self._transport is None or self.paused or self._silent:
            return None
        self._unread = self._read(self._unread, 1)
        if self._unread is None:
            self._resume_reading()
            return None
        now = self._clock()
        return 0.0 if self._may_read(now) else 1.0 - now % 1.0

    def _read(self, data: memoryview, slices: int) -> memoryview | None:
        """Handle a part of it; returns the rest."""
        at, end = 0, len(data)
        while at < end and slices and not self.paused:
            now = self._clock()
            if not self._may_read(now):
                break
            part = data[at : at + _SLICE_BYTES]
            self._spent += len(part) + _FRAME_COSTS_BYTES * self._receive(part, now)
            at += _SLICE_BYTES
            slices -= 1
        return data[at:] if at < end and not self._aborted else None

    def _may_read(self, now: float) -> bool:
        """Whether this second's share is not used up."""
        second = int(now)
        if second != self._second:
            self._second, self._spent = second, 0
        if self._spent < self._frames_per_second * _FRAME_COSTS_BYTES:
            return True
        if not self._flooded:
            self._flooded = True
            self._overrun()
        return False

    def _pause_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or self._silent or self.paused:
            return
        if self._unread is not None:
            self._turns.add(self)
        else:
            transport.resume_reading()
