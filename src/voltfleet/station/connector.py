"""A connector as hardware: the cable, the lock, a fault.

state      event     -> state
----------------------------------
FREE       plug_in      PLUGGED
PLUGGED    lock         LOCKED
LOCKED     unlock       PLUGGED
PLUGGED    pull_out     FREE
LOCKED     pull_out     FREE       (by force, as a tester's command may; a driver unlocks first)
"""

from enum import Enum, StrEnum, auto

from voltfleet.domain.specs import ConnectorSpec


class Cable(Enum):
    """How the cable is in the socket."""

    FREE = auto()
    PLUGGED = auto()
    LOCKED = auto()


class CableEvent(Enum):
    """What can happen to the cable."""

    PLUG_IN = auto()
    LOCK = auto()
    UNLOCK = auto()
    PULL_OUT = auto()


class Fault(StrEnum):
    """What can be wrong with a connector, in the words of OCPP 1.6 §7.6."""

    CONNECTOR_LOCK_FAILURE = "ConnectorLockFailure"
    EV_COMMUNICATION_ERROR = "EVCommunicationError"
    GROUND_FAILURE = "GroundFailure"
    HIGH_TEMPERATURE = "HighTemperature"
    INTERNAL_ERROR = "InternalError"
    OTHER_ERROR = "OtherError"
    OVER_CURRENT_FAILURE = "OverCurrentFailure"
    OVER_VOLTAGE = "OverVoltage"
    POWER_METER_FAILURE = "PowerMeterFailure"
    POWER_SWITCH_FAILURE = "PowerSwitchFailure"
    READER_FAILURE = "ReaderFailure"
    RESET_FAILURE = "ResetFailure"
    UNDER_VOLTAGE = "UnderVoltage"
    WEAK_SIGNAL = "WeakSignal"


CABLE_TABLE: dict[tuple[Cable, CableEvent], Cable] = {
    (Cable.FREE, CableEvent.PLUG_IN): Cable.PLUGGED,
    (Cable.PLUGGED, CableEvent.LOCK): Cable.LOCKED,
    (Cable.LOCKED, CableEvent.UNLOCK): Cable.PLUGGED,
    (Cable.PLUGGED, CableEvent.PULL_OUT): Cable.FREE,
    (Cable.LOCKED, CableEvent.PULL_OUT): Cable.FREE,
}


class HardwareRefusal(Exception):
    """The hardware cannot do that in its present state; the message says why."""


class Connector:
    """One socket or cable. ``number`` counts through the whole station from 1 (OCPP 1.6's
    connectorId); ``evse_id`` and ``id`` are OCPP 2.x's, ``id`` counting within the EVSE. A
    ``stuck`` plug does not come out."""

    __slots__ = ("cable", "evse_id", "fault", "id", "number", "spec", "stuck")

    def __init__(self, spec: ConnectorSpec, *, number: int, evse_id: int, id_: int) -> None:
        self.spec = spec
        self.number = number
        self.evse_id = evse_id
        self.id = id_
        self.cable = Cable.FREE
        self.fault: Fault | None = None
        self.stuck = False

    @property
    def lock_broken(self) -> bool:
        """Whether an attempt to unlock it fails."""
        return self.stuck or self.fault is Fault.CONNECTOR_LOCK_FAILURE

    @property
    def plugged(self) -> bool:
        """Whether a car is on it."""
        return self.cable is not Cable.FREE

    def feed(self, event: CableEvent) -> None:
        """Follow the table. Raises `HardwareRefusal` for what it does not hold."""
        if self.stuck and event is CableEvent.PULL_OUT:
            raise HardwareRefusal(f"the plug is stuck in connector {self.number}")
        target = CABLE_TABLE.get((self.cable, event))
        if target is None:
            doing = event.name.lower().replace("_", " ")
            raise HardwareRefusal(
                f"connector {self.number} is {self.cable.name.lower()}: cannot {doing}"
            )
        self.cable = target
