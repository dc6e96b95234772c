"""Chargers that leave a host, until their sockets are gone."""

import asyncio
from collections import Counter
from collections.abc import Iterator

from voltfleet.host.dialer import Address
from voltfleet.host.runner import Runner

Identity = tuple[Address, str]
"""A charging station as the CSMS knows it: address and path."""


class Departures:
    """The runners that were told to end and have not yet, and the identities whose sockets are
    being closed with them."""

    def __init__(self) -> None:
        self._leaving: dict[Runner, Identity | None] = {}
        self._closing: Counter[Identity] = Counter()
        self._nobody = asyncio.Event()
        self._nobody.set()

    def __len__(self) -> int:
        return len(self._leaving)

    def __iter__(self) -> Iterator[Runner]:
        return iter(list(self._leaving))

    def begin(self, runner: Runner) -> bool:
        """It is about to be told to end. False if it has begun to leave already."""
        if runner in self._leaving:
            return False
        identity = _identity_of(runner) if runner.has_socket else None
        self._leaving[runner] = identity
        if identity is not None:
            self._closing[identity] += 1
        self._nobody.clear()
        return True

    def end(self, runner: Runner) -> None:
        """Its socket is gone, if it had one."""
        identity = self._leaving.pop(runner, None)
        if identity is not None:
            self._closing[identity] -= 1
            if not self._closing[identity]:
                del self._closing[identity]
        if not self._leaving:
            self._nobody.set()

    async def nobody_left(self) -> None:
        """Until every socket is gone."""
        await self._nobody.wait()

    def is_closing(self, runner: Runner) -> bool:
        """Whether a socket of the same identity is still being closed."""
        return bool(self._closing) and _identity_of(runner) in self._closing


def _identity_of(runner: Runner) -> Identity | None:
    where = runner.endpoint
    if where is None:
        return None
    return where.address, where.path(runner.assignment.identity)
