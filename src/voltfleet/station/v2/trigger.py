"""Functional block F: TriggerMessage (F06)."""

from collections.abc import Sequence

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.outbox import Gate, Lane
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.certificates import Certificates
from voltfleet.station.v2.firmware import FirmwareUpdates
from voltfleet.station.v2.logs import Logs
from voltfleet.station.v2.messages import remote_control as m
from voltfleet.station.v2.messages.remote_control import MessageTrigger, TriggerMessageStatus
from voltfleet.station.v2.messages.types import EvseRef
from voltfleet.station.v2.meter_values import MeterReadings
from voltfleet.station.v2.registration import Registration
from voltfleet.station.v2.session import Sessions

_ACCEPTED, _REJECTED = TriggerMessageStatus.ACCEPTED, TriggerMessageStatus.REJECTED


class Trigger(Block):
    """Sends, right after the answer (F06.FR.04), the message that the CSMS asked for."""

    __slots__ = (
        "_availability",
        "_certificates",
        "_firmware",
        "_logs",
        "_meters",
        "_registration",
        "_sessions",
    )

    def __init__(
        self,
        ctx: Context,
        sessions: Sessions,
        availability: Availability,
        registration: Registration,
        meters: MeterReadings,
        firmware: FirmwareUpdates,
        logs: Logs,
        certificates: Certificates,
    ) -> None:
        super().__init__(ctx)
        self._availability = availability
        self._registration = registration
        self._meters = meters
        self._sessions = sessions
        self._firmware = firmware
        self._logs = logs
        self._certificates = certificates

    @handles(m.TriggerMessage)
    def trigger_message(self, request: m.TriggerMessage) -> m.TriggerMessageResponse:
        """NotImplemented for messages of blocks that this station does not have (F06.FR.08)."""
        boot = request.requested_message is MessageTrigger.BOOT_NOTIFICATION
        if self._silent() and not boot:
            return m.TriggerMessageResponse(_REJECTED)
        return m.TriggerMessageResponse(self._trigger(request))

    def _trigger(self, request: m.TriggerMessage) -> TriggerMessageStatus:
        match request.requested_message:
            case MessageTrigger.BOOT_NOTIFICATION:
                return self._boot()
            case MessageTrigger.HEARTBEAT:
                self._registration.heartbeat(Lane.TRIGGERED)
            case MessageTrigger.FIRMWARE_STATUS_NOTIFICATION:
                self._firmware.trigger()
            case MessageTrigger.LOG_STATUS_NOTIFICATION:
                self._logs.trigger()
            case MessageTrigger.SIGN_CHARGING_STATION_CERTIFICATE:
                self._certificates.request_certificate()
            case MessageTrigger.STATUS_NOTIFICATION:
                return self._status(request.evse)
            case MessageTrigger.METER_VALUES:
                return self._meter_values(request.evse)
            case MessageTrigger.TRANSACTION_EVENT:
                return self._transaction_events(request.evse)
            case _:
                return TriggerMessageStatus.NOT_IMPLEMENTED
        return _ACCEPTED

    def _silent(self) -> bool:
        """Whether nothing but a boot may be sent: its answer, or acceptance, is still to come."""
        return self.ctx.outbox.gate < Gate.TRIGGERED

    def _boot(self) -> TriggerMessageStatus:
        """F06.FR.17: not once it was accepted."""
        if self._registration.accepted:
            return _REJECTED
        self._registration.trigger_boot()
        return _ACCEPTED

    def _status(self, where: EvseRef | None) -> TriggerMessageStatus:
        """F06.FR.12: an EVSE and a connector must be named."""
        if where is None or where.connector_id is None:
            return _REJECTED
        connector = self.ctx.hardware.find_in_evse(where.id, where.connector_id)
        if connector is None:
            return _REJECTED
        self._availability.send(connector, Lane.TRIGGERED)
        return _ACCEPTED

    def _meter_values(self, where: EvseRef | None) -> TriggerMessageStatus:
        evses = self._evses(where)
        for evse in evses:
            self._meters.trigger_meter_values(evse)
        return _ACCEPTED if evses else _REJECTED

    def _transaction_events(self, where: EvseRef | None) -> TriggerMessageStatus:
        sessions = [s for s in self._sessions.open() if s.evse in self._evses(where)]
        if not self.ctx.online:
            return _REJECTED
        for session in sessions:
            self._meters.trigger_event(session)
        return _ACCEPTED if sessions else _REJECTED

    def _evses(self, where: EvseRef | None) -> Sequence[Evse]:
        """All if none is named; none if there is no such EVSE."""
        return [e for e in self.ctx.hardware.evses if where is None or where.id == e.id]
