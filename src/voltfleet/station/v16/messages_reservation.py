"""The messages of the Reservation profile (OCPP 1.6 §5.3 and §5.13)."""

from enum import StrEnum

from msgspec import UNSET, UnsetType

from voltfleet.station.v16.types import CiString20, Incoming, Outgoing, Simple


class ReservationStatus(StrEnum):
    """§7.39"""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"


class ReserveNow(Incoming, frozen=True):
    """§6.37"""

    connector_id: int
    expiry_date: str
    id_tag: CiString20
    reservation_id: int
    parent_id_tag: CiString20 | UnsetType = UNSET


class ReserveNowResponse(Outgoing, frozen=True):
    """§6.38"""

    status: ReservationStatus


class CancelReservation(Incoming, frozen=True):
    """§6.5"""

    reservation_id: int


class CancelReservationResponse(Outgoing, frozen=True):
    """§6.6"""

    status: Simple
