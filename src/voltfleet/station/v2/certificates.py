"""Functional blocks A and M: certificates (A02, A03, M03 to M05). The station has no ISO 15118: of
certificates for cars it keeps the roots, and asks for none of its own."""

from typing import Any

import msgspec

from voltfleet.domain.specs import OcppVersion
from voltfleet.station import certificates
from voltfleet.station.blocks import handles
from voltfleet.station.certificate_store import CertificateStoreBlock, Root
from voltfleet.station.certificates import Certificate, Key
from voltfleet.station.context import Context
from voltfleet.station.v2.device_model import security
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.device_model.physical import serial_number
from voltfleet.station.v2.messages import security as m
from voltfleet.station.v2.messages.types import GenericStatus, StatusInfo
from voltfleet.station.v2.security_events import SecurityEvent, SecurityEvents

CSMS_ROOT = "CSMSRootCertificate"
MANUFACTURER_ROOT = "ManufacturerRootCertificate"
_STATION: m.SigningUse = "ChargingStationCertificate"


class Certificates(CertificateStoreBlock):
    """``request_id`` is of the last SignCertificate (2.1)."""

    __slots__ = ("_events", "_model", "_request_id")
    csms_root = CSMS_ROOT

    def __init__(self, ctx: Context, model: DeviceModel, events: SecurityEvents) -> None:
        super().__init__(ctx)
        self._model = model
        self._events = events
        self._request_id = 0

    def firmware_signer(self, pem: str) -> Certificate | None:
        """The certificate that firmware is signed with; None if it must not be trusted."""
        return self.signer_of_firmware(pem, MANUFACTURER_ROOT)

    # --- root certificates ----------------------------------------------------------------------

    @handles(m.InstallCertificate)
    def install(self, request: m.InstallCertificate) -> m.InstallCertificateResponse:
        """M05: Rejected for what is no valid root certificate, or one too many."""
        root = self.readable_root(request.certificate)
        why = StatusInfo("InvalidCertificate", "it is no root certificate that is valid now")
        if root is None:
            return m.InstallCertificateResponse("Rejected", why)
        replaced = self._replaced_by(request.certificate_type, root)
        if replaced is None:
            why = StatusInfo("InvalidCertificate", "the root in use has not signed it")
            return m.InstallCertificateResponse("Rejected", why)
        if not self.add_root(request.certificate_type, root, security.MAX_CERTIFICATES):
            why = StatusInfo("TooManyElements", "no more certificates can be kept")
            return m.InstallCertificateResponse("Rejected", why)
        self.remove(replaced)
        self._changed()
        return m.InstallCertificateResponse("Accepted")

    @handles(m.DeleteCertificate)
    def delete(self, request: m.DeleteCertificate) -> m.DeleteCertificateResponse:
        """M04.FR.06: the station's own is not deleted."""
        data = request.certificate_hash_data
        told = (data.issuer_name_hash, data.issuer_key_hash, data.serial_number)
        if self._is_own(data):
            why = StatusInfo("InvalidCertificate", "it is the station's own")
            return m.DeleteCertificateResponse("Failed", why)
        found = self.named(data.hash_algorithm, told)
        if not found:
            return m.DeleteCertificateResponse("NotFound")
        if self.needed(found):
            why = StatusInfo("InvalidCertificate", "the CSMS could not be checked without it")
            return m.DeleteCertificateResponse("Failed", why)
        self.remove(found)
        self._changed()
        return m.DeleteCertificateResponse("Accepted")

    @handles(m.GetInstalledCertificateIds)
    def installed_ids(
        self, request: m.GetInstalledCertificateIds
    ) -> m.GetInstalledCertificateIdsResponse:
        """M03: of the types named, or of all."""
        uses = request.certificate_type
        found = tuple(
            m.CertificateHashChain(
                root.use,  # type: ignore[arg-type]  # it came as one
                m.CertificateHash("SHA256", *certificates.hash_data(root.certificate, "SHA256")),
            )
            for root in self.roots
            if uses is None or root.use in uses
        )
        return m.GetInstalledCertificateIdsResponse(
            "Accepted" if found else "NotFound", found or None
        )

    def _replaced_by(self, use: str, root: Certificate) -> list[Root] | None:
        """M05.FR.09 to FR.11: with AdditionalRootCertificateCheck there is one CSMS root, and the
        next must be signed by it. None: it is not."""
        if use != CSMS_ROOT or not self._model.flag(security.ADDITIONAL_ROOT_CERTIFICATE_CHECK):
            return []
        old = [r for r in self.roots if r.use == use and r.certificate != root]
        signed = any(certificates.issued_by(root, r.certificate) for r in old)
        return old if signed or not old else None

    def _is_own(self, data: m.CertificateHash) -> bool:
        """The issuer's key may be unknown here."""
        if self.own is None or not certificates.hashable(self.own.chain[0]):
            return False
        name, _, serial = certificates.hash_data(self.own.chain[0], data.hash_algorithm)
        return (name, serial) == (data.issuer_name_hash.lower(), data.serial_number.lower())

    def _changed(self) -> None:
        self._model.note(security.CERTIFICATE_ENTRIES, str(len(self.roots)))

    # --- the station's own ----------------------------------------------------------------------

    @handles(m.CertificateSigned)
    def certificate_signed(self, request: m.CertificateSigned) -> m.CertificateSignedResponse:
        """A02.FR.06: checked before it is taken; a wrong one is a security event (FR.07)."""
        if request.certificate_type not in {None, _STATION}:
            why = StatusInfo("UnsupportedRequest", "the station has no ISO 15118")
            return m.CertificateSignedResponse(GenericStatus.REJECTED, why)
        if request.request_id not in {None, self._request_id}:
            wrong: str | None = "it answers another request"
        else:
            wrong = self.take_signed(request.certificate_chain)
        if wrong is None:
            return m.CertificateSignedResponse(GenericStatus.ACCEPTED)
        self._events.happened(SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE, wrong)
        why = StatusInfo("InvalidCertificate", wrong)
        return m.CertificateSignedResponse(GenericStatus.REJECTED, why)

    def _signing_request(self, key: Key) -> tuple[msgspec.Struct, type[Any]]:
        csr = certificates.signing_request(
            key,
            common_name=serial_number(self.ctx.identity),
            organization=self._model.text(security.ORGANIZATION_NAME),
        )
        self._request_id += 1
        with_id = self._request_id if self.ctx.version is OcppVersion.V21 else None
        return m.SignCertificate(csr, _STATION, with_id), m.SignCertificateResponse

    def _signing_wait(self) -> tuple[int, int]:
        model = self._model
        return (
            model.whole(security.CERT_SIGNING_WAIT_MINIMUM),
            model.whole(security.CERT_SIGNING_REPEAT_TIMES),
        )
