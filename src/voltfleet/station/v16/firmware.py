"""Firmware updates in the words of OCPP 1.6 (§4.5, §5.19; signed: security whitepaper L01)."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from voltfleet.station.blocks import handles
from voltfleet.station.context import Context
from voltfleet.station.file_transfer import DEFAULT_RETRY_SECONDS
from voltfleet.station.firmware import FirmwareBlock, Update, signature_bytes
from voltfleet.station.outbox import Lane
from voltfleet.station.times import instant
from voltfleet.station.v16 import messages_firmware as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.certificate_store import CertificateStore
from voltfleet.station.v16.registration import Registration
from voltfleet.station.v16.security_events import SecurityEvent, SecurityEvents
from voltfleet.station.v16.transactions import Transactions


class Firmware(FirmwareBlock):
    """Both kinds of update; an update without an id is one that is not signed."""

    __slots__ = ("_availability", "_certificates", "_events", "_registration", "_transactions")

    def __init__(
        self,
        ctx: Context,
        registration: Registration,
        availability: Availability,
        transactions: Transactions,
        store: CertificateStore,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._registration = registration
        self._availability = availability
        self._transactions = transactions
        self._certificates = store
        self._events = events

    @handles(m.UpdateFirmware)
    def update_firmware(self, request: m.UpdateFirmware) -> m.UpdateFirmwareResponse:
        """§5.19: there is no way to refuse; while one is being installed, nothing comes of it."""
        at = instant(request.retrieve_date, "retrieveDate") - self.ctx.clock_offset
        if not self.installing:
            retries, seconds = _tries(request.retries, request.retry_interval)
            self.begin(Update(request.location, at, 0.0, retries, seconds))
        return m.UpdateFirmwareResponse()

    @handles(m.SignedUpdateFirmware)
    def signed_update(self, request: m.SignedUpdateFirmware) -> m.SignedUpdateFirmwareResponse:
        """L01: a newer update takes the place of one that is not being installed yet."""
        firmware, offset = request.firmware, self.ctx.clock_offset
        at = instant(firmware.retrieve_date_time, "firmware.retrieveDateTime")
        install_at = 0.0
        if firmware.install_date_time is not UNSET:
            install_at = instant(firmware.install_date_time, "firmware.installDateTime")
        if self.installing:
            return m.SignedUpdateFirmwareResponse("Rejected")
        signer = self._certificates.firmware_signer(firmware.signing_certificate)
        if signer is None:
            event = SecurityEvent.INVALID_FIRMWARE_SIGNING_CERTIFICATE
            self._events.happened(event, f"of request {request.request_id}")
            return m.SignedUpdateFirmwareResponse("InvalidCertificate")
        canceled = self.begin(
            Update(
                firmware.location,
                at - offset,
                install_at - offset,
                *_tries(request.retries, request.retry_interval),
                request.request_id,
                signer,
                signature_bytes(firmware.signature),
            )
        )
        return m.SignedUpdateFirmwareResponse("AcceptedCanceled" if canceled else "Accepted")

    def trigger_plain(self) -> None:
        """TriggerMessage: Idle, unless an update without an id goes on (§4.5)."""
        going_on = self._phase is not None and not self._has_id
        if self._notice is not None and going_on:
            self._notice.send(Lane.TRIGGERED)
        else:
            idle = m.FirmwareStatusNotification("Idle")
            self.ctx.call(idle, m.FirmwareStatusNotificationResponse, lane=Lane.TRIGGERED)

    def trigger_signed(self) -> None:
        """ExtendedTriggerMessage (whitepaper L01.FR.28, FR.29)."""
        if self._has_id:
            self.trigger()
        else:
            idle = m.SignedFirmwareStatusNotification("Idle")
            self.ctx.call(idle, m.SignedFirmwareStatusNotificationResponse, lane=Lane.TRIGGERED)

    # --- what `FirmwareBlock` asks --------------------------------------------------------------

    @property
    def _has_id(self) -> bool:
        return self._update is not None and self._update.request_id is not None

    def _say(
        self, request_id: int | None, status: str, _why: str | None
    ) -> tuple[msgspec.Struct, type[Any]]:
        if self._has_id:
            request = m.SignedFirmwareStatusNotification(status, request_id)
            return request, m.SignedFirmwareStatusNotificationResponse
        return m.FirmwareStatusNotification(status), m.FirmwareStatusNotificationResponse

    def _busy(self) -> bool:
        return self._transactions.busy

    def _hold(self) -> None:
        self._availability.close()

    def _close(self) -> None:
        self._availability.close()

    def _reopen(self) -> None:
        self._availability.reopen()

    def _happened(self, update: Update, event: str) -> None:
        """A Central System without the whitepaper does not know them."""
        if update.request_id is not None:
            self._events.happened(event, update.url)

    def _runs(self, version: str) -> None:
        self._registration.firmware_version = version
        self.ctx.remember()


def _tries(retries: int | UnsetType, interval: int | UnsetType) -> tuple[int, float]:
    return (
        0 if retries is UNSET else retries,
        DEFAULT_RETRY_SECONDS if interval is UNSET else float(interval),
    )
