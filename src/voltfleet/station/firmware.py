"""Firmware updates, as far as OCPP 1.6 (§4.5, §5.19; security whitepaper L01) and 2.x (L01, L02)
agree.

phase         what ends it                   a reboot meanwhile    told
----------------------------------------------------------------------------------------------------
PENDING       its time                       it goes on            [DownloadScheduled]
DOWNLOADING   the file, or no try is left    DownloadFailed        Downloading; Downloaded or
                                                                   DownloadFailed; if it is signed
                                                                   [SignatureVerified] or
                                                                   [InvalidSignature]
WAITING       its time, and no transaction   it goes on            [InstallScheduled]
INSTALLING    a while                        InstallationFailed    Installing; of an empty file
                                                                   [InstallVerificationFailed]
ACTIVATING    the reboot                     is what it waits for  [InstallRebooting]; Installed

What stands in brackets is not told of 1.6's own UpdateFirmware, which has no id and does not know
these statuses.
"""

import base64
import binascii
import re
from abc import ABC, abstractmethod
from enum import Enum, auto
from functools import partial
from typing import Any, NamedTuple

import msgspec

from voltfleet.station import certificates
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.file_transfer import FileTransfer
from voltfleet.station.notice import Notice
from voltfleet.station.outbox import Lane
from voltfleet.station.reports import TransferKind, TransferResult

INSTALL_SECONDS = 10.0
REBOOT_SECONDS = (2.0, 6.0)
LOOK_AGAIN_SECONDS = 5.0
UPDATED = "FirmwareUpdated"
INVALID_SIGNATURE = "InvalidFirmwareSignature"
INVALID_CERTIFICATE = "InvalidFirmwareSigningCertificate"
"""Security events, which all versions call so."""

_BEFORE_THE_LINK_GOES_SECONDS = 1.0
_REBOOTED = "the station was rebooted meanwhile"
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_WITHOUT_ID = {
    "Downloading": "Downloading",
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "Installing": "Installing",
    "Installed": "Installed",
    "InstallationFailed": "InstallationFailed",
    "InstallVerificationFailed": "InstallationFailed",
}
"""What an update without an id tells."""


class Phase(Enum):
    """How far it has got; see the table above."""

    PENDING = auto()
    DOWNLOADING = auto()
    WAITING = auto()
    INSTALLING = auto()
    ACTIVATING = auto()


class Update(NamedTuple):
    """What the CSMS wants; instants are by the host's clock. ``signer`` is None if it is not
    signed. ``size`` is the file's, once it is there."""

    url: str
    retrieve_at: float
    install_at: float
    retries: int
    retry_seconds: float
    request_id: int | None = None
    signer: certificates.Certificate | None = None
    signature: bytes = b""
    size: int = 0


class FirmwareBlock(Block, ABC):
    """One update at a time. ``_phase`` is None while there is none; what is known of the last one
    is kept for whoever asks."""

    __slots__ = ("_notice", "_phase", "_transfer", "_update")

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._phase: Phase | None = None
        self._update: Update | None = None
        self._notice: Notice | None = None
        self._transfer: FileTransfer | None = None

    # --- what a version says --------------------------------------------------------------------

    @abstractmethod
    def _say(
        self, request_id: int | None, status: str, why: str | None
    ) -> tuple[msgspec.Struct, type[Any]]:
        """The notification, and the type of its answer."""

    @abstractmethod
    def _busy(self) -> bool:
        """Whether somebody uses the station."""

    @abstractmethod
    def _hold(self) -> None:
        """It waits for those who use it: let nobody else begin."""

    @abstractmethod
    def _close(self) -> None:
        """Nobody uses it: let nobody begin, it is installing."""

    @abstractmethod
    def _reopen(self) -> None:
        """As before; also when it was not closed."""

    @abstractmethod
    def _happened(self, update: Update, event: str) -> None:
        """A security event."""

    @abstractmethod
    def _runs(self, version: str) -> None:
        """That is the firmware's version from now on."""

    # --- from outside ---------------------------------------------------------------------------

    @property
    def installing(self) -> bool:
        """Whether it is too late to give it up."""
        return self._phase in {Phase.INSTALLING, Phase.ACTIVATING}

    def begin(self, update: Update) -> bool:
        """Take it on; whether another one was given up for it."""
        canceled = self._phase is not None
        if self._transfer is not None:
            self._transfer.cancel()
        self.ctx.timers.stop(("install", 0))
        self._reopen()
        self._update, self._phase = update, Phase.PENDING
        self._notice = Notice(self.ctx, partial(self._say, update.request_id))
        if update.retrieve_at > self.ctx.now:
            self._tell("DownloadScheduled")
        self._download(update)
        return canceled

    def power_up(self) -> None:
        """What was going on before the reboot goes on, is done, or is broken off."""
        self._transfer = None
        if self._update is None:
            return
        match self._phase:
            case Phase.PENDING:
                self._download(self._update)
            case Phase.DOWNLOADING:
                self._fail("DownloadFailed", _REBOOTED)
            case Phase.WAITING:
                self._wait(self._update)
            case Phase.INSTALLING:
                self._fail("InstallationFailed", _REBOOTED)
            case Phase.ACTIVATING:
                self._succeed(self._update)

    def resumed(self) -> None:
        """Online again."""
        if self._notice is not None:
            self._notice.resumed()

    def trigger(self) -> None:
        """The CSMS asks for the last status; Idle if that was Installed, or there is none
        (L01.FR.25, L01.FR.26, L02.FR.16, L02.FR.17; whitepaper L01.FR.28, L01.FR.29)."""
        if self._notice is not None and self._notice.status != "Installed":
            self._notice.send(Lane.TRIGGERED)
        else:
            self._say_idle()

    def _say_idle(self) -> None:
        request, answer = self._say(None, "Idle", None)
        self.ctx.call(request, answer, lane=Lane.TRIGGERED)

    # --- the table ------------------------------------------------------------------------------

    def _download(self, update: Update) -> None:
        self._transfer = FileTransfer(
            self.ctx,
            TransferKind.DOWNLOAD,
            update.url,
            at=update.retrieve_at,
            retries=update.retries,
            interval=update.retry_seconds,
            on_try=self._downloading,
            on_end=partial(self._downloaded, update),
        )

    def _downloading(self) -> None:
        self._phase = Phase.DOWNLOADING
        self._tell("Downloading")

    def _downloaded(self, update: Update, result: TransferResult) -> None:
        if result.failure is not None:
            self._fail("DownloadFailed", result.failure)
            return
        self._tell("Downloaded")
        if update.signer is not None:
            if not certificates.signature_holds(update.signer, update.signature, result.sha256):
                self._fail("InvalidSignature", "the signature is not of this file")
                self._happened(update, INVALID_SIGNATURE)
                return
            self._tell("SignatureVerified")
        self._update = update = update._replace(size=result.size)
        self._phase = Phase.WAITING
        if update.install_at > self.ctx.now:
            self._tell("InstallScheduled")
        self._wait(update)

    def _wait(self, update: Update) -> None:
        at = max(update.install_at, self.ctx.now)
        self.ctx.timers.start(("install", 0), at, partial(self._install, update))

    def _install(self, update: Update) -> None:
        if self._busy():
            self._tell("InstallScheduled")
            self._hold()
            self.ctx.after("install", 0, LOOK_AGAIN_SECONDS, partial(self._install, update))
            return
        self._phase = Phase.INSTALLING
        self._close()
        self._tell("Installing")
        self.ctx.after("install", 0, INSTALL_SECONDS, partial(self._activate, update))

    def _activate(self, update: Update) -> None:
        if update.size == 0:
            self._fail("InstallVerificationFailed", "the file is empty")
            return
        self._phase = Phase.ACTIVATING
        self._tell("InstallRebooting")
        # A moment for the notification to leave before the link goes down.
        self.ctx.after("install", 0, _BEFORE_THE_LINK_GOES_SECONDS, self._reboot)

    def _reboot(self) -> None:
        self.ctx.reboot(self.ctx.rng.uniform(*REBOOT_SECONDS))

    def _succeed(self, update: Update) -> None:
        version = _VERSION.search(update.url.partition("?")[0].rpartition("/")[2])
        if version is not None:
            self._runs(version[0])
        self._tell("Installed")
        self._end()
        self._happened(update, UPDATED)

    def _fail(self, status: str, why: str) -> None:
        self._tell(status, why)
        self._end()

    def _end(self) -> None:
        self._phase = self._transfer = None
        self._reopen()

    def _tell(self, status: str, why: str | None = None) -> None:
        update = self._update
        if self._notice is None or update is None:
            raise RuntimeError(f"{status} of no firmware update")
        self.ctx.note(f"firmware: {status}" if why is None else f"firmware: {status}: {why}")
        told = status if update.request_id is not None else _WITHOUT_ID.get(status)
        if told is not None:
            self._notice.tell(told, why)


def signature_bytes(text: str) -> bytes:
    """What cannot be decoded is a signature that does not hold."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
