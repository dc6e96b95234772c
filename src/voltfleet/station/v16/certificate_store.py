"""Certificates of a station (OCPP 1.6 security whitepaper A02, A03, M03 to M05): root certificates
that the Central System installs, and the station's own."""

import msgspec

from voltfleet.station import certificates
from voltfleet.station.blocks import Block, handles
from voltfleet.station.certificates import Certificate, Key
from voltfleet.station.context import Context
from voltfleet.station.outbox import Lane
from voltfleet.station.v16 import messages_security as m
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.security_events import SecurityEvent, SecurityEvents
from voltfleet.station.v16.types import Simple

_MANUFACTURER = "ManufacturerRootCertificate"
_CENTRAL_SYSTEM = "CentralSystemRootCertificate"


class CertificateStore(Block):
    """Root certificates by type; the key whose certificate is being signed, and the station's
    certificate once it was."""

    __slots__ = ("_configuration", "_events", "_key", "_own", "_roots")

    def __init__(self, ctx: Context, configuration: Configuration, events: SecurityEvents) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._events = events
        self._roots: tuple[tuple[str, Certificate], ...] = ()
        self._key: Key | None = None
        self._own: list[Certificate] | None = None

    def firmware_signer(self, pem: str) -> Certificate | None:
        """The certificate that firmware is signed with; None if it must not be trusted. Without a
        manufacturer's root certificate there is nothing to hold it against but its validity."""
        chain = certificates.read_chain(pem)
        if not chain or not certificates.valid_at(chain[0], self._clock()):
            return None
        roots = self._of_type(_MANUFACTURER)
        return chain[0] if not roots or certificates.anchored(chain, roots) else None

    # --- root certificates ----------------------------------------------------------------------

    @handles(m.InstallCertificate)
    def install(self, request: m.InstallCertificate) -> m.InstallCertificateResponse:
        """M05: Rejected for what is no valid root certificate, or one too many."""
        chain = certificates.read_chain(request.certificate)
        most = self._configuration.whole(Name.CERTIFICATE_STORE_MAX_LENGTH)
        good = (
            len(chain) == 1
            and certificates.hashable(chain[0])
            and certificates.issued_by(chain[0], chain[0])
            and certificates.valid_at(chain[0], self._clock())
        )
        if not good:
            return m.InstallCertificateResponse(Simple.REJECTED)
        entry = (request.certificate_type, chain[0])
        if entry not in self._roots:
            if len(self._roots) >= most:
                return m.InstallCertificateResponse(Simple.REJECTED)
            self._roots = (*self._roots, entry)
        return m.InstallCertificateResponse(Simple.ACCEPTED)

    @handles(m.DeleteCertificate)
    def delete(self, request: m.DeleteCertificate) -> m.DeleteCertificateResponse:
        """M04"""
        wanted = request.certificate_hash_data
        told = tuple(
            text.lower()
            for text in (wanted.issuer_name_hash, wanted.issuer_key_hash, wanted.serial_number)
        )
        kept = tuple(
            (type_, root)
            for type_, root in self._roots
            if certificates.hash_data(root, wanted.hash_algorithm) != told
        )
        found = len(kept) < len(self._roots)
        self._roots = kept
        return m.DeleteCertificateResponse("Accepted" if found else "NotFound")

    @handles(m.GetInstalledCertificateIds)
    def installed_ids(
        self, request: m.GetInstalledCertificateIds
    ) -> m.GetInstalledCertificateIdsResponse:
        """M03"""
        found = [
            m.CertificateHash("SHA256", *certificates.hash_data(root, "SHA256"))
            for root in self._of_type(request.certificate_type)
        ]
        status: m.Found = "Accepted" if found else "NotFound"
        return m.GetInstalledCertificateIdsResponse(status, found or None)

    # --- the station's own ----------------------------------------------------------------------

    def request_certificate(self) -> None:
        """A02: a new key pair, and SignCertificate for it."""
        self._key = certificates.new_key()
        csr = certificates.signing_request(
            self._key,
            common_name=self.ctx.identity,
            organization=self._configuration.text(Name.CPO_NAME),
        )
        request: msgspec.Struct = m.SignCertificate(csr)
        self.ctx.call(request, m.SignCertificateResponse, self._requested, lane=Lane.TRIGGERED)

    @handles(m.CertificateSigned)
    def certificate_signed(self, request: m.CertificateSigned) -> m.CertificateSignedResponse:
        """A02.FR.06: checked before it is taken; a wrong one is a security event."""
        chain = certificates.read_chain(request.certificate_chain)
        wrong = self._what_is_wrong(chain)
        if wrong is not None:
            self._events.happened(SecurityEvent.INVALID_CHARGE_POINT_CERTIFICATE, wrong)
            return m.CertificateSignedResponse(Simple.REJECTED)
        self._own, self._key = chain, None
        return m.CertificateSignedResponse(Simple.ACCEPTED)

    def _requested(self, answer: m.SignCertificateResponse) -> None:
        if answer.status is Simple.REJECTED:
            self._key = None

    def _what_is_wrong(self, chain: list[Certificate]) -> str | None:
        if not chain:
            return "the certificate cannot be read"
        if self._key is None:
            return "no certificate was asked for"
        if chain[0].public_key() != self._key.public_key():
            return "it is not for the key that was to be signed"
        if not certificates.valid_at(chain[0], self._clock()):
            return "it is not valid now"
        roots = self._of_type(_CENTRAL_SYSTEM)
        if roots and not certificates.anchored(chain, roots):
            return "it is not issued under an installed root certificate"
        return None

    def _of_type(self, type_: str) -> list[Certificate]:
        return [root for t, root in self._roots if t == type_]

    def _clock(self) -> float:
        return self.ctx.now + self.ctx.clock_offset
