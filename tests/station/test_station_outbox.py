"""The outbox: one CALL at a time, the lanes and the gate, retries in order."""

from typing import Any

import msgspec
import pytest

from voltfleet.station import outbox as outbox_module
from voltfleet.station.outbox import FailureKind, Gate, Lane, Outbox, OutCall


class Payload(msgspec.Struct):
    n: int


class Answer(msgspec.Struct):
    ok: bool


class Desk:
    """An open outbox, and what became of the calls put into it."""

    def __init__(self, gate: Gate = Gate.OPEN) -> None:
        self.outbox = Outbox(seed=1)
        self.outbox.set_gate(gate)
        self.done: list[tuple[int, Any]] = []
        self.now = 0.0

    def put(self, n: int, lane: Lane = Lane.NORMAL, build: Any = None) -> None:
        self.outbox.put(
            OutCall(
                f"A{n}",
                build or Payload(n),
                msgspec.json.Decoder(Answer),
                lambda answer: self.done.append((n, answer.ok)),
                lambda failure: self.done.append((n, failure.kind)),
                lane,
            )
        )

    def sent(self) -> list[str]:
        self.outbox.pump(self.now)
        frames, self.outbox.frames = self.outbox.frames, []
        return [action for action, _ in frames]

    @property
    def unique_id(self) -> str:
        pending = self.outbox._peer.pending
        assert pending is not None
        return pending.unique_id

    def answer(self, payload: bytes = b'{"ok":true}') -> str:
        return self.outbox.settle(self.unique_id, msgspec.Raw(payload), self.now)

    def error(self) -> str:
        return self.outbox.settle_error(self.unique_id, "InternalError", "no", self.now)


def test_one_call_at_a_time_in_order():
    desk = Desk()
    for n in (1, 2, 3):
        desk.put(n)
    sent = []
    for _ in range(3):
        sent += desk.sent()
        assert desk.sent() == []
        assert desk.answer() == sent[-1]
    assert sent == ["A1", "A2", "A3"]
    assert desk.done == [(1, True), (2, True), (3, True)]


@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        (Gate.CLOSED, []),
        (Gate.BOOT, [Lane.BOOT]),
        (Gate.TRIGGERED, [Lane.BOOT, Lane.TRIGGERED]),
        (Gate.OPEN, list(Lane)),
    ],
)
def test_the_gate_lets_pass_what_the_table_says(gate, passes):
    for lane in Lane:
        desk = Desk(gate)
        desk.put(1, lane)
        assert bool(desk.sent()) is (lane in passes)
        kept = lane in {Lane.TRANSACTION, Lane.METER}
        failed = [] if lane in passes or kept else [(1, FailureKind.OFFLINE)]
        assert desk.done == failed


def test_a_closing_gate_fails_what_does_not_wait():
    desk = Desk()
    desk.put(1)
    desk.put(2)
    desk.put(3, Lane.TRANSACTION)
    assert desk.sent() == ["A1"]
    desk.outbox.lose_link()
    assert sorted(desk.done) == [(1, FailureKind.OFFLINE), (2, FailureKind.OFFLINE)]
    desk.outbox.set_gate(Gate.OPEN)
    assert desk.sent() == ["A3"]


def test_a_transaction_message_under_way_is_sent_again_after_the_link_was_lost():
    desk = Desk()
    desk.put(1, Lane.TRANSACTION)
    desk.put(2, Lane.TRANSACTION)
    assert desk.sent() == ["A1"]
    desk.outbox.lose_link()
    desk.outbox.set_gate(Gate.OPEN)
    assert desk.sent() == ["A1"]
    desk.answer()
    assert desk.sent() == ["A2"]


def test_a_transaction_message_is_retried_then_given_up_and_nothing_overtakes_it():
    desk = Desk()
    desk.outbox.attempts, desk.outbox.retry_seconds = 3, 10.0
    desk.put(1, Lane.TRANSACTION)
    desk.put(2, Lane.METER)
    assert desk.sent() == ["A1"]
    desk.error()
    desk.put(3)
    assert desk.sent() == ["A3"]
    desk.answer()
    assert desk.outbox.next_at(desk.now) == 10.0
    desk.now = 10.0
    assert desk.sent() == ["A1"]
    desk.error()
    assert desk.outbox.next_at(desk.now) == 30.0  # twice the interval before the third
    desk.now = 30.0
    assert desk.sent() == ["A1"]
    desk.error()
    assert desk.done == [(3, True), (1, FailureKind.ERROR)]
    assert desk.sent() == ["A2"]


def test_an_unanswered_call_times_out():
    desk = Desk()
    desk.put(1)
    assert desk.sent() == ["A1"]
    deadline = desk.outbox.next_at(0.0)
    assert deadline is not None
    late = desk.unique_id
    desk.outbox.expire(deadline - 0.1)
    assert desk.done == []
    desk.outbox.expire(deadline)
    assert desk.done == [(1, FailureKind.TIMED_OUT)]
    assert desk.outbox.settle(late, msgspec.Raw(b"{}"), deadline) == ""
    assert desk.outbox.unexpected == 1


@pytest.mark.parametrize("payload", [b"{}", b'{"ok":1}', b"[" * 5000 + b"]" * 5000])
def test_an_answer_that_cannot_be_read_is_a_failure(payload):
    desk = Desk()
    desk.put(1)
    desk.sent()
    assert desk.answer(payload) == "A1"
    assert desk.done == [(1, FailureKind.BAD_ANSWER)]


def test_answers_to_nothing_are_counted():
    desk = Desk()
    assert desk.outbox.settle("x", msgspec.Raw(b"{}"), 0) == ""
    assert desk.outbox.settle_error("x", "c", "d", 0) == ""
    assert desk.outbox.unexpected == 2


def test_a_built_message_is_made_when_it_is_sent_and_may_be_dropped():
    desk = Desk(Gate.CLOSED)
    numbers = iter([None, Payload(2)])
    desk.put(1, Lane.METER, build=lambda: next(numbers))
    desk.put(2, Lane.METER, build=lambda: next(numbers))
    desk.outbox.set_gate(Gate.OPEN)
    assert desk.sent() == ["A2"]
    assert desk.done == []


def test_too_many_meter_messages_are_thinned_but_no_other(monkeypatch):
    monkeypatch.setattr(outbox_module, "MAX_QUEUED", 10)
    desk = Desk(Gate.CLOSED)
    desk.put(0, Lane.TRANSACTION)
    for n in range(1, 11):
        desk.put(n, Lane.METER)
    desk.put(11, Lane.TRANSACTION)
    desk.outbox.set_gate(Gate.OPEN)
    sent = []
    while frames := desk.sent():
        sent += frames
        desk.answer()
    assert sent == ["A0", "A1", "A3", "A5", "A7", "A9", "A11"]


def test_what_a_csms_asks_for_without_end_does_not_pile_up(monkeypatch):
    monkeypatch.setattr(outbox_module, "MAX_QUEUED", 4)
    desk = Desk()
    for n in range(6):
        desk.put(n)
    desk.put(6, Lane.TRANSACTION)
    desk.put(7, Lane.BOOT)
    assert desk.done == [(4, FailureKind.TIMED_OUT), (5, FailureKind.TIMED_OUT)]
    assert desk.sent() == ["A0"]


def test_it_knows_whether_transaction_messages_wait():
    desk = Desk()
    assert not desk.outbox.transactions_waiting
    desk.put(1, Lane.METER)
    assert desk.outbox.transactions_waiting
    desk.sent()
    assert desk.outbox.transactions_waiting
    desk.answer()
    assert not desk.outbox.transactions_waiting
