"""Functional block N: watching the variables that have monitors, and the faults (N07, N08).

Whatever happens to a station comes in through one of its few methods, so it is enough to look at
the monitored variables once after each (`Context.on_settled`). Only energy that flows changes
values in between: then the station looks every few seconds. A station without a monitor of the
CSMS, and without a fault, does nothing of this.
"""

from typing import Protocol

from voltfleet.domain.faults import FAULTS, FaultType
from voltfleet.station.blocks import Block
from voltfleet.station.connector import Connector, Fault
from voltfleet.station.context import Context
from voltfleet.station.v2.device_model.definition import component
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.events import Events
from voltfleet.station.v2.installed_monitors import InstalledMonitors
from voltfleet.station.v2.messages.monitoring import (
    EventNotification,
    EventTrigger,
    MonitorType,
    PeriodicEventStreamParams,
)
from voltfleet.station.v2.messages.provisioning import Mutability
from voltfleet.station.v2.messages.types import Variable
from voltfleet.station.v2.monitoring_memory import MonitoringMemory
from voltfleet.station.v2.monitors import PERIODIC, Happening, Monitor
from voltfleet.station.v2.session import Sessions

SAMPLE_SECONDS = 5.0
"""How often the variables are looked at that change by themselves while energy flows."""
_DAY_SECONDS = 86_400
_SHORTEST_WAIT_SECONDS = 0.001
"""A wait too short for a float of epoch seconds would not end."""
_SAMPLE = ("sample-monitors", 0)
_PROBLEM = Variable("Problem")
_TRIGGERS = {
    Happening.EXCEEDED: EventTrigger.ALERTING,
    Happening.CLEARED: EventTrigger.ALERTING,
    Happening.CHANGED: EventTrigger.DELTA,
}
_SYSTEM_FAILURE, _CRITICAL, _WARNING = 2, 3, 6
_SEVERITIES = {
    Fault.INTERNAL_ERROR: _SYSTEM_FAILURE,
    Fault.RESET_FAILURE: _SYSTEM_FAILURE,
    Fault.EV_COMMUNICATION_ERROR: _CRITICAL,
    Fault.OTHER_ERROR: _CRITICAL,
    Fault.READER_FAILURE: _CRITICAL,
    Fault.WEAK_SIGNAL: _WARNING,
}
_HARDWARE_FAILURE = 1
"""The severity of all other faults."""


class Streams(Protocol):
    """Where periodic values go instead of NotifyEvent (2.1 N11)."""

    def open(self, monitor: Monitor, params: PeriodicEventStreamParams) -> None:
        """The monitor has been set with a stream."""

    def take(self, monitor: Monitor, value: str) -> bool:
        """Its value goes into the stream, if it has an open one."""

    def end(self, monitor: Monitor) -> None:
        """It is no more."""


class Watch(Block):
    """Tells of what monitors see. Where nobody would hear of it (`Events.heard`) a monitor does not
    look, and so sees later what holds then: the CSMS never hears that something is cleared which it
    was not told of. ``_told`` are the faults that it was told of, by connector. ``streams`` is
    there in 2.1 only."""

    __slots__ = ("_events", "_installed", "_model", "_sessions", "_told", "streams")

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        sessions: Sessions,
        events: Events,
        installed: InstalledMonitors,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._sessions = sessions
        self._events = events
        self._installed = installed
        self._told: dict[int, Fault] | None = None
        self.streams: Streams | None = None
        events.on_kept = self.wake

    def power_up(self) -> None:
        """The firmware starts: monitors are kept over a reboot (N07.FR.13), their clocks are not
        physical."""
        if self._installed.awake:
            for monitor in self._installed.all():
                self.schedule(monitor)

    def wake(self) -> None:
        """There is something to look at, from now on."""
        self._installed.wake()
        self.ctx.on_settled = self._settled

    def begin(self, monitor: Monitor) -> None:
        """It was set: differences count from here, and intervals."""
        self.wake()
        monitor.reference = self._read(monitor)
        self.schedule(monitor)

    def end(self, monitor: Monitor) -> None:
        """It is no more."""
        self.ctx.timers.stop(("monitor", monitor.id))
        if self.streams is not None:
            self.streams.end(monitor)

    def fault_changed(self) -> None:
        """A fault appeared or went away. Told at once, while the transaction that it ends is still
        there to be named."""
        self.wake()
        if self.ctx.link_wanted:
            self._look_at_faults()

    def memory(self) -> MonitoringMemory | None:
        """None if it is as it left the factory, and never told anything."""
        if not self._installed.awake and not self._events.last_id:
            return None
        return MonitoringMemory(
            self._installed.memory(),
            self._installed.last_id,
            self._installed.changed,
            self._told or {},
            self._events.last_id,
            self._events.waiting,
        )

    def recall(self, memory: MonitoringMemory | None) -> None:
        """As it was; the clocks start when the power is back."""
        if memory is not None:
            self._installed.recall(memory, self._model.definitions)
            self._told = memory.told
            self._events.recall(memory.last_event_id, memory.waiting)
            self.wake()

    # --- after each stimulus --------------------------------------------------------------------

    def _settled(self) -> None:
        if not self.ctx.link_wanted:
            return
        self._look_at_faults()
        heard, flowing = self._events.heard(), False
        for monitor in self._installed.wake().values():
            if monitor.setting.type not in PERIODIC and self._listens(monitor, heard):
                self._look(monitor)
                flowing = flowing or self._flows(monitor)
        self._events.flush()
        self._sample_later(flowing=flowing)
        if self._nothing_to_see():
            self._installed.rest()
            self.ctx.on_settled = None

    def _listens(self, monitor: Monitor, heard: int) -> bool:
        """What was told as exceeded is looked at until it is cleared, transaction or not."""
        return monitor.setting.severity <= heard and (monitor.exceeded or self._active(monitor))

    def _look(self, monitor: Monitor) -> None:
        value = self._read(monitor)
        seen = monitor.look(value)
        if seen is not None:
            self._tell(monitor, _TRIGGERS[seen], value, cleared=seen is Happening.CLEARED)

    def _nothing_to_see(self) -> bool:
        return not (
            self._installed.changed
            or self._told
            or self._events.waiting
            or any(connector.fault for connector in self.ctx.hardware.connectors)
            or any(monitor.exceeded for monitor in self._installed.all())
        )

    def _sample_later(self, *, flowing: bool) -> None:
        timers = self.ctx.timers
        if not flowing:
            timers.stop(_SAMPLE)
        elif not timers.running(_SAMPLE):
            timers.start(_SAMPLE, self.ctx.now + SAMPLE_SECONDS, _wake_up)

    def _flows(self, monitor: Monitor) -> bool:
        where = monitor.definition.component.evse
        if not monitor.definition.flows or where is None:
            return False
        return self.ctx.hardware.evses[where.id - 1].power_w() > 0

    # --- periodic monitors ----------------------------------------------------------------------

    def schedule(self, monitor: Monitor) -> None:
        """Start its clock, if it goes by one (N08.FR.06, FR.07)."""
        if monitor.setting.type in PERIODIC:
            wait = self._wait_seconds(monitor)
            self.ctx.after("monitor", monitor.id, wait, lambda: self._is_due(monitor))

    def _wait_seconds(self, monitor: Monitor) -> float:
        interval = monitor.setting.value
        if monitor.setting.type is MonitorType.PERIODIC:
            return interval
        since_midnight = (self.ctx.now + self.ctx.clock_offset) % _DAY_SECONDS
        until_aligned = interval - since_midnight % interval
        return max(min(until_aligned, _DAY_SECONDS - since_midnight), _SHORTEST_WAIT_SECONDS)

    def _is_due(self, monitor: Monitor) -> None:
        if monitor.setting.severity <= self._events.heard() and self._active(monitor):
            value = self._read(monitor)
            if self.streams is None or not self.streams.take(monitor, value):
                self._tell(monitor, EventTrigger.PERIODIC, value)
        self.schedule(monitor)

    # --- faults ---------------------------------------------------------------------------------

    def _look_at_faults(self) -> None:
        told = self._told = {} if self._told is None else self._told
        for connector in self.ctx.hardware.connectors:
            old, new = told.get(connector.number), connector.fault
            if old is new:
                continue
            if old is not None and self._tell_fault(connector, old, cleared=True):
                del told[connector.number]
            if new is not None and self._tell_fault(connector, new, cleared=False):
                told[connector.number] = new

    def _tell_fault(self, connector: Connector, fault: Fault, *, cleared: bool) -> bool:
        """What OCPP 1.6 tells by an error code, 2.x tells so; false if nobody hears it."""
        severity = _SEVERITIES.get(fault, _HARDWARE_FAILURE)
        if severity > self._events.heard():
            return False
        self._events.tell(
            severity,
            EventTrigger.ALERTING,
            (component("Connector", connector.evse_id, connector.id), _PROBLEM),
            "false" if cleared else "true",
            EventNotification.HARD_WIRED_NOTIFICATION,
            cleared=cleared,
            tech=(fault.value, FAULTS[FaultType(fault.value)].summary),
            transaction_id=self._transaction_at(connector.evse_id),
        )
        return True

    # --- inside ---------------------------------------------------------------------------------

    def _tell(
        self, monitor: Monitor, trigger: EventTrigger, value: str, *, cleared: bool = False
    ) -> None:
        definition, where = monitor.definition, monitor.definition.component.evse
        self._events.tell(
            monitor.setting.severity,
            trigger,
            (definition.component, definition.variable),
            value,
            monitor.origin,
            cleared=cleared,
            monitor_id=monitor.id,
            transaction_id=None if where is None else self._transaction_at(where.id),
        )

    def _read(self, monitor: Monitor) -> str:
        """What may only be written is not told (N07.FR.10)."""
        if monitor.definition.mutability is Mutability.WRITE_ONLY:
            return ""
        return self._model.text(monitor.definition)

    def _active(self, monitor: Monitor) -> bool:
        if not monitor.setting.transaction:
            return True
        where = monitor.definition.component.evse
        if where is None:
            return bool(self._sessions.open())
        return self._transaction_at(where.id) is not None

    def _transaction_at(self, evse_id: int) -> str | None:
        session = self._sessions.get(evse_id)
        transaction = None if session is None else session.transaction
        return None if transaction is None else transaction.id


def _wake_up() -> None:
    """Being called is enough: the station looks after every stimulus."""
