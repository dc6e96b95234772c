"""The station's hardware: every physical change goes through here, is metered, and is told to the
protocol engine as a `HardwareEvent`."""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import partial
from math import inf

from voltfleet.domain.specs import StationSpec
from voltfleet.station.connector import CableEvent, Connector, Fault, HardwareRefusal
from voltfleet.station.ev import Ev, any_car
from voltfleet.station.evse import Evse
from voltfleet.station.meter import Meter
from voltfleet.station.rng import Rng
from voltfleet.station.smart_charging import Limit
from voltfleet.station.timers import Timers

_OLDEST_METER_WH = 5_000_000
_SHORTEST_WAIT_SECONDS = 0.05


class HardwareEvent(Enum):
    """What the hardware tells."""

    PLUGGED_IN = auto()
    PULLED_OUT = auto()
    EV_WANTS_ENERGY = auto()
    EV_HAS_ENOUGH = auto()
    """The car stopped drawing: its owner's wish, or a full battery (``evse.ev.full``)."""
    OFFER_CHANGED = auto()
    FAULTED = auto()
    FAULT_CLEARED = auto()
    ENERGY_REACHED = auto()
    """The register stands where `Hardware.watch_energy` was asked to look for it."""


Listener = Callable[[HardwareEvent, Evse, Connector], None]


class Hardware:
    """EVSEs and connectors of one station. The engine sets ``listener`` once, when it is built.

    ``now`` never goes backwards. Whoever refuses raises `HardwareRefusal`.
    """

    __slots__ = ("_rng", "_timers", "connectors", "evses", "listener")

    def __init__(self, spec: StationSpec, *, rng: Rng, timers: Timers, now: float) -> None:
        self._rng = rng
        self._timers = timers
        self.listener: Listener = _nobody
        self.evses = tuple(_build(spec, rng, now))
        self.connectors = tuple(c for evse in self.evses for c in evse.connectors)

    def evse_of(self, connector: Connector) -> Evse:
        """The EVSE that a connector belongs to."""
        return self.evses[connector.evse_id - 1]

    def find(self, number: int) -> Connector | None:
        """The connector of that number, counting through the station from 1."""
        return self.connectors[number - 1] if 1 <= number <= len(self.connectors) else None

    def find_in_evse(self, evse_id: int, connector_id: int) -> Connector | None:
        """The connector of that id in that EVSE, as OCPP 2.x counts."""
        if not 1 <= evse_id <= len(self.evses):
            return None
        connectors = self.evses[evse_id - 1].connectors
        return connectors[connector_id - 1] if 1 <= connector_id <= len(connectors) else None

    # --- what happens to it ---------------------------------------------------------------------

    def plug_in(self, connector: Connector, now: float, ev: Ev | None = None) -> None:
        """A car comes (any car, if none is given) and its cable is plugged in."""
        evse = self.evse_of(connector)
        if evse.active is not None and evse.active is not connector:
            raise HardwareRefusal(f"a car is plugged into connector {evse.active.number}")
        evse.advance(now)
        connector.feed(CableEvent.PLUG_IN)
        evse.active = connector
        evse.ev = ev or any_car(self._rng, connector.spec.current_type)
        self.listener(HardwareEvent.PLUGGED_IN, evse, connector)

    def pull_out(self, connector: Connector, now: float) -> None:
        """The cable is pulled out, by force if it is locked; the contactor opens."""
        evse = self.evse_of(connector)
        evse.advance(now)
        connector.feed(CableEvent.PULL_OUT)
        evse.active = evse.ev = None
        evse.attended = evse.closed = False
        self._foresee(evse, now)
        self.listener(HardwareEvent.PULLED_OUT, evse, connector)

    def ev_wish(self, evse: Evse, *, wants_energy: bool, now: float) -> None:
        """The car asks for energy, or stops asking."""
        if evse.ev is None or evse.active is None:
            raise HardwareRefusal(f"there is no car at EVSE {evse.id}")
        if wants_energy and evse.ev.full:
            raise HardwareRefusal(f"the battery of the car at EVSE {evse.id} is full")
        if evse.ev.wants_energy is wants_energy:
            return
        evse.advance(now)
        evse.ev.wants_energy = wants_energy
        self._foresee(evse, now)
        told = HardwareEvent.EV_WANTS_ENERGY if wants_energy else HardwareEvent.EV_HAS_ENOUGH
        self.listener(told, evse, evse.active)

    def set_fault(self, connector: Connector, fault: Fault | None) -> None:
        """A fault appears, or goes away."""
        if connector.fault is fault:
            return
        connector.fault = fault
        told = HardwareEvent.FAULT_CLEARED if fault is None else HardwareEvent.FAULTED
        self.listener(told, self.evse_of(connector), connector)

    # --- what the engine does with it -----------------------------------------------------------

    def set_contactor(self, evse: Evse, *, closed: bool, now: float) -> None:
        """Let energy flow, or stop it. The cable is locked while it may flow."""
        if evse.closed is closed:
            return
        if evse.active is None:
            raise HardwareRefusal(f"there is no car at EVSE {evse.id}")
        evse.advance(now)
        evse.closed = closed
        evse.active.feed(CableEvent.LOCK if closed else CableEvent.UNLOCK)
        self._foresee(evse, now)

    def set_limit(self, evse: Evse, limit_w: float, now: float) -> None:
        """Cap what the EVSE offers (`math.inf`: no cap)."""
        if evse.limit_w == limit_w:
            return
        evse.advance(now)
        evse.limit_w = limit_w
        self._foresee(evse, now)
        self.listener(HardwareEvent.OFFER_CHANGED, evse, evse.active or evse.connectors[0])

    def set_profile_limit(self, evse: Evse, limit: Limit, now: float) -> None:
        """Cap what the EVSE offers as the charging profiles want it (`NO_LIMIT`: no cap)."""
        if evse.profile_limit == limit:
            return
        evse.advance(now)
        evse.profile_limit = limit
        self._foresee(evse, now)
        self.listener(HardwareEvent.OFFER_CHANGED, evse, evse.active or evse.connectors[0])

    def watch_energy(self, evse: Evse, register_wh: float | None, now: float) -> None:
        """Tell ENERGY_REACHED once the register stands there; None: stop looking."""
        evse.watch_wh = register_wh
        self._foresee(evse, now)

    def _foresee(self, evse: Evse, now: float) -> None:
        """Set the timer for the next thing that the flow of energy will bring about."""
        evse.advance(now)
        target = inf if evse.watch_wh is None else evse.watch_wh
        seconds = evse.seconds_until(target)
        if seconds == inf:
            self._timers.stop(("energy", evse.id))
            return
        at = now + max(seconds, _SHORTEST_WAIT_SECONDS)
        self._timers.start(("energy", evse.id), at, partial(self._foreseen, evse, at))

    def _foreseen(self, evse: Evse, now: float) -> None:
        """It is time: see which of the two it was, and look ahead again."""
        evse.advance(now)
        connector, ev = evse.active, evse.ev
        if connector is None or ev is None:
            return
        reached = evse.watch_wh is not None and evse.meter.register_wh >= evse.watch_wh - 0.01
        if reached:
            evse.watch_wh = None
        if ev.full and ev.wants_energy:
            ev.wants_energy = False
            self.listener(HardwareEvent.EV_HAS_ENOUGH, evse, connector)
        self._foresee(evse, now)
        if reached:
            self.listener(HardwareEvent.ENERGY_REACHED, evse, connector)


def _nobody(event: HardwareEvent, evse: Evse, connector: Connector) -> None:
    """Stands in until the engine listens."""


def _build(spec: StationSpec, rng: Rng, now: float) -> Iterator[Evse]:
    number = 0
    for evse_id, evse_spec in enumerate(spec.evses, start=1):
        connectors = []
        for id_, connector_spec in enumerate(evse_spec.connectors, start=1):
            number += 1
            connectors.append(Connector(connector_spec, number=number, evse_id=evse_id, id_=id_))
        register = rng.below(_OLDEST_METER_WH)
        yield Evse(evse_id, tuple(connectors), Meter(float(register), now))
