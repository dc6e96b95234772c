"""Charging profiles of OCPP 2.x: what one must be (K01.FR.03 to FR.53), in the station's own
words."""

from itertools import pairwise
from math import inf

from voltfleet.station.smart_charging import (
    ALL_PHASES,
    DAY_SECONDS,
    WEEK_SECONDS,
    Period,
    Profile,
    Purpose,
    RateUnit,
    Schedule,
)
from voltfleet.station.times import instant, optional_instant
from voltfleet.station.v2.device_model import charging
from voltfleet.station.v2.messages.smart_charging import ChargingProfile, ChargingSchedule

PURPOSES = {
    "ChargingStationMaxProfile": Purpose.STATION_MAX,
    "TxDefaultProfile": Purpose.TX_DEFAULT,
    "TxProfile": Purpose.TX,
}
_RECURS_EVERY = {"Daily": DAY_SECONDS, "Weekly": WEEK_SECONDS}
_PHASES = {None, *range(1, ALL_PHASES + 1)}
_FIELD = "chargingProfile"


class Wrong(Exception):
    """The profile makes no sense, or not to this station; ``why`` says so to the CSMS."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(given: ChargingProfile, place: int, units: tuple[RateUnit, ...], clock: float) -> Profile:
    """The profile in the station's own words. Raises `Wrong`."""
    purpose = PURPOSES.get(given.charging_profile_purpose)
    if purpose is None:
        raise Wrong("the CSMS cannot set a profile of that purpose")
    if not 0 <= given.stack_level <= charging.MAX_STACK_LEVEL:
        raise Wrong("stackLevel is out of range")
    if len(given.charging_schedule) != 1:
        raise Wrong("only a car that speaks ISO 15118 could choose among schedules")
    valid_from = optional_instant(given.valid_from, f"{_FIELD}.validFrom", -inf)
    valid_to = optional_instant(given.valid_to, f"{_FIELD}.validTo", inf)
    if valid_to <= max(valid_from, clock):
        raise Wrong("validTo is over")
    [told] = given.charging_schedule
    start_at = _start_at(given, told, purpose)
    return Profile(
        given.id,
        place,
        purpose,
        given.stack_level,
        _schedule(told, start_at, units),
        _recurs_every(given),
        valid_from,
        valid_to,
    )


def _start_at(given: ChargingProfile, told: ChargingSchedule, purpose: Purpose) -> float | None:
    """K01.FR.40 and FR.41"""
    match given.charging_profile_kind, told.start_schedule:
        case "Relative", None if purpose is not Purpose.STATION_MAX:
            return None
        case "Absolute" | "Recurring", str(start):
            return instant(start, f"{_FIELD}.chargingSchedule.startSchedule")
    raise Wrong(f"{given.charging_profile_kind} does not go with what else it says")


def _recurs_every(given: ChargingProfile) -> float:
    if given.charging_profile_kind != "Recurring":
        return 0.0
    if given.recurrency_kind not in _RECURS_EVERY:
        raise Wrong("recurrencyKind is missing")
    return _RECURS_EVERY[given.recurrency_kind]


def _schedule(
    told: ChargingSchedule, start_at: float | None, units: tuple[RateUnit, ...]
) -> Schedule:
    if told.charging_rate_unit not in units:
        raise Wrong("the station cannot promise that chargingRateUnit")
    periods = tuple(
        Period(float(p.start_period), -1.0 if p.limit is None else p.limit, p.number_phases)
        for p in told.charging_schedule_period
    )
    good = (
        1 <= len(periods) <= charging.MAX_PERIODS
        and periods[0].start == 0
        and all(before.start < after.start for before, after in pairwise(periods))
        and all(p.limit >= 0 and p.phases in _PHASES for p in periods)
        and all(p.phase_to_use is None for p in told.charging_schedule_period)
        and (told.duration is None or told.duration > 0)
    )
    if not good:
        raise Wrong("its periods make no sense")
    duration = None if told.duration is None else float(told.duration)
    return Schedule(RateUnit(told.charging_rate_unit), periods, start_at, duration)


def conflict(new: Profile, old: Profile) -> bool:
    """Whether both would speak for one place, purpose, level and time (K01.FR.06, FR.39, FR.52,
    FR.53)."""
    if new.id == old.id or new.purpose is not old.purpose or new.stack_level != old.stack_level:
        return False
    everywhere = new.purpose is Purpose.TX_DEFAULT and 0 in {new.place, old.place}
    apart = new.valid_to <= old.valid_from or old.valid_to <= new.valid_from
    return (everywhere or new.place == old.place) and not apart
