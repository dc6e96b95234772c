"""Charging profiles as values (OCPP 1.6 §3.13, 2.0.1 K01): stacking, recurrence, sharing."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.station.smart_charging import (
    DAY_SECONDS,
    MOST_CHANGES,
    NO_LIMIT,
    WEEK_SECONDS,
    Limit,
    Period,
    Profile,
    Purpose,
    RateUnit,
    Schedule,
    composite,
    next_change,
    place_limit,
    share,
    station_limit,
)

T = 1_900_000_000.0


def profile(
    *periods: tuple[float, float],
    id_: int = 1,
    place: int = 1,
    purpose: Purpose = Purpose.TX_DEFAULT,
    stack: int = 0,
    start: float | None = T,
    duration: float | None = None,
    recurs: float = 0.0,
    valid: tuple[float, float] = (-inf, inf),
) -> Profile:
    steps = tuple(Period(at, limit) for at, limit in periods)
    schedule = Schedule(RateUnit.W, steps, start, duration)
    return Profile(id_, place, purpose, stack, schedule, recurs, *valid)


def watts(found: Limit | None) -> float | None:
    return None if found is None else found.watts


@pytest.mark.parametrize(
    ("at", "limit"), [(-1, None), (0, 10), (59, 10), (60, 20), (99, 20), (100, None)]
)
def test_periods_from_an_absolute_start(at, limit):
    of_two = profile((0, 10), (60, 20), duration=100)
    assert watts(of_two.limit_at(T + at, inf)) == limit


def test_without_duration_the_last_period_goes_on():
    assert watts(profile((0, 10), (60, 20)).limit_at(T + 1e8, inf)) == 20


@pytest.mark.parametrize(("at", "limit"), [(-1, None), (0, 10), (60, 20), (1e6, 20)])
def test_a_relative_schedule_begins_with_the_charging(at, limit):
    relative = profile((0, 10), (60, 20), start=None)
    assert watts(relative.limit_at(T + 500 + at, T + 500)) == limit
    assert relative.limit_at(T, inf) is None


@pytest.mark.parametrize("every", [DAY_SECONDS, WEEK_SECONDS])
def test_recurrence(every):
    nightly = profile((0, 10), (3600, 20), duration=7200, recurs=every)
    for rounds in (0, 1, 100):
        begin = T + rounds * every
        assert watts(nightly.limit_at(begin, inf)) == 10
        assert watts(nightly.limit_at(begin + 3600, inf)) == 20
        assert nightly.limit_at(begin + 7200, inf) is None
        assert nightly.next_change(begin + 7200, inf) == begin + every
    assert nightly.limit_at(T - 1, inf) is None


def test_validity_bounds_it():
    short = profile((0, 10), valid=(T + 10, T + 20))
    assert [watts(short.limit_at(T + s, inf)) for s in (9, 10, 19, 20)] == [None, 10, 10, None]
    assert short.next_change(T, inf) == T + 10
    assert short.next_change(T + 10, inf) == T + 20


def test_the_highest_stack_level_that_says_something():
    low = profile((0, 10), id_=1, stack=1)
    high = profile((0, 20), id_=2, stack=5, duration=60)
    assert place_limit([low, high], 1, T + 59, T).watts == 20
    assert place_limit([high, low], 1, T + 60, T).watts == 10


def test_a_default_of_the_place_goes_before_that_of_the_station_at_one_level():
    all_, own = profile((0, 10), id_=1, place=0), profile((0, 20), id_=2, place=2)
    assert place_limit([all_, own], 2, T, T).watts == 20
    assert place_limit([all_, own], 1, T, T).watts == 10
    higher = profile((0, 5), id_=3, place=0, stack=1)
    assert place_limit([all_, own, higher], 2, T, T).watts == 5


def test_a_transactions_profile_goes_before_the_default_whatever_the_levels():
    default = profile((0, 10), id_=1, stack=9)
    own = profile((0, 20), id_=2, purpose=Purpose.TX, duration=60)
    assert place_limit([default, own], 1, T, T).watts == 20
    assert place_limit([default, own], 1, T + 60, T).watts == 10


def test_the_stations_maximum_is_no_places_limit():
    most = profile((0, 10), place=0, purpose=Purpose.STATION_MAX)
    assert place_limit([most], 1, T, T) == NO_LIMIT
    assert station_limit([most], T).watts == 10
    assert station_limit([], T) == NO_LIMIT


def test_amperes_and_watts():
    assert Limit(amps=16).in_watts(230, 3) == 11_040
    assert Limit(amps=16, phases=1).in_watts(230, 3) == 3_680
    assert Limit(watts=11_040).in_amps(230, 3) == 16
    assert Limit(10, 5, 1).and_(Limit(20, 3, 2)) == Limit(10, 3, 1)


def test_a_composite_of_a_day_with_two_profiles():
    night = profile((0, 10), id_=1, recurs=DAY_SECONDS, duration=6 * 3600, stack=1)
    rest = profile((0, 7.77), id_=2)

    def limit_at(at: float) -> tuple[float, int]:
        return place_limit([night, rest], 1, at, T).watts, 3

    def after(at: float) -> float:
        return next_change([night, rest], at, lambda _: [T])

    found = composite(T, DAY_SECONDS + 60, limit_at, after)
    assert found.periods == (
        Period(0, 10, 3),
        Period(6 * 3600, 7.7, 3),
        Period(DAY_SECONDS, 10, 3),
    )
    endless = composite(T, 1e12, limit_at, after)
    assert len(endless.periods) <= MOST_CHANGES
    assert endless.duration < 1e12


# --- properties ----------------------------------------------------------------------------------

amounts = st.floats(0, 1e5)
profiles = st.builds(
    profile,
    st.just((0.0, 5.0)),
    st.tuples(st.integers(1, 500).map(float), amounts),
    id_=st.integers(),
    place=st.integers(0, 2),
    purpose=st.sampled_from(Purpose),
    stack=st.integers(0, 3),
    start=st.none() | st.integers(-2000, 2000).map(lambda s: T + s),
    duration=st.none() | st.integers(1, 2000).map(float),
    valid=st.tuples(st.integers(-900, 900), st.integers(1, 900)).map(
        lambda v: (T + v[0], T + v[0] + v[1])
    ),
) | st.builds(
    profile,
    st.just((0.0, 3.0)),
    st.tuples(st.integers(1, 9000).map(float), amounts),
    start=st.integers(-(10**6), 1000).map(lambda s: T + s),
    duration=st.none() | st.integers(1, 100_000).map(float),
    recurs=st.sampled_from([DAY_SECONDS, WEEK_SECONDS]),
    stack=st.integers(0, 3),
)


@given(st.lists(profiles, max_size=4), st.integers(0, 3000), st.integers(-500, 500))
def test_between_two_changes_nothing_changes(installed, offset, began):
    """Whoever looks again at every change misses nothing."""
    at, since = T + offset, T + began
    change = next_change(installed, at, lambda _: [since])
    assert change > at
    last = min(change - 0.5, at + 1e6)
    for place in (1, 2):
        limits = {place_limit(installed, place, t, since) for t in (at, (at + last) / 2, last)}
        assert len(limits) == 1
    assert station_limit(installed, at) == station_limit(installed, last)


@given(st.lists(profiles, max_size=4), st.integers(0, 3000), st.integers(1, 3000))
def test_a_composite_tells_what_holds_at_every_instant(installed, offset, duration):
    start = T + offset

    def limit_at(at: float) -> tuple[float, int]:
        return min(place_limit(installed, 1, at, T).watts, 1e6), 3

    found = composite(
        start, duration, limit_at, lambda at: next_change(installed, at, lambda _: [T])
    )
    assert found.periods[0].start == 0
    starts = [period.start for period in found.periods]
    assert starts == sorted(set(starts))
    for second in range(0, duration, max(1, duration // 20)):
        told = [p for p in found.periods if p.start <= second][-1]
        # Cut to a tenth, where a billionth under a tenth counts as that tenth.
        assert told.limit - 1e-6 <= limit_at(start + second)[0] < told.limit + 0.2


@given(st.floats(0, 1e6) | st.just(inf), st.lists(amounts, max_size=6))
def test_shares(total, demands):
    shares = share(total, demands)
    assert sum(shares) <= total * (1 + 1e-9)
    assert all(0 <= got <= wanted for got, wanted in zip(shares, demands, strict=True))
    if sum(demands) <= total:
        assert shares == pytest.approx(demands)
    short = [got for got, wanted in zip(shares, demands, strict=True) if got < wanted - 1e-6]
    if short:
        assert max(shares) <= min(short) + 1e-6
        assert sum(shares) == pytest.approx(total)
