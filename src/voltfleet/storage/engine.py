"""The database as the rest of the house sees it: `Database.read` and `Database.write`.

SQLite and Postgres behind one class. A unit of work is a plain function whose first argument is a
SQLAlchemy `Connection`; it runs in a worker thread, inside one transaction, with a deadline, and
has been committed to disk when the call returns. This is one of the two places that commit
(the other is the step wrapper in ``workflows/steps.py``, which uses the same class).
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from voltfleet.domain.errors import Unavailable
from voltfleet.observability import fault_points
from voltfleet.storage.gathering import Gathering
from voltfleet.storage.sqlite_library import sqlite, warn_if_affected

Connection = sa.Connection
"""What a unit of work is given; rooms without SQL of their own pass it on."""
DatabaseError = SQLAlchemyError
"""Whatever goes wrong between here and the database."""
DatabaseOutage = OperationalError
"""It cannot be reached or opened; ``orig`` says why."""

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K")

THREADS = 12
"""Worker threads of one Database; a unit of work that finds none free waits in their queue."""
BACKLOG = 400
"""Units of work that may wait for a thread; one more is refused at once, so that a hung server
cannot make the gateway hoard requests."""
DEADLINE_SECONDS = 3.0
"""How long a request waits for its unit of work. A hung Postgres ignores its own timeouts."""
BUSY_TIMEOUT_MS = 2_500
CACHE_KIB = 2 << 10
"""Of each connection to SQLite; what does not fit is in the system's own cache of the file."""
STATEMENTS_KEPT = 32
"""Prepared, by each connection to SQLite."""
_DURABLE = ("on", "remote_apply")


def frames_url(url: str) -> str:
    """Where the frame log of that database is: on SQLite a file of its own beside it."""
    return f"{url.removesuffix('.db')}-frames.db" if url.startswith("sqlite") else url


def create_engine(url: str) -> sa.Engine:
    """An engine for ``sqlite:///…`` or ``postgresql://…``, set up for durable commits.

    SQLite: WAL, ``synchronous=FULL``, on a library without the WAL-reset bug of 3.7.0 to 3.51.2.
    Postgres: psycopg 3, with ``synchronous_commit`` on and short lock and idle timeouts.
    """
    if url.startswith("sqlite"):
        warn_if_affected()
        engine = _create_sqlite_engine(url, kept=8, more=24, pool_timeout=DEADLINE_SECONDS)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=THREADS + 4,
        max_overflow=16,
        pool_timeout=DEADLINE_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 3,
            "application_name": "voltfleet",
            "options": "-c lock_timeout=2500 -c idle_in_transaction_session_timeout=5000",
        },
    )
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def create_sqlite_engine_for_workflows(url: str) -> sa.Engine:
    """As the durable engine makes it for itself, but on a library without the WAL-reset bug.

    Its notes need no sync of their own: what it would repeat after losing the last of them is
    idempotent, and a job's start is written by our own transaction, which is synced.
    """
    engine = _create_sqlite_engine(url, kept=4, more=56)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout=30000", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _create_sqlite_engine(url: str, *, kept: int, more: int, **options: Any) -> sa.Engine:
    """``kept`` connections stay open, ``more`` are closed again after use. The same few do most of
    the work, and only their caches fill."""
    return sa.create_engine(
        url,
        module=sqlite,
        pool_size=kept,
        max_overflow=more,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"cached_statements": STATEMENTS_KEPT},
        **options,
    )


def open_kept(engine: sa.Engine) -> None:
    """Opens the connections that stay open, so that what a gateway holds does not depend on how
    much it once had to do at the same time."""
    with contextlib.ExitStack() as stack:
        for _ in range(engine.pool.size()):  # type: ignore[attr-defined]  # a QueuePool, as above
            stack.enter_context(engine.connect())


def _prepare_postgres(connection: Any, _record: Any) -> None:
    """A commit returns when it is on the server's disk, whatever the server, the database or the
    user is set to; ``remote_apply`` promises more than that, and stays."""
    autocommit = connection.autocommit
    connection.autocommit = True
    (setting,) = connection.execute("SHOW synchronous_commit").fetchone()
    if setting not in _DURABLE:
        connection.execute("SET synchronous_commit = on")
    connection.autocommit = autocommit


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "fullfsync=ON",  # macOS: through the drive's cache too; nothing elsewhere
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KIB}",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Database:
    """One database, shared by every thread of the gateway; closed after everything that uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="voltfleet-db")
        self._waiting = 0
        self._gatherings: dict[Callable[..., Any], Gathering[Any, Any]] = {}
        # SQLite has one writer; waiting for it here is fair and wakes at once, whereas its own
        # busy handler sleeps up to 100 ms at a time.
        self._writer = threading.Lock() if self.is_sqlite else contextlib.nullcontext()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads: one consistent snapshot."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is committed when the block ends and rolled back when it raises."""
        with self._writer, self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            fault_points.reach("commit.before")
            connection.commit()
            fault_points.reach("commit.after")

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``work(connection, *args)`` in a reading transaction.

        Raises `Unavailable` when the database cannot be reached, is hung, or has too much to do.
        """
        return await self._in_thread(self._read, work, args, kwargs)

    async def read_together(
        self, work: Callable[[sa.Connection, Collection[K]], Mapping[K, T]], key: K
    ) -> T | None:
        """``work(connection, {key, …}).get(key)`` in a reading transaction that begins after this
        call, shared with whoever else asks for the same ``work`` meanwhile.

        Raises `Unavailable` as `read` does.
        """
        gathering = self._gatherings.get(work)
        if gathering is None:
            gathering = Gathering(lambda keys: self.read(work, keys))
            self._gatherings[work] = gathering
        return await gathering.ask(key)

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``work(connection, *args)`` in a writing transaction, committed when this returns.

        Raises `Unavailable` when the database cannot be reached, is hung, or has too much to do;
        what was refused so is rolled back. Only when it was the commit itself that hung is it not
        known what became of it.
        """
        return await self._in_thread(self._write, work, args, kwargs)

    def close(self) -> None:
        """Waits for the units of work under way, then closes every connection."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.engine.dispose()

    def _read(self, work: Callable[..., T], args: Any, kwargs: Any, given_up: threading.Event) -> T:
        _go_on(given_up)
        with self.reading() as connection:
            return work(connection, *args, **kwargs)

    def _write(
        self, work: Callable[..., T], args: Any, kwargs: Any, given_up: threading.Event
    ) -> T:
        _go_on(given_up)
        with self.writing() as connection:
            result = work(connection, *args, **kwargs)
            _go_on(given_up)
            return result

    async def _in_thread(self, transact: Callable[..., T], work: Any, args: Any, kwargs: Any) -> T:
        if self._waiting >= BACKLOG:
            raise Unavailable("The database has too much to do.", code="database_busy")
        self._waiting += 1
        given_up = threading.Event()
        future = asyncio.get_running_loop().run_in_executor(
            self._threads, transact, work, args, kwargs, given_up
        )
        future.add_done_callback(self._done)
        try:
            # Not wait_for: in Python 3.11 it forgets a cancellation that comes with the result.
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await asyncio.shield(future)
        except TimeoutError as error:
            given_up.set()
            raise Unavailable(
                "The database did not answer in time.", code="database_timeout"
            ) from error
        except DBAPIError as error:
            if _is_outage(error):
                raise Unavailable(
                    "The database cannot be reached.", code="database_unavailable"
                ) from error
            raise
        except sa.exc.TimeoutError as error:
            raise Unavailable("The database has too much to do.", code="database_busy") from error

    def _done(self, future: "asyncio.Future[Any]") -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # an abandoned one's error was answered by the deadline


class _GivenUpError(Exception):
    """Whoever asked for it has been told that it was not done."""


def _go_on(given_up: threading.Event) -> None:
    if given_up.is_set():
        raise _GivenUpError


def _is_outage(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(
        error, sa.exc.OperationalError | sa.exc.InterfaceError
    )
