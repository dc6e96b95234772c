"""The car: how much its battery takes, in closed form.

Over the state of charge its power is flat up to a knee and then falls in a straight line:

    power  |--------------.
           |               `-.          what flows is the lower of this line
           |                  `-.       and of what the EVSE offers
           +-----------------------
           0 %          knee    100 %

While the offer is the lower, power is constant in time; on the falling line it decays
exponentially. Both integrate exactly, so it does not matter how often a meter is read.
"""

from dataclasses import dataclass
from math import exp, inf, log

from voltfleet.domain.specs import CurrentType
from voltfleet.station.rng import Rng

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class CarModel:
    """What a kind of car can take. Efficiencies are those of charger and battery together."""

    capacity_wh: float
    ac_power_w: float
    ac_phases: int
    dc_power_w: float


CARS = (
    CarModel(capacity_wh=40_000, ac_power_w=7_400, ac_phases=1, dc_power_w=50_000),
    CarModel(capacity_wh=52_000, ac_power_w=22_000, ac_phases=3, dc_power_w=100_000),
    CarModel(capacity_wh=60_000, ac_power_w=11_000, ac_phases=3, dc_power_w=130_000),
    CarModel(capacity_wh=77_000, ac_power_w=11_000, ac_phases=3, dc_power_w=170_000),
    CarModel(capacity_wh=94_000, ac_power_w=22_000, ac_phases=3, dc_power_w=270_000),
)
_KNEE = {CurrentType.AC: 0.95, CurrentType.DC: 0.60}
_EFFICIENCY = {CurrentType.AC: 0.90, CurrentType.DC: 0.96}
_END_FRACTION = 0.08


class Ev:
    """One car on a cable. ``wants_energy`` is the car's own wish (timer, owner, full battery)."""

    __slots__ = ("current_type", "model", "stored_wh", "wants_energy")

    def __init__(self, model: CarModel, current_type: CurrentType, stored_wh: float) -> None:
        self.model = model
        self.current_type = current_type
        self.stored_wh = stored_wh
        self.wants_energy = True

    @property
    def soc(self) -> float:
        """State of charge, 0 to 1."""
        return self.stored_wh / self.model.capacity_wh

    @property
    def full(self) -> bool:
        """Nothing more goes in. The margin is a hundredth of a watt-hour: float noise."""
        return self.stored_wh >= self.model.capacity_wh - 0.01

    @property
    def phases(self) -> int:
        """The phases it draws from (1 for DC)."""
        return self.model.ac_phases if self.current_type is CurrentType.AC else 1

    @property
    def max_power_w(self) -> float:
        """The flat part of its curve."""
        ac = self.current_type is CurrentType.AC
        return self.model.ac_power_w if ac else self.model.dc_power_w

    def power_w(self, offered_w: float) -> float:
        """What it draws now when so much is offered; its wish to charge is not asked."""
        return 0.0 if self.full else min(offered_w, self._curve_w(self.soc))

    def draw(self, offered_w: float, seconds: float) -> float:
        """Charge for so long; returns the energy that went through the meter, in Wh."""
        flat_w = min(offered_w, self.max_power_w)
        if flat_w <= 0 or seconds <= 0 or self.full:
            return 0.0
        flat_wh = self._room_wh(self._soc_where_curve_falls_below(flat_w))
        flat_seconds = min(seconds, flat_wh / flat_w * SECONDS_PER_HOUR)
        drawn = flat_w * flat_seconds / SECONDS_PER_HOUR
        self._store(drawn)
        if flat_seconds < seconds:
            falling = self._falling_wh(seconds - flat_seconds)
            self._store(falling)
            drawn += falling
        return drawn

    def seconds_until(self, energy_wh: float, offered_w: float) -> float:
        """How long until so much more went through the meter, or the battery is full; `inf` if
        nothing flows."""
        flat_w = min(offered_w, self.max_power_w)
        if flat_w <= 0 or self.full:
            return inf
        energy_wh = min(energy_wh, self._room_wh(1.0))
        flat_wh = min(energy_wh, self._room_wh(self._soc_where_curve_falls_below(flat_w)))
        seconds = flat_wh / flat_w * SECONDS_PER_HOUR
        rest_wh = energy_wh - flat_wh
        if rest_wh <= 0:
            return seconds
        soc = self.soc + flat_wh * self._efficiency / self.model.capacity_wh
        return seconds - log(1 - rest_wh * self._decay * SECONDS_PER_HOUR / self._curve_w(soc)) / (
            self._decay
        )

    def metered_wh_until(self, soc: float) -> float:
        """What must still go through the meter until that state of charge."""
        return self._room_wh(min(soc, 1.0))

    @property
    def _efficiency(self) -> float:
        return _EFFICIENCY[self.current_type]

    @property
    def _slope_w(self) -> float:
        """How much the falling line loses from knee to full battery, per unit of SoC."""
        return self.max_power_w * (1 - _END_FRACTION) / (1 - _KNEE[self.current_type])

    @property
    def _decay(self) -> float:
        """The rate (1/s) at which power decays on the falling line."""
        return self._slope_w * self._efficiency / (self.model.capacity_wh * SECONDS_PER_HOUR)

    def _curve_w(self, soc: float) -> float:
        knee = _KNEE[self.current_type]
        return self.max_power_w - max(0.0, soc - knee) * self._slope_w

    def _soc_where_curve_falls_below(self, power_w: float) -> float:
        falls_at = _KNEE[self.current_type] + (self.max_power_w - power_w) / self._slope_w
        return min(1.0, falls_at)

    def _room_wh(self, soc: float) -> float:
        """Metered energy until that state of charge."""
        return max(0.0, (soc * self.model.capacity_wh - self.stored_wh) / self._efficiency)

    def _falling_wh(self, seconds: float) -> float:
        start_w = self._curve_w(self.soc)
        drawn = start_w * (1 - exp(-self._decay * seconds)) / self._decay / SECONDS_PER_HOUR
        return min(drawn, self._room_wh(1.0))

    def _store(self, metered_wh: float) -> None:
        stored = self.stored_wh + metered_wh * self._efficiency
        self.stored_wh = min(stored, self.model.capacity_wh)


def any_car(rng: Rng, current_type: CurrentType) -> Ev:
    """A car as it comes down the road: some model, 15 to 65 % full."""
    model = CARS[rng.below(len(CARS))]
    return Ev(model, current_type, model.capacity_wh * rng.uniform(0.15, 0.65))
