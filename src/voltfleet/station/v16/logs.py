"""Diagnostics and logs (OCPP 1.6 §4.4, §5.9: GetDiagnostics; security whitepaper N01: GetLog)."""

from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.file_transfer import DEFAULT_RETRY_SECONDS, FileTransfer
from voltfleet.station.outbox import Lane
from voltfleet.station.reports import TransferKind, TransferResult
from voltfleet.station.times import instant
from voltfleet.station.v16 import messages_firmware as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.notice import Notice, Say
from voltfleet.station.v16.security_events import SecurityEvents

_SECRET = frozenset({Name.AUTHORIZATION_KEY})


class Logs(Block):
    """Uploads one file at a time; a newer request takes the place of one under way."""

    __slots__ = ("_availability", "_configuration", "_diagnostics", "_events", "_log", "_transfer")

    def __init__(
        self,
        ctx: Context,
        configuration: Configuration,
        availability: Availability,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability
        self._events = events
        self._diagnostics: Notice | None = None
        self._log: Notice | None = None
        self._transfer: FileTransfer | None = None

    @handles(m.GetDiagnostics)
    def get_diagnostics(self, request: m.GetDiagnostics) -> m.GetDiagnosticsResponse:
        """§5.9: the location is a directory."""
        _check(request.start_time, "startTime")
        _check(request.stop_time, "stopTime")
        name = self._file_name("diagnostics")
        self._diagnostics = Notice(self.ctx, _diagnostics_status)
        self._upload(
            _file_in(request.location, name, directory=True),
            self._diagnostics_text(),
            request.retries,
            request.retry_interval,
            self._diagnostics,
            failed="UploadFailed",
        )
        return m.GetDiagnosticsResponse(name)

    @handles(m.GetLog)
    def get_log(self, request: m.GetLog) -> m.GetLogResponse:
        """N01"""
        _check(request.log.oldest_timestamp, "log.oldestTimestamp")
        _check(request.log.latest_timestamp, "log.latestTimestamp")
        canceled = self._transfer is not None
        security = request.log_type == "SecurityLog"
        name = self._file_name("security" if security else "diagnostics")
        text = "\n".join(self._events.lines()) if security else self._diagnostics_text()
        self._log = Notice(self.ctx, partial(_log_status, request.request_id))
        self._upload(
            _file_in(request.log.remote_location, name, directory=False),
            text,
            request.retries,
            request.retry_interval,
            self._log,
            failed="UploadFailure",
        )
        return m.GetLogResponse("AcceptedCanceled" if canceled else "Accepted", name)

    def trigger_diagnostics(self) -> None:
        """The Central System asks how far it has got."""
        self._trigger(self._diagnostics, _diagnostics_status)

    def trigger_log(self) -> None:
        """The Central System asks how far it has got."""
        self._trigger(self._log, partial(_log_status, None))

    def power_up(self) -> None:
        """A reboot breaks an upload off."""
        self._transfer = None
        for notice, failed in ((self._diagnostics, "UploadFailed"), (self._log, "UploadFailure")):
            if notice is not None and notice.status == "Uploading":
                notice.tell(failed)

    def resumed(self) -> None:
        """Online again."""
        for notice in (self._diagnostics, self._log):
            if notice is not None:
                notice.resumed()

    # --- inside ---------------------------------------------------------------------------------

    def _upload(
        self,
        url: str,
        text: str,
        retries: int | UnsetType,
        interval: int | UnsetType,
        notice: Notice,
        *,
        failed: str,
    ) -> None:
        if self._transfer is not None:
            self._transfer.cancel()
        self._transfer = FileTransfer(
            self.ctx,
            TransferKind.UPLOAD,
            url,
            text.encode(),
            at=self.ctx.now,
            retries=0 if retries is UNSET else retries,
            interval=DEFAULT_RETRY_SECONDS if interval is UNSET else float(interval),
            on_try=partial(notice.tell, "Uploading"),
            on_end=partial(self._uploaded, notice, failed),
        )

    def _uploaded(self, notice: Notice, failed: str, result: TransferResult) -> None:
        self._transfer = None
        notice.tell("Uploaded" if result.failure is None else failed)

    def _trigger(self, notice: Notice | None, say: Say) -> None:
        """Idle, unless a file is on its way."""
        going_on = notice is not None and notice.status == "Uploading"
        request, answer = notice.say() if notice is not None and going_on else say("Idle")
        self.ctx.call(request, answer, lane=Lane.TRIGGERED)

    def _file_name(self, what: str) -> str:
        stamp = self.ctx.timestamp()[:19].replace(":", "-")
        identity = "".join(c if c.isalnum() or c in "-_" else "_" for c in self.ctx.identity)
        return f"{what}-{identity[:100]}-{stamp}.txt"

    def _diagnostics_text(self) -> str:
        ctx = self.ctx
        lines = [f"{ctx.identity} at {ctx.timestamp()}", f"{ctx.spec.vendor} {ctx.spec.model}"]
        for bay in self._availability.bays:
            number, meter = bay.connector.number, bay.evse.meter.energy_wh
            since = ctx.timestamp(bay.since)
            lines.append(f"connector {number}: {bay.status} since {since}, {meter} Wh")
        settings = (name for name in Name if name not in _SECRET)
        lines += [f"{name} = {self._configuration.text(name)}" for name in settings]
        return "\n".join(lines) + "\n"


def _diagnostics_status(status: str) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
    return m.DiagnosticsStatusNotification(status), m.DiagnosticsStatusNotificationResponse


def _log_status(request_id: int | None, status: str) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
    return m.LogStatusNotification(status, request_id), m.LogStatusNotificationResponse


def _file_in(location: str, name: str, *, directory: bool) -> str:
    """A location with a query is the address of one file, as object stores sign them."""
    if "?" in location:
        return location
    if location.endswith("/"):
        return location + name
    return f"{location}/{name}" if directory else location


def _check(text: str | UnsetType, field: str) -> None:
    if text is not UNSET:
        instant(text, field)
