"""Functional blocks O (display messages) and I (cost)."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import (
    Component,
    Incoming,
    MessageContent,
    Outgoing,
    Shared,
    StatusInfo,
)


class MessageInfo(Shared, frozen=True):
    """MessageInfoType"""

    id: int
    priority: str
    message: MessageContent
    display: Component | None = None
    state: str | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    transaction_id: str | None = None


class SetDisplayMessage(Incoming, frozen=True):
    """O01, O02, O06"""

    message: MessageInfo


class DisplayMessageStatus(StrEnum):
    """DisplayMessageStatusEnumType, as far as this station has such reasons."""

    ACCEPTED = "Accepted"
    NOT_SUPPORTED_MESSAGE_FORMAT = "NotSupportedMessageFormat"
    REJECTED = "Rejected"
    UNKNOWN_TRANSACTION = "UnknownTransaction"


class SetDisplayMessageResponse(Outgoing, frozen=True):
    """O01, O02, O06"""

    status: DisplayMessageStatus
    status_info: StatusInfo | None = None


class GetDisplayMessages(Incoming, frozen=True):
    """O03, O04"""

    request_id: int
    id: tuple[int, ...] | None = None
    priority: str | None = None
    state: str | None = None


class Found(StrEnum):
    """GetDisplayMessagesStatusEnumType and ClearMessageStatusEnumType"""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"


class GetDisplayMessagesResponse(Outgoing, frozen=True):
    """O03, O04"""

    status: Found


class NotifyDisplayMessages(Outgoing, frozen=True):
    """O03, O04"""

    request_id: int
    message_info: tuple[MessageInfo, ...]


class ClearDisplayMessage(Incoming, frozen=True):
    """O05"""

    id: int


class ClearDisplayMessageResponse(Outgoing, frozen=True):
    """O05"""

    status: Found


class CostUpdated(Incoming, frozen=True):
    """I02"""

    total_cost: float
    transaction_id: str


class CostUpdatedResponse(Outgoing, frozen=True):
    """I02"""
