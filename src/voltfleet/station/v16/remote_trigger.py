"""TriggerMessage (OCPP 1.6 §5.17, the Remote Trigger profile)."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Gate, Lane
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.firmware import Firmware
from voltfleet.station.v16.logs import Logs
from voltfleet.station.v16.meter_values import MeterReadings
from voltfleet.station.v16.registration import Registration
from voltfleet.station.v16.types import MessageTrigger, TriggerStatus


class RemoteTrigger(Block):
    """Sends, right after the answer, the message that the Central System asked for."""

    __slots__ = ("_availability", "_firmware", "_logs", "_meters", "_registration")

    def __init__(
        self,
        ctx: Context,
        availability: Availability,
        registration: Registration,
        meters: MeterReadings,
        firmware: Firmware,
        logs: Logs,
    ) -> None:
        super().__init__(ctx)
        self._availability = availability
        self._registration = registration
        self._meters = meters
        self._firmware = firmware
        self._logs = logs

    @handles(m.TriggerMessage)
    def trigger_message(self, request: m.TriggerMessage) -> m.TriggerMessageResponse:
        """Rejected for a connector that is not there, or while it must keep silent."""
        return m.TriggerMessageResponse(self.trigger(request))

    def trigger(self, request: m.TriggerMessage) -> TriggerStatus:
        """Send it, if it can be."""
        boot = request.requested_message is MessageTrigger.BOOT_NOTIFICATION
        if self.silent and not boot:
            return TriggerStatus.REJECTED
        match request.requested_message:
            case MessageTrigger.BOOT_NOTIFICATION:
                self._registration.boot()
            case MessageTrigger.HEARTBEAT:
                self._registration.heartbeat(Lane.TRIGGERED)
            case MessageTrigger.STATUS_NOTIFICATION:
                return self._statuses(request.connector_id)
            case MessageTrigger.METER_VALUES:
                return self._meter_values(request.connector_id)
            case MessageTrigger.FIRMWARE_STATUS_NOTIFICATION:
                self._firmware.trigger_plain()
            case MessageTrigger.DIAGNOSTICS_STATUS_NOTIFICATION:
                self._logs.trigger_diagnostics()
        return TriggerStatus.ACCEPTED

    @property
    def silent(self) -> bool:
        """Whether nothing but a boot may be sent: its answer, or acceptance, is still to come."""
        return self.ctx.outbox.gate < Gate.TRIGGERED

    def _statuses(self, connector_id: int | UnsetType) -> TriggerStatus:
        numbers = self._numbers(connector_id, least=0)
        for number in numbers:
            self._availability.send(number, Lane.TRIGGERED)
        return TriggerStatus.ACCEPTED if numbers else TriggerStatus.REJECTED

    def _meter_values(self, connector_id: int | UnsetType) -> TriggerStatus:
        numbers = self._numbers(connector_id, least=1)
        for number in numbers:
            self._meters.trigger(self._availability.bays[number - 1])
        return TriggerStatus.ACCEPTED if numbers else TriggerStatus.REJECTED

    def _numbers(self, connector_id: int | UnsetType, *, least: int) -> Sequence[int]:
        """All connectors if none is named; none if there is no such connector."""
        all_ = range(least, len(self._availability.bays) + 1)
        if connector_id is UNSET:
            return all_
        return (connector_id,) if connector_id in all_ else ()
