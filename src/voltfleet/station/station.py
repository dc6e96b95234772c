"""One simulated charging station, sans-I/O: the whole of what a host sees of it."""

import msgspec

from voltfleet.domain import commands
from voltfleet.domain.commands import CommandKind, CommandState
from voltfleet.domain.hosting import Command, ConnectionState
from voltfleet.domain.specs import OcppVersion, StationSpec
from voltfleet.ocppj import frames, rpc
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.ocppj.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    FrameError,
    FrameFault,
    MessageType,
    Send,
)
from voltfleet.station import details, operator
from voltfleet.station.blocks import Block
from voltfleet.station.connector import HardwareRefusal
from voltfleet.station.context import NOTHING_TOLD, Context
from voltfleet.station.details import ConnectorDetail
from voltfleet.station.engines import ENGINES
from voltfleet.station.memory import ALONE_SECONDS, Unreadable, recall, write
from voltfleet.station.reports import (
    DialFailure,
    DialSettings,
    Memory,
    MemoryLost,
    StationReport,
    TransferResult,
)
from voltfleet.station.v2.device_model.model import DeviceModel

_BROKEN_ANSWERS = (MessageType.CALL_RESULT, MessageType.CALL_ERROR)
_REFUSED = RpcError(RpcErrorCode.INTERNAL_ERROR, "refused: a fault was injected")


class ChargingStation:
    """A charging station as its socket, its clock and its user see it.

    ``now`` is epoch seconds. Should it ever go backwards (a clock that was set), the station's own
    time stands still until it has caught up. After every call, take `outgoing` and `reports`, look
    at `link_wanted` and `close_code`, and call `tick` at `next_deadline`. ``dial`` is how the host
    dials for it, before any `DialSettings` that it reports.
    """

    __slots__ = ("_ctx", "_engine")

    def __init__(
        self,
        spec: StationSpec,
        version: OcppVersion,
        *,
        identity: str,
        seed: int,
        now: float,
        memory: bytes | None = None,
        dial: DialSettings = NOTHING_TOLD,
    ) -> None:
        self._ctx = Context(spec, version, identity=identity, seed=seed, now=now, dial=dial)
        self._engine = ENGINES[version](self._ctx)
        if memory is None:
            return
        try:
            recall(self._ctx, self._engine, memory)
        except Unreadable as error:
            self._ctx = Context(spec, version, identity=identity, seed=seed, now=now, dial=dial)
            self._engine = ENGINES[version](self._ctx)
            why = f"what the charger remembered cannot be used, it starts anew: {error}"
            self._ctx.report(MemoryLost(why))

    def retire(self) -> None:
        """The end: nothing may be asked of it any more. What it holds is free at once, and does not
        wait for a garbage collector that has ten thousand others to look through."""
        held = [getattr(self._engine, name) for name in _held_by(self._engine)]
        parts = [part for one in held for part in (one if isinstance(one, tuple) else (one,))]
        blocks = [part for part in parts if isinstance(part, Block | DeviceModel)]
        self._ctx.timers.forget_all()
        for holder in (self._ctx, self._engine, *blocks):
            for name in _held_by(holder):
                delattr(holder, name)

    # --- what happens to it ---------------------------------------------------------------------

    def connected(self, now: float) -> None:
        """The WebSocket is open, with the version's subprotocol."""
        self._enter(now)
        self._ctx.connected = True
        self._ctx.close_code = None
        if self._ctx.link_wanted:
            self._ctx.register(ConnectionState.CONNECTED)
            self._engine.connected()
            self._ctx.settle()

    def disconnected(self, now: float) -> None:
        """The socket is gone, whoever closed it."""
        self._enter(now)
        self._ctx.connected = False
        self._ctx.close_code = None
        self._ctx.registration = ConnectionState.WAITING
        self._ctx.outbox.lose_link()
        self._ctx.outbox.frames.clear()
        if self._ctx.faults is not None:
            self._ctx.faults.link_lost()
        self._engine.disconnected()

    def dial_failed(self, now: float, failure: DialFailure, why: str) -> None:
        """No connection came about; the host dials again, by the settings that hold then."""
        self._enter(now)
        self._ctx.on_dial_failed(failure, why)

    def receive(self, text: str, now: float) -> str:
        """One text frame. Returns the action it belongs to, "" when that cannot be told."""
        self._enter(now)
        if not self._ctx.connected or not self._ctx.link_wanted:
            return ""
        try:
            frame = frames.parse(text)
        except FrameError as error:
            action = self._receive_broken(error)
        else:
            action = self._receive_frame(frame)
        self._ctx.settle()
        return action

    def command(self, command: Command, now: float) -> None:
        """Something a user wants; the outcome comes through `reports`, now or later."""
        self._enter(now)
        try:
            kind = CommandKind(command.kind)
            payload = commands.read_payload(kind, command.payload)
            if not operator.perform(self._ctx, self._engine, payload, kind, command):
                self._engine.command(kind, payload, command)
        except (HardwareRefusal, ValueError, msgspec.ValidationError) as refusal:
            self._ctx.outcome(command, CommandState.REJECTED, str(refusal))
        self._ctx.settle()

    def transferred(self, transfer_id: int, result: TransferResult, now: float) -> None:
        """A `Transfer` that was reported has ended. One that nobody waits for is ignored."""
        self._enter(now)
        self._ctx.transferred(transfer_id, result)
        self._ctx.settle()

    def tick(self, now: float) -> None:
        """Time has come: fire every timer that is due."""
        self._enter(now)
        now = self._ctx.now
        self._ctx.outbox.expire(now)
        while self._ctx.timers.fire_next(now):
            pass
        self._ctx.settle()

    # --- what the host does next ----------------------------------------------------------------

    def outgoing(self) -> list[tuple[str, str]]:
        """The frames to send, in order: (action, text). Each is handed out once."""
        taken, self._ctx.outbox.frames = self._ctx.outbox.frames, []
        faults = self._ctx.faults
        return taken if faults is None else faults.leave(taken)

    def reports(self) -> list[StationReport]:
        """What the host is to know. Each is handed out once."""
        urgent = self._ctx.take_remembered()
        if urgent is not None:
            ctx = self._ctx
            alone = ctx.now - ctx.remembered_at > ALONE_SECONDS
            ctx.remembered_at = ctx.now
            ctx.report(Memory(write(ctx, self._engine), urgent or alone))
        return self._ctx.take_reports()

    def details(self, now: float) -> list[ConnectorDetail]:
        """What somebody who stands before it would see; looking changes nothing."""
        return details.of_station(self._ctx, self._engine, max(self._ctx.now, now))

    def next_deadline(self) -> float | None:
        """When `tick` is to be called next (epoch seconds); None: not before something happens."""
        timer, outbox = self._ctx.timers.next_at(), self._ctx.outbox.next_at(self._ctx.now)
        if timer is None or outbox is None:
            return outbox if timer is None else timer
        return min(timer, outbox)

    @property
    def link_wanted(self) -> bool:
        """False while it reboots: close the socket once `outgoing` is flushed, and dial again when
        this is True."""
        return self._ctx.link_wanted

    @property
    def close_code(self) -> int | None:
        """Set when the station wants this socket closed for reasons of the protocol."""
        return self._ctx.close_code

    @property
    def ping_seconds(self) -> int:
        """The WebSocketPingInterval: how often the host is to send a ping; 0: never."""
        return self._ctx.ping_seconds

    # --- inside ---------------------------------------------------------------------------------

    def _enter(self, now: float) -> None:
        self._ctx.now = max(self._ctx.now, now)

    def _receive_broken(self, error: FrameError) -> str:
        if error.message_type in _BROKEN_ANSWERS and error.unique_id is not None:
            # Its call will get no better answer: do not wait for the time-out.
            code = RpcErrorCode.FORMAT_VIOLATION.spelled(self._ctx.version)
            fault = error.fault.value
            if error.message_type == MessageType.CALL_RESULT:
                self._ctx.outbox.object_to(error.unique_id, fault)
            return self._ctx.outbox.settle_error(error.unique_id, code, fault, self._ctx.now)
        answer = rpc.answer_to(error, self._ctx.version)
        if answer is not None:
            self._ctx.outbox.frames.append(("", answer))
        return ""

    def _receive_frame(self, frame: Frame) -> str:
        outbox = self._ctx.outbox
        match frame:
            case Call():
                self._answer(frame)
                return frame.action
            case CallResult():
                return outbox.settle(frame.unique_id, frame.payload, self._ctx.now)
            case CallError():
                return outbox.settle_error(
                    frame.unique_id, frame.code, frame.description, self._ctx.now
                )
            case _ if self._ctx.version is not OcppVersion.V21:
                # The two that 2.1 brought are unknown numbers to the versions before it.
                return self._receive_broken(_unknown(frame))
            case Send():
                self._engine.received(frame.action, frame.payload)
                return frame.action
            case CallResultError():
                # The CSMS could not read our answer. Nobody waits for it: there is nothing to undo.
                return ""

    def _answer(self, call: Call) -> None:
        faults = self._ctx.faults
        try:
            if faults is not None and faults.refuse():
                raise _REFUSED
            answer = self._engine.answer(call.action, call.payload)
        except RpcError as error:
            code = error.code.spelled(self._ctx.version)
            text = frames.encode_error(call.unique_id, code, error.description, error.details)
        else:
            if answer is None:
                return
            text = frames.encode_result(call.unique_id, msgspec.json.encode(answer))
        if faults is None:
            self._ctx.outbox.frames.append((call.action, text))
        else:
            faults.answer((call.action, text), self._ctx.now)


def _unknown(frame: Frame) -> FrameError:
    return FrameError(FrameFault.UNKNOWN_MESSAGE_TYPE, unique_id=frame.unique_id)


def _held_by(holder: object) -> list[str]:
    """The names of what it holds."""
    kind = type(holder)
    names = _SLOTS.get(kind)
    if names is None:
        names = [name for each in kind.__mro__ for name in getattr(each, "__slots__", ())]
        _SLOTS[kind] = names
    return [name for name in names if hasattr(holder, name)]


_SLOTS: dict[type, list[str]] = {}
"""Of each class, with what it inherits."""
