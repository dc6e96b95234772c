"""Charging profiles, as far as all OCPP versions agree (1.6 §3.13, 2.0.1 K01): values and functions
of them. Time is epoch seconds by the station's clock.

A *place* is where a profile was installed: 0 for the whole station, else the connector (1.6) or
EVSE (2.x). What bounds a place at an instant:

    purpose        installed at      which of several                         combined
    -------------------------------------------------------------------------------------------
    STATION_MAX    0                 the highest stack level that says        shared by all that
                                     something now                            charge: see `share`
    TX             the place         likewise                                 instead of TX_DEFAULT
    TX_DEFAULT     0 or the place    likewise; at one level the place's own

Two more are of OCPP 2.1: PRIORITY goes before TX, and LOCAL_GENERATION adds to what was found.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum, StrEnum, auto
from math import floor, inf
from typing import NamedTuple

DAY_SECONDS = 86_400.0
WEEK_SECONDS = 7 * DAY_SECONDS
ALL_PHASES = 3


class Purpose(Enum):
    """What a profile bounds."""

    STATION_MAX = auto()
    TX_DEFAULT = auto()
    TX = auto()
    PRIORITY = auto()
    """2.1: instead of TX and TX_DEFAULT, while priority charging is active."""
    LOCAL_GENERATION = auto()
    """2.1: what it says is there on top of what the others allow."""


class RateUnit(StrEnum):
    """The unit of a schedule's limits: amperes per phase, or watts over all phases."""

    A = "A"
    W = "W"


class Limit(NamedTuple):
    """What may be drawn; of several bounds, all hold."""

    watts: float = inf
    amps: float = inf
    phases: int = ALL_PHASES

    def and_(self, other: "Limit") -> "Limit":
        """Both hold."""
        return Limit(
            min(self.watts, other.watts),
            min(self.amps, other.amps),
            min(self.phases, other.phases),
        )

    def in_watts(self, volts: float, phases: int) -> float:
        """On so many wires of that voltage."""
        return min(self.watts, self.amps * volts * min(phases, self.phases))

    def in_amps(self, volts: float, phases: int) -> float:
        """Per phase."""
        return min(self.amps, self.watts / (volts * min(phases, self.phases)))

    def plus(self, more: "Limit") -> "Limit":
        """So much more than this."""
        watts = self.watts + (0.0 if more.watts == inf else more.watts)
        return Limit(watts, self.amps + (0.0 if more.amps == inf else more.amps), self.phases)


NO_LIMIT = Limit()


class Period(NamedTuple):
    """From so many seconds after the schedule's start: the limit, and the phases that may be used
    (None: all)."""

    start: float
    limit: float
    phases: int | None = None


class Schedule(NamedTuple):
    """``periods`` rise from 0. Without ``start_at`` it starts with the charging. It says nothing
    any more after ``duration`` seconds (None: its last period goes on)."""

    unit: RateUnit
    periods: tuple[Period, ...]
    start_at: float | None = None
    duration: float | None = None


class Profile(NamedTuple):
    """``recurs_every`` is 0 for a schedule that happens once; a Relative profile has a schedule
    without ``start_at``."""

    id: int
    place: int
    purpose: Purpose
    stack_level: int
    schedule: Schedule
    recurs_every: float = 0.0
    valid_from: float = -inf
    valid_to: float = inf

    def started_at(self, at: float, charging_since: float) -> float | None:
        """When the schedule that holds at that instant began; None if none has begun."""
        start_at = self.schedule.start_at
        if start_at is None:
            return charging_since if charging_since <= at else None
        if start_at > at:
            return None
        rounds = (at - start_at) // self.recurs_every if self.recurs_every else 0
        return start_at + rounds * self.recurs_every

    def limit_at(self, at: float, charging_since: float) -> Limit | None:
        """What it says of that instant; None if nothing."""
        if not self.valid_from <= at < self.valid_to:
            return None
        started_at = self.started_at(at, charging_since)
        if started_at is None or at >= started_at + self._length:
            return None
        period = self.schedule.periods[0]
        for later in self.schedule.periods[1:]:
            if started_at + later.start > at:
                break
            period = later
        return _limit(period, self.schedule.unit)

    def next_change(self, after: float, charging_since: float) -> float:
        """The next instant at which it may say something else; `inf` if there is none."""
        return min((e for e in self._edges(after, charging_since) if e > after), default=inf)

    @property
    def _length(self) -> float:
        """How long one round of the schedule holds."""
        length = inf if self.schedule.duration is None else self.schedule.duration
        return min(length, self.recurs_every) if self.recurs_every else length

    def _edges(self, after: float, charging_since: float) -> Iterator[float]:
        yield self.valid_from
        yield self.valid_to
        started_at = self.started_at(after, charging_since)
        if started_at is None:
            yield charging_since if self.schedule.start_at is None else self.schedule.start_at
            return
        for period in self.schedule.periods:
            yield started_at + period.start
        yield started_at + self._length
        if self.recurs_every:
            yield started_at + self.recurs_every


def _limit(period: Period, unit: RateUnit) -> Limit:
    phases = ALL_PHASES if period.phases is None else period.phases
    if unit is RateUnit.W:
        return Limit(watts=period.limit, phases=phases)
    return Limit(amps=period.limit, phases=phases)


# --- stacking ------------------------------------------------------------------------------------


def station_limit(profiles: Sequence[Profile], at: float) -> Limit:
    """What the whole station may draw at that instant."""
    found = _top(profiles, Purpose.STATION_MAX, 0, at, inf)
    return NO_LIMIT if found is None else _with_generation(found, profiles, 0, at, inf)


def place_limit(profiles: Sequence[Profile], place: int, at: float, charging_since: float) -> Limit:
    """What a transaction that began then may draw at the place, whatever the station may.

    ``charging_since`` is `inf` where nothing charges: no schedule relative to it has begun.
    """
    for purpose in (Purpose.PRIORITY, Purpose.TX, Purpose.TX_DEFAULT):
        found = _top(profiles, purpose, place, at, charging_since)
        if found is not None:
            return _with_generation(found, profiles, place, at, charging_since)
    return NO_LIMIT


def next_change(
    profiles: Sequence[Profile], after: float, since: Callable[[int], Sequence[float]]
) -> float:
    """The next instant at which any of them may say something else; ``since`` tells since when
    those that a place's profiles are about have been charging (place 0: everybody)."""
    changes = (p.next_change(after, s) for p in profiles for s in since(p.place) or (inf,))
    return min(changes, default=inf)


def _with_generation(
    found: Limit, profiles: Sequence[Profile], place: int, at: float, since: float
) -> Limit:
    local = [p for p in profiles if p.purpose is Purpose.LOCAL_GENERATION and p.place == place]
    more = _top(local, Purpose.LOCAL_GENERATION, place, at, since) if local else None
    return found if more is None else found.plus(more)


def _top(
    profiles: Sequence[Profile], purpose: Purpose, place: int, at: float, charging_since: float
) -> Limit | None:
    """The highest stack level that says something now; the place's own before the station's."""
    best: tuple[tuple[int, bool], Limit] | None = None
    for profile in profiles:
        if profile.purpose is not purpose or profile.place not in {0, place}:
            continue
        rank = profile.stack_level, profile.place != 0
        if best is not None and rank <= best[0]:
            continue
        limit = profile.limit_at(at, charging_since)
        if limit is not None:
            best = rank, limit
    return None if best is None else best[1]


def share(total: float, demands: Sequence[float]) -> list[float]:
    """Divide what the station may draw among those that charge: nobody gets more than it demands,
    and as long as somebody wants more, nobody gets more than another who wants more too."""
    shares = [0.0] * len(demands)
    left = total
    order = sorted(range(len(demands)), key=lambda i: demands[i])
    for done, i in enumerate(order):
        shares[i] = min(demands[i], left / (len(order) - done))
        left -= shares[i]
    return shares


# --- composite schedule --------------------------------------------------------------------------

MOST_CHANGES = 300
"""A recurring profile has no end: a composite schedule breaks off after so many changes."""


class Composite(NamedTuple):
    """What will hold from ``start`` for ``duration`` seconds: (seconds after the start, limit,
    phases), with neighbours that differ."""

    start: float
    duration: float
    periods: tuple[Period, ...]


def composite(
    start: float,
    duration: float,
    limit_at: Callable[[float], tuple[float, int]],
    next_change_after: Callable[[float], float],
) -> Composite:
    """Walk from change to change. ``limit_at`` gives the limit, in the unit asked for, and the
    phases."""
    periods: list[Period] = []
    at, end = start, start + duration
    for _ in range(MOST_CHANGES):
        limit, phases = limit_at(at)
        period = Period(at - start, floored(limit), phases)
        if not periods or periods[-1][1:] != period[1:]:
            periods.append(period)
        at = next_change_after(at)
        if at >= end:
            return Composite(start, duration, tuple(periods))
    return Composite(start, at - start, tuple(periods))


def floored(limit: float) -> float:
    """To the tenth that the schemas allow; never more than was meant."""
    return round(floor(limit * 10 + 1e-6) / 10, 1)
