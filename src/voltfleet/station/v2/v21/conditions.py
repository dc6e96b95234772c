"""When a price of a tariff applies (TariffConditionsType), and the instants at which that changes.

Local time is the station's clock, which runs on UTC.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from voltfleet.station.v2.messages.tariffs import Conditions, Prices, Tariff

NO_CONDITIONS = Conditions()
_DAY = timedelta(days=1)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNSUPPORTED = (
    "min_current",
    "max_current",
    "min_power",
    "max_power",
    "payment_brand",
    "payment_recognition",
)


class Usage(NamedTuple):
    """What a transaction has used up to an instant (epoch seconds, by the station's clock)."""

    at: float
    energy_wh: float = 0.0
    charging_seconds: float = 0.0
    idle_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """Since the transaction began."""
        return self.charging_seconds + self.idle_seconds

    def between(self, later: "Usage", part: float) -> "Usage":
        """A part (0 to 1) of the way to a later one, everything running evenly."""
        return Usage(*(a + (b - a) * part for a, b in zip(self, later, strict=True)))


def prices_of(tariff: Tariff) -> Iterator[Prices]:
    """Every component of a tariff that has prices."""
    for component in (
        tariff.energy,
        tariff.charging_time,
        tariff.idle_time,
        tariff.fixed_fee,
        tariff.reservation_time,
        tariff.reservation_fixed,
    ):
        if component is not None:
            yield component


def conditions_of(tariff: Tariff) -> Iterator[Conditions]:
    """Every condition in it."""
    for component in prices_of(tariff):
        for price in component.prices:
            if price.conditions is not None:
                yield price.conditions


def readable(conditions: Conditions) -> bool:
    """Whether times and dates are what the standard's patterns allow."""
    try:
        for text in (conditions.start_time_of_day, conditions.end_time_of_day):
            _minutes(text)
        for text in (conditions.valid_from_date, conditions.valid_to_date):
            _date(text)
    except ValueError:
        return False
    return True


def unsupported(conditions: Conditions) -> str | None:
    """A condition that this station cannot follow: power changes all the time, and it has no
    payment terminal."""
    return next((n for n in _UNSUPPORTED if getattr(conditions, n) is not None), None)


def holds(conditions: Conditions | None, usage: Usage, kind: str) -> bool:
    """Whether the price applies to what is used from there on, at an EVSE of that kind."""
    if conditions is None:
        return True
    c, now = conditions, datetime.fromtimestamp(usage.at, UTC)
    return (
        c.evse_kind in {None, kind}
        and (c.day_of_week is None or _DAYS[now.weekday()] in c.day_of_week)
        and _in_dates(c, now.date())
        and _in_hours(c, now.hour * 60 + now.minute + now.second / 60)
        and _within(usage.energy_wh, c.min_energy, c.max_energy)
        and _within(usage.seconds, c.min_time, c.max_time)
        and _within(usage.charging_seconds, c.min_charging_time, c.max_charging_time)
        and _within(usage.idle_seconds, c.min_idle_time, c.max_idle_time)
    )


def breaks(tariff: Tariff, start: Usage, end: Usage) -> list[float]:
    """Where between two usages (0 to 1) another price may begin to apply; with both ends."""
    found = {0.0, 1.0}
    for conditions in conditions_of(tariff):
        c = conditions
        found.update(_crossings(start.energy_wh, end.energy_wh, (c.min_energy, c.max_energy)))
        found.update(_crossings(start.seconds, end.seconds, (c.min_time, c.max_time)))
        charging = c.min_charging_time, c.max_charging_time
        found.update(_crossings(start.charging_seconds, end.charging_seconds, charging))
        idle = c.min_idle_time, c.max_idle_time
        found.update(_crossings(start.idle_seconds, end.idle_seconds, idle))
        found.update(_crossings(start.at, end.at, _instants(c, start.at, end.at)))
    return sorted(found)


def _crossings(start: float, end: float, marks: Iterable[float | None]) -> Iterator[float]:
    for mark in marks:
        if mark is not None and start < mark < end:
            yield (mark - start) / (end - start)


def _instants(conditions: Conditions, start: float, end: float) -> Iterator[float]:
    """Midnights and times of day in between."""
    c = conditions
    times = [t for t in (c.start_time_of_day, c.end_time_of_day) if t is not None]
    if not times and c.day_of_week is None and c.valid_from_date is None and not c.valid_to_date:
        return
    day = datetime.fromtimestamp(start, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day.timestamp() < end:
        yield day.timestamp()
        for text in times:
            yield day.timestamp() + 60 * _minutes(text)
        day += _DAY


def _within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value < most)


def _in_dates(c: Conditions, today: date) -> bool:
    begin, end = _date(c.valid_from_date), _date(c.valid_to_date)
    return (begin is None or today >= begin) and (end is None or today < end)


def _in_hours(c: Conditions, minutes: float) -> bool:
    begin, end = _minutes(c.start_time_of_day), _minutes(c.end_time_of_day) or 24 * 60
    if begin < end:
        return begin <= minutes < end
    return minutes >= begin or minutes < end


def _minutes(text: str | None) -> int:
    """Since midnight."""
    if text is None:
        return 0
    at = datetime.strptime(text, "%H:%M").replace(tzinfo=UTC)
    return at.hour * 60 + at.minute


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
