"""The messages of the Firmware Management profile (OCPP 1.6 §4.4, §4.5, §5.9, §5.19) and their
signed counterparts of the security whitepaper."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from voltfleet.station.v16.types import Answered, CiString255, Incoming, Outgoing

Text512 = Annotated[str, Meta(max_length=512)]


class UpdateFirmware(Incoming, frozen=True):
    """§6.55"""

    location: str
    retrieve_date: str
    retries: int | UnsetType = UNSET
    retry_interval: int | UnsetType = UNSET


class UpdateFirmwareResponse(Outgoing, frozen=True):
    """§6.56"""


class FirmwareStatusNotification(Outgoing, frozen=True):
    """§6.19"""

    status: str


class FirmwareStatusNotificationResponse(Answered, frozen=True):
    """§6.20"""


class Firmware(Incoming, frozen=True):
    """Whitepaper, FirmwareType"""

    location: Text512
    retrieve_date_time: str
    signing_certificate: Annotated[str, Meta(max_length=5500)]
    signature: Annotated[str, Meta(max_length=800)]
    install_date_time: str | UnsetType = UNSET


class SignedUpdateFirmware(Incoming, frozen=True):
    """Whitepaper L01"""

    request_id: int
    firmware: Firmware
    retries: int | UnsetType = UNSET
    retry_interval: int | UnsetType = UNSET


class SignedUpdateFirmwareResponse(Outgoing, frozen=True):
    """Whitepaper L01"""

    status: Literal["Accepted", "Rejected", "AcceptedCanceled", "InvalidCertificate"]


class SignedFirmwareStatusNotification(Outgoing, frozen=True):
    """Whitepaper L01"""

    status: str
    request_id: int | None = None


class SignedFirmwareStatusNotificationResponse(Answered, frozen=True):
    """Whitepaper L01"""


class GetDiagnostics(Incoming, frozen=True):
    """§6.25"""

    location: str
    retries: int | UnsetType = UNSET
    retry_interval: int | UnsetType = UNSET
    start_time: str | UnsetType = UNSET
    stop_time: str | UnsetType = UNSET


class GetDiagnosticsResponse(Outgoing, frozen=True):
    """§6.26"""

    file_name: CiString255 | None = None


class DiagnosticsStatusNotification(Outgoing, frozen=True):
    """§6.17"""

    status: str


class DiagnosticsStatusNotificationResponse(Answered, frozen=True):
    """§6.18"""


class LogParameters(Incoming, frozen=True):
    """Whitepaper, LogParametersType"""

    remote_location: Text512
    oldest_timestamp: str | UnsetType = UNSET
    latest_timestamp: str | UnsetType = UNSET


class GetLog(Incoming, frozen=True):
    """Whitepaper N01"""

    log_type: Literal["DiagnosticsLog", "SecurityLog"]
    request_id: int
    log: LogParameters
    retries: int | UnsetType = UNSET
    retry_interval: int | UnsetType = UNSET


class GetLogResponse(Outgoing, frozen=True):
    """Whitepaper N01"""

    status: Literal["Accepted", "Rejected", "AcceptedCanceled"]
    filename: str | None = None


class LogStatusNotification(Outgoing, frozen=True):
    """Whitepaper N01"""

    status: str
    request_id: int | None = None


class LogStatusNotificationResponse(Answered, frozen=True):
    """Whitepaper N01"""
