"""Functional block G: availability."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import Answered, EvseRef, Incoming, Outgoing, StatusInfo


class ConnectorStatus(StrEnum):
    """ConnectorStatusEnumType"""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class StatusNotification(Outgoing, frozen=True):
    """G01"""

    timestamp: str
    connector_status: ConnectorStatus
    evse_id: int
    connector_id: int


class Heartbeat(Outgoing, frozen=True):
    """G02"""


class HeartbeatResponse(Answered, frozen=True):
    """G02"""

    current_time: str


class OperationalStatus(StrEnum):
    """OperationalStatusEnumType"""

    INOPERATIVE = "Inoperative"
    OPERATIVE = "Operative"


class ChangeAvailabilityStatus(StrEnum):
    """ChangeAvailabilityStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class ChangeAvailability(Incoming, frozen=True):
    """G03 (EVSE, connector) and G04 (station)"""

    operational_status: OperationalStatus
    evse: EvseRef | None = None


class ChangeAvailabilityResponse(Outgoing, frozen=True):
    """G03 and G04"""

    status: ChangeAvailabilityStatus
    status_info: StatusInfo | None = None
