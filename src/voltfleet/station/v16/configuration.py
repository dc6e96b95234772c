"""Configuration keys of the Core profile (OCPP 1.6 §9.1), and the two messages about them.

What a station was told is laid over the shared table: an idle station keeps only its own changes.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import UNSET

from voltfleet.domain.specs import CurrentType, StationSpec
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.types import ConfigurationStatus

PROFILES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)
"""The feature profiles built (SupportedFeatureProfiles)."""

MEASURANDS = (
    "Current.Import",
    "Current.Offered",
    "Energy.Active.Import.Register",
    "Energy.Active.Import.Interval",
    "Frequency",
    "Power.Active.Import",
    "Power.Offered",
    "SoC",
    "Voltage",
)
PHASES = ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N")
_PHASED = {"Current.Import": PHASES[:3], "Power.Active.Import": PHASES[:3], "Voltage": PHASES[3:]}
_SAMPLED = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
_MAX_MEASURANDS = len(MEASURANDS)


class Name(StrEnum):
    """The keys, spelled as the standard spells them."""

    ADDITIONAL_ROOT_CERTIFICATE_CHECK = "AdditionalRootCertificateCheck"
    ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID = "AllowOfflineTxForUnknownId"
    AUTHORIZATION_KEY = "AuthorizationKey"
    AUTHORIZATION_CACHE_ENABLED = "AuthorizationCacheEnabled"
    AUTHORIZE_REMOTE_TX_REQUESTS = "AuthorizeRemoteTxRequests"
    CERTIFICATE_SIGNED_MAX_CHAIN_SIZE = "CertificateSignedMaxChainSize"
    CERTIFICATE_STORE_MAX_LENGTH = "CertificateStoreMaxLength"
    CHARGE_PROFILE_MAX_STACK_LEVEL = "ChargeProfileMaxStackLevel"
    CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT = "ChargingScheduleAllowedChargingRateUnit"
    CHARGING_SCHEDULE_MAX_PERIODS = "ChargingScheduleMaxPeriods"
    CLOCK_ALIGNED_DATA_INTERVAL = "ClockAlignedDataInterval"
    CONNECTION_TIME_OUT = "ConnectionTimeOut"
    CONNECTOR_PHASE_ROTATION = "ConnectorPhaseRotation"
    CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED = "ConnectorSwitch3to1PhaseSupported"
    CPO_NAME = "CpoName"
    GET_CONFIGURATION_MAX_KEYS = "GetConfigurationMaxKeys"
    HEARTBEAT_INTERVAL = "HeartbeatInterval"
    LOCAL_AUTH_LIST_ENABLED = "LocalAuthListEnabled"
    LOCAL_AUTH_LIST_MAX_LENGTH = "LocalAuthListMaxLength"
    LOCAL_AUTHORIZE_OFFLINE = "LocalAuthorizeOffline"
    LOCAL_PRE_AUTHORIZE = "LocalPreAuthorize"
    MAX_CHARGING_PROFILES_INSTALLED = "MaxChargingProfilesInstalled"
    METER_VALUES_ALIGNED_DATA = "MeterValuesAlignedData"
    METER_VALUES_ALIGNED_DATA_MAX_LENGTH = "MeterValuesAlignedDataMaxLength"
    METER_VALUES_SAMPLED_DATA = "MeterValuesSampledData"
    METER_VALUES_SAMPLED_DATA_MAX_LENGTH = "MeterValuesSampledDataMaxLength"
    METER_VALUE_SAMPLE_INTERVAL = "MeterValueSampleInterval"
    MINIMUM_STATUS_DURATION = "MinimumStatusDuration"
    NUMBER_OF_CONNECTORS = "NumberOfConnectors"
    RESERVE_CONNECTOR_ZERO_SUPPORTED = "ReserveConnectorZeroSupported"
    RESET_RETRIES = "ResetRetries"
    SECURITY_PROFILE = "SecurityProfile"
    SEND_LOCAL_LIST_MAX_LENGTH = "SendLocalListMaxLength"
    STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT = "StopTransactionOnEVSideDisconnect"
    STOP_TRANSACTION_ON_INVALID_ID = "StopTransactionOnInvalidId"
    STOP_TXN_ALIGNED_DATA = "StopTxnAlignedData"
    STOP_TXN_ALIGNED_DATA_MAX_LENGTH = "StopTxnAlignedDataMaxLength"
    STOP_TXN_SAMPLED_DATA = "StopTxnSampledData"
    STOP_TXN_SAMPLED_DATA_MAX_LENGTH = "StopTxnSampledDataMaxLength"
    SUPPORTED_FEATURE_PROFILES = "SupportedFeatureProfiles"
    TRANSACTION_MESSAGE_ATTEMPTS = "TransactionMessageAttempts"
    TRANSACTION_MESSAGE_RETRY_INTERVAL = "TransactionMessageRetryInterval"
    UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT = "UnlockConnectorOnEVSideDisconnect"
    WEB_SOCKET_PING_INTERVAL = "WebSocketPingInterval"


Check = Callable[[str, StationSpec], str | None]
"""The value as it is kept, or None if it cannot be accepted."""


class Key(NamedTuple):
    """One key: its value as it left the factory, and what it accepts. No check: read only."""

    default: str
    check: Check | None


def _boolean(value: str, _spec: StationSpec) -> str | None:
    lowered = value.strip().lower()
    return lowered if lowered in {"true", "false"} else None


def _whole(least: int, most: int) -> Check:
    def check(value: str, _spec: StationSpec) -> str | None:
        stripped = value.strip()
        if not (stripped.isascii() and stripped.isdigit()) or len(stripped) > len(str(most)):
            return None
        return str(int(stripped)) if least <= int(stripped) <= most else None

    return check


def _measurands(value: str, _spec: StationSpec) -> str | None:
    wanted = [part.strip() for part in value.split(",") if part.strip()]
    good = len(wanted) <= _MAX_MEASURANDS and all(map(_is_measurand, wanted))
    return ",".join(wanted) if good else None


def _is_measurand(text: str) -> bool:
    measurand, _, phase = text.rpartition(".")
    return text in MEASURANDS or phase in _PHASED.get(measurand, ())


def _rotations(value: str, spec: StationSpec) -> str | None:
    connectors = sum(len(evse.connectors) for evse in spec.evses)
    known = {"NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR"}
    parts = [part.strip() for part in value.split(",")]
    for part in parts:
        number, dot, rotation = part.rpartition(".")
        if dot and not (number.isdigit() and int(number) <= connectors):
            return None
        if rotation not in known:
            return None
    return ",".join(parts)


def _authorization_key(value: str, _spec: StationSpec) -> str | None:
    """Whitepaper A01: 16 to 40 hexadecimal digits."""
    return value if _HEX_KEY.fullmatch(value) else None


def _text(value: str, _spec: StationSpec) -> str | None:
    return value


_HEX_KEY = re.compile(r"(?:[0-9A-Fa-f]{2}){8,20}")
_DAY = 86_400
_SECONDS = _whole(0, _DAY)
_AT_LEAST_ONE_SECOND = _whole(1, _DAY)
_COUNT = _whole(0, 100)

KEYS: Mapping[Name, Key] = {
    Name.ADDITIONAL_ROOT_CERTIFICATE_CHECK: Key("false", None),
    Name.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID: Key("false", _boolean),
    Name.AUTHORIZATION_KEY: Key("", _authorization_key),
    Name.AUTHORIZATION_CACHE_ENABLED: Key("true", _boolean),
    Name.AUTHORIZE_REMOTE_TX_REQUESTS: Key("false", _boolean),
    Name.CERTIFICATE_SIGNED_MAX_CHAIN_SIZE: Key("10000", None),
    Name.CERTIFICATE_STORE_MAX_LENGTH: Key("10", None),
    Name.CHARGE_PROFILE_MAX_STACK_LEVEL: Key("10", None),
    Name.CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT: Key("Current,Power", None),
    Name.CHARGING_SCHEDULE_MAX_PERIODS: Key("24", None),
    Name.CLOCK_ALIGNED_DATA_INTERVAL: Key("0", _SECONDS),
    Name.CONNECTION_TIME_OUT: Key("60", _AT_LEAST_ONE_SECOND),
    Name.CONNECTOR_PHASE_ROTATION: Key("NotApplicable", _rotations),
    Name.CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED: Key("true", None),
    Name.CPO_NAME: Key("", _text),
    Name.GET_CONFIGURATION_MAX_KEYS: Key("100", None),
    Name.HEARTBEAT_INTERVAL: Key("300", _whole(1, 365 * _DAY)),
    Name.LOCAL_AUTH_LIST_ENABLED: Key("true", _boolean),
    Name.LOCAL_AUTH_LIST_MAX_LENGTH: Key("1000", None),
    Name.LOCAL_AUTHORIZE_OFFLINE: Key("true", _boolean),
    Name.LOCAL_PRE_AUTHORIZE: Key("false", _boolean),
    Name.MAX_CHARGING_PROFILES_INSTALLED: Key("20", None),
    Name.METER_VALUES_ALIGNED_DATA: Key(_SAMPLED, _measurands),
    Name.METER_VALUES_ALIGNED_DATA_MAX_LENGTH: Key(str(_MAX_MEASURANDS), None),
    Name.METER_VALUES_SAMPLED_DATA: Key(_SAMPLED, _measurands),
    Name.METER_VALUES_SAMPLED_DATA_MAX_LENGTH: Key(str(_MAX_MEASURANDS), None),
    Name.METER_VALUE_SAMPLE_INTERVAL: Key("60", _SECONDS),
    Name.MINIMUM_STATUS_DURATION: Key("0", _SECONDS),
    Name.NUMBER_OF_CONNECTORS: Key("", None),
    Name.RESERVE_CONNECTOR_ZERO_SUPPORTED: Key("true", None),
    Name.RESET_RETRIES: Key("1", _COUNT),
    Name.SECURITY_PROFILE: Key("0", None),
    Name.SEND_LOCAL_LIST_MAX_LENGTH: Key("100", None),
    Name.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT: Key("true", _boolean),
    Name.STOP_TRANSACTION_ON_INVALID_ID: Key("true", _boolean),
    Name.STOP_TXN_ALIGNED_DATA: Key("", _measurands),
    Name.STOP_TXN_ALIGNED_DATA_MAX_LENGTH: Key(str(_MAX_MEASURANDS), None),
    Name.STOP_TXN_SAMPLED_DATA: Key("", _measurands),
    Name.STOP_TXN_SAMPLED_DATA_MAX_LENGTH: Key(str(_MAX_MEASURANDS), None),
    Name.SUPPORTED_FEATURE_PROFILES: Key(",".join(PROFILES), None),
    Name.TRANSACTION_MESSAGE_ATTEMPTS: Key("3", _whole(1, 100)),
    Name.TRANSACTION_MESSAGE_RETRY_INTERVAL: Key("60", _SECONDS),
    Name.UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT: Key("true", _boolean),
    Name.WEB_SOCKET_PING_INTERVAL: Key("60", _SECONDS),
}
_WITH_SOC_ON_DC = (Name.METER_VALUES_ALIGNED_DATA, Name.METER_VALUES_SAMPLED_DATA)
"""A DC station knows the car's state of charge; over an AC cable no car tells it."""
_ON_DC = {
    Name.CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT: "Power",
    Name.CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED: "false",
}

_NAMES = frozenset(name.value for name in Name)
_BY_LOWER = {name.lower(): name for name in Name}


class Configuration(Block):
    """The settings of one station. ``on_change`` (set by the engine) hears of every change;
    ``on_security_profile`` decides about a wish for another profile."""

    __slots__ = ("_changed", "on_change", "on_security_profile")

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._changed: dict[Name, str] | None = None
        self.on_change: Callable[[Name], None] = _nobody
        self.on_security_profile: Callable[[str], ConfigurationStatus] = _never

    def text(self, name: Name) -> str:
        """The value as GetConfiguration tells it."""
        if self._changed is not None and name in self._changed:
            return self._changed[name]
        if name is Name.SECURITY_PROFILE:
            return str(self.ctx.dial.security_profile or 0)
        if name is Name.NUMBER_OF_CONNECTORS:
            return str(len(self.ctx.hardware.connectors))
        if name in _ON_DC and self._dc():
            return _ON_DC[name]
        default = KEYS[name].default
        return f"{default},SoC" if name in _WITH_SOC_ON_DC and self._dc() else default

    def whole(self, name: Name) -> int:
        """The value of a key that holds a whole number."""
        return int(self.text(name))

    def flag(self, name: Name) -> bool:
        """The value of a key that holds true or false."""
        return self.text(name) == "true"

    def items(self, name: Name) -> list[str]:
        """The value of a key that holds a comma-separated list."""
        return [part for part in self.text(name).split(",") if part]

    def set(self, name: Name, value: str) -> ConfigurationStatus:
        """Change a setting, if it can be, and let it take effect."""
        if name is Name.SECURITY_PROFILE:
            return self.on_security_profile(value)
        check = KEYS[name].check
        kept = None if check is None else check(value, self.ctx.spec)
        if kept is None:
            return ConfigurationStatus.REJECTED
        if kept != self.text(name):
            self._changed = {**(self._changed or {}), name: kept}
            self.on_change(name)
        return ConfigurationStatus.ACCEPTED

    def change(self, key: str, value: str) -> ConfigurationStatus:
        """`set` by a key as anybody may write it: NotSupported if there is no such key."""
        name = _BY_LOWER.get(key.lower())
        if name is None:
            return ConfigurationStatus.NOT_SUPPORTED
        self.ctx.remember()
        return self.set(name, value)

    @property
    def changed(self) -> Mapping[str, str]:
        """What is not as it left the factory."""
        return {name.value: value for name, value in (self._changed or {}).items()}

    def recall(self, changed: Mapping[str, str]) -> None:
        """It was changed so before the power cut. What this release has no use for is left out;
        nobody hears of it."""
        checked = {Name(key): value for key, value in changed.items() if key in _NAMES}
        self._changed = {n: v for n, v in checked.items() if self._takes(n, v)} or None

    def _takes(self, name: Name, value: str) -> bool:
        check = KEYS[name].check
        return check is not None and check(value, self.ctx.spec) is not None

    @handles(m.GetConfiguration)
    def get_configuration(self, request: m.GetConfiguration) -> m.GetConfigurationResponse:
        """§5.8: the keys asked for, or all; unknown ones are named apart."""
        if request.key is UNSET or not request.key:
            return m.GetConfigurationResponse([self._told(name) for name in Name])
        known = [_BY_LOWER[key.lower()] for key in request.key if key.lower() in _BY_LOWER]
        unknown = [key for key in request.key if key.lower() not in _BY_LOWER]
        return m.GetConfigurationResponse([self._told(name) for name in known], unknown or None)

    @handles(m.ChangeConfiguration)
    def change_configuration(self, request: m.ChangeConfiguration) -> m.ChangeConfigurationResponse:
        """§5.3: NotSupported for an unknown key, Rejected for a value that does not fit it."""
        return m.ChangeConfigurationResponse(self.change(request.key, request.value))

    def _dc(self) -> bool:
        return self.ctx.spec.evses[0].connectors[0].current_type is CurrentType.DC

    def _told(self, name: Name) -> m.KeyValue:
        if name is Name.AUTHORIZATION_KEY:
            return m.KeyValue(name, False, "")  # noqa: FBT003 - write only (whitepaper A01)
        read_only = KEYS[name].check is None and name is not Name.SECURITY_PROFILE
        return m.KeyValue(name, read_only, self.text(name))


def _nobody(name: Name) -> None:
    """Stands in until the engine listens."""


def _never(_value: str) -> ConfigurationStatus:
    """Stands in until there is something that knows how the station dials."""
    return ConfigurationStatus.REJECTED
