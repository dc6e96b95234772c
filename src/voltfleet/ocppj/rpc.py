"""One end of an OCPP-J conversation: which result answers which call, and what broken frames get.

`RpcPeer` holds at most one outgoing CALL: a sender waits for the result or the time-out before it
sends the next (OCPP-J 1.6 §4.1.1; OCPP 2.0.1 Part 4 §4.1.2). What waits its turn is the caller's.
"""

from typing import Generic, TypeVar

import msgspec

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import frames
from voltfleet.ocppj.errors import RpcErrorCode
from voltfleet.ocppj.frames import FrameError, FrameFault, MessageType

CALL_TIMEOUT_SECONDS = 30.0
"""How long a CALL may stay unanswered unless the caller says otherwise."""

UNREADABLE_ID = "-1"
"""The message id of a CALLERROR to a message whose id cannot be read (2.0.1 Part 4 §4.2.3)."""

Token = TypeVar("Token")


class PendingCall(msgspec.Struct, Generic[Token], frozen=True):
    """A CALL that was sent and not answered yet. ``token`` is whatever its sender goes on with."""

    unique_id: str
    action: str
    token: Token
    deadline: float


class RpcPeer(Generic[Token]):
    """Pairs results with calls. Ids are ``<8 hex of the seed>-<n>``, so a run can be repeated.

    >>> peer: RpcPeer[str] = RpcPeer(seed=1)
    >>> peer.call("Heartbeat", b"{}", "beat", now=0.0)
    '[2,"00000001-1","Heartbeat",{}]'
    >>> peer.settle("00000001-1").token
    'beat'
    """

    __slots__ = ("_count", "_pending", "_seed", "unexpected")

    def __init__(self, seed: int) -> None:
        self._seed = seed & 0xFFFFFFFF
        self._count = 0
        self._pending: PendingCall[Token] | None = None
        self.unexpected = 0
        """How many results came that answer no pending call: late, doubled or invented."""

    @property
    def pending(self) -> PendingCall[Token] | None:
        """The CALL under way; while there is one, `call` must not be used."""
        return self._pending

    @property
    def deadline(self) -> float | None:
        """When the CALL under way times out."""
        return self._pending.deadline if self._pending else None

    def call(
        self,
        action: str,
        payload: bytes,
        token: Token,
        now: float,
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
    ) -> str:
        """The text of a new CALL, which is under way from now until settled, expired or dropped."""
        if self._pending is not None:
            raise RuntimeError(f"{self._pending.action} is still under way")
        self._count += 1
        unique_id = f"{self._seed:08x}-{self._count}"
        self._pending = PendingCall(unique_id, action, token, now + timeout_seconds)
        return frames.encode_call(unique_id, action, payload)

    def send(self, action: str, payload: bytes) -> str:
        """The text of a SEND (OCPP 2.1): nobody answers it, so it may go while a CALL is under
        way."""
        self._count += 1
        return frames.encode_send(f"{self._seed:08x}-{self._count}", action, payload)

    def settle(self, unique_id: str) -> PendingCall[Token] | None:
        """The CALL that a result, error or broken result answers; None if it answers none."""
        pending = self._pending
        if pending is None or pending.unique_id != unique_id:
            self.unexpected += 1
            return None
        self._pending = None
        return pending

    def expire(self, now: float) -> PendingCall[Token] | None:
        """The CALL whose time is up, if it is; its result, should it still come, is unexpected."""
        if self._pending is None or now < self._pending.deadline:
            return None
        return self.drop()

    def drop(self) -> PendingCall[Token] | None:
        """The CALL under way, given up: the socket is gone, and its result cannot come any more."""
        pending, self._pending = self._pending, None
        return pending


def answer_to(error: FrameError, version: OcppVersion) -> str | None:
    """The frame that answers a broken one, or None where the standard wants silence.

    1.6 has no word for a message without a readable id and ignores unknown message types (OCPP-J
    1.6 §4.1.3); 2.x answers both. Broken answers are never answered, lest two peers never stop.
    """
    if error.message_type in _ANSWERS:
        return None
    if version is OcppVersion.V16:
        if error.unique_id is None or error.fault is FrameFault.UNKNOWN_MESSAGE_TYPE:
            return None
        code = RpcErrorCode.FORMAT_VIOLATION
    elif error.fault is FrameFault.UNKNOWN_MESSAGE_TYPE:
        code = RpcErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
    elif error.fault is FrameFault.BAD_PAYLOAD:
        code = RpcErrorCode.FORMAT_VIOLATION
    else:
        code = RpcErrorCode.RPC_FRAMEWORK_ERROR
    unique_id = error.unique_id or UNREADABLE_ID
    return frames.encode_error(unique_id, code.spelled(version), error.fault.value)


_ANSWERS = (
    MessageType.CALL_RESULT,
    MessageType.CALL_ERROR,
    MessageType.CALL_RESULT_ERROR,
    MessageType.SEND,
)
