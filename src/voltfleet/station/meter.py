"""The meter of an EVSE: an energy register, and what it shows when it is read."""

from typing import NamedTuple

from voltfleet.domain.specs import CurrentType

NOMINAL_VOLTAGE_V = 230.0
FREQUENCY_HZ = 50.0
_DC_EMPTY_V = 350.0
_DC_SPAN_V = 80.0


class Reading(NamedTuple):
    """What the meter shows at one instant. ``power_w`` is ``voltage_v * current_a * phases`` before
    rounding; ``current_a`` is per phase. ``soc_percent`` is None without a car that tells it."""

    at: float
    energy_wh: int
    power_w: float
    offered_w: float
    offered_a: float
    voltage_v: float
    current_a: float
    phases: int
    frequency_hz: float | None
    soc_percent: float | None


class Meter:
    """A register that only counts up. ``advanced_at`` is the instant up to which it has counted.
    ``stuck_wh`` is what a stuck display shows; None: it shows the register."""

    __slots__ = ("advanced_at", "register_wh", "stuck_wh")

    def __init__(self, register_wh: float, now: float) -> None:
        self.register_wh = register_wh
        self.advanced_at = now
        self.stuck_wh: int | None = None

    @property
    def energy_wh(self) -> int:
        """Whole watt-hours, cut off as a display does: never more than was delivered."""
        return int(self.register_wh) if self.stuck_wh is None else self.stuck_wh

    def count(self, energy_wh: float) -> None:
        """Energy that went through."""
        self.register_wh += energy_wh


def voltage(current_type: CurrentType, soc: float) -> float:
    """Line to neutral for AC; for DC what a battery of that state of charge has."""
    if current_type is CurrentType.AC:
        return NOMINAL_VOLTAGE_V
    return _DC_EMPTY_V + _DC_SPAN_V * soc
