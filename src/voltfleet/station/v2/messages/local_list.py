"""Functional block D: local authorization list management."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import (
    IdToken,
    IdTokenInfo,
    Incoming,
    Outgoing,
    StatusInfo,
)


class UpdateType(StrEnum):
    """UpdateEnumType"""

    DIFFERENTIAL = "Differential"
    FULL = "Full"


class AuthorizationData(Incoming, frozen=True):
    """AuthorizationData: without information the token is to be removed."""

    id_token: IdToken
    id_token_info: IdTokenInfo | None = None


class SendLocalList(Incoming, frozen=True):
    """D01"""

    version_number: int
    update_type: UpdateType
    local_authorization_list: tuple[AuthorizationData, ...] = ()


class SendLocalListStatus(StrEnum):
    """SendLocalListStatusEnumType"""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    VERSION_MISMATCH = "VersionMismatch"


class SendLocalListResponse(Outgoing, frozen=True):
    """D01"""

    status: SendLocalListStatus
    status_info: StatusInfo | None = None


class GetLocalListVersion(Incoming, frozen=True):
    """D02"""


class GetLocalListVersionResponse(Outgoing, frozen=True):
    """D02"""

    version_number: int
