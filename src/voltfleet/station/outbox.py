"""CALLs on their way out: one under way at a time, transaction messages kept and retried.

What may go out depends on how far the station has got (`Gate`) and on what the message is (`Lane`):

    lane          needs gate    with the gate shut      after a failure
    ----------------------------------------------------------------------------
    BOOT          BOOT          fails at once           fails
    TRIGGERED     TRIGGERED     fails at once           fails
    NORMAL        OPEN          fails at once           fails
    TRANSACTION   OPEN          waits                   retried, then given up
    METER         OPEN          waits, may be thinned   retried, then given up

Messages go in the order they came. While a transaction message waits for its retry, the others
overtake it, but no other transaction message does (OCPP 1.6 §3.7; OCPP 2.0.1 E12).
"""

from collections.abc import Callable, Iterator
from enum import Enum, IntEnum, StrEnum
from typing import Any, NamedTuple

import msgspec

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import frames, schemas
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.ocppj.rpc import RpcPeer

MAX_QUEUED = 1000
"""With more than this queued, every second meter message is dropped (2.0.1 E04.FR.07-09), and what
is no transaction message fails at once."""


class Gate(IntEnum):
    """How far the station has got with its CSMS."""

    CLOSED = 0
    """No socket, or the CSMS rejected us and its interval has not passed."""
    BOOT = 1
    TRIGGERED = 2
    """Pending: only what the CSMS triggers."""
    OPEN = 3


class Lane(Enum):
    """What kind of message it is; see the table above."""

    BOOT = "boot"
    TRIGGERED = "triggered"
    NORMAL = "normal"
    TRANSACTION = "transaction"
    METER = "meter"


_NEEDS = {
    Lane.BOOT: Gate.BOOT,
    Lane.TRIGGERED: Gate.TRIGGERED,
    Lane.NORMAL: Gate.OPEN,
    Lane.TRANSACTION: Gate.OPEN,
    Lane.METER: Gate.OPEN,
}
_KEPT = frozenset({Lane.TRANSACTION, Lane.METER})
_BOUNDED = frozenset({Lane.TRIGGERED, Lane.NORMAL})
"""What a CSMS can ask for without end, and answer never."""


class FailureKind(StrEnum):
    """Why a CALL brought no answer."""

    OFFLINE = "offline"
    TIMED_OUT = "timed out"
    ERROR = "error"
    BAD_ANSWER = "bad answer"


class Failure(NamedTuple):
    """A CALL without an answer: ``text`` says it in words a user can act on."""

    kind: FailureKind
    text: str
    code: str = ""


OFFLINE = Failure(FailureKind.OFFLINE, "the station is not connected to its CSMS")
_FULL = Failure(
    FailureKind.TIMED_OUT, "the CSMS asks for more messages than it answers: too many wait already"
)
_TIMED_OUT = Failure(FailureKind.TIMED_OUT, "the CSMS did not answer in time")

Build = Callable[[], msgspec.Struct | None]
OnFailure = Callable[[Failure], None]


class OutCall:
    """A CALL in the outbox. ``build`` makes its payload when it is sent; None: no longer needed.
    ``memo`` is what makes it anew after a power cut; None: it is forgotten."""

    __slots__ = ("action", "answer", "attempts", "build", "lane", "memo", "on_answer", "on_failure")

    def __init__(
        self,
        action: str,
        build: Build | msgspec.Struct | msgspec.Raw,
        answer: msgspec.json.Decoder[Any],
        on_answer: Callable[[Any], None] | None,
        on_failure: OnFailure | None,
        lane: Lane,
        memo: Any = None,
    ) -> None:
        self.action = action
        self.build = build
        self.answer = answer
        self.on_answer = on_answer
        self.on_failure = on_failure
        self.lane = lane
        self.memo = memo
        self.attempts = 0

    def fail(self, failure: Failure) -> None:
        """It will not be sent any more."""
        if self.on_failure is not None:
            self.on_failure(failure)


_encode = msgspec.json.encode


class Outbox:
    """The queue of CALLs. ``frames`` collects what goes out: (action, text).

    ``attempts`` and ``retry_seconds`` are what TransactionMessageAttempts and -RetryInterval say;
    the engine sets them when they change. ``objects``: the version knows CALLRESULTERROR (OCPP 2.1
    Part 4 §4.2.4), so that answers are held against the standard's schemas, and one that does not
    fit is told to its sender. ``touched``: other transaction messages wait than when it was reset.
    """

    __slots__ = (
        "_peer",
        "_queue",
        "_retry_at",
        "attempts",
        "frames",
        "gate",
        "objects",
        "retry_seconds",
        "touched",
    )

    def __init__(self, seed: int, *, objects: bool = False) -> None:
        self._peer: RpcPeer[OutCall] = RpcPeer(seed)
        self.objects = objects
        self.touched = False
        self._queue: list[OutCall] = []
        self._retry_at = 0.0
        self.attempts = 3
        self.retry_seconds = 60.0
        self.gate = Gate.CLOSED
        self.frames: list[tuple[str, str]] = []

    @property
    def unexpected(self) -> int:
        """How many results came that answer nothing."""
        return self._peer.unexpected

    @property
    def transactions_waiting(self) -> bool:
        """Whether a transaction message has not been answered yet."""
        pending = self._peer.pending
        return any(c.lane in _KEPT for c in self._queue) or (
            pending is not None and pending.token.lane in _KEPT
        )

    def waiting(self) -> Iterator[Build | msgspec.Struct | msgspec.Raw]:
        """The transaction messages that have not been answered yet, the next one first."""
        pending = self._peer.pending
        under_way = [] if pending is None else [pending.token]
        return (c.build for c in (*under_way, *self._queue) if c.lane in _KEPT)

    def memos(self) -> list[Any]:
        """What makes them anew, in the same order."""
        pending = self._peer.pending
        calls = self._queue if pending is None else (pending.token, *self._queue)
        return [call.memo for call in calls if call.memo is not None]

    def put(self, call: OutCall) -> None:
        """Queue it, or fail it at once if its lane does not wait and the gate is shut."""
        if call.lane not in _KEPT and self.gate < _NEEDS[call.lane]:
            call.fail(OFFLINE)
            return
        if call.lane in _BOUNDED and len(self._queue) >= MAX_QUEUED:
            call.fail(_FULL)
            return
        self._queue.append(call)
        self.touched |= call.memo is not None
        if len(self._queue) > MAX_QUEUED:
            self._thin()

    def set_gate(self, gate: Gate) -> None:
        """Open or shut; what cannot go any more and does not wait, fails."""
        self.gate = gate
        refused = [c for c in self._queue if c.lane not in _KEPT and gate < _NEEDS[c.lane]]
        if refused:
            self._queue = [c for c in self._queue if c not in refused]
        for call in refused:
            call.fail(OFFLINE)

    def lose_link(self) -> None:
        """The socket is gone: the CALL under way goes back to the head, or fails."""
        pending = self._peer.drop()
        if pending is not None and pending.token.lane in _KEPT:
            self._queue.insert(0, pending.token)
        self.set_gate(Gate.CLOSED)
        if pending is not None and pending.token.lane not in _KEPT:
            pending.token.fail(OFFLINE)

    def pump(self, now: float) -> None:
        """Send the next CALL if none is under way and one may go."""
        while self._peer.pending is None and (call := self._take(now)) is not None:
            request = call.build() if callable(call.build) else call.build
            if request is None:
                self.touched = True
            else:
                text = self._peer.call(call.action, _encode(request), call, now)
                self.frames.append((call.action, text))

    def settle(self, unique_id: str, payload: msgspec.Raw, now: float) -> str:
        """A CALLRESULT came; returns the action it answers, "" if none."""
        pending = self._peer.settle(unique_id)
        if pending is None:
            return ""
        call = pending.token
        try:
            if self.objects:
                _check(call.action, payload)
            answer = call.answer.decode(payload)
        except (RpcError, msgspec.MsgspecError, RecursionError, ValueError) as error:
            why = error.description if isinstance(error, RpcError) else str(error)
            text = f"the CSMS answered {call.action} with a payload that is not valid: {why}"
            self._object(unique_id, call, error, why)
            self._failed(call, Failure(FailureKind.BAD_ANSWER, text), now)
            return call.action
        self.touched |= call.memo is not None
        if call.on_answer is not None:
            call.on_answer(answer)
        return call.action

    def settle_error(self, unique_id: str, code: str, description: str, now: float) -> str:
        """A CALLERROR came; returns the action it answers, "" if none."""
        pending = self._peer.settle(unique_id)
        if pending is None:
            return ""
        call = pending.token
        text = f"the CSMS answered {call.action} with the error {code} {description}".rstrip()
        self._failed(call, Failure(FailureKind.ERROR, text, code), now)
        return call.action

    def object_to(self, unique_id: str, fault: str) -> None:
        """The CALLRESULT of that id cannot be read: tell its sender, if the version can."""
        pending = self._peer.pending
        if pending is not None and pending.unique_id == unique_id:
            error = RpcError(RpcErrorCode.FORMAT_VIOLATION, fault)
            self._object(unique_id, pending.token, error, fault)

    def send(self, message: msgspec.Struct) -> bool:
        """Send a SEND (OCPP 2.1) at once; false if the gate is shut, and it is lost."""
        if self.gate is not Gate.OPEN:
            return False
        action = type(message).__name__
        self.frames.append((action, self._peer.send(action, _encode(message))))
        return True

    def expire(self, now: float) -> None:
        """Give up the CALL under way if its time is up."""
        pending = self._peer.expire(now)
        if pending is not None:
            self._failed(pending.token, _TIMED_OUT, now)

    def next_at(self, now: float) -> float | None:
        """When `expire` or `pump` has something to do next."""
        if self._peer.deadline is not None:
            return self._peer.deadline
        if self.gate is Gate.OPEN and self._queue:
            return max(now, self._retry_at)
        return None

    def _object(self, unique_id: str, call: OutCall, error: Exception, why: str) -> None:
        if self.objects:
            code = error.code if isinstance(error, RpcError) else RpcErrorCode.FORMAT_VIOLATION
            details = error.details if isinstance(error, RpcError) else None
            text = frames.encode_result_error(unique_id, code, why, details)
            self.frames.append((call.action, text))

    def _failed(self, call: OutCall, failure: Failure, now: float) -> None:
        call.attempts += 1
        if call.lane in _KEPT and call.attempts < self.attempts:
            self._queue.insert(0, call)
            self._retry_at = now + self.retry_seconds * call.attempts
        else:
            self.touched |= call.memo is not None
            call.fail(failure)

    def _take(self, now: float) -> OutCall | None:
        """The first that may go, off the queue."""
        waiting = now < self._retry_at
        for position, call in enumerate(self._queue):
            if self.gate >= _NEEDS[call.lane] and not (waiting and call.lane in _KEPT):
                return self._queue.pop(position)
        return None

    def _thin(self) -> None:
        meter = [call for call in self._queue if call.lane is Lane.METER]
        dropped = set(map(id, meter[1::2]))
        self._queue = [call for call in self._queue if id(call) not in dropped]


def _check(action: str, payload: msgspec.Raw) -> None:
    """A user may make the station say what no schema knows: its answer may be anything."""
    if action in schemas.actions(OcppVersion.V21):
        schemas.check(OcppVersion.V21, schemas.Kind.RESPONSE, action, payload)
