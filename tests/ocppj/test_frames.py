"""Text frames: what is read, what is refused and why, what is written."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.ocppj import frames
from voltfleet.ocppj.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    FrameError,
    FrameFault,
    MessageType,
    Send,
)


def fault_of(text: str) -> FrameError:
    with pytest.raises(FrameError) as caught:
        frames.parse(text)
    return caught.value


def test_reads_a_call():
    frame = frames.parse('[2, "19223201", "BootNotification", {"a": [1, {"b": null}]}]')
    assert isinstance(frame, Call)
    assert (frame.unique_id, frame.action) == ("19223201", "BootNotification")
    assert json.loads(bytes(frame.payload)) == {"a": [1, {"b": None}]}


def test_reads_a_result():
    frame = frames.parse('[3,"x",{"currentTime":"2013-02-01T20:53:32.486Z"}]')
    assert isinstance(frame, CallResult)
    assert frame.unique_id == "x"
    assert bytes(frame.payload) == b'{"currentTime":"2013-02-01T20:53:32.486Z"}'


def test_reads_an_error():
    frame = frames.parse('[4,"x","InternalError","it broke",{"why":1}]')
    assert isinstance(frame, CallError)
    assert (frame.unique_id, frame.code, frame.description) == ("x", "InternalError", "it broke")
    assert bytes(frame.details) == b'{"why":1}'


@pytest.mark.parametrize("text", ['[4,"x","InternalError"]', '[4,"x","InternalError",""]'])
def test_reads_an_error_whose_tail_is_left_out(text):
    frame = frames.parse(text)
    assert isinstance(frame, CallError)
    assert (frame.description, bytes(frame.details)) == ("", b"{}")


def test_reads_the_message_types_of_ocpp_21():
    broken = frames.parse('[5,"x","FormatViolation","no",{}]')
    stream = frames.parse('[6,"x","NotifyPeriodicEventStream",{"id":1}]')
    assert isinstance(broken, CallResultError)
    assert isinstance(stream, Send)
    assert (stream.action, bytes(stream.payload)) == ("NotifyPeriodicEventStream", b'{"id":1}')


DEEP = "[" * 60_000 + "]" * 60_000


@pytest.mark.parametrize(
    ("text", "fault", "message_type", "unique_id"),
    [
        ("", FrameFault.NOT_JSON, None, None),
        ("hello", FrameFault.NOT_JSON, None, None),
        ('[2,"a","B",{}', FrameFault.NOT_JSON, None, None),
        ('[2,"a","B",{}] trailing', FrameFault.NOT_JSON, None, None),
        ("\ud800", FrameFault.NOT_JSON, None, None),
        (f'[2,"a","B",{DEEP}]', FrameFault.NOT_JSON, None, None),
        ("{}", FrameFault.NOT_AN_ARRAY, None, None),
        ("null", FrameFault.NOT_AN_ARRAY, None, None),
        ("2", FrameFault.NOT_AN_ARRAY, None, None),
        ("[]", FrameFault.NO_MESSAGE_TYPE, None, None),
        ('["2","a","B",{}]', FrameFault.NO_MESSAGE_TYPE, None, None),
        ('[2.0,"a","B",{}]', FrameFault.NO_MESSAGE_TYPE, None, None),
        ('[true,"a","B",{}]', FrameFault.NO_MESSAGE_TYPE, None, None),
        ('[1e999,"a","B",{}]', FrameFault.NO_MESSAGE_TYPE, None, None),
        ('[7,"a",{}]', FrameFault.UNKNOWN_MESSAGE_TYPE, 7, "a"),
        ("[7]", FrameFault.UNKNOWN_MESSAGE_TYPE, 7, None),
        ('[-1,"a",{}]', FrameFault.UNKNOWN_MESSAGE_TYPE, -1, "a"),
        ("[2]", FrameFault.WRONG_ARITY, 2, None),
        ('[2,"a"]', FrameFault.WRONG_ARITY, 2, "a"),
        ('[2,"a","B"]', FrameFault.WRONG_ARITY, 2, "a"),
        ('[2,"a","B",{},{}]', FrameFault.WRONG_ARITY, 2, "a"),
        ('[3,"a"]', FrameFault.WRONG_ARITY, 3, "a"),
        ('[3,"a",{},{}]', FrameFault.WRONG_ARITY, 3, "a"),
        ('[4,"a"]', FrameFault.WRONG_ARITY, 4, "a"),
        ('[4,"a","b","c",{},{}]', FrameFault.WRONG_ARITY, 4, "a"),
        ('[2,1,"B",{}]', FrameFault.BAD_UNIQUE_ID, 2, None),
        ('[2,null,"B",{}]', FrameFault.BAD_UNIQUE_ID, 2, None),
        ('[2,"","B",{}]', FrameFault.BAD_UNIQUE_ID, 2, None),
        ('[3,"",{}]', FrameFault.BAD_UNIQUE_ID, 3, None),
        ('[2,"a",3,{}]', FrameFault.BAD_ACTION, 2, "a"),
        ('[6,"a",null,{}]', FrameFault.BAD_ACTION, 6, "a"),
        ('[2,"a","B",[]]', FrameFault.BAD_PAYLOAD, 2, "a"),
        ('[2,"a","B",null]', FrameFault.BAD_PAYLOAD, 2, "a"),
        ('[3,"a","text"]', FrameFault.BAD_PAYLOAD, 3, "a"),
        ('[4,"a",1,"c",{}]', FrameFault.BAD_ERROR, 4, "a"),
        ('[5,"a","b",2,{}]', FrameFault.BAD_ERROR, 5, "a"),
    ],
)
def test_refuses_what_is_no_frame(text, fault, message_type, unique_id):
    error = fault_of(text)
    assert (error.fault, error.message_type, error.unique_id) == (fault, message_type, unique_id)


def test_a_payload_that_is_bad_only_inside_is_left_to_whoever_reads_it():
    frame = frames.parse('[2,"a","B",{"x":1e999}]')
    assert isinstance(frame, Call)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
nearly_frames = st.lists(
    st.integers(0, 8) | st.text(max_size=4) | json_values, min_size=0, max_size=6
).map(json.dumps)


@given(st.text() | json_values.map(json.dumps) | nearly_frames)
def test_whatever_the_text_it_is_a_frame_or_a_frame_error(text):
    try:
        frame = frames.parse(text)
    except FrameError as error:
        assert error.unique_id is None or error.unique_id  # noqa: PT017 - either outcome is fine
    else:
        assert frame.unique_id


@given(st.binary(max_size=40), st.integers(0, 60))
def test_a_damaged_frame_is_a_frame_or_a_frame_error(noise, at):
    good = b'[2,"19223201","BootNotification",{"reason":"PowerUp","n":[1,2.5,null]}]'
    damaged = (good[:at] + noise + good[at + len(noise) :]).decode("utf-8", "surrogateescape")
    try:
        frames.parse(damaged)
    except FrameError as error:
        assert error.fault in FrameFault  # noqa: PT017 - either outcome is fine


@given(st.text(min_size=1, max_size=36), st.text(), json_values.map(lambda v: {"v": v}))
def test_what_is_written_is_read_back(unique_id, action, payload):
    body = msgspec.json.encode(payload)
    call = frames.parse(frames.encode_call(unique_id, action, body))
    result = frames.parse(frames.encode_result(unique_id, body))
    send = frames.parse(frames.encode_send(unique_id, action, body))
    assert isinstance(call, Call)
    assert isinstance(result, CallResult)
    assert isinstance(send, Send)
    assert (call.unique_id, call.action, bytes(call.payload)) == (unique_id, action, body)
    assert (result.unique_id, bytes(result.payload)) == (unique_id, body)
    assert (send.unique_id, send.action, bytes(send.payload)) == (unique_id, action, body)


def test_writes_errors():
    text = frames.encode_error("x", "NotSupported", "no such thing", {"field": "a"})
    assert json.loads(text) == [4, "x", "NotSupported", "no such thing", {"field": "a"}]
    assert json.loads(frames.encode_error("x", "NotSupported")) == [4, "x", "NotSupported", "", {}]
    text = frames.encode_result_error("x", "FormatViolation", "no")
    assert json.loads(text) == [5, "x", "FormatViolation", "no", {}]


def test_an_error_description_keeps_to_255_characters():
    assert len(json.loads(frames.encode_error("x", "GenericError", "ä" * 300))[3]) == 255
    assert len(json.loads(frames.encode_result_error("x", "GenericError", "ä" * 300))[3]) == 255


def test_message_types_have_the_standards_numbers():
    assert [int(t) for t in MessageType] == [2, 3, 4, 5, 6]
