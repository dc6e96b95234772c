"""What every functional block gets: the station around it.

How to write a block
--------------------
A block is a class with ``__slots__`` that derives from `blocks.Block` and takes the `Context` and
the blocks it needs (the engine builds them, bottom up, so that imports have no cycle).

- **Answer a CALL**: a method marked ``@handles(messages.Reset)`` gets the decoded request and
  returns the response Struct, or raises `ocppj.errors.RpcError`. The action is the name of the
  request type. The answer is always on the wire before any CALL that the method makes.
- **Send a CALL**: ``ctx.call(request, AnswerType, on_answer, on_failure, lane)``; never blocks.
  Exactly one of the callbacks is called, later or (station offline, lane does not wait) at once, so
  ``on_failure`` must not simply call again: it starts a timer. `outbox.Lane` tells what waits and
  is retried. Use `call_built` where the payload is only known when it is sent.
- **Wait**: ``ctx.timers.start((name, number), at, callback)``; names in `timers.PHYSICAL` survive a
  reboot, all others are forgotten by it.
- **Read the clock**: ``ctx.now``, set at every entry. ``ctx.timestamp()`` for payloads.
- **React to the hardware**: the engine is the `Hardware.listener` and passes each `HardwareEvent`
  on to the blocks concerned; blocks change hardware only through `Hardware`'s methods.
- **Tell the host**: ``ctx.report(...)``, ``ctx.register(...)``, ``ctx.outcome(command, ...)``.
- **Note for the diagnostics**: ``ctx.note(...)``; what is reported to the host is noted already.
- **Remember**: ``ctx.remember()`` wherever something changes that outlives a power cut, with
  ``urgent=True`` if no frame must go out before it is kept. The block's piece of the memory is in
  ``memory`` and ``recall`` of its engine. A transaction message is remembered by its ``memo``.
- **Reboot**: ``ctx.reboot(seconds)``; afterwards the engine's ``power_up`` is called.

Handlers and callbacks run to completion, in one thread, and never wait.
"""

from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any, NamedTuple, TypeVar

import msgspec

from voltfleet.domain.commands import CommandState
from voltfleet.domain.hosting import Command, CommandOutcome, ConnectionState
from voltfleet.domain.specs import OcppVersion, StationSpec
from voltfleet.domain.timestamps import parse_rfc3339, rfc3339
from voltfleet.station.hardware import Hardware
from voltfleet.station.journal import Journal
from voltfleet.station.outbox import Build, Gate, Lane, OnFailure, Outbox, OutCall
from voltfleet.station.reports import (
    ConnectorState,
    DialFailure,
    DialSettings,
    Registration,
    StationReport,
    Transfer,
    TransferKind,
    TransferResult,
)
from voltfleet.station.rng import Rng
from voltfleet.station.timers import Timers
from voltfleet.station.wire_faults import WireFaults

CLOCK_TOLERANCE_SECONDS = 5.0
REDIAL_SECONDS = 0.25
NOTHING_TOLD = DialSettings()
PING_SECONDS = 60
"""The WebSocketPingInterval of a station that nobody has set up."""

OnTransfer = Callable[[TransferResult], None]
Answer = TypeVar("Answer", bound=msgspec.Struct)

_ANY = msgspec.json.Decoder(dict[str, Any])


@cache
def decoder(type_: type[Answer]) -> msgspec.json.Decoder[Answer]:
    """The one decoder of a message type, shared by all stations."""
    return msgspec.json.Decoder(type_)


class Redialled(NamedTuple):
    """How the charger was to dial when it was created, and what its CSMS changed of that."""

    created: DialSettings
    told: DialSettings


class Context:
    """The station as its functional blocks see it. ``ping_seconds`` is the WebSocket ping interval
    (0: none), for the host. ``dial`` is how it dials, as far as the station was told.
    ``clock_error`` and ``faults`` are what a user made go wrong."""

    __slots__ = (
        "_reports",
        "_transfer_id",
        "_transfers",
        "_urgent",
        "clock_error",
        "clock_offset",
        "close_code",
        "connected",
        "dial",
        "faults",
        "hardware",
        "identity",
        "journal",
        "link_wanted",
        "now",
        "on_dial_failed",
        "on_power_up",
        "on_settled",
        "outbox",
        "ping_seconds",
        "redialled",
        "registration",
        "remembered_at",
        "rng",
        "spec",
        "timers",
        "version",
    )

    def __init__(
        self,
        spec: StationSpec,
        version: OcppVersion,
        *,
        identity: str,
        seed: int,
        now: float,
        dial: DialSettings = NOTHING_TOLD,
    ) -> None:
        self.spec = spec
        self.dial = dial
        self.redialled: Redialled | None = None
        self.version = version
        self.identity = identity
        self.now = now
        self.rng = Rng(seed)
        self.timers = Timers()
        # Message ids must not repeat when the host starts anew with the same seed: mix the time in.
        self.outbox = Outbox(seed ^ int(now * 1000), objects=version is OcppVersion.V21)
        self.hardware = Hardware(spec, rng=self.rng, timers=self.timers, now=now)
        self.journal = Journal()
        self.clock_offset = 0.0
        self.clock_error = 0.0
        self.faults: WireFaults | None = None
        self.connected = False
        self.link_wanted = True
        self.close_code: int | None = None
        self.ping_seconds = PING_SECONDS
        self.registration = ConnectionState.WAITING
        self.on_power_up: Callable[[], None] = _nothing
        self.on_dial_failed: Callable[[DialFailure, str], None] = _no_matter
        self.on_settled: Callable[[], None] | None = None
        self._reports: list[StationReport] = []
        self.remembered_at = -inf
        self._urgent: bool | None = None
        self._transfer_id = 0
        self._transfers: dict[int, OnTransfer] | None = None

    # --- to the CSMS ----------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Connected and accepted."""
        return self.outbox.gate is Gate.OPEN

    def call(
        self,
        request: msgspec.Struct,
        answer: type[Answer],
        on_answer: Callable[[Answer], None] | None = None,
        on_failure: OnFailure | None = None,
        lane: Lane = Lane.NORMAL,
        memo: Any = None,
    ) -> None:
        """Send a CALL when its turn comes; the action is the name of the request's type."""
        action = type(request).__name__
        read = decoder(answer)
        self.outbox.put(OutCall(action, request, read, on_answer, on_failure, lane, memo))

    def call_built(
        self,
        request_type: type[msgspec.Struct],
        build: Build,
        answer: type[Answer],
        on_answer: Callable[[Answer], None] | None = None,
        on_failure: OnFailure | None = None,
        lane: Lane = Lane.TRANSACTION,
        memo: Any = None,
    ) -> None:
        """Like `call`, with a payload made at the moment of sending; None: it is not sent, and no
        callback is called."""
        action = request_type.__name__
        read = decoder(answer)
        self.outbox.put(OutCall(action, build, read, on_answer, on_failure, lane, memo))

    def call_raw(
        self,
        action: str,
        payload: msgspec.Raw,
        on_answer: Callable[[dict[str, Any]], None],
        on_failure: OnFailure,
    ) -> None:
        """Like `call`, with a payload that is JSON already; any JSON object is an answer."""
        self.outbox.put(OutCall(action, payload, _ANY, on_answer, on_failure, Lane.NORMAL))

    def settle(self) -> None:
        """All that a stimulus brought about is done: let ``on_settled`` look at it, and send."""
        if self.on_settled is not None:
            self.on_settled()
        if self.link_wanted:  # else a CALL would be on its way when the socket is closed
            self.outbox.pump(self.now)

    # --- to the host ----------------------------------------------------------------------------

    def report(self, report: StationReport) -> None:
        """Something the host is to know."""
        self._reports.append(report)
        match report:
            case Registration():
                self.note(f"{report.state}: {report.note}" if report.note else report.state)
            case ConnectorState():
                where = f"EVSE {report.evse_id}, connector {report.connector_id}"
                fault = f" ({report.error_code})" if report.error_code else ""
                self.note(f"{where}: {report.status}{_flow(report)}{fault}")

    def note(self, what: str) -> None:
        """Something that the diagnostics are to tell."""
        self.journal.note(self.timestamp(), what)

    def take_reports(self) -> list[StationReport]:
        """What was reported since the last time."""
        taken, self._reports = self._reports, []
        return taken

    def remember(self, *, urgent: bool = False) -> None:
        """Something changed that outlives a power cut. ``urgent``: what goes out from now on must
        not overtake it."""
        self._urgent = urgent or bool(self._urgent)

    def take_remembered(self) -> bool | None:
        """Whether what changed since the last time is urgent; None if nothing did."""
        urgent, self._urgent = self._urgent, None
        touched, self.outbox.touched = self.outbox.touched, False
        return False if urgent is None and touched else urgent

    def register(self, state: ConnectionState, note: str | None = None) -> None:
        """The station has got so far with its CSMS."""
        self.registration = state
        self.report(Registration(state, note))

    def outcome(
        self,
        command: Command,
        state: CommandState,
        reason: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """What became of a command."""
        self.report(CommandOutcome(command.id, command.charger_id, state, reason, detail))

    def transfer(self, kind: TransferKind, url: str, content: bytes, on_end: OnTransfer) -> None:
        """Let the host fetch or deliver a file. Forgotten by a reboot."""
        self._transfer_id += 1
        self._transfers = {**(self._transfers or {}), self._transfer_id: on_end}
        self.report(Transfer(self._transfer_id, kind, url, content))

    def transferred(self, transfer_id: int, result: TransferResult) -> None:
        """The host has done it, or could not."""
        on_end = (self._transfers or {}).pop(transfer_id, None)
        if on_end is not None:
            on_end(result)

    def dial_next(self, change: DialSettings) -> None:
        """Dial differently from the next time on, also after a power cut."""
        before = self.dials_as_told()
        self.redialled = Redialled(before.created, changed(before.told, change))
        self.remember()
        self.dial = changed(self.dial, change)
        self.report(change)

    def dials_as_told(self) -> Redialled:
        """From now on its CSMS has a say in how it dials, until its user says otherwise."""
        if self.redialled is None:
            self.redialled = Redialled(self.dial, NOTHING_TOLD)
        return self.redialled

    def redial(self, change: DialSettings) -> None:
        """Dial differently from now on: hang up, once everything is sent, and dial anew."""
        self.dial_next(change)
        if self.link_wanted:
            self.link_wanted = False
            self.after("redial", 0, REDIAL_SECONDS, self._redial)

    def _redial(self) -> None:
        self.link_wanted = True

    # --- time and power -------------------------------------------------------------------------

    def timestamp(self, at: float | None = None) -> str:
        """That instant (now, if none is given) by the station's clock, as payloads write it."""
        return rfc3339((self.now if at is None else at) + self.clock_offset + self.clock_error)

    def set_clock(self, csms_time: str) -> None:
        """The CSMS told the time. Small differences are its rounding and the way of the message:
        following them would let timestamps run backwards."""
        told = parse_rfc3339(csms_time)
        if told is not None and abs(told - self.now - self.clock_offset) > CLOCK_TOLERANCE_SECONDS:
            self.clock_offset = told - self.now

    def after(self, name: str, number: int, seconds: float, callback: Callable[[], None]) -> None:
        """Call back so many seconds from now."""
        self.timers.start((name, number), self.now + seconds, callback)

    def reboot(self, seconds: float) -> None:
        """Power the firmware down; it is back, and dials again, after so many seconds."""
        self.note("power down")
        self.link_wanted = False
        self.outbox.lose_link()
        self.timers.stop_firmware()
        self._transfers = None
        self.after("power", 0, seconds, self._power_up)

    def _power_up(self) -> None:
        self.note("power up")
        self.link_wanted = True
        self.on_power_up()


def changed(before: DialSettings, change: DialSettings) -> DialSettings:
    """How to dial after a change."""
    told = {name: getattr(change, name) for name in change.__struct_fields__}
    return msgspec.structs.replace(before, **{n: v for n, v in told.items() if v is not None})


def _flow(report: ConnectorState) -> str:
    """What becomes of a transaction's energy, where the status does not say it (OCPP 2.x)."""
    word = "charging" if report.charging else "suspended" if report.suspended else ""
    return f", {word}" if word and word not in report.status.lower() else ""


def _nothing() -> None:
    """Stands in until the engine is built."""


def _no_matter(_failure: DialFailure, _why: str) -> None:
    """Stands in until the engine is built."""
