"""Functional block N: what the station keeps of a customer (N09, N10)."""

from enum import StrEnum
from typing import Any

from voltfleet.station.v2.messages.types import IdToken, Incoming, Outgoing, StatusInfo

MAX_DATA = 512


class CustomerInformation(Incoming, frozen=True):
    """N09 and N10"""

    request_id: int
    report: bool
    clear: bool
    id_token: IdToken | None = None
    customer_identifier: str | None = None
    customer_certificate: dict[str, Any] | None = None


class CustomerInformationStatus(StrEnum):
    """CustomerInformationStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    INVALID = "Invalid"


class CustomerInformationResponse(Outgoing, frozen=True):
    """N09 and N10"""

    status: CustomerInformationStatus
    status_info: StatusInfo | None = None


class NotifyCustomerInformation(Outgoing, frozen=True):
    """N09 and N10"""

    request_id: int
    seq_no: int
    generated_at: str
    data: str
    tbc: bool = False
