"""The messages of the OCPP 1.6 security whitepaper (edition 3), beside those about files, which are
in `messages_firmware`."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from voltfleet.station.v16.types import Answered, Incoming, Outgoing, Simple, TriggerStatus

CertificateType = Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]
Found = Literal["Accepted", "NotFound"]
Text128 = Annotated[str, Meta(max_length=128)]


class SecurityEventNotification(Outgoing, frozen=True):
    """A04"""

    type: str
    timestamp: str
    tech_info: str | None = None


class SecurityEventNotificationResponse(Answered, frozen=True):
    """A04"""


class ExtendedTriggerMessage(Incoming, frozen=True):
    """Whitepaper §5.5"""

    requested_message: Literal[
        "BootNotification",
        "LogStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "SignChargePointCertificate",
        "StatusNotification",
    ]
    connector_id: int | UnsetType = UNSET


class ExtendedTriggerMessageResponse(Outgoing, frozen=True):
    """Whitepaper §5.5"""

    status: TriggerStatus


class InstallCertificate(Incoming, frozen=True):
    """M05"""

    certificate_type: CertificateType
    certificate: Annotated[str, Meta(max_length=5500)]


class InstallCertificateResponse(Outgoing, frozen=True):
    """M05"""

    status: Simple


class CertificateHash(Incoming, frozen=True):
    """CertificateHashDataType"""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Text128
    issuer_key_hash: Text128
    serial_number: Annotated[str, Meta(max_length=40)]


class DeleteCertificate(Incoming, frozen=True):
    """M04"""

    certificate_hash_data: CertificateHash


class DeleteCertificateResponse(Outgoing, frozen=True):
    """M04"""

    status: Literal["Accepted", "Failed", "NotFound"]


class GetInstalledCertificateIds(Incoming, frozen=True):
    """M03"""

    certificate_type: CertificateType


class GetInstalledCertificateIdsResponse(Outgoing, frozen=True):
    """M03"""

    status: Found
    certificate_hash_data: list[CertificateHash] | None = None


class SignCertificate(Outgoing, frozen=True):
    """A02"""

    csr: str


class SignCertificateResponse(Answered, frozen=True):
    """A02"""

    status: Simple


class CertificateSigned(Incoming, frozen=True):
    """A02"""

    certificate_chain: Annotated[str, Meta(max_length=10000)]


class CertificateSignedResponse(Outgoing, frozen=True):
    """A02"""

    status: Simple
