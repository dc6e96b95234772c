"""Charging profiles at work: they are kept here, and what they say is what the EVSEs offer."""

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.meter import NOMINAL_VOLTAGE_V
from voltfleet.station.smart_charging import (
    NO_LIMIT,
    Composite,
    Limit,
    Profile,
    Purpose,
    RateUnit,
    composite,
    next_change,
    place_limit,
    share,
    station_limit,
)

_LOOK_AGAIN_SECONDS = 900.0
"""The CSMS may set the station's clock while a change of a schedule is waited for."""
_SHORTEST_WAIT_SECONDS = 0.001
"""A wait too short for a float of epoch seconds would not end."""


class Charging(NamedTuple):
    """What charges at an EVSE: at which place (as profiles count places), since when (`inf`: no
    transaction)."""

    place: int
    since: float


Where = Callable[[Evse], Charging]


class ChargingLimits:
    """The profiles of one station. ``where`` tells what charges at an EVSE, by the version's way of
    counting. Call `apply` whenever that may have changed, or the hardware has."""

    __slots__ = ("_ctx", "_where", "profiles")

    def __init__(self, ctx: Context, where: Where) -> None:
        self._ctx = ctx
        self._where = where
        self.profiles: tuple[Profile, ...] = ()

    def put(self, profile: Profile) -> None:
        """Install it, in place of the one of that id or of that place, purpose and stack level."""
        kept = tuple(p for p in self.profiles if not _replaces(profile, p))
        self.profiles = (*kept, profile)
        self._ctx.remember()
        self.apply()

    def remove(self, unwanted: Callable[[Profile], bool]) -> int:
        """Take off all that are unwanted; returns how many."""
        kept = tuple(p for p in self.profiles if not unwanted(p))
        removed = len(self.profiles) - len(kept)
        if removed:
            self.profiles = kept
            self._ctx.remember()
            self.apply()
        return removed

    def replaced_by(self, profile: Profile) -> int:
        """How many installed ones it would replace."""
        return sum(_replaces(profile, p) for p in self.profiles)

    def lasting(self) -> tuple[Profile, ...]:
        """Those that do not end with a transaction, and so outlive a power cut."""
        return tuple(p for p in self.profiles if p.purpose is not Purpose.TX)

    def apply(self) -> None:
        """Let every EVSE offer what it may, and look again when that changes next."""
        ctx = self._ctx
        if not self.profiles and not self.capped:
            for evse in ctx.hardware.evses:
                ctx.hardware.set_profile_limit(evse, NO_LIMIT, ctx.now)
            ctx.timers.stop(("profiles", 0))
            return
        at = self._clock()
        evses = ctx.hardware.evses
        limits = [self._of_place(evse, at) for evse in evses]
        for evse, limit in zip(evses, self._shared(limits, at), strict=True):
            ctx.hardware.set_profile_limit(evse, limit, ctx.now)
        change = next_change(self.active(), at, self._since) - at
        wait = min(change, self.next_look_seconds(), _LOOK_AGAIN_SECONDS)
        ctx.after("profiles", 0, max(wait, _SHORTEST_WAIT_SECONDS), self.apply)

    # --- for a later version to override --------------------------------------------------------

    @property
    def capped(self) -> bool:
        """Whether something else than profiles may limit an EVSE (`cap`)."""
        return False

    def active(self) -> tuple[Profile, ...]:
        """The profiles that are not disabled for now."""
        return self.profiles

    def cap(self, _evse: Evse) -> Limit:
        """What else bounds an EVSE."""
        return NO_LIMIT

    def next_look_seconds(self) -> float:
        """How soon `cap` may say something else."""
        return inf

    # --- composite schedule ---------------------------------------------------------------------

    def schedule(self, evse: Evse | None, place: int, duration: float, unit: RateUnit) -> Composite:
        """What the EVSE (None: the station) may draw from now on. Where nothing charges, relative
        schedules are taken to begin now."""
        start = self._clock()

        def limit_at(at: float) -> tuple[float, int]:
            if evse is None:
                return self._total(at, start, unit)
            own = place_limit(self.active(), place, at, self._began(place, start))
            return _in_unit(evse, station_limit(self.active(), at).and_(own), unit)

        def change_after(at: float) -> float:
            return next_change(self.active(), at, lambda p: [*self._since(p), start])

        return composite(start, duration, limit_at, change_after)

    def _began(self, place: int, otherwise: float) -> float:
        return next(iter(self._since(place)), otherwise)

    def _total(self, at: float, start: float, unit: RateUnit) -> tuple[float, int]:
        """What all places together may draw if a car comes to each, and the station lets them."""
        total, phases = 0.0, 1
        for evse in self._ctx.hardware.evses:
            place = self._where(evse).place
            own = place_limit(self.active(), place, at, self._began(place, start))
            limit, wires = _in_unit(evse, own, unit)
            total, phases = total + limit, max(phases, wires)
        whole = station_limit(self.active(), at)
        in_unit = whole.in_watts if unit is RateUnit.W else whole.in_amps
        phases = min(phases, whole.phases)
        return min(total, in_unit(NOMINAL_VOLTAGE_V, phases)), phases

    # --- inside ---------------------------------------------------------------------------------

    def _clock(self) -> float:
        return self._ctx.now + self._ctx.clock_offset

    def _since(self, place: int) -> list[float]:
        """When the transactions at the place (0: all) began, by the station's clock."""
        found = (self._where(evse) for evse in self._ctx.hardware.evses)
        return [
            charging.since + self._ctx.clock_offset
            for charging in found
            if charging.since != inf and place in {0, charging.place}
        ]

    def _of_place(self, evse: Evse, at: float) -> Limit:
        charging = self._where(evse)
        since = charging.since + self._ctx.clock_offset
        own = place_limit(self.active(), charging.place, at, since)
        return own.and_(self.cap(evse))

    def _shared(self, limits: list[Limit], at: float) -> list[Limit]:
        """The station's own limit, divided among the EVSEs that charge; the others could not draw
        anything now, and are asked again before they do."""
        whole = station_limit(self.active(), at)
        if whole == NO_LIMIT:
            return limits
        evses = self._ctx.hardware.evses
        charging = [i for i, evse in enumerate(evses) if evse.charging]
        bounds = [evses[i].bounds().and_(limits[i]).and_(whole) for i in charging]
        wanted = list(zip(charging, bounds, strict=True))
        watts = share(whole.watts, [_demand_w(evses[i], bound) for i, bound in wanted])
        amps = share(whole.amps, [_demand_a(evses[i], bound) for i, bound in wanted])
        shared = [limit.and_(whole) for limit in limits]
        for i, w, a in zip(charging, watts, amps, strict=True):
            part = Limit(inf if whole.watts == inf else w, inf if whole.amps == inf else a)
            shared[i] = shared[i].and_(part)
        return shared


def _replaces(new: Profile, old: Profile) -> bool:
    same_slot = (new.place, new.purpose, new.stack_level) == (
        old.place,
        old.purpose,
        old.stack_level,
    )
    return new.id == old.id or same_slot


def _demand_w(evse: Evse, bound: Limit) -> float:
    """What it would draw if the others did not: the bound, or what the car can take."""
    car = inf if evse.ev is None else evse.ev.max_power_w
    return min(bound.in_watts(evse.voltage_v, evse.wires), car)


def _demand_a(evse: Evse, bound: Limit) -> float:
    return _demand_w(evse, bound) / (evse.voltage_v * min(evse.wires, bound.phases))


def _in_unit(evse: Evse, limit: Limit, unit: RateUnit) -> tuple[float, int]:
    """With what the hardware allows, and on how many phases."""
    bound = evse.bounds().and_(limit)
    phases = min(evse.wires, bound.phases)
    in_unit = bound.in_watts if unit is RateUnit.W else bound.in_amps
    return in_unit(evse.voltage_v, phases), phases
