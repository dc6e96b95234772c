"""Text frames and the values they carry (OCPP-J 1.6 §4.2; OCPP 2.0.1 Part 4 §4.2; 2.1 Part 4 §4.2).

A payload stays `msgspec.Raw`: whoever knows the action decodes it into the action's own type.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

MAX_DESCRIPTION = 255
"""A CALLERROR's description is a string[255] in every version."""


class MessageType(IntEnum):
    """The number that opens a frame. The last two exist in OCPP 2.1 only."""

    CALL = 2
    CALL_RESULT = 3
    CALL_ERROR = 4
    CALL_RESULT_ERROR = 5
    SEND = 6


class Call(msgspec.Struct, frozen=True, array_like=True, tag=2, forbid_unknown_fields=True):
    """A request."""

    unique_id: str
    action: str
    payload: msgspec.Raw


class CallResult(msgspec.Struct, frozen=True, array_like=True, tag=3, forbid_unknown_fields=True):
    """The answer to a `Call` that was handled."""

    unique_id: str
    payload: msgspec.Raw


class CallError(msgspec.Struct, frozen=True, array_like=True, tag=4, forbid_unknown_fields=True):
    """The answer to a `Call` that was not. CSMSs leave out its tail, so a short one is read too."""

    unique_id: str
    code: str
    description: str = ""
    details: msgspec.Raw = msgspec.Raw(b"{}")


class CallResultError(
    msgspec.Struct, frozen=True, array_like=True, tag=5, forbid_unknown_fields=True
):
    """OCPP 2.1: the answer to a `CallResult` that could not be read."""

    unique_id: str
    code: str
    description: str = ""
    details: msgspec.Raw = msgspec.Raw(b"{}")


class Send(msgspec.Struct, frozen=True, array_like=True, tag=6, forbid_unknown_fields=True):
    """OCPP 2.1: a message that nobody answers."""

    unique_id: str
    action: str
    payload: msgspec.Raw


Frame = Call | CallResult | CallError | CallResultError | Send


class FrameFault(StrEnum):
    """What is wrong with a text that is not a frame."""

    NOT_JSON = "the text is not JSON"
    NOT_AN_ARRAY = "the text is not a JSON array"
    NO_MESSAGE_TYPE = "the first element is not a message type number"
    UNKNOWN_MESSAGE_TYPE = "the message type number is unknown"
    BAD_UNIQUE_ID = "the message id is not a non-empty string"
    WRONG_ARITY = "the number of elements does not fit the message type"
    BAD_ACTION = "the action is not a string"
    BAD_PAYLOAD = "the payload is not a JSON object"
    BAD_ERROR = "the error code and description are not strings"


class FrameError(Exception):
    """A text that is not an OCPP-J frame; ``unique_id`` and ``message_type`` as far as it tells."""

    def __init__(
        self, fault: FrameFault, message_type: int | None = None, unique_id: str | None = None
    ) -> None:
        self.fault = fault
        self.message_type = message_type
        self.unique_id = unique_id
        super().__init__(fault.value)


_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_parts_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_any_decoder = msgspec.json.Decoder()
_encode = msgspec.json.encode

_ERRORS = (MessageType.CALL_ERROR, MessageType.CALL_RESULT_ERROR)
_TYPES: dict[type[Frame], MessageType] = {
    Call: MessageType.CALL,
    CallResult: MessageType.CALL_RESULT,
    CallError: MessageType.CALL_ERROR,
    CallResultError: MessageType.CALL_RESULT_ERROR,
    Send: MessageType.SEND,
}
_ARITY = {
    MessageType.CALL: (4, 4),
    MessageType.CALL_RESULT: (3, 3),
    MessageType.CALL_ERROR: (3, 5),
    MessageType.CALL_RESULT_ERROR: (3, 5),
    MessageType.SEND: (4, 4),
}


def parse(text: str) -> Frame:
    """The frame that a text carries. Raises `FrameError` for anything else, whatever the text."""
    try:
        frame = _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise _diagnose(text) from error
    if not frame.unique_id:
        raise FrameError(FrameFault.BAD_UNIQUE_ID, _TYPES[type(frame)])
    if not isinstance(frame, CallError | CallResultError) and not _is_object(frame.payload):
        raise FrameError(FrameFault.BAD_PAYLOAD, _TYPES[type(frame)], frame.unique_id)
    return frame


def _is_object(payload: msgspec.Raw) -> bool:
    # The decoder has checked the syntax; the first character tells the kind of value.
    return bytes(payload).startswith(b"{")


def _diagnose(text: str) -> FrameError:
    """Why a text is no frame, part by part; only on the way to an error, so speed is no matter."""
    try:
        parts = _parts_decoder.decode(text)
    except msgspec.ValidationError:
        return FrameError(FrameFault.NOT_AN_ARRAY)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return FrameError(FrameFault.NOT_JSON)
    number = _value(parts, 0)
    if not isinstance(number, int) or isinstance(number, bool):
        return FrameError(FrameFault.NO_MESSAGE_TYPE)
    unique_id = _value(parts, 1)
    known_id = unique_id if isinstance(unique_id, str) and unique_id else None
    return FrameError(_fault(number, known_id, parts), number, known_id)


def _fault(number: int, unique_id: str | None, parts: list[msgspec.Raw]) -> FrameFault:
    if number not in _ARITY:
        return FrameFault.UNKNOWN_MESSAGE_TYPE
    message_type = MessageType(number)
    least, most = _ARITY[message_type]
    if not least <= len(parts) <= most:
        return FrameFault.WRONG_ARITY
    if unique_id is None:
        return FrameFault.BAD_UNIQUE_ID
    # A payload may be any value as far as the decoder goes, so only a string can be missing here.
    return FrameFault.BAD_ERROR if message_type in _ERRORS else FrameFault.BAD_ACTION


def _value(parts: list[msgspec.Raw], index: int) -> Any:
    """One part decoded, or null when it is missing or cannot be."""
    if index >= len(parts):
        return None
    try:
        return _any_decoder.decode(parts[index])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def encode_call(unique_id: str, action: str, payload: bytes) -> str:
    """A CALL frame around a payload that is JSON already."""
    return _text(Call(unique_id, action, msgspec.Raw(payload)))


def encode_result(unique_id: str, payload: bytes) -> str:
    """A CALLRESULT frame around a payload that is JSON already."""
    return _text(CallResult(unique_id, msgspec.Raw(payload)))


def encode_error(
    unique_id: str, code: str, description: str = "", details: Mapping[str, Any] | None = None
) -> str:
    """A CALLERROR frame; ``code`` in the spelling of the frame's version."""
    return _text(CallError(unique_id, code, description[:MAX_DESCRIPTION], _raw(details)))


def encode_result_error(
    unique_id: str, code: str, description: str = "", details: Mapping[str, Any] | None = None
) -> str:
    """A CALLRESULTERROR frame (OCPP 2.1)."""
    return _text(CallResultError(unique_id, code, description[:MAX_DESCRIPTION], _raw(details)))


def encode_send(unique_id: str, action: str, payload: bytes) -> str:
    """A SEND frame (OCPP 2.1)."""
    return _text(Send(unique_id, action, msgspec.Raw(payload)))


def _raw(details: Mapping[str, Any] | None) -> msgspec.Raw:
    return msgspec.Raw(_encode(details or {}))


def _text(frame: Frame) -> str:
    return _encode(frame).decode()
