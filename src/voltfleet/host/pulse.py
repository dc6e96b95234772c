"""Tells whoever started this host for how long it may go on (`domain.hosting.PULSE`).

A host that is frozen cannot close its stations' sockets when its lease is over. Its parent can: it
kills a host whose last word has run out.
"""

import contextlib
import os

from voltfleet.domain.hosting import PULSE
from voltfleet.host.wheel import Clock


class Pulse:
    """The host's end of the pipe; without one, words to nobody."""

    def __init__(self, descriptor: int | None, clock: Clock) -> None:
        self._descriptor = descriptor
        self._clock = clock
        self._said_nothing_runs = True
        if descriptor is not None:
            os.set_blocking(descriptor, False)

    def until(self, expires_at: float) -> None:
        """The stations may run until then."""
        self._said_nothing_runs = False
        self._say(max(0.0, expires_at - self._clock()))

    def nothing_runs(self) -> None:
        """No station runs until the lease is renewed."""
        if not self._said_nothing_runs:
            self._said_nothing_runs = True
            self._say(0.0)

    def _say(self, seconds: float) -> None:
        if self._descriptor is not None:
            # A parent that does not read is frozen itself, or gone.
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                os.write(self._descriptor, PULSE.pack(seconds))
