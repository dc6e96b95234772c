"""Functional block L: firmware."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import Incoming, Outgoing, StatusInfo


class Firmware(Incoming, frozen=True):
    """FirmwareType"""

    location: str
    retrieve_date_time: str
    install_date_time: str | None = None
    signing_certificate: str | None = None
    signature: str | None = None


class UpdateFirmware(Incoming, frozen=True):
    """L01, L02"""

    request_id: int
    firmware: Firmware
    retries: int | None = None
    retry_interval: int | None = None


class UpdateFirmwareStatus(StrEnum):
    """UpdateFirmwareStatusEnumType, without RevokedCertificate: nothing here knows of those."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    INVALID_CERTIFICATE = "InvalidCertificate"


class UpdateFirmwareResponse(Outgoing, frozen=True):
    """L01, L02"""

    status: UpdateFirmwareStatus
    status_info: StatusInfo | None = None


class FirmwareStatusNotification(Outgoing, frozen=True):
    """L01, L02; ``status_info`` exists in OCPP 2.1 only."""

    status: str
    request_id: int | None = None
    status_info: StatusInfo | None = None
