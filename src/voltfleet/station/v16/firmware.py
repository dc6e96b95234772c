"""Firmware updates (OCPP 1.6 §4.5, §5.19; signed: security whitepaper L01).

state          what comes next                         told (in brackets: only of a signed update)
----------------------------------------------------------------------------------------------------
asked for      its time comes                          [DownloadScheduled, if that is later]
download       the file is there, or is not            Downloading; Downloaded or DownloadFailed
check          the signature holds, or does not        [SignatureVerified or InvalidSignature]
wait           its time, and no transaction            [InstallScheduled, if that is later]
install        a while                                 Installing
reboot         the station is up and accepted again    [InstallRebooting]; then Installed

A reboot in between, for whatever reason, breaks the update off: DownloadFailed or
InstallationFailed.
"""

import base64
import binascii
import re
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from voltfleet.station import certificates
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.file_transfer import DEFAULT_RETRY_SECONDS, FileTransfer
from voltfleet.station.outbox import Lane
from voltfleet.station.reports import TransferKind, TransferResult
from voltfleet.station.times import instant
from voltfleet.station.v16 import messages_firmware as m
from voltfleet.station.v16.certificate_store import CertificateStore
from voltfleet.station.v16.notice import Notice
from voltfleet.station.v16.registration import Registration
from voltfleet.station.v16.security_events import SecurityEvent, SecurityEvents
from voltfleet.station.v16.transactions import Transactions

INSTALL_SECONDS = 10.0
REBOOT_SECONDS = (2.0, 6.0)
_LOOK_AGAIN_SECONDS = 5.0
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_INSTALLING = frozenset({"Installing", "InstallRebooting"})


class Update(NamedTuple):
    """An update under way; ``request_id`` is None for one that is not signed."""

    url: str
    install_at: float = 0.0
    request_id: int | None = None
    certificate: certificates.Certificate | None = None
    signature: bytes = b""


class Firmware(Block):
    """One update at a time."""

    __slots__ = (
        "_certificates",
        "_events",
        "_notice",
        "_registration",
        "_transactions",
        "_transfer",
        "_update",
        "_updated",
    )

    def __init__(
        self,
        ctx: Context,
        registration: Registration,
        transactions: Transactions,
        store: CertificateStore,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._registration = registration
        self._transactions = transactions
        self._certificates = store
        self._events = events
        self._notice: Notice | None = None
        self._transfer: FileTransfer | None = None
        self._update: Update | None = None
        self._updated = False

    # --- the messages ---------------------------------------------------------------------------

    @handles(m.UpdateFirmware)
    def update_firmware(self, request: m.UpdateFirmware) -> m.UpdateFirmwareResponse:
        """§5.19: there is no way to refuse; while one is being installed, nothing comes of it."""
        at = instant(request.retrieve_date, "retrieveDate") - self.ctx.clock_offset
        if not self._installing:
            self._begin(Update(request.location), at, request.retries, request.retry_interval)
        return m.UpdateFirmwareResponse()

    @handles(m.SignedUpdateFirmware)
    def signed_update(self, request: m.SignedUpdateFirmware) -> m.SignedUpdateFirmwareResponse:
        """L01: a newer update takes the place of one that is not being installed yet."""
        firmware = request.firmware
        at = instant(firmware.retrieve_date_time, "firmware.retrieveDateTime")
        install_at = 0.0
        if firmware.install_date_time is not UNSET:
            install_at = instant(firmware.install_date_time, "firmware.installDateTime")
        if self._installing:
            return m.SignedUpdateFirmwareResponse("Rejected")
        certificate = self._certificates.firmware_signer(firmware.signing_certificate)
        if certificate is None:
            event = SecurityEvent.INVALID_FIRMWARE_SIGNING_CERTIFICATE
            self._events.happened(event, f"of request {request.request_id}")
            return m.SignedUpdateFirmwareResponse("InvalidCertificate")
        canceled = self._update is not None
        offset = self.ctx.clock_offset
        update = Update(
            firmware.location,
            install_at - offset,
            request.request_id,
            certificate,
            _bytes_of(firmware.signature),
        )
        self._begin(update, at - offset, request.retries, request.retry_interval)
        return m.SignedUpdateFirmwareResponse("AcceptedCanceled" if canceled else "Accepted")

    def trigger(self, *, signed: bool) -> None:
        """The Central System asks how far it has got; by the kind of message it asked for."""
        update = self._update
        going_on = update is not None and (update.request_id is not None) is signed
        if self._notice is not None and going_on:
            self._notice.send(Lane.TRIGGERED)
        else:
            request, answer = _idle(signed=signed)
            self.ctx.call(request, answer, lane=Lane.TRIGGERED)

    # --- reboots --------------------------------------------------------------------------------

    def power_up(self) -> None:
        """What was going on before the reboot is either done or broken off."""
        update, self._transfer = self._update, None
        if update is None or self._notice is None:
            return
        if self._updated:
            version = _VERSION.search(update.url.rpartition("/")[2])
            if version is not None:
                self._registration.firmware_version = version[0]
            self._tell("Installed")
            if update.request_id is not None:
                self._events.happened(SecurityEvent.FIRMWARE_UPDATED, update.url)
        else:
            downloading = self._notice.status in {"Idle", "Downloading", "DownloadScheduled"}
            self._tell("DownloadFailed" if downloading else "InstallationFailed")
        self._end()

    def resumed(self) -> None:
        """Online again."""
        if self._notice is not None:
            self._notice.resumed()

    # --- the table ------------------------------------------------------------------------------

    @property
    def _installing(self) -> bool:
        going_on = self._update is not None and self._notice is not None
        return going_on and self._notice is not None and self._notice.status in _INSTALLING

    def _begin(
        self, update: Update, at: float, retries: int | UnsetType, interval: int | UnsetType
    ) -> None:
        if self._transfer is not None:
            self._transfer.cancel()
        self.ctx.timers.stop(("install", 0))
        self._update, self._updated = update, False
        self._notice = Notice(self.ctx, lambda status: _say(update, status))
        if at > self.ctx.now and update.request_id is not None:
            self._tell("DownloadScheduled")
        self._transfer = FileTransfer(
            self.ctx,
            TransferKind.DOWNLOAD,
            update.url,
            at=at,
            retries=0 if retries is UNSET else retries,
            interval=DEFAULT_RETRY_SECONDS if interval is UNSET else float(interval),
            on_try=lambda: self._tell("Downloading"),
            on_end=self._downloaded,
        )

    def _downloaded(self, result: TransferResult) -> None:
        update = self._update
        if update is None:
            return
        if result.failure is not None:
            self._tell("DownloadFailed")
            self._end()
            return
        self._tell("Downloaded")
        if update.certificate is not None:
            if not certificates.signature_holds(
                update.certificate, update.signature, result.sha256
            ):
                self._tell("InvalidSignature")
                self._events.happened(SecurityEvent.INVALID_FIRMWARE_SIGNATURE, update.url)
                self._end()
                return
            self._tell("SignatureVerified")
        if update.request_id is not None and update.install_at > self.ctx.now:
            self._tell("InstallScheduled")
        self.ctx.timers.start(("install", 0), max(update.install_at, self.ctx.now), self._install)

    def _install(self) -> None:
        if self._transactions.busy:
            self.ctx.after("install", 0, _LOOK_AGAIN_SECONDS, self._install)
            return
        self._transactions.accepting = False
        self._tell("Installing")
        self.ctx.after("install", 0, INSTALL_SECONDS, self._reboot)

    def _reboot(self) -> None:
        if self._update is not None and self._update.request_id is not None:
            self._tell("InstallRebooting")
        self._updated = True
        # A moment for the notification to leave before the link goes down.
        self.ctx.after(
            "install", 0, 1.0, lambda: self.ctx.reboot(self.ctx.rng.uniform(*REBOOT_SECONDS))
        )

    def _tell(self, status: str) -> None:
        if self._notice is not None:
            self._notice.tell(status)

    def _end(self) -> None:
        self._update = self._transfer = None


def _say(update: Update, status: str) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
    if update.request_id is None:
        return m.FirmwareStatusNotification(status), m.FirmwareStatusNotificationResponse
    request = m.SignedFirmwareStatusNotification(status, update.request_id)
    return request, m.SignedFirmwareStatusNotificationResponse


def _idle(*, signed: bool) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
    if signed:
        idle = m.SignedFirmwareStatusNotification("Idle")
        return idle, m.SignedFirmwareStatusNotificationResponse
    return m.FirmwareStatusNotification("Idle"), m.FirmwareStatusNotificationResponse


def _bytes_of(signature: str) -> bytes:
    """What cannot be decoded is a signature that does not hold."""
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
