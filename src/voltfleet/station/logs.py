"""Diagnostics and security logs, as far as OCPP 1.6 (§4.4, §5.9; security whitepaper N01) and 2.x
(N01) agree: what is in them, and how they are delivered."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from voltfleet.domain.timestamps import LATEST, rfc3339
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.file_transfer import PROTOCOLS, FileTransfer
from voltfleet.station.notice import Notice
from voltfleet.station.outbox import Lane
from voltfleet.station.reports import TransferKind, TransferResult

UPLOADING = "Uploading"
Failed = Callable[[TransferResult], str]
"""The status that tells a failure."""

_STATUSES = {
    400: "BadMessage",
    401: "PermissionDenied",
    403: "PermissionDenied",
    405: "NotSupportedOperation",
    501: "NotSupportedOperation",
}


class Window(NamedTuple):
    """The time that a CSMS asks about, by the station's clock; both ends belong to it."""

    oldest: float = 0.0
    latest: float = LATEST

    @property
    def bounded(self) -> bool:
        """Whether the CSMS named an end of it."""
        return self != Window()

    def holds(self, at: float) -> bool:
        """Whether that instant is in it."""
        return self.oldest <= at <= self.latest


class LogsBlock(Block):
    """Uploads one file at a time; a newer one takes the place of one under way."""

    __slots__ = ("_notice", "_transfer")

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._notice: Notice | None = None
        self._transfer: FileTransfer | None = None

    def upload(
        self, url: str, text: str, tries: tuple[int, float], notice: Notice, failed: Failed
    ) -> Notice | None:
        """Begin; returns the notice of the upload that was given up for it, if there was one.
        ``tries`` is how often to try again, and after how many seconds."""
        canceled = None
        if self._transfer is not None:
            self._transfer.cancel()
            canceled = self._notice
        self._notice = notice
        retries, seconds = tries
        self._transfer = FileTransfer(
            self.ctx,
            TransferKind.UPLOAD,
            url,
            text.encode(),
            at=self.ctx.now,
            retries=retries,
            interval=seconds,
            on_try=partial(notice.tell, UPLOADING),
            on_end=partial(self._uploaded, notice, failed),
        )
        return canceled

    def power_up(self) -> None:
        """A reboot breaks an upload off."""
        if self._transfer is not None:
            self._transfer.give_up("the station was rebooted meanwhile")

    def file_name(self, what: str) -> str:
        """A name for a log of that kind, as of now."""
        stamp = self.ctx.timestamp()[:19].replace(":", "-")
        identity = "".join(c if c.isalnum() or c in "-_" else "_" for c in self.ctx.identity)
        return f"{what}-{identity[:100]}-{stamp}.txt"

    def diagnostics(self, facts: Iterable[str], events: Iterable[str]) -> str:
        """How the station is now, and what happened at it."""
        ctx = self.ctx
        head = (f"{ctx.identity} at {ctx.timestamp()}", f"{ctx.spec.vendor} {ctx.spec.model}")
        return "\n".join((*head, *facts, "", *events)) + "\n"

    def events(self, window: Window) -> list[str]:
        """What happened at the station in that time."""
        oldest, latest = rfc3339(window.oldest), rfc3339(min(window.latest, LATEST - 1))
        return [line for line in self.ctx.journal.lines() if oldest <= line[:24] <= latest]

    def _uploaded(self, notice: Notice, failed: Failed, result: TransferResult) -> None:
        self._transfer = None
        if result.failure is None:
            notice.tell("Uploaded")
        else:
            self.ctx.note(f"log upload failed: {result.failure}")
            notice.tell(failed(result), result.failure)


def send_status(notice: Notice | None, idle: Notice) -> None:
    """The CSMS asks how far it has got: Idle, unless a file is on its way."""
    going_on = notice is not None and notice.status == UPLOADING
    (notice if notice is not None and going_on else idle).send(Lane.TRIGGERED)


def upload_failure(url: str, result: TransferResult) -> str:
    """UploadLogStatusEnumType, as precise as can be known (N01.FR.10)."""
    if urlsplit(url).scheme.upper() not in PROTOCOLS:
        return "NotSupportedOperation"
    return _STATUSES.get(result.http_status, "UploadFailure")


def file_in(location: str, name: str, *, directory: bool) -> str:
    """A location with a query is the address of one file, as object stores sign them."""
    if "?" in location:
        return location
    if location.endswith("/"):
        return location + name
    return f"{location}/{name}" if directory else location
