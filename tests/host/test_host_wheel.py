import time

from hypothesis import given
from hypothesis import strategies as st

from voltfleet.host.wheel import Wheel, start_clock


class Entry:
    def __init__(self) -> None:
        self.wheel_slot = 0

    def wake(self, now: float) -> None:
        raise AssertionError("the wheel hands entries out, it does not wake them")


def due(wheel: Wheel, now: float, limit: int = 100) -> list[Entry]:
    return [entry for entry in wheel.pop_due(now, limit) if isinstance(entry, Entry)]


def test_an_entry_comes_due_at_its_time_or_one_tick_after() -> None:
    wheel, entry = Wheel(1000.0), Entry()
    wheel.schedule(entry, 1000.25)
    assert due(wheel, 1000.24) == []
    assert due(wheel, 1000.31) == [entry]
    assert due(wheel, 1005.0) == []


def test_an_earlier_time_replaces_a_later_one() -> None:
    wheel, entry = Wheel(1000.0), Entry()
    wheel.schedule(entry, 1060.0)
    wheel.schedule(entry, 1001.0)
    assert due(wheel, 1001.1) == [entry]
    assert due(wheel, 1061.0) == []


def test_a_later_time_leaves_the_earlier_wake_up() -> None:
    wheel, entry = Wheel(1000.0), Entry()
    wheel.schedule(entry, 1001.0)
    wheel.schedule(entry, 1060.0)
    assert due(wheel, 1001.1) == [entry]


def test_the_past_is_the_next_tick() -> None:
    wheel, entry = Wheel(1000.0), Entry()
    wheel.schedule(entry, 3.0)
    assert due(wheel, 1000.15) == [entry]


def test_what_is_scheduled_anew_while_being_woken_waits_for_the_next_tick() -> None:
    wheel, entry = Wheel(1000.0), Entry()
    wheel.schedule(entry, 1000.1)
    assert due(wheel, 1000.2) == [entry]
    wheel.schedule(entry, 1000.1)
    assert due(wheel, 1000.2) == []
    assert due(wheel, 1000.3) == [entry]


def test_a_cancelled_entry_is_not_woken() -> None:
    wheel, entry = Wheel(1000.0), Entry()
    wheel.schedule(entry, 1001.0)
    wheel.cancel(entry)
    assert due(wheel, 1002.0) == []
    wheel.schedule(entry, 1003.0)
    assert due(wheel, 1004.0) == [entry]


def test_many_due_at_once_come_in_portions() -> None:
    wheel = Wheel(1000.0)
    entries = [Entry() for _ in range(25)]
    for entry in entries:
        wheel.schedule(entry, 1001.0)
    portions = [due(wheel, 1002.0, limit=10) for _ in range(4)]
    assert [len(portion) for portion in portions] == [10, 10, 5, 0]
    assert {id(e) for portion in portions for e in portion} == {id(e) for e in entries}


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 50)), max_size=40))
def test_every_entry_is_woken_by_its_earliest_time(wishes: list[tuple[int, float]]) -> None:
    wheel, entries = Wheel(1000.0), [Entry() for _ in range(6)]
    earliest: dict[int, float] = {}
    for index, after in wishes:
        wheel.schedule(entries[index], 1000.0 + after)
        earliest[index] = min(after, earliest.get(index, after))
    woken: dict[int, float] = {}
    for step in range(520):
        now = 1000.0 + step / 10
        for entry in due(wheel, now):
            woken.setdefault(entries.index(entry), now - 1000.0)
    assert woken.keys() == earliest.keys()
    assert all(earliest[i] - 0.001 <= woken[i] <= earliest[i] + 0.201 for i in woken)


def test_the_clock_starts_at_the_wall_clock_and_only_goes_on() -> None:
    clock = start_clock()
    assert abs(clock() - time.time()) < 1.0
    times = [clock() for _ in range(1000)]
    assert times == sorted(times)
