"""ExtendedTriggerMessage (OCPP 1.6 security whitepaper §5.5)."""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.certificate_store import CertificateStore
from voltfleet.station.v16.firmware import Firmware
from voltfleet.station.v16.logs import Logs
from voltfleet.station.v16.messages_security import (
    ExtendedTriggerMessage,
    ExtendedTriggerMessageResponse,
)
from voltfleet.station.v16.remote_trigger import RemoteTrigger
from voltfleet.station.v16.types import MessageTrigger, TriggerStatus


class ExtendedTrigger(Block):
    """What TriggerMessage knows, and the whitepaper's own messages."""

    __slots__ = ("_certificates", "_firmware", "_logs", "_trigger")

    def __init__(
        self,
        ctx: Context,
        trigger: RemoteTrigger,
        firmware: Firmware,
        logs: Logs,
        store: CertificateStore,
    ) -> None:
        super().__init__(ctx)
        self._trigger = trigger
        self._firmware = firmware
        self._logs = logs
        self._certificates = store

    @handles(ExtendedTriggerMessage)
    def extended_trigger(self, request: ExtendedTriggerMessage) -> ExtendedTriggerMessageResponse:
        """FirmwareStatusNotification means the signed one here."""
        silent = ExtendedTriggerMessageResponse(TriggerStatus.REJECTED)
        match request.requested_message:
            case "FirmwareStatusNotification" | "LogStatusNotification" if self._trigger.silent:
                return silent
            case "SignChargePointCertificate" if self._trigger.silent:
                return silent
            case "FirmwareStatusNotification":
                self._firmware.trigger_signed()
            case "LogStatusNotification":
                self._logs.trigger_log()
            case "SignChargePointCertificate":
                self._certificates.request_certificate()
            case other:
                message = MessageTrigger(other)
                asked = m.TriggerMessage(message, request.connector_id)
                return ExtendedTriggerMessageResponse(self._trigger.trigger(asked))
        return ExtendedTriggerMessageResponse(TriggerStatus.ACCEPTED)
