"""Functional block A: security events (A04)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.reports import DialFailure
from voltfleet.station.security_events import LoggedEvent, SecurityEventsBlock
from voltfleet.station.v2.messages.security import SecurityEventNotification
from voltfleet.station.v2.messages.types import Empty


class SecurityEvent(StrEnum):
    """The names of Part 2 Appendix 1, as far as this station has them."""

    FAILED_TO_AUTHENTICATE_AT_CSMS = "FailedToAuthenticateAtCsms"
    FIRMWARE_UPDATED = "FirmwareUpdated"
    INVALID_CHARGING_STATION_CERTIFICATE = "InvalidChargingStationCertificate"
    INVALID_CSMS_CERTIFICATE = "InvalidCsmsCertificate"
    INVALID_FIRMWARE_SIGNATURE = "InvalidFirmwareSignature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "InvalidFirmwareSigningCertificate"
    INVALID_TLS_CIPHER_SUITE = "InvalidTLSCipherSuite"
    INVALID_TLS_VERSION = "InvalidTLSVersion"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "ReconfigurationOfSecurityParameters"
    RESET_OR_REBOOT = "ResetOrReboot"
    SETTING_SYSTEM_TIME = "SettingSystemTime"
    STARTUP_OF_THE_DEVICE = "StartupOfTheDevice"


class SecurityEvents(SecurityEventsBlock):
    """`happened` takes a `SecurityEvent`, and techInfo for people."""

    __slots__ = ()
    only_logged = frozenset(
        {
            SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
            SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS,
        }
    )
    """Not critical (Appendix 1): A04.FR.01 wants only critical events told."""
    of_dials: ClassVar[Mapping[DialFailure, str]] = {
        DialFailure.CSMS_CERTIFICATE: SecurityEvent.INVALID_CSMS_CERTIFICATE,
        DialFailure.TLS_VERSION: SecurityEvent.INVALID_TLS_VERSION,
        DialFailure.CIPHER_SUITE: SecurityEvent.INVALID_TLS_CIPHER_SUITE,
        DialFailure.CREDENTIALS: SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
    }

    def _notification(self, event: LoggedEvent) -> tuple[msgspec.Struct, type[Any]]:
        return SecurityEventNotification(event.type, rfc3339(event.at), event.tech_info), Empty
