"""The demo CSMS as one object: start it, look at it, drive chargers with it, stop it."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from voltfleet.csms.books import Books
from voltfleet.csms.calls import Done, Outcome
from voltfleet.csms.charging import ID_TOKEN, Charging
from voltfleet.csms.connection import Connection, Door
from voltfleet.csms.controls import Controls
from voltfleet.csms.desk import Desk
from voltfleet.csms.entry import Keys
from voltfleet.csms.errors import CallFailed
from voltfleet.csms.frame_log import FrameLog
from voltfleet.csms.http import Routes
from voltfleet.csms.narrator import Narrator
from voltfleet.csms.options import BootStatus, CsmsOptions
from voltfleet.csms.totals import Rates
from voltfleet.csms.views import Overview, Stats
from voltfleet.ocppj.rpc import CALL_TIMEOUT_SECONDS

BACKLOG = 8192
"""Connections that may wait to be accepted; the kernel cuts it to its own limit."""

REQUEST_SECONDS = 10.0
"""How long a connection may take to say what it wants."""

_GOING_AWAY = 1001


class Csms:
    """A CSMS on one port. ``say`` gets the lines for a terminal.

    >>> csms = Csms()
    >>> port = await csms.start(port=0)
    >>> await csms.remote_start("CP-1", seconds=30)
    >>> await csms.stop()
    """

    def __init__(
        self,
        options: CsmsOptions | None = None,
        *,
        say: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        options = options or CsmsOptions()
        self._clock = clock
        self._narrator = Narrator(say)
        self._log = FrameLog(options.log_path) if options.log_path else None
        self._books = Books(options, clock())
        self._desk = Desk(self._books, self._narrator, self._log, clock)
        self._charging = Charging(self._desk, options.charge, options.charge_seconds)
        self._books.listener = self._charging
        self._rates = Rates(self._books.totals)
        self._overview = Overview(self._books, self._desk, self._rates, clock)
        keys = Keys(options.authorization_key)
        self._controls = Controls(self._books, self._desk, self._charging, keys)
        self._door = Door(self._desk, Routes(self._overview, self._controls), keys, clock)
        self._tls = options.tls
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; returns the port. Raises `OSError` if it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            partial(Connection, self._door),
            host,
            port,
            backlog=BACKLOG,
            ssl=self._tls,
            ssl_handshake_timeout=REQUEST_SECONDS if self._tls else None,
        )
        self._every_second()
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every socket in good order and stop listening."""
        self._charging.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._server is not None:
            self._server.close()
        for socket in list(self._door.sockets):
            socket.shut_down(_GOING_AWAY, "the CSMS stops")
        if self._door.sockets:
            # Each is gone by itself after `CLOSE_SECONDS`, whatever its other side does.
            self._door.emptied.clear()
            await self._door.emptied.wait()
        if self._log is not None:
            self._log.close()

    # --- looking ---------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """The figures of this moment."""
        return self._overview.stats()

    def chargers(self, offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Chargers as ``/api/chargers`` shows them, the connected ones first."""
        return self._overview.chargers(offset, limit)

    def charger(self, identity: str) -> dict[str, Any] | None:
        """One charger, connected or not; None if it was never here."""
        return self._overview.charger(identity)

    def problems(self) -> list[dict[str, Any]]:
        """The latest things that chargers did and the standard does not allow."""
        return self._overview.problems()

    # --- driving ---------------------------------------------------------------------------------

    async def call(
        self,
        identity: str,
        action: str,
        payload: dict[str, Any] | None = None,
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
    ) -> dict[str, Any]:
        """Send any CALL to a charger and return the payload of its answer. Raises `CallFailed`."""
        return await self._outcome(
            lambda done: self._controls.call(identity, action, payload or {}, done, timeout_seconds)
        )

    async def remote_start(
        self,
        identity: str,
        *,
        evse_id: int | None = None,
        id_token: str = ID_TOKEN,
        seconds: float = 0.0,
    ) -> dict[str, Any]:
        """Ask a charger for a transaction (``evse_id`` is the connectorId in 1.6) and return its
        answer. Unless ``seconds`` is 0 it is stopped that long after it began."""
        return await self._outcome(
            lambda done: self._controls.start(identity, done, evse_id, id_token, seconds)
        )

    async def remote_stop(self, identity: str, transaction_id: str | None = None) -> dict[str, Any]:
        """Ask for the end of a transaction, by default the one that began first."""
        return await self._outcome(lambda done: self._controls.stop(identity, done, transaction_id))

    def answer_boots_with(self, status: BootStatus) -> None:
        """How BootNotifications are answered from now on."""
        self._controls.answer_boots_with(status)

    # --- inside ----------------------------------------------------------------------------------

    async def _outcome(self, ask: Callable[[Done], None]) -> dict[str, Any]:
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            if answered.done():
                return
            if isinstance(outcome, CallFailed):
                answered.set_exception(outcome)
            else:
                answered.set_result(outcome)

        ask(done)
        return await answered

    def _every_second(self) -> None:
        now = self._clock()
        self._rates.sample(now)
        self._narrator.every_second(len(self._books.registry.live))
        if self._log is not None:
            self._log.flush()
        self._drop_silent(now)
        self._timer = asyncio.get_running_loop().call_later(1.0, self._every_second)

    def _drop_silent(self, now: float) -> None:
        for connection, since in list(self._door.waiting.items()):
            if now - since < REQUEST_SECONDS:
                break
            connection.abort()
