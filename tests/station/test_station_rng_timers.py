"""The seeded random source and the timers."""

from voltfleet.station.rng import Rng
from voltfleet.station.timers import Timers


def test_the_same_seed_gives_the_same_numbers():
    assert [Rng(7).bits() for _ in range(3)] == [Rng(7).bits() for _ in range(3)]
    one = Rng(7)
    assert len({one.bits() for _ in range(1000)}) == 1000


def test_it_is_splitmix64():
    # The first outputs of the reference implementation for seed 1234567.
    rng = Rng(1234567)
    assert [rng.bits() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_uniform_stays_in_its_range_and_fills_it():
    rng = Rng(1)
    numbers = [rng.uniform(2.0, 5.0) for _ in range(2000)]
    assert 2.0 <= min(numbers) < 2.05
    assert 4.95 < max(numbers) < 5.0


def test_timers_fire_in_order_and_only_when_due():
    timers, fired = Timers(), []
    timers.start(("b", 0), 2.0, lambda: fired.append("b"))
    timers.start(("a", 0), 1.0, lambda: fired.append("a"))
    assert timers.next_at() == 1.0
    assert not timers.fire_next(0.5)
    while timers.fire_next(2.0):
        pass
    assert fired == ["a", "b"]
    assert timers.next_at() is None


def test_starting_a_running_timer_moves_it():
    timers, fired = Timers(), []
    timers.start(("a", 0), 1.0, lambda: fired.append("old"))
    timers.start(("a", 0), 3.0, lambda: fired.append("new"))
    assert not timers.fire_next(2.0)
    assert timers.fire_next(3.0)
    assert fired == ["new"]


def test_a_stopped_timer_never_fires():
    timers = Timers()
    timers.start(("a", 1), 1.0, lambda: None)
    timers.start(("a", 2), 1.0, lambda: None)
    timers.stop(("a", 1))
    assert not timers.running(("a", 1))
    assert timers.running(("a", 2))
    timers.stop(("a", 3))


def test_a_reboot_stops_the_firmware_but_not_the_world():
    timers = Timers()
    timers.start(("heartbeat", 0), 1.0, lambda: None)
    timers.start(("driver", 1), 2.0, lambda: None)
    timers.stop_firmware()
    assert not timers.running(("heartbeat", 0))
    assert timers.running(("driver", 1))
