"""What a charging station is made of, independent of any OCPP version."""

from dataclasses import dataclass
from enum import StrEnum


class OcppVersion(StrEnum):
    """The versions a charging station can speak, spelled as the create requests spell them."""

    V16 = "OCPP1.6"
    V201 = "OCPP2.0.1"
    V21 = "OCPP2.1"

    @property
    def subprotocol(self) -> str:
        """Its WebSocket subprotocol (OCPP-J 1.6 §3.1.2, OCPP 2.0.1 Part 4 §3.1.2)."""
        return self.value.lower()


class CurrentType(StrEnum):
    """What flows through a connector."""

    AC = "ac"
    DC = "dc"


class ConnectorType(StrEnum):
    """The physical connectors of the catalog."""

    TYPE1 = "Type1"
    TYPE2 = "Type2"
    CCS1 = "CCS1"
    CCS2 = "CCS2"
    CHADEMO = "CHAdeMO"
    NACS = "NACS"


@dataclass(frozen=True, slots=True)
class ConnectorSpec:
    """One connector: its kind and what it can carry at most."""

    type: ConnectorType
    current_type: CurrentType
    max_power_w: int
    max_current_a: float
    phases: int


@dataclass(frozen=True, slots=True)
class EvseSpec:
    """One EVSE: it charges one car at a time, through one of its connectors."""

    connectors: tuple[ConnectorSpec, ...]


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A charging station as its maker built it, shared by every charger of one model."""

    vendor: str
    model: str
    firmware_version: str
    evses: tuple[EvseSpec, ...]

    @property
    def max_power_w(self) -> int:
        """The strongest connector's power in watts."""
        return max(c.max_power_w for evse in self.evses for c in evse.connectors)
