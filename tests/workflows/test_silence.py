"""Who is silent, by our own clock."""

from support.clock import FakeClock
from voltfleet.workflows.silence import Silences


def watch(clock: FakeClock) -> Silences[float]:
    return Silences[float](10.0, is_final=lambda sign: sign == 0.0, clock=clock)


def test_silence_is_the_same_sign_for_long_enough(clock: FakeClock) -> None:
    silences = watch(clock)
    assert silences.among({"a": 1.0, "b": 1.0}) == {}
    clock.advance(9.9)
    assert silences.among({"a": 1.0, "b": 2.0}) == {}
    clock.advance(0.1)
    assert silences.among({"a": 1.0, "b": 2.0}) == {"a": 1.0}


def test_what_the_sign_says_of_time_counts_for_nothing(clock: FakeClock) -> None:
    silences = watch(clock)
    for sign in (5000.0, 4000.0, 9999.0):  # clocks that are wrong, and that are set
        assert silences.among({"a": sign}) == {}
        clock.advance(9.0)


def test_one_that_was_gone_for_a_while_starts_anew(clock: FakeClock) -> None:
    silences = watch(clock)
    silences.among({"a": 1.0})
    silences.among({})
    clock.advance(11.0)
    assert silences.among({"a": 1.0}) == {}


def test_a_last_sign_is_silence_at_once(clock: FakeClock) -> None:
    assert watch(clock).among({"a": 0.0, "b": 1.0}) == {"a": 0.0}
