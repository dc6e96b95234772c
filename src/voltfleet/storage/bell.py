"""A bell that every gateway on one Postgres hears: something was committed that others wait for.

It carries no news; who hears it looks into the database. A ring may be lost (the server restarted,
a pooler swallowed it): whoever waits looks by itself now and then as well.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator

import psycopg
import sqlalchemy as sa
import structlog

CHANNEL = "voltfleet_hosts"
RETRY_SECONDS = 1.0
TOGETHER_SECONDS = 0.005
"""Rings so close together are one: a notification costs Postgres a moment of one global lock."""
_LISTEN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Bell:
    """One gateway's. With SQLite there is no other to hear it: it does nothing."""

    def __init__(self, database_url: str) -> None:
        url = sa.make_url(database_url)
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._heard: Callable[[], None] = lambda: None
        self._rung = threading.Event()
        self._stopping = threading.Event()
        self._own_pid = 0
        self._threads: list[threading.Thread] = []
        if url.get_backend_name() == "postgresql":
            self._threads = [
                threading.Thread(target=self._for_ever, args=[act], daemon=True)
                for act in (self._listen, self._pass_on)
            ]

    def start(self, heard: Callable[[], None]) -> None:
        """Calls ``heard``, in a thread of the bell's, whenever another gateway rings."""
        self._heard = heard
        for thread in self._threads:
            thread.start()

    def ring(self) -> None:
        """Call after the commit. Safe from any thread; waits for nothing."""
        self._rung.set()

    def stop(self) -> None:
        """Lets go of the database, soon."""
        self._stopping.set()
        self._rung.set()

    def _for_ever(self, act: Callable[[psycopg.Connection], None]) -> None:
        while not self._stopping.is_set():
            try:
                with self._connection() as connection:
                    act(connection)
            except psycopg.Error as error:
                _log.warning("bell_broken", error=str(error).strip().partition("\n")[0])
                self._stopping.wait(RETRY_SECONDS)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        connection = psycopg.connect(
            self._conninfo, autocommit=True, connect_timeout=3, application_name="voltfleet-bell"
        )
        with contextlib.closing(connection):
            yield connection

    def _listen(self, connection: psycopg.Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._heard()  # what was rung while nobody listened
        while not self._stopping.is_set():
            for ring in connection.notifies(timeout=_LISTEN_SECONDS):
                if ring.pid != self._own_pid:
                    self._heard()

    def _pass_on(self, connection: psycopg.Connection) -> None:
        self._own_pid = connection.info.backend_pid
        while not self._stopping.is_set():
            self._rung.wait()
            self._stopping.wait(TOGETHER_SECONDS)
            self._rung.clear()
            try:
                connection.execute(f"NOTIFY {CHANNEL}")
            except psycopg.Error:
                self._rung.set()
                raise
