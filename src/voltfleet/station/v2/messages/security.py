"""Functional blocks A (security) and M (certificates)."""

from typing import Annotated, Literal

from msgspec import Meta

from voltfleet.station.v2.messages.types import (
    Answered,
    GenericStatus,
    Incoming,
    Outgoing,
    Shared,
    StatusInfo,
)

SigningUse = Literal["ChargingStationCertificate", "V2GCertificate", "V2G20Certificate"]
"""CertificateSigningUseEnumType; the last exists in OCPP 2.1 only."""
RootUse = Literal[
    "V2GRootCertificate",
    "MORootCertificate",
    "CSMSRootCertificate",
    "ManufacturerRootCertificate",
    "OEMRootCertificate",
]
"""InstallCertificateUseEnumType; the last exists in OCPP 2.1 only."""
Use = Literal[RootUse, "V2GCertificateChain"]
"""GetCertificateIdUseEnumType"""
Text128 = Annotated[str, Meta(max_length=128)]


class SecurityEventNotification(Outgoing, frozen=True):
    """A04"""

    type: str
    timestamp: str
    tech_info: str | None = None


class CertificateHash(Shared, frozen=True):
    """CertificateHashDataType"""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Text128
    issuer_key_hash: Text128
    serial_number: Annotated[str, Meta(max_length=40)]


class SignCertificate(Outgoing, frozen=True):
    """A02, A03; ``request_id`` exists in OCPP 2.1 only."""

    csr: str
    certificate_type: SigningUse | None = None
    request_id: int | None = None


class SignCertificateResponse(Answered, frozen=True):
    """A02, A03"""

    status: GenericStatus


class CertificateSigned(Incoming, frozen=True):
    """A02, A03; ``request_id`` exists in OCPP 2.1 only."""

    certificate_chain: Annotated[str, Meta(max_length=10_000)]
    certificate_type: SigningUse | None = None
    request_id: int | None = None


class CertificateSignedResponse(Outgoing, frozen=True):
    """A02, A03"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class InstallCertificate(Incoming, frozen=True):
    """M05"""

    certificate_type: RootUse
    certificate: Annotated[str, Meta(max_length=10_000)]


class InstallCertificateResponse(Outgoing, frozen=True):
    """M05"""

    status: Literal["Accepted", "Rejected", "Failed"]
    status_info: StatusInfo | None = None


class DeleteCertificate(Incoming, frozen=True):
    """M04"""

    certificate_hash_data: CertificateHash


class DeleteCertificateResponse(Outgoing, frozen=True):
    """M04"""

    status: Literal["Accepted", "Failed", "NotFound"]
    status_info: StatusInfo | None = None


class GetInstalledCertificateIds(Incoming, frozen=True):
    """M03"""

    certificate_type: tuple[Use, ...] | None = None


class CertificateHashChain(Outgoing, frozen=True):
    """CertificateHashDataChainType"""

    certificate_type: Use
    certificate_hash_data: CertificateHash
    child_certificate_hash_data: tuple[CertificateHash, ...] | None = None


class GetInstalledCertificateIdsResponse(Outgoing, frozen=True):
    """M03"""

    status: Literal["Accepted", "NotFound"]
    certificate_hash_data_chain: tuple[CertificateHashChain, ...] | None = None
