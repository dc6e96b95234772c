"""The car: exact integration, however often it is looked at."""

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltfleet.domain.specs import CurrentType
from voltfleet.station.ev import CARS, Ev, any_car
from voltfleet.station.rng import Rng

AC, DC = CurrentType.AC, CurrentType.DC


def car(soc: float = 0.2, current_type: CurrentType = AC, model: int = 1) -> Ev:
    return Ev(CARS[model], current_type, CARS[model].capacity_wh * soc)


def test_constant_power_is_energy_over_time():
    ev = car(0.2)
    assert ev.draw(11_000, 3600) == pytest.approx(11_000)
    assert ev.soc == pytest.approx(0.2 + 11_000 * 0.9 / 52_000)


def test_the_lower_of_offer_and_car_flows():
    assert car().power_w(5_000) == 5_000
    assert car().power_w(50_000) == 22_000
    assert car(current_type=DC).power_w(50_000) == 50_000


def test_power_falls_above_the_knee():
    powers = [car(soc, DC).power_w(inf) for soc in (0.5, 0.6, 0.7, 0.8, 0.9, 0.99)]
    assert powers[0] == powers[1] == 100_000
    assert powers[1:] == sorted(powers[1:], reverse=True)
    assert powers[-1] < 12_000


def test_a_full_car_draws_nothing():
    ev = car(1.0)
    assert ev.full
    assert ev.power_w(22_000) == 0
    assert ev.draw(22_000, 100) == 0
    assert ev.seconds_until(100, 22_000) == inf


def test_nothing_offered_nothing_drawn():
    assert car().draw(0, 3600) == 0
    assert car().seconds_until(1, 0) == inf


cars = st.builds(
    car, st.floats(0.01, 0.99), st.sampled_from([AC, DC]), st.integers(0, len(CARS) - 1)
)
offers = st.floats(500, 300_000)


@settings(max_examples=200, derandomize=True)
@given(cars, offers, st.lists(st.floats(0.1, 7200), min_size=1, max_size=8))
def test_it_does_not_matter_how_often_the_meter_is_read(ev, offer, spans):
    other = Ev(ev.model, ev.current_type, ev.stored_wh)
    in_steps = sum(ev.draw(offer, seconds) for seconds in spans)
    at_once = other.draw(offer, sum(spans))
    assert in_steps == pytest.approx(at_once, rel=1e-6, abs=1e-3)
    assert ev.stored_wh <= ev.model.capacity_wh


@settings(max_examples=200, derandomize=True)
@given(cars, offers, st.floats(0.01, 1.0))
def test_foresight_agrees_with_what_happens(ev, offer, share):
    room = (ev.model.capacity_wh - ev.stored_wh) / (0.9 if ev.current_type is AC else 0.96)
    seconds = ev.seconds_until(room * share, offer)
    assert ev.draw(offer, seconds) == pytest.approx(room * share, rel=1e-6, abs=0.01)


@settings(max_examples=50, derandomize=True)
@given(cars, offers)
def test_it_is_full_when_it_said_it_would_be(ev, offer):
    ev.draw(offer, ev.seconds_until(inf, offer) + 0.05)
    assert ev.full


@settings(max_examples=100, derandomize=True)
@given(cars, offers, st.floats(1, 100_000))
def test_the_meter_agrees_with_the_power_shown(ev, offer, seconds):
    """The energy of a short instant is the power then."""
    ev.draw(offer, seconds)
    power = ev.power_w(offer)
    assert ev.draw(offer, 1e-3) * 3_600_000 == pytest.approx(power, rel=1e-3, abs=1)


def test_cars_of_a_seed_are_always_the_same():
    one, other = any_car(Rng(3), AC), any_car(Rng(3), AC)
    assert (one.model, one.stored_wh) == (other.model, other.stored_wh)
    assert 0.15 <= one.soc <= 0.65
