"""Functional block L: firmware updates, signed (L01) and unsigned (L02), in the words of OCPP 2.x.

A station is no Local Controller: PublishFirmware and UnpublishFirmware (L03, L04) are NotSupported.
A location that a Local Controller published is a location like any other.
"""

from typing import Any

import msgspec

from voltfleet.station.blocks import handles
from voltfleet.station.certificates import Certificate
from voltfleet.station.context import Context
from voltfleet.station.firmware import (
    INVALID_CERTIFICATE,
    FirmwareBlock,
    Update,
    signature_bytes,
)
from voltfleet.station.times import instant, optional_instant
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.certificates import Certificates
from voltfleet.station.v2.device_model import updating
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import firmware as m
from voltfleet.station.v2.messages.firmware import UpdateFirmwareStatus
from voltfleet.station.v2.messages.provisioning import BootReason
from voltfleet.station.v2.messages.types import Empty, StatusInfo
from voltfleet.station.v2.progress import reason, tries
from voltfleet.station.v2.registration import Registration
from voltfleet.station.v2.security_events import SecurityEvents
from voltfleet.station.v2.session import Sessions


class FirmwareUpdates(FirmwareBlock):
    """Each has the requestId of the CSMS."""

    __slots__ = (
        "_availability",
        "_certificates",
        "_events",
        "_model",
        "_registration",
        "_sessions",
    )

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        availability: Availability,
        registration: Registration,
        sessions: Sessions,
        certificates: Certificates,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._registration = registration
        self._sessions = sessions
        self._certificates = certificates
        self._events = events

    @handles(m.UpdateFirmware)
    def update_firmware(self, request: m.UpdateFirmware) -> m.UpdateFirmwareResponse:
        """A newer update takes the place of one that is not being installed yet (L01.FR.24,
        L01.FR.27)."""
        firmware, offset = request.firmware, self.ctx.clock_offset
        at = instant(firmware.retrieve_date_time, "firmware.retrieveDateTime")
        install = optional_instant(firmware.install_date_time, "firmware.installDateTime", 0.0)
        if self.installing:
            info = StatusInfo("FwUpdateInProgress", "it is too late to cancel it")
            return m.UpdateFirmwareResponse(UpdateFirmwareStatus.REJECTED, info)
        signer = self._signer(firmware)
        if signer is None and _is_signed(firmware):
            self._events.happened(INVALID_CERTIFICATE, f"of request {request.request_id}")
            return m.UpdateFirmwareResponse(UpdateFirmwareStatus.INVALID_CERTIFICATE)
        canceled = self.begin(
            Update(
                firmware.location,
                at - offset,
                install - offset,
                *tries(request.retries, request.retry_interval),
                request.request_id,
                signer,
                signature_bytes(firmware.signature or ""),
            )
        )
        status = UpdateFirmwareStatus
        return m.UpdateFirmwareResponse(status.ACCEPTED_CANCELED if canceled else status.ACCEPTED)

    def _signer(self, firmware: m.Firmware) -> Certificate | None:
        """L01.FR.21"""
        pem = firmware.signing_certificate
        return None if pem is None else self._certificates.firmware_signer(pem)

    # --- what `FirmwareBlock` asks --------------------------------------------------------------

    def _say(
        self, request_id: int | None, status: str, why: str | None
    ) -> tuple[msgspec.Struct, type[Any]]:
        info = reason(self.ctx.version, why)
        return m.FirmwareStatusNotification(status, request_id, info), Empty

    def _busy(self) -> bool:
        """A token that waits for its car counts too."""
        sessions = self._sessions.values()
        return any(s.permit is not None or s.transaction is not None for s in sessions)

    def _hold(self) -> None:
        """L01.FR.07, L02.FR.04"""
        allowed = self._model.flag(updating.ALLOW_NEW_SESSIONS)
        self._availability.set_closed(closed=not allowed)

    def _close(self) -> None:
        self._availability.set_closed(closed=True)

    def _reopen(self) -> None:
        self._availability.set_closed(closed=False)

    def _happened(self, update: Update, event: str) -> None:
        self._events.happened(event, update.url)

    def _runs(self, version: str) -> None:
        self._model.note(updating.firmware_version(self._model.definitions), version)
        self.ctx.remember()

    def _reboot(self) -> None:
        self._registration.reason = BootReason.FIRMWARE_UPDATE
        super()._reboot()


def _is_signed(firmware: m.Firmware) -> bool:
    """What carries either is meant to be: it is L01, and both are needed."""
    return firmware.signing_certificate is not None or firmware.signature is not None
