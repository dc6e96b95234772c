"""Charging profiles as OCPP 2.1 may spell them, put into the words of 2.0.1 that `profiles.read`
understands: one limit per period, and a start in UTC, which is the station's local time."""

from datetime import UTC, datetime

from msgspec.structs import replace

from voltfleet.station.rng import Rng
from voltfleet.station.smart_charging import Profile, Purpose, RateUnit
from voltfleet.station.v2 import profiles
from voltfleet.station.v2.messages.smart_charging import (
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from voltfleet.station.v2.profiles import Wrong

DYNAMIC = "Dynamic"
_PURPOSES = {
    "PriorityCharging": Purpose.PRIORITY,
    "LocalGeneration": Purpose.LOCAL_GENERATION,
}
_MODES = ("ChargingOnly", "Idle", "CentralSetpoint")
_ONLY_21_FIELDS = dict.fromkeys(
    (
        "limit_l2",
        "limit_l3",
        "discharge_limit",
        "discharge_limit_l2",
        "discharge_limit_l3",
        "setpoint",
        "setpoint_l2",
        "setpoint_l3",
        "operation_mode",
    )
)


def read(
    given: ChargingProfile, place: int, units: tuple[RateUnit, ...], clock: float, rng: Rng
) -> Profile:
    """The profile in the station's own words. Raises `Wrong`."""
    purpose = _PURPOSES.get(given.charging_profile_purpose)
    if purpose is Purpose.PRIORITY and place == 0:
        raise Wrong("PriorityCharging is for one EVSE")
    schedules = tuple(_schedule(given, s, clock, rng) for s in given.charging_schedule)
    kind = "Absolute" if given.charging_profile_kind == DYNAMIC else given.charging_profile_kind
    if kind == "Absolute" and given.charging_profile_kind == DYNAMIC:
        _check_dynamic(given)
    plain = replace(given, charging_profile_kind=kind, charging_schedule=schedules)
    if purpose is None:
        return profiles.read(plain, place, units, clock)
    as_default = replace(plain, charging_profile_purpose="TxDefaultProfile")
    return profiles.read(as_default, place, units, clock)._replace(purpose=purpose)


def _check_dynamic(given: ChargingProfile) -> None:
    """K28: one schedule of one period, which updates change."""
    if len(given.charging_schedule) != 1:
        raise Wrong("a Dynamic profile has one schedule")
    if len(given.charging_schedule[0].charging_schedule_period) != 1:
        raise Wrong("a Dynamic profile has one period")


def _schedule(
    given: ChargingProfile, told: ChargingSchedule, clock: float, rng: Rng
) -> ChargingSchedule:
    unit = told.charging_rate_unit
    periods = tuple(_period(period, unit) for period in told.charging_schedule_period)
    if told.randomized_delay:
        periods = _delayed(given, told.randomized_delay, periods, rng)
    start = told.start_schedule
    if start is not None and told.use_local_time:
        start = _without_zone(start)
    if start is None and given.charging_profile_kind == DYNAMIC:
        start = datetime.fromtimestamp(clock, UTC).isoformat()
    return replace(told, charging_schedule_period=periods, start_schedule=start)


def _delayed(
    given: ChargingProfile,
    most_seconds: int,
    periods: tuple[ChargingSchedulePeriod, ...],
    rng: Rng,
) -> tuple[ChargingSchedulePeriod, ...]:
    """All changes within the schedule come later by one draw; its beginning does not."""
    if given.charging_profile_purpose not in {"TxProfile", "TxDefaultProfile"}:
        raise Wrong("randomizedDelay is for TxProfile and TxDefaultProfile only")
    delay = rng.below(most_seconds + 1)
    return tuple(
        replace(p, start_period=p.start_period + delay) if p.start_period else p for p in periods
    )


def _period(told: ChargingSchedulePeriod, unit: str) -> ChargingSchedulePeriod:
    mode = told.operation_mode or "ChargingOnly"
    if mode not in _MODES:
        raise Wrong(f"operationMode {mode} needs a car that discharges")
    if mode == "Idle":
        limit: float | None = 0.0
    elif mode == "CentralSetpoint":
        limit = _setpoint(told, unit)
    else:
        limit = _limit(told, unit)
    return replace(told, limit=limit, **_ONLY_21_FIELDS)


def _setpoint(told: ChargingSchedulePeriod, unit: str) -> float:
    """The car draws no more than it; nobody can make a car draw as much."""
    setpoint = _of_phases((told.setpoint, told.setpoint_l2, told.setpoint_l3), unit)
    if setpoint is None or setpoint < 0:
        raise Wrong("a car that does not discharge needs a setpoint of 0 or more")
    limit = _limit(told, unit)
    return setpoint if limit is None else min(setpoint, limit)


def _limit(told: ChargingSchedulePeriod, unit: str) -> float | None:
    return _of_phases((told.limit, told.limit_l2, told.limit_l3), unit)


def _of_phases(values: tuple[float | None, ...], unit: str) -> float | None:
    """Watts of the phases add up; amperes are those of the weakest phase, because the simulated
    cars load all phases alike."""
    first, *others = values
    named = [value for value in others if value is not None]
    if first is None or not named:
        return first
    return first + sum(named) if unit == RateUnit.W else min(first, *named)


def _without_zone(text: str) -> str:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).isoformat()
    except ValueError:
        return text
