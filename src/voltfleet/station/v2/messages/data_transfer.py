"""Functional block P: data transfer."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import Incoming, Outgoing, StatusInfo


class DataTransfer(Incoming, frozen=True):
    """P01; ``data`` is not read: the station knows no vendor's messages."""

    vendor_id: str
    message_id: str | None = None


class DataTransferStatus(StrEnum):
    """DataTransferStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


class DataTransferResponse(Outgoing, frozen=True):
    """P01"""

    status: DataTransferStatus
    status_info: StatusInfo | None = None
