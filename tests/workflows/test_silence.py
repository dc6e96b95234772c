"""Who is silent, by our own clock."""

from collections.abc import Mapping

from support.clock import FakeClock
from voltfleet.workflows.silence import Silences


def watch(clock: FakeClock) -> Silences[float]:
    return Silences[float](10.0, is_final=lambda sign: sign == 0.0, clock=clock)


def look_on(
    clock: FakeClock, silences: Silences[float], signs: Mapping[str, float], seconds: int
) -> dict[str, float]:
    """Looks once a second; what the last look finds."""
    silent: dict[str, float] = {}
    for _ in range(seconds):
        clock.advance(1.0)
        silent = silences.among(signs)
    return silent


def test_silence_is_the_same_sign_for_long_enough(clock: FakeClock) -> None:
    silences = watch(clock)
    assert silences.among({"a": 1.0, "b": 1.0}) == {}
    assert look_on(clock, silences, {"a": 1.0, "b": 2.0}, 9) == {}
    assert look_on(clock, silences, {"a": 1.0, "b": 2.0}, 1) == {"a": 1.0}
    assert look_on(clock, silences, {"a": 1.0, "b": 2.0}, 1) == {"a": 1.0, "b": 2.0}


def test_what_the_sign_says_of_time_counts_for_nothing(clock: FakeClock) -> None:
    silences = watch(clock)
    for sign in (5000.0, 4000.0, 9999.0):  # clocks that are wrong, and that are set
        assert silences.among({"a": sign}) == {}
        assert look_on(clock, silences, {"a": sign}, 9) == {}


def test_time_without_a_look_is_nobodys_silence(clock: FakeClock) -> None:
    """The database is away: nobody can leave a sign, or look for one."""
    silences = watch(clock)
    silences.among({"a": 1.0})
    clock.advance(60.0)
    assert silences.among({"a": 1.0}) == {}
    assert look_on(clock, silences, {"a": 1.0}, 7) == {}
    assert look_on(clock, silences, {"a": 1.0}, 1) == {"a": 1.0}


def test_one_that_was_gone_for_a_while_starts_anew(clock: FakeClock) -> None:
    silences = watch(clock)
    silences.among({"a": 1.0})
    look_on(clock, silences, {}, 11)
    assert silences.among({"a": 1.0}) == {}


def test_a_last_sign_is_silence_at_once(clock: FakeClock) -> None:
    assert watch(clock).among({"a": 0.0, "b": 1.0}) == {"a": 0.0}
