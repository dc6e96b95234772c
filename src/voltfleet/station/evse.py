"""An EVSE: its connectors, its meter, and the one car it charges at a time."""

from math import inf

from voltfleet.domain.specs import CurrentType
from voltfleet.station.connector import Connector
from voltfleet.station.ev import Ev
from voltfleet.station.meter import FREQUENCY_HZ, NOMINAL_VOLTAGE_V, Meter, Reading, voltage
from voltfleet.station.smart_charging import NO_LIMIT, Limit


class Evse:
    """Holds what is so; `Hardware` changes it, so that every change is metered and told.

    ``active`` is the connector with the car. ``closed`` says that the contactor is: energy flows if
    the car wants it. ``limit_w`` caps the offer, as the user wants, and ``profile_limit`` as the
    charging profiles do. ``watch_wh`` is where the register is awaited. ``attended`` says that the
    simulated driver brought the car and will fetch it.
    """

    __slots__ = (
        "active",
        "attended",
        "closed",
        "connectors",
        "ev",
        "id",
        "limit_w",
        "meter",
        "profile_limit",
        "watch_wh",
    )

    def __init__(self, id_: int, connectors: tuple[Connector, ...], meter: Meter) -> None:
        self.id = id_
        self.connectors = connectors
        self.meter = meter
        self.active: Connector | None = None
        self.ev: Ev | None = None
        self.closed = False
        self.limit_w = inf
        self.profile_limit: Limit = NO_LIMIT
        self.attended = False
        self.watch_wh: float | None = None

    @property
    def charging(self) -> bool:
        """Whether energy would flow if it were offered."""
        return self.closed and self.ev is not None and self.ev.wants_energy

    @property
    def wires(self) -> int:
        """The phases that the cable and the car have in common (1 for DC)."""
        spec = (self.active or self.connectors[0]).spec
        if spec.current_type is CurrentType.DC:
            return 1
        return min(spec.phases, self.ev.phases if self.ev else spec.phases)

    @property
    def phases(self) -> int:
        """Of them, those that the charging profiles let it use."""
        return min(self.wires, self.profile_limit.phases)

    def bounds(self) -> Limit:
        """What the hardware and the user allow, whatever the charging profiles say."""
        spec = (self.active or self.connectors[0]).spec
        watts = min(float(spec.max_power_w), self.limit_w)
        if spec.current_type is CurrentType.DC:
            return Limit(watts, phases=1)
        return Limit(watts, spec.max_current_a, spec.phases)

    @property
    def voltage_v(self) -> float:
        """What is at the connector, or would be."""
        spec = (self.active or self.connectors[0]).spec
        return voltage(spec.current_type, self.ev.soc if self.ev else 0.0)

    def offered_w(self) -> float:
        """What the EVSE offers the car now; 0 with the contactor open."""
        if not self.closed or self.active is None or self.ev is None:
            return 0.0
        spec, limit = self.active.spec, self.profile_limit
        offered = min(float(spec.max_power_w), self.limit_w, limit.watts)
        if spec.current_type is CurrentType.AC:
            amps = min(spec.max_current_a, limit.amps)
            offered = min(offered, amps * NOMINAL_VOLTAGE_V * self.phases)
        elif limit.amps != inf:
            offered = min(offered, limit.amps * self.voltage_v)
        return max(0.0, offered)

    def power_w(self) -> float:
        """What flows now."""
        if self.ev is None or not self.ev.wants_energy:
            return 0.0
        return self.ev.power_w(self.offered_w())

    def advance(self, now: float) -> None:
        """Count the energy that went through up to ``now``."""
        seconds = now - self.meter.advanced_at
        if seconds <= 0:
            return
        self.meter.advanced_at = now
        if self.charging and self.ev is not None:
            self.meter.count(self.ev.draw(self.offered_w(), seconds))

    def seconds_until(self, register_wh: float) -> float:
        """How long until the register stands there or the battery is full; `inf` while nothing
        flows. Call `advance` before."""
        if self.ev is None or not self.ev.wants_energy:
            return inf
        return self.ev.seconds_until(register_wh - self.meter.register_wh, self.offered_w())

    def reading(self, now: float) -> Reading:
        """Read the meter."""
        self.advance(now)
        spec = (self.active or self.connectors[0]).spec
        soc = None if self.ev is None else self.ev.soc
        volts = self.voltage_v
        dc = spec.current_type is CurrentType.DC
        phases = self.phases
        power, offered = self.power_w(), self.offered_w()
        return Reading(
            at=now,
            energy_wh=self.meter.energy_wh,
            power_w=power,
            offered_w=offered,
            offered_a=offered / volts / phases,
            voltage_v=volts,
            current_a=power / volts / phases,
            phases=phases,
            frequency_hz=None if dc else FREQUENCY_HZ,
            soc_percent=None if soc is None else soc * 100,
        )
