"""What the CSMS made of the `ocpp` library holds against a charger, beside its schemas."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from ocpp.exceptions import OCPPError
from ocpp.messages import MessageType, unpack
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

PATIENCE_SECONDS = 10.0
QUIET_SECONDS = 0.15
MAX_ID_CHARACTERS = 36


@dataclass(frozen=True)
class Record:
    """One frame as it crossed the wire. ``action`` of an answer is that of its CALL."""

    identity: str
    from_station: bool
    kind: int
    action: str
    payload: Any


@dataclass
class Recorder:
    """What was said, what was wrong with it, and a way to wait for more."""

    records: list[Record] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    on_quiet: Callable[[], None] | None = None
    """Called when nothing has happened for `QUIET_SECONDS`: tests move a clock on here."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _happenings: int = 0

    def happened(self) -> None:
        self._happenings += 1
        self._changed.set()

    def violated(self, identity: str, what: str) -> None:
        self.violations.append(f"{identity}: {what}")
        self.happened()

    def said(self, identity: str, action: str) -> list[Any]:
        """The payloads of every CALL of that action by that charger, oldest first."""
        return [
            r.payload
            for r in self.records
            if (r.identity, r.action, r.kind, r.from_station)
            == (identity, action, MessageType.Call, True)
        ]

    def answered(self, identity: str, action: str) -> int:
        """How many CALLs of that action by that charger have been answered."""
        return sum(
            r.identity == identity
            and r.action == action
            and r.kind != MessageType.Call
            and not r.from_station
            for r in self.records
        )

    async def until(self, condition: Callable[[], Any]) -> None:
        """Return when it is so; fail if it is not, although the charger had time."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not condition():
            self._changed.clear()
            before = self._happenings
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                if asyncio.get_running_loop().time() > deadline:
                    raise AssertionError(
                        f"it did not happen; violations: {self.violations}"
                    ) from None
                await self._quiet(before)

    async def _quiet(self, before: int) -> None:
        """Quiet only if nothing waits in the sockets either, after a loop that was held up; and of
        many who wait only the first lets time pass."""
        for _ in range(3):
            await asyncio.sleep(0)
        if self.on_quiet is not None and self._happenings == before:
            self.happened()
            self.on_quiet()


class Wire:
    """The library's connection to a charger. Frames are judged the moment they arrive, not when the
    library gets to them: only so is it seen that a charger did not wait for an answer."""

    def __init__(self, socket: ServerConnection, identity: str, recorder: Recorder) -> None:
        self.identity = identity
        self.recorder = recorder
        self.accepted = False
        self._socket = socket
        self._arrived: asyncio.Queue[str | None] = asyncio.Queue()
        self._unanswered: str | None = None
        self._asked: dict[str, str] = {}
        self._ids: set[str] = set()
        self._allowed = {"BootNotification"}

    async def listen(self) -> None:
        """Take frames until the socket is closed."""
        try:
            async for text in self._socket:
                if isinstance(text, str):
                    self._judge(text)
                else:
                    self._violated("a binary message")
                self._arrived.put_nowait(text if isinstance(text, str) else text.decode())
        except ConnectionClosed:
            pass
        self._arrived.put_nowait(None)

    async def recv(self) -> str:
        text = await self._arrived.get()
        if text is None:
            raise ConnectionResetError(self.identity)
        return text

    async def send(self, text: str) -> None:
        kind, unique_id, *rest = json.loads(text)
        if kind == MessageType.Call:
            self._asked[unique_id] = rest[0]
            self._allow(*rest)
            self._record(kind, rest[0], rest[1], from_station=False)
            await self._socket.send(text)
        else:
            # A charger may speak again once this is on its way.
            action, self._unanswered = self._unanswered or "", None
            self._record(kind, action, rest, from_station=False)
            if kind == MessageType.CallError:
                self._violated(f"{action} had to be refused: {rest}")
            # Who has left in the meantime need not hear it; what it said before is still heard.
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(text)

    def _allow(self, action: str, payload: dict[str, Any]) -> None:
        """A charger that is Pending may send what it is asked for."""
        if action in {"TriggerMessage", "ExtendedTriggerMessage"}:
            self._allowed.add(payload["requestedMessage"])
        elif action in {"GetBaseReport", "GetReport"}:
            self._allowed.add("NotifyReport")

    def _judge(self, text: str) -> None:
        try:
            message = unpack(text)
        except OCPPError as error:
            self._violated(f"no frame ({error}): {text[:200]}")
            return
        kind, unique_id = message.message_type_id, message.unique_id
        if kind == MessageType.Call:
            self._judge_call(message.action, unique_id, text)
            self._record(kind, message.action, message.payload, from_station=True)
            return
        action = self._asked.pop(unique_id, None)
        if action is None:
            self._violated(f"an answer to nothing that was asked: {text[:200]}")
        payload = message.payload if kind == MessageType.CallResult else message.error_code
        self._record(kind, action or "", payload, from_station=True)

    def _judge_call(self, action: str, unique_id: str, text: str) -> None:
        if self._unanswered is not None:
            self._violated(f"{action} before {self._unanswered} was answered")
        if unique_id in self._ids:
            self._violated(f"the message id {unique_id} again")
        if not isinstance(unique_id, str) or len(unique_id) > MAX_ID_CHARACTERS:
            self._violated(f"a message id that may not be: {unique_id}")
        if not self.accepted and action not in self._allowed:
            self._violated(f"{action} before BootNotification was accepted: {text[:200]}")
        self._ids.add(unique_id)
        self._unanswered = action

    def _record(self, kind: int, action: str, payload: Any, *, from_station: bool) -> None:
        record = Record(self.identity, from_station, kind, action, payload)
        self.recorder.records.append(record)
        self.recorder.happened()

    def _violated(self, what: str) -> None:
        self.recorder.violated(self.identity, what)


class Judge:
    """What the peers of all versions have in common; goes before the library's ChargePoint."""

    calls: ModuleType
    version: str

    def __init__(self, csms: Any, wire: Wire) -> None:
        super().__init__(wire.identity, wire, response_timeout=PATIENCE_SECONDS)
        self.csms = csms
        self.wire = wire
        self.recorder = wire.recorder

    async def ask(self, request: Any) -> Any:
        """Send a CALL and return the library's own object of the result, which has passed the
        schema. Raises `OCPPError` if the charger answers with a CALLERROR."""
        before = len(self.recorder.records)
        try:
            return await self.call(request, suppress=False)  # type: ignore[attr-defined]
        except OCPPError as error:
            answered = [
                r for r in self.recorder.records[before:] if r.kind == MessageType.CallResult
            ]
            action = type(request).__name__
            if any(r.from_station and r.action == action for r in answered):
                self.recorder.violated(self.wire.identity, f"the answer to {action}: {error}")
            raise

    def said(self, action: str) -> list[Any]:
        """The payloads of every CALL of that action, oldest first."""
        return self.recorder.said(self.wire.identity, action)

    async def hear(self, action: str, times: int = 1) -> Any:
        """Wait until the charger has sent that action so often in all, and has been answered;
        returns the last."""
        identity = self.wire.identity
        await self.recorder.until(lambda: self.recorder.answered(identity, action) >= times)
        return self.said(action)[times - 1]
