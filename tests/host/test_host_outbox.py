from voltfleet.domain.hosting import (
    ChargerReport,
    CommandOutcome,
    CommandOutcomes,
    FrameLog,
    Frames,
    Reports,
)
from voltfleet.host import outbox
from voltfleet.host.outbox import FrameBuffer, Outbox


def frame(number: int) -> FrameLog:
    return FrameLog("id", float(number), True, "Heartbeat", str(number))


def filled(count: int, limit: int = 100_000) -> FrameBuffer:
    buffer = FrameBuffer(limit)
    for number in range(count):
        buffer.add(frame(number))
    return buffer


def numbers(batches: list[Frames]) -> list[int]:
    return [int(f.message) for batch in batches for f in batch.frames]


class Charger:
    """A reporter whose report is its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def take_report(self) -> ChargerReport | None:
        return ChargerReport(self.name, 1, None, None)


def test_frames_go_in_order_in_numbered_batches() -> None:
    buffer = filled(outbox.FRAMES_PER_MESSAGE + 5)
    batches = list(buffer.take())
    assert [batch.seq for batch in batches] == [1, 2]
    assert numbers(batches) == list(range(outbox.FRAMES_PER_MESSAGE + 5))
    assert list(buffer.take()) == []


def test_frames_are_kept_until_they_are_acked() -> None:
    buffer = filled(3)
    (batch,) = buffer.take()
    assert len(buffer) == 3
    assert buffer.unacked() == [batch]
    buffer.acked(batch.seq)
    buffer.acked(batch.seq)
    buffer.acked(99)
    assert len(buffer) == 0
    assert buffer.unacked() == []


def test_an_unacked_window_holds_the_rest_back() -> None:
    buffer = filled(outbox.FRAMES_PER_MESSAGE * (outbox.FRAME_MESSAGES_UNACKED + 2))
    batches = list(buffer.take())
    assert len(batches) == outbox.FRAME_MESSAGES_UNACKED
    buffer.acked(batches[0].seq)
    (following,) = buffer.take()
    assert following.seq == outbox.FRAME_MESSAGES_UNACKED + 1


def test_over_the_limit_the_oldest_unsent_are_dropped_and_counted() -> None:
    buffer = filled(3, limit=10)
    (sent,) = buffer.take()
    for number in range(3, 20):
        buffer.add(frame(number))
    buffer.trim()
    assert buffer.dropped == 10
    assert len(buffer) == 10
    assert buffer.unacked() == [sent]
    assert numbers(list(buffer.take())) == list(range(13, 20))


def test_what_is_sent_stays_even_if_it_alone_is_over_the_limit() -> None:
    buffer = filled(5, limit=5)
    (sent,) = buffer.take()
    buffer.add(frame(5))
    buffer.trim()
    assert (buffer.dropped, len(buffer)) == (1, 5)
    assert buffer.unacked() == [sent]


def test_large_frames_go_in_smaller_batches() -> None:
    buffer = FrameBuffer(100)
    for _ in range(5):
        buffer.add(FrameLog("id", 0.0, True, "x", "y" * (outbox.CHARS_PER_MESSAGE // 2)))
    assert [len(batch.frames) for batch in buffer.take()] == [2, 2, 1]


def test_the_room_is_bounded_in_characters_too() -> None:
    buffer = FrameBuffer(100, limit_chars=25)
    for number in range(10, 30):
        buffer.add(frame(number))
    (batch,) = buffer.take()
    assert numbers([batch]) == list(range(18, 30))
    assert buffer.dropped == 8
    for number in range(30, 43):
        buffer.add(frame(number))
    buffer.acked(batch.seq)
    assert numbers(list(buffer.take())) == list(range(31, 43))


def test_reports_come_in_portions() -> None:
    box = Outbox(frame_limit=10)
    for number in range(outbox.REPORTS_PER_MESSAGE + 1):
        box.changed(Charger(str(number)))
    sizes = [len(m.chargers) for m in box.take() if isinstance(m, Reports)]
    assert sizes == [outbox.REPORTS_PER_MESSAGE, 1]
    assert list(box.take()) == []


def test_a_drop_is_told_after_the_charger_s_last_report() -> None:
    box = Outbox(frame_limit=10)
    box.dropped("a")
    box.changed(Charger("a"))
    first, last = box.take()
    assert first == Reports([ChargerReport("a", 1, None, None)], [])
    assert last == Reports([], ["a"])


def test_a_charger_held_again_is_not_told_as_dropped() -> None:
    box = Outbox(frame_limit=10)
    box.dropped("a")
    box.held_again("a")
    box.held_again("b")
    assert list(box.take()) == []


def test_a_new_link_is_told_what_was_never_acknowledged() -> None:
    box = Outbox(frame_limit=10)
    outcomes = [CommandOutcome(name, "id", "applied", None, None) for name in "abc"]
    for outcome in outcomes:
        box.outcome(outcome)
    box.frames.add(frame(1))
    sent = list(box.take())
    assert sent[0] == CommandOutcomes(outcomes)
    box.outcomes_acked(["b"])
    again = list(box.link_up())
    assert again == [CommandOutcomes([outcomes[0], outcomes[2]]), sent[1]]
    assert list(box.take()) == []


def test_an_outcome_of_an_outage_is_told_once_on_the_new_link() -> None:
    box = Outbox(frame_limit=10)
    box.outcome(CommandOutcome("a", "id", "applied", None, None))
    assert len([*box.link_up(), *box.take()]) == 1


def test_it_is_empty_when_everything_is_told_and_acknowledged() -> None:
    box = Outbox(frame_limit=10)
    assert box.empty
    box.frames.add(frame(1))
    box.outcome(CommandOutcome("a", "id", "applied", None, None))
    box.dropped("c")
    box.changed(Charger("d"))
    assert not box.empty
    list(box.take())
    assert not box.empty
    box.frames.acked(1)
    box.outcomes_acked(["a"])
    assert box.empty
