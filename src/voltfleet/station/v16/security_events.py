"""Security events (OCPP 1.6 security whitepaper A04): logged here, and told to the Central System.

A Central System without the whitepaper knows no SecurityEventNotification: so events are told only
of what the whitepaper's own messages and security profiles brought about, never unasked at boot.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.reports import DialFailure
from voltfleet.station.security_events import LoggedEvent, SecurityEventsBlock
from voltfleet.station.v16.messages_security import (
    SecurityEventNotification,
    SecurityEventNotificationResponse,
)


class SecurityEvent(StrEnum):
    """The whitepaper's names, as far as this station has them."""

    FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM = "FailedToAuthenticateAtCentralSystem"
    FIRMWARE_UPDATED = "FirmwareUpdated"
    INVALID_CENTRAL_SYSTEM_CERTIFICATE = "InvalidCentralSystemCertificate"
    INVALID_FIRMWARE_SIGNATURE = "InvalidFirmwareSignature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "InvalidFirmwareSigningCertificate"
    INVALID_TLS_CIPHER_SUITE = "InvalidTLSCipherSuite"
    INVALID_TLS_VERSION = "InvalidTLSVersion"
    INVALID_CHARGE_POINT_CERTIFICATE = "InvalidChargePointCertificate"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "ReconfigurationOfSecurityParameters"


class SecurityEvents(SecurityEventsBlock):
    """`happened` takes a `SecurityEvent`, and techInfo for people."""

    __slots__ = ()
    only_logged = frozenset({SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM})
    of_dials: ClassVar[Mapping[DialFailure, str]] = {
        DialFailure.CSMS_CERTIFICATE: SecurityEvent.INVALID_CENTRAL_SYSTEM_CERTIFICATE,
        DialFailure.TLS_VERSION: SecurityEvent.INVALID_TLS_VERSION,
        DialFailure.CIPHER_SUITE: SecurityEvent.INVALID_TLS_CIPHER_SUITE,
        DialFailure.CREDENTIALS: SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM,
    }

    def _notification(self, event: LoggedEvent) -> tuple[msgspec.Struct, type[Any]]:
        request = SecurityEventNotification(event.type, rfc3339(event.at), event.tech_info)
        return request, SecurityEventNotificationResponse
