"""Certificates of a station (OCPP 1.6 security whitepaper A02, A03, M03 to M05): root certificates
that the Central System installs, and the station's own."""

from typing import Any

import msgspec

from voltfleet.station import certificates
from voltfleet.station.blocks import handles
from voltfleet.station.certificate_store import CertificateStoreBlock
from voltfleet.station.certificates import Certificate, Key
from voltfleet.station.context import Context
from voltfleet.station.v16 import messages_security as m
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.security_events import SecurityEvent, SecurityEvents
from voltfleet.station.v16.types import Simple

_MANUFACTURER = "ManufacturerRootCertificate"
_SIGNING_WAIT_SECONDS = 60
_SIGNING_REPEATS = 3


class CertificateStore(CertificateStoreBlock):
    """The whitepaper has no settings for how a signing request is repeated."""

    __slots__ = ("_configuration", "_events")
    csms_root = "CentralSystemRootCertificate"

    def __init__(self, ctx: Context, configuration: Configuration, events: SecurityEvents) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._events = events

    def firmware_signer(self, pem: str) -> Certificate | None:
        """The certificate that firmware is signed with; None if it must not be trusted."""
        return self.signer_of_firmware(pem, _MANUFACTURER)

    @handles(m.InstallCertificate)
    def install(self, request: m.InstallCertificate) -> m.InstallCertificateResponse:
        """M05: Rejected for what is no valid root certificate, or one too many."""
        root = self.readable_root(request.certificate)
        most = self._configuration.whole(Name.CERTIFICATE_STORE_MAX_LENGTH)
        kept = root is not None and self.add_root(request.certificate_type, root, most)
        return m.InstallCertificateResponse(Simple.ACCEPTED if kept else Simple.REJECTED)

    @handles(m.DeleteCertificate)
    def delete(self, request: m.DeleteCertificate) -> m.DeleteCertificateResponse:
        """M04"""
        data = request.certificate_hash_data
        told = (data.issuer_name_hash, data.issuer_key_hash, data.serial_number)
        found = self.named(data.hash_algorithm, told)
        if found and self.needed(found):
            return m.DeleteCertificateResponse("Failed")
        self.remove(found)
        return m.DeleteCertificateResponse("Accepted" if found else "NotFound")

    @handles(m.GetInstalledCertificateIds)
    def installed_ids(
        self, request: m.GetInstalledCertificateIds
    ) -> m.GetInstalledCertificateIdsResponse:
        """M03"""
        found = [
            m.CertificateHash("SHA256", *certificates.hash_data(root, "SHA256"))
            for root in self.of_use(request.certificate_type)
        ]
        status: m.Found = "Accepted" if found else "NotFound"
        return m.GetInstalledCertificateIdsResponse(status, found or None)

    @handles(m.CertificateSigned)
    def certificate_signed(self, request: m.CertificateSigned) -> m.CertificateSignedResponse:
        """A02.FR.06: checked before it is taken; a wrong one is a security event."""
        wrong = self.take_signed(request.certificate_chain)
        if wrong is None:
            return m.CertificateSignedResponse(Simple.ACCEPTED)
        self._events.happened(SecurityEvent.INVALID_CHARGE_POINT_CERTIFICATE, wrong)
        return m.CertificateSignedResponse(Simple.REJECTED)

    def _signing_request(self, key: Key) -> tuple[msgspec.Struct, type[Any]]:
        csr = certificates.signing_request(
            key,
            common_name=self.ctx.identity,
            organization=self._configuration.text(Name.CPO_NAME),
        )
        return m.SignCertificate(csr), m.SignCertificateResponse

    def _signing_wait(self) -> tuple[int, int]:
        return _SIGNING_WAIT_SECONDS, _SIGNING_REPEATS
