"""Functional block N: logs (N01), in the words of OCPP 2.x."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from voltfleet.domain.timestamps import LATEST
from voltfleet.station.blocks import handles
from voltfleet.station.context import Context
from voltfleet.station.logs import LogsBlock, Window, file_in, send_status, upload_failure
from voltfleet.station.notice import Notice
from voltfleet.station.times import optional_instant
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import logs as m
from voltfleet.station.v2.messages.logs import LogStatus, LogType
from voltfleet.station.v2.messages.provisioning import Mutability
from voltfleet.station.v2.messages.types import Empty, StatusInfo
from voltfleet.station.v2.progress import reason, tries
from voltfleet.station.v2.security_events import SecurityEvents

_NAMES = {LogType.DIAGNOSTICS_LOG: "diagnostics", LogType.SECURITY_LOG: "security"}
_NOTHING = m.GetLogResponse(LogStatus.REJECTED, StatusInfo("NotFound", "there is no such log"))


class Logs(LogsBlock):
    """Diagnostics are how the station is now, how it is set up, and what happened lately."""

    __slots__ = ("_availability", "_events", "_model")

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        availability: Availability,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._events = events

    @handles(m.GetLog)
    def get_log(self, request: m.GetLog) -> m.GetLogResponse:
        """Rejected if nothing happened in the time that is asked about (N01.FR.05); a newer request
        cancels an upload (N01.FR.12)."""
        window = Window(
            optional_instant(request.log.oldest_timestamp, "log.oldestTimestamp", 0.0),
            optional_instant(request.log.latest_timestamp, "log.latestTimestamp", LATEST),
        )
        if request.log_type is LogType.DATA_COLLECTOR_LOG:
            return _NOTHING
        security = request.log_type is LogType.SECURITY_LOG
        lines = self._events.lines(window.holds) if security else self.events(window)
        if window.bounded and not lines:
            return _NOTHING
        name = self.file_name(_NAMES[request.log_type])
        url = file_in(request.log.remote_location, name, directory=False)
        canceled = self.upload(
            url,
            "\n".join((*lines, "")) if security else self.diagnostics(self._facts(), lines),
            tries(request.retries, request.retry_interval),
            Notice(self.ctx, partial(self._say, request.request_id)),
            partial(upload_failure, url),
        )
        if canceled is None:
            return m.GetLogResponse(LogStatus.ACCEPTED, filename=name)
        canceled.tell("AcceptedCanceled")  # N01.FR.20
        return m.GetLogResponse(LogStatus.ACCEPTED_CANCELED, filename=name)

    def trigger(self) -> None:
        """The CSMS asks how far it has got (F06); without an id if nothing goes on (N01.FR.13)."""
        send_status(self._notice, Notice(self.ctx, partial(self._say, None)))

    def resumed(self) -> None:
        """Online again."""
        if self._notice is not None:
            self._notice.resumed()

    def _say(
        self, request_id: int | None, status: str, why: str | None
    ) -> tuple[msgspec.Struct, type[Any]]:
        info = reason(self.ctx.version, why)
        return m.LogStatusNotification(status, request_id, info), Empty

    def _facts(self) -> Iterator[str]:
        for port in self._availability.ports:
            where = port.connector
            meter = self.ctx.hardware.evse_of(where).meter.energy_wh
            since = self.ctx.timestamp(port.since)
            place = f"EVSE {where.evse_id}, connector {where.id}"
            yield f"{place}: {port.status} since {since}, {meter} Wh"
        for definition in self._model.definitions.values():
            # What can only be written is a secret.
            if definition.mutability is Mutability.READ_WRITE:
                owner, variable = definition.component.name, definition.variable
                instance = f"[{variable.instance}]" if variable.instance else ""
                yield f"{owner}.{variable.name}{instance} = {self._model.text(definition)}"
