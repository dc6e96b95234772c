"""Functional block B: network profiles (B09)."""

from typing import Any, Literal

from voltfleet.station.v2.messages.types import Incoming, Outgoing, StatusInfo


class NetworkConnectionProfile(Incoming, frozen=True):
    """NetworkConnectionProfileType, as far as the station minds it. ``identity`` and
    ``basic_auth_password`` exist in OCPP 2.1 only, where ``ocpp_version`` may be left out."""

    ocpp_transport: str
    ocpp_csms_url: str
    security_profile: int
    ocpp_version: str | None = None
    identity: str | None = None
    basic_auth_password: str | None = None
    apn: dict[str, Any] | None = None
    vpn: dict[str, Any] | None = None


class SetNetworkProfile(Incoming, frozen=True):
    """B09"""

    configuration_slot: int
    connection_data: NetworkConnectionProfile


class SetNetworkProfileResponse(Outgoing, frozen=True):
    """B09"""

    status: Literal["Accepted", "Rejected", "Failed"]
    status_info: StatusInfo | None = None
