"""The monitors that a station has: those from the factory, and what the CSMS made of them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from voltfleet.domain.specs import StationSpec
from voltfleet.station.v2.device_model.definition import Definition, Key
from voltfleet.station.v2.device_model.physical import components_of
from voltfleet.station.v2.messages.monitoring import (
    EventNotification,
    MonitoringBase,
    MonitorType,
)
from voltfleet.station.v2.monitoring_memory import MonitoringMemory, MonitorMemory
from voltfleet.station.v2.monitors import Monitor, Setting

MAX_MONITORS = 100
_TOO_HOT = Setting(MonitorType.UPPER_THRESHOLD, 85.0, 1)
_HOT = Setting(MonitorType.UPPER_THRESHOLD, 70.0, 6)
_HARD_WIRED = EventNotification.HARD_WIRED_MONITOR
_PRECONFIGURED = EventNotification.PRECONFIGURED_MONITOR


class _FromFactory(NamedTuple):
    id: int
    definition: Definition
    setting: Setting
    origin: EventNotification

    def build(self) -> Monitor:
        return Monitor(*self)


@cache
def _factory(spec: StationSpec) -> tuple[_FromFactory, ...]:
    """Two per EVSE, of which the CSMS can change the one that only warns."""
    sensors = (d for d in components_of(spec) if d.component.name == "TemperatureSensor")
    return tuple(made for id_, d in enumerate(sensors) for made in _of_evse(id_, d))


def _of_evse(index: int, sensor: Definition) -> Iterator[_FromFactory]:
    yield _FromFactory(2 * index + 1, sensor, _TOO_HOT, _HARD_WIRED)
    yield _FromFactory(2 * index + 2, sensor, _HOT, _PRECONFIGURED)


class InstalledMonitors:
    """The monitors by id. They survive a reboot (N04, N07.FR.13).

    A station that is as it left the factory keeps none of them until `wake`. ``changed``: the CSMS
    has changed something. ``last_id`` is the highest id there ever was.
    """

    __slots__ = ("_monitors", "_spec", "changed", "last_id")

    def __init__(self, spec: StationSpec) -> None:
        self._spec = spec
        self._monitors: dict[int, Monitor] | None = None
        self.last_id = 2 * len(spec.evses)
        self.changed = False

    @property
    def awake(self) -> bool:
        """Whether they are at work."""
        return self._monitors is not None

    def wake(self) -> dict[int, Monitor]:
        """Let them work."""
        if self._monitors is None:
            self._monitors = {made.id: made.build() for made in _factory(self._spec)}
        return self._monitors

    def rest(self) -> None:
        """Nothing is to be seen: they are as they left the factory."""
        self._monitors = None

    def all(self) -> Iterable[Monitor]:
        """Each of them, by id."""
        if self._monitors is None:
            return [made.build() for made in _factory(self._spec)]
        return sorted(self._monitors.values(), key=lambda monitor: monitor.id)

    def find(self, id_: int) -> Monitor | None:
        """The one of that id."""
        return next((monitor for monitor in self.all() if monitor.id == id_), None)

    def put(self, id_: int | None, definition: Definition, setting: Setting) -> Monitor | None:
        """Install one of the CSMS's, in place of that id's if one is given (N04.FR.12, FR.15); None
        if there are too many."""
        monitors = self.wake()
        old = None if id_ is None else monitors.get(id_)
        if old is None and len(monitors) >= MAX_MONITORS + len(_factory(self._spec)):
            return None
        self.changed = True
        new = Monitor(
            self._new_id() if id_ is None else id_,
            definition,
            setting,
            EventNotification.CUSTOM_MONITOR,
        )
        if old is not None and old.setting.type is setting.type:
            # N07.FR.11: what was told of the old threshold is cleared, or not, by the new one.
            new.exceeded = old.exceeded
        monitors[new.id] = new
        return new

    def remove(self, id_: int) -> None:
        """It is no more; nobody is told that it cleared (N07.FR.12)."""
        self.changed = True
        self.wake().pop(id_, None)

    def set_base(self, base: MonitoringBase) -> list[Monitor]:
        """N03.FR.03 to FR.05; returns those that are gone."""
        self.changed = base is not MonitoringBase.FACTORY_DEFAULT
        before = self.wake()
        kept = dict(before) if base is MonitoringBase.ALL else {}
        for made in _factory(self._spec):
            if made.origin is _HARD_WIRED or base is not MonitoringBase.HARD_WIRED_ONLY:
                old = before.get(made.id)
                own = old if old is not None and old.origin is made.origin else made.build()
                kept.setdefault(made.id, own)
        self._monitors = kept
        return [monitor for id_, monitor in before.items() if kept.get(id_) is not monitor]

    def _new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    # --- memory ---------------------------------------------------------------------------------

    def memory(self) -> tuple[MonitorMemory, ...]:
        """Each of them."""
        return tuple(map(_memory_of, self.all()))

    def recall(self, memory: MonitoringMemory, definitions: Mapping[Key, Definition]) -> None:
        """As they were. The monitor of a variable that a new release no longer has is gone."""
        self._monitors = {
            kept.id: _recalled(kept, definition)
            for kept in memory.monitors
            if (definition := definitions.get(kept.key)) is not None
        }
        self.last_id = memory.last_monitor_id
        self.changed = memory.changed


def _memory_of(monitor: Monitor) -> MonitorMemory:
    setting = monitor.setting
    return MonitorMemory(
        monitor.id,
        monitor.definition.key,
        setting.type,
        setting.value,
        setting.severity,
        setting.transaction,
        monitor.origin,
        monitor.exceeded,
        monitor.reference,
    )


def _recalled(kept: MonitorMemory, definition: Definition) -> Monitor:
    setting = Setting(kept.type, kept.value, kept.severity, kept.transaction)
    monitor = Monitor(kept.id, definition, setting, kept.origin)
    monitor.exceeded, monitor.reference = kept.exceeded, kept.reference
    return monitor
