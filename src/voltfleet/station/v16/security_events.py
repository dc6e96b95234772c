"""Security events (OCPP 1.6 security whitepaper A04): logged here, and told to the Central System.

A Central System without the whitepaper knows no SecurityEventNotification: so events are told only
of what the whitepaper's own messages brought about, never unasked at boot.
"""

from enum import StrEnum
from functools import partial

from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.v16.messages_security import (
    SecurityEventNotification,
    SecurityEventNotificationResponse,
)

MAX_LOGGED = 50


class SecurityEvent(StrEnum):
    """The whitepaper's names, as far as this station has them."""

    FIRMWARE_UPDATED = "FirmwareUpdated"
    INVALID_FIRMWARE_SIGNATURE = "InvalidFirmwareSignature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "InvalidFirmwareSigningCertificate"
    INVALID_CHARGE_POINT_CERTIFICATE = "InvalidChargePointCertificate"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "ReconfigurationOfSecurityParameters"


class SecurityEvents(Block):
    """What happens offline is told once online again."""

    __slots__ = ("_log", "_untold")

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._log: list[SecurityEventNotification] | None = None
        self._untold: list[SecurityEventNotification] | None = None

    def happened(self, event: SecurityEvent, what: str) -> None:
        """Log it and tell it."""
        told = SecurityEventNotification(event, self.ctx.timestamp(), what[:255])
        self._log = [*(self._log or ()), told][-MAX_LOGGED:]
        self._tell(told)

    def resumed(self) -> None:
        """Online again."""
        waiting, self._untold = self._untold or [], None
        for event in waiting:
            self._tell(event)

    def lines(self) -> list[str]:
        """The security log."""
        return [f"{e.timestamp} {e.type} {e.tech_info}" for e in self._log or ()]

    def _tell(self, event: SecurityEventNotification) -> None:
        keep = partial(self._failed, event)
        self.ctx.call(event, SecurityEventNotificationResponse, on_failure=keep)

    def _failed(self, event: SecurityEventNotification, failure: Failure) -> None:
        if failure.kind is FailureKind.OFFLINE:
            self._untold = [*(self._untold or ()), event][-MAX_LOGGED:]
