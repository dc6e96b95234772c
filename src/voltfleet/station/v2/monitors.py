"""What a variable monitor is, and when it is triggered (N07.FR.16 to FR.19)."""

from dataclasses import dataclass
from enum import Enum, auto
from math import isfinite

from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.messages.monitoring import EventNotification, MonitorType
from voltfleet.station.v2.messages.provisioning import DataType

THRESHOLDS = frozenset({MonitorType.UPPER_THRESHOLD, MonitorType.LOWER_THRESHOLD})
PERIODIC = frozenset({MonitorType.PERIODIC, MonitorType.PERIODIC_CLOCK_ALIGNED})
NUMERIC = frozenset({DataType.DECIMAL, DataType.INTEGER})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a monitor looks for. ``value`` is a threshold, a difference, or seconds; with
    ``transaction`` it is only active while a transaction goes on there."""

    type: MonitorType
    value: float
    severity: int
    transaction: bool = False


class Happening(Enum):
    """What a monitor has seen."""

    EXCEEDED = auto()
    CLEARED = auto()
    CHANGED = auto()


class Monitor:
    """One monitor at work. ``exceeded``: its threshold is, and the CSMS was told; ``reference`` is
    the value that a difference counts from: as it was when the monitor was set, or told last."""

    __slots__ = ("definition", "exceeded", "id", "origin", "reference", "setting")

    def __init__(
        self, id_: int, definition: Definition, setting: Setting, origin: EventNotification
    ) -> None:
        self.id = id_
        self.definition = definition
        self.setting = setting
        self.origin = origin
        self.exceeded = False
        self.reference = ""

    def look(self, value: str) -> Happening | None:
        """See what the variable's value means. What is returned has to be told."""
        kind = self.setting.type
        if kind in THRESHOLDS:
            return self._threshold(float(value))
        if kind is MonitorType.DELTA and self._differs(value):
            self.reference = value
            return Happening.CHANGED
        return None

    def _threshold(self, value: float) -> Happening | None:
        upper = self.setting.type is MonitorType.UPPER_THRESHOLD
        exceeded = value > self.setting.value if upper else value < self.setting.value
        if exceeded is self.exceeded:
            return None
        self.exceeded = exceeded
        return Happening.EXCEEDED if exceeded else Happening.CLEARED

    def _differs(self, value: str) -> bool:
        if self.definition.characteristics.data_type not in NUMERIC:
            return value != self.reference
        return abs(float(value) - float(self.reference)) > self.setting.value


def supports(definition: Definition, kind: MonitorType) -> bool:
    """Whether such a monitor makes sense there. No variable of this station has a Target, which
    the two types of OCPP 2.1 compare with."""
    characteristics = definition.characteristics
    if not characteristics.supports_monitoring:
        return False
    if kind in THRESHOLDS:
        return characteristics.data_type in NUMERIC
    return kind in PERIODIC or kind is MonitorType.DELTA


def in_range(definition: Definition, setting: Setting) -> bool:
    """Whether the value makes sense: a threshold within the variable's limits (N04.FR.06), a
    difference that is not negative (N04.FR.14), an interval that a clock can wait for."""
    value, characteristics = setting.value, definition.characteristics
    if not isfinite(value):
        return False
    if setting.type in PERIODIC:
        return SHORTEST_SECONDS <= value <= LONGEST_SECONDS
    if setting.type is MonitorType.DELTA:
        return value >= 0
    least, most = characteristics.min_limit, characteristics.max_limit
    return (least is None or value >= least) and (most is None or value <= most)


SHORTEST_SECONDS = 1
LONGEST_SECONDS = 365 * 86_400
