"""A step: one transaction whose outcome the durable engine remembers.

This is the other of the two places that commit. A step may run twice (a crash between its commit
and the engine's note of it), so every function given to it is idempotent.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from voltfleet.storage.engine import Connection, Database
from voltfleet.workflows.engine import durable_step

T = TypeVar("T")


class Steps:
    """Runs the steps of the workflow that is under way, on one database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.clock = clock

    def transact(self, name: str, work: Callable[[Connection, float], T]) -> T:
        """``work(connection, now)`` in a transaction, tried again with back-off while the database
        is away. Its result is remembered under ``name``, which is frozen once released."""
        return durable_step(name, lambda: self.once(work))

    def once(self, work: Callable[[Connection, float], T]) -> T:
        """``work(connection, now)`` in a transaction that is not remembered."""
        with self._database.writing() as connection:
            return work(connection, self.clock())

    def look(self, work: Callable[[Connection, float], T]) -> T:
        """``work(connection, now)`` in a transaction that only reads."""
        with self._database.reading() as connection:
            return work(connection, self.clock())
