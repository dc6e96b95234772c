"""Pairing of results with calls, time-outs, and what broken frames are answered with."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import frames, rpc
from voltfleet.ocppj.frames import FrameError, FrameFault
from voltfleet.ocppj.rpc import RpcPeer

NOW = 1_700_000_000.0


def peer() -> RpcPeer[str]:
    return RpcPeer(seed=0xABC)


def test_a_call_is_under_way_until_its_result():
    sender = peer()
    assert sender.pending is None
    assert sender.deadline is None
    text = sender.call("Heartbeat", b"{}", "beat", NOW)
    assert json.loads(text) == [2, "00000abc-1", "Heartbeat", {}]
    assert sender.deadline == NOW + 30
    settled = sender.settle("00000abc-1")
    assert settled is not None
    assert (settled.action, settled.token) == ("Heartbeat", "beat")
    assert sender.pending is None
    assert sender.unexpected == 0


def test_only_one_call_at_a_time():
    sender = peer()
    sender.call("Heartbeat", b"{}", "", NOW)
    with pytest.raises(RuntimeError, match="Heartbeat is still under way"):
        sender.call("StatusNotification", b"{}", "", NOW)


def test_results_that_answer_nothing_are_counted_and_ignored():
    sender = peer()
    assert sender.settle("invented") is None
    sender.call("Heartbeat", b"{}", "", NOW)
    assert sender.settle("invented") is None
    assert sender.pending is not None
    assert sender.settle("00000abc-1") is not None
    assert sender.settle("00000abc-1") is None, "the same result twice"
    assert sender.unexpected == 3


def test_a_call_times_out_at_its_deadline_and_not_before():
    sender = peer()
    assert sender.expire(NOW) is None
    sender.call("Heartbeat", b"{}", "beat", NOW, timeout_seconds=5)
    assert sender.expire(NOW + 4.999) is None
    expired = sender.expire(NOW + 5)
    assert expired is not None
    assert expired.token == "beat"
    assert sender.settle("00000abc-1") is None, "the late result is ignored"
    assert sender.unexpected == 1


def test_a_lost_socket_drops_the_call_and_ids_go_on():
    sender = peer()
    sender.call("Heartbeat", b"{}", "beat", NOW)
    dropped = sender.drop()
    assert dropped is not None
    assert dropped.token == "beat"
    assert sender.drop() is None
    assert json.loads(sender.call("Heartbeat", b"{}", "", NOW))[1] == "00000abc-2"


@given(st.integers(), st.integers(0, 10**15))
def test_ids_fit_36_characters_whatever_the_seed(seed, count):
    sender: RpcPeer[None] = RpcPeer(seed)
    sender._count = count
    assert len(json.loads(sender.call("Heartbeat", b"{}", None, NOW))[1]) <= 36


ID_LOST = FrameError(FrameFault.BAD_UNIQUE_ID, 2)
NOT_JSON = FrameError(FrameFault.NOT_JSON)
UNKNOWN_TYPE = FrameError(FrameFault.UNKNOWN_MESSAGE_TYPE, 9, "x")
BAD_PAYLOAD = FrameError(FrameFault.BAD_PAYLOAD, 2, "x")
BAD_ARITY = FrameError(FrameFault.WRONG_ARITY, 2, "x")


@pytest.mark.parametrize(
    ("error", "code_16", "code_2x", "unique_id"),
    [
        (ID_LOST, None, "RpcFrameworkError", "-1"),
        (NOT_JSON, None, "RpcFrameworkError", "-1"),
        (UNKNOWN_TYPE, None, "MessageTypeNotSupported", "x"),
        (BAD_PAYLOAD, "FormationViolation", "FormatViolation", "x"),
        (BAD_ARITY, "FormationViolation", "RpcFrameworkError", "x"),
    ],
)
def test_broken_frames_are_answered_as_each_version_says(error, code_16, code_2x, unique_id):
    for version, code in (
        (OcppVersion.V16, code_16),
        (OcppVersion.V201, code_2x),
        (OcppVersion.V21, code_2x),
    ):
        text = rpc.answer_to(error, version)
        if code is None:
            assert text is None
        else:
            assert text is not None
            assert json.loads(text) == [4, unique_id, code, error.fault.value, {}]


@pytest.mark.parametrize("text", ['[3,"x",[]]', '[4,"x"]', '[5,"x"]', '[6,"x","Y",1]'])
def test_broken_answers_are_never_answered(text):
    with pytest.raises(FrameError) as caught:
        frames.parse(text)
    for version in OcppVersion:
        assert rpc.answer_to(caught.value, version) is None
