"""Functional block H: reservation."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import (
    GenericStatus,
    IdToken,
    Incoming,
    Outgoing,
    StatusInfo,
)


class ReserveNow(Incoming, frozen=True):
    """H01. ``connector_type`` is a ConnectorEnumType that 2.1 opened to any text."""

    id: int
    expiry_date_time: str
    id_token: IdToken
    connector_type: str | None = None
    evse_id: int | None = None
    group_id_token: IdToken | None = None


class ReserveNowStatus(StrEnum):
    """ReserveNowStatusEnumType"""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"


class ReserveNowResponse(Outgoing, frozen=True):
    """H01"""

    status: ReserveNowStatus
    status_info: StatusInfo | None = None


class CancelReservation(Incoming, frozen=True):
    """H02"""

    reservation_id: int


class CancelReservationResponse(Outgoing, frozen=True):
    """H02"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class ReservationUpdateStatus(StrEnum):
    """ReservationUpdateStatusEnumType"""

    EXPIRED = "Expired"
    REMOVED = "Removed"


class ReservationStatusUpdate(Outgoing, frozen=True):
    """H04"""

    reservation_id: int
    reservation_update_status: ReservationUpdateStatus
