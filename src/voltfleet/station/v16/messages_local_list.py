"""The messages of the Local Auth List Management profile (OCPP 1.6 §5.10, §5.15)."""

from enum import StrEnum
from typing import Literal

from msgspec import UNSET, UnsetType

from voltfleet.station.v16.types import AuthorizationStatus, CiString20, Incoming, Outgoing


class UpdateStatus(StrEnum):
    """§7.47"""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_SUPPORTED = "NotSupported"
    VERSION_MISMATCH = "VersionMismatch"


class ListedTagInfo(Incoming, frozen=True):
    """§7.27, as a request carries it."""

    status: AuthorizationStatus
    expiry_date: str | UnsetType = UNSET
    parent_id_tag: CiString20 | UnsetType = UNSET


class AuthorizationData(Incoming, frozen=True):
    """§7.1"""

    id_tag: CiString20
    id_tag_info: ListedTagInfo | UnsetType = UNSET


class SendLocalList(Incoming, frozen=True):
    """§6.41"""

    list_version: int
    update_type: Literal["Differential", "Full"]
    local_authorization_list: list[AuthorizationData] | UnsetType = UNSET


class SendLocalListResponse(Outgoing, frozen=True):
    """§6.42"""

    status: UpdateStatus


class GetLocalListVersion(Incoming, frozen=True):
    """§6.27"""


class GetLocalListVersionResponse(Outgoing, frozen=True):
    """§6.28"""

    list_version: int
