"""What a station remembers of its monitors over a power cut (N04, N07.FR.13)."""

from msgspec import Struct

from voltfleet.station.connector import Fault
from voltfleet.station.v2.device_model.definition import Key
from voltfleet.station.v2.messages.monitoring import EventData, EventNotification, MonitorType


class MonitorMemory(Struct, array_like=True, frozen=True, gc=False):
    """One `monitors.Monitor`; its variable is found by ``key``."""

    id: int
    key: Key
    type: MonitorType
    value: float
    severity: int
    transaction: bool
    origin: EventNotification
    exceeded: bool
    reference: str


class MonitoringMemory(Struct, array_like=True, frozen=True, gc=False):
    """``told`` are the faults that the CSMS was told of, by connector; ``waiting`` the events that
    it is still to be told, behind their severity."""

    monitors: tuple[MonitorMemory, ...]
    last_monitor_id: int
    changed: bool
    told: dict[int, Fault]
    last_event_id: int
    waiting: tuple[tuple[int, EventData], ...]
