"""Diagnostics and logs in the words of OCPP 1.6 (§4.4, §5.9: GetDiagnostics; security whitepaper
N01: GetLog)."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from voltfleet.domain.timestamps import LATEST
from voltfleet.station.blocks import handles
from voltfleet.station.context import Context
from voltfleet.station.file_transfer import DEFAULT_RETRY_SECONDS
from voltfleet.station.logs import LogsBlock, Window, file_in, send_status, upload_failure
from voltfleet.station.notice import Notice
from voltfleet.station.reports import TransferResult
from voltfleet.station.times import instant
from voltfleet.station.v16 import messages_firmware as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.security_events import SecurityEvents

_SECRET = frozenset({Name.AUTHORIZATION_KEY})


class Logs(LogsBlock):
    """``_diagnostics`` and ``_log`` tell of the last upload of their kind."""

    __slots__ = ("_availability", "_configuration", "_diagnostics", "_events", "_log")

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

    @handles(m.GetDiagnostics)
    def get_diagnostics(self, request: m.GetDiagnostics) -> m.GetDiagnosticsResponse:
        """§5.9: the location is a directory."""
        window = _window(
            ("startTime", request.start_time),
            ("stopTime", request.stop_time),
        )
        name = self.file_name("diagnostics")
        self._diagnostics = Notice(self.ctx, _diagnostics_status)
        self.upload(
            file_in(request.location, name, directory=True),
            self.diagnostics(self._facts(), self.events(window)),
            _tries(request.retries, request.retry_interval),
            self._diagnostics,
            _upload_failed,
        )
        return m.GetDiagnosticsResponse(name)

    @handles(m.GetLog)
    def get_log(self, request: m.GetLog) -> m.GetLogResponse:
        """N01: Rejected if nothing happened in the time that is asked about."""
        window = _window(
            ("log.oldestTimestamp", request.log.oldest_timestamp),
            ("log.latestTimestamp", request.log.latest_timestamp),
        )
        security = request.log_type == "SecurityLog"
        lines = self._events.lines(window.holds) if security else self.events(window)
        if window.bounded and not lines:
            return m.GetLogResponse("Rejected")
        name = self.file_name("security" if security else "diagnostics")
        url = file_in(request.log.remote_location, name, directory=False)
        self._log = Notice(self.ctx, partial(_log_status, request.request_id))
        canceled = self.upload(
            url,
            "\n".join((*lines, "")) if security else self.diagnostics(self._facts(), lines),
            _tries(request.retries, request.retry_interval),
            self._log,
            partial(upload_failure, url),
        )
        return m.GetLogResponse("Accepted" if canceled is None else "AcceptedCanceled", name)

    def trigger_diagnostics(self) -> None:
        """The Central System asks how far it has got."""
        send_status(self._diagnostics, Notice(self.ctx, _diagnostics_status))

    def trigger_log(self) -> None:
        """The Central System asks how far it has got."""
        send_status(self._log, Notice(self.ctx, partial(_log_status, None)))

    def resumed(self) -> None:
        """Online again."""
        for notice in (self._diagnostics, self._log):
            if notice is not None:
                notice.resumed()

    def _facts(self) -> Iterator[str]:
        for bay in self._availability.bays:
            number, meter = bay.connector.number, bay.evse.meter.energy_wh
            since = self.ctx.timestamp(bay.since)
            yield f"connector {number}: {bay.status} since {since}, {meter} Wh"
        for name in Name:
            if name not in _SECRET:
                yield f"{name} = {self._configuration.text(name)}"


def _diagnostics_status(status: str, _why: str | None) -> tuple[msgspec.Struct, type[Any]]:
    return m.DiagnosticsStatusNotification(status), m.DiagnosticsStatusNotificationResponse


def _log_status(
    request_id: int | None, status: str, _why: str | None
) -> tuple[msgspec.Struct, type[Any]]:
    return m.LogStatusNotification(status, request_id), m.LogStatusNotificationResponse


def _upload_failed(_result: TransferResult) -> str:
    return "UploadFailed"


def _window(oldest: tuple[str, str | UnsetType], latest: tuple[str, str | UnsetType]) -> Window:
    return Window(_end(oldest, 0.0), _end(latest, LATEST))


def _end(named: tuple[str, str | UnsetType], otherwise: float) -> float:
    field, text = named
    return otherwise if text is UNSET else instant(text, field)


def _tries(retries: int | UnsetType, interval: int | UnsetType) -> tuple[int, float]:
    return (
        0 if retries is UNSET else retries,
        DEFAULT_RETRY_SECONDS if interval is UNSET else float(interval),
    )
