"""Kills a host that is frozen past its lease: only so do its stations' sockets close in time."""

import asyncio
import os
from collections.abc import Callable

from voltfleet.domain.hosting import PULSE

PATIENCE_SECONDS = 1.0
"""How long after the end of its lease a host may take to close its sockets by itself."""


class Watchdog:
    """Hears one process on a pipe; ``kill`` is called when its last word has run out.

    Hand ``child_end`` to the process, then `watch`; `close` when it has ended.
    """

    def __init__(self, kill: Callable[[], None]) -> None:
        self._own_end, self.child_end = os.pipe()
        self._kill = kill
        self._timer: asyncio.TimerHandle | None = None
        self._part = b""

    def watch(self) -> None:
        """From now on. The process has its end of the pipe; this one's copy of it is closed."""
        os.close(self.child_end)
        os.set_blocking(self._own_end, False)
        asyncio.get_running_loop().add_reader(self._own_end, self._hear)

    def close(self) -> None:
        """The process has ended."""
        self._forget()
        asyncio.get_running_loop().remove_reader(self._own_end)
        os.close(self._own_end)

    def _hear(self) -> None:
        data = self._part + os.read(self._own_end, 65_536)
        whole = len(data) - len(data) % PULSE.size
        if not whole:
            asyncio.get_running_loop().remove_reader(self._own_end)  # it has closed its end
            return
        self._part = data[whole:]
        (seconds,) = PULSE.unpack(data[whole - PULSE.size : whole])
        self._forget()
        if seconds > 0:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds + PATIENCE_SECONDS, self._kill)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
