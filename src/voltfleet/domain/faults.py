"""What can be made to go wrong with a charging station: every fault type of ``inject-fault``."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FaultType(StrEnum):
    """The connector's error codes as OCPP 1.6 §7.6 spells them, then the faults of the world."""

    CONNECTOR_LOCK_FAILURE = "ConnectorLockFailure"
    EV_COMMUNICATION_ERROR = "EVCommunicationError"
    GROUND_FAILURE = "GroundFailure"
    HIGH_TEMPERATURE = "HighTemperature"
    INTERNAL_ERROR = "InternalError"
    OTHER_ERROR = "OtherError"
    OVER_CURRENT_FAILURE = "OverCurrentFailure"
    OVER_VOLTAGE = "OverVoltage"
    POWER_METER_FAILURE = "PowerMeterFailure"
    POWER_SWITCH_FAILURE = "PowerSwitchFailure"
    READER_FAILURE = "ReaderFailure"
    RESET_FAILURE = "ResetFailure"
    UNDER_VOLTAGE = "UnderVoltage"
    WEAK_SIGNAL = "WeakSignal"
    STUCK_CONNECTOR = "StuckConnector"
    METER_STUCK = "MeterStuck"
    POWER_LOSS = "PowerLoss"
    CLOCK_WRONG = "ClockWrong"
    NETWORK_DROP = "NetworkDrop"
    HALF_OPEN_SOCKET = "HalfOpenSocket"
    SLOW_ANSWERS = "SlowAnswers"
    DUPLICATED_MESSAGES = "DuplicatedMessages"
    OUT_OF_ORDER_ANSWERS = "OutOfOrderAnswers"
    MALFORMED_FRAMES = "MalformedFrames"
    REFUSE_CALLS = "RefuseCalls"


class Scope(StrEnum):
    """Where a fault is."""

    CONNECTOR = "connector"
    """At one connector; without a place, the first one's."""
    STATION = "station"


@dataclass(frozen=True, slots=True)
class FaultInfo:
    """What a fault does. ``value`` says what the event's number means, if it takes one, and
    ``default`` is that number where none is given; ``most`` the largest that makes sense."""

    type: FaultType
    scope: Scope
    summary: str
    value: str | None = None
    default: float = 0.0
    least: float = 0.0
    most: float = 0.0


_DAY = 86_400.0
_CODES = {
    FaultType.CONNECTOR_LOCK_FAILURE: "The lock neither closes nor opens; unlocking fails.",
    FaultType.EV_COMMUNICATION_ERROR: "The car does not talk to the station.",
    FaultType.GROUND_FAILURE: "The residual current device has tripped.",
    FaultType.HIGH_TEMPERATURE: "It is too hot inside.",
    FaultType.INTERNAL_ERROR: "Something in hardware or software is broken.",
    FaultType.OTHER_ERROR: "An error of another kind.",
    FaultType.OVER_CURRENT_FAILURE: "The over-current protection has tripped.",
    FaultType.OVER_VOLTAGE: "The voltage is above its limit.",
    FaultType.POWER_METER_FAILURE: "The meter cannot be read.",
    FaultType.POWER_SWITCH_FAILURE: "The contactor does not switch.",
    FaultType.READER_FAILURE: "The card reader is broken.",
    FaultType.RESET_FAILURE: "A reset did not succeed.",
    FaultType.UNDER_VOLTAGE: "The voltage is below its limit.",
    FaultType.WEAK_SIGNAL: "The radio link is weak.",
}
_OF_THE_WORLD = (
    FaultInfo(
        FaultType.STUCK_CONNECTOR,
        Scope.CONNECTOR,
        "The plug cannot be pulled out, nor unlocked.",
    ),
    FaultInfo(
        FaultType.METER_STUCK,
        Scope.CONNECTOR,
        "The meter's display stands still while energy flows.",
    ),
    FaultInfo(
        FaultType.POWER_LOSS,
        Scope.STATION,
        "The mains fail: the socket is gone without a close frame, transactions end with PowerLoss,"
        " and the station boots when power is back.",
        "seconds without power",
        30.0,
        1.0,
        _DAY,
    ),
    FaultInfo(
        FaultType.CLOCK_WRONG,
        Scope.STATION,
        "Every timestamp is off, whatever time the CSMS tells.",
        "seconds the clock is ahead (negative: behind)",
        3600.0,
        -3650 * _DAY,
        3650 * _DAY,
    ),
    FaultInfo(
        FaultType.NETWORK_DROP,
        Scope.STATION,
        "The socket is cut without a close frame, and no dial succeeds for a while.",
        "seconds without network",
        30.0,
        1.0,
        _DAY,
    ),
    FaultInfo(
        FaultType.HALF_OPEN_SOCKET,
        Scope.STATION,
        "The socket stays open, but nothing passes in either direction, pings neither.",
        "seconds of silence",
        60.0,
        1.0,
        _DAY,
    ),
    FaultInfo(
        FaultType.SLOW_ANSWERS,
        Scope.STATION,
        "Every answer to a call of the CSMS is held back.",
        "seconds that an answer takes",
        20.0,
        0.1,
        3600.0,
    ),
    FaultInfo(
        FaultType.DUPLICATED_MESSAGES,
        Scope.STATION,
        "Every message of the station is sent twice.",
    ),
    FaultInfo(
        FaultType.OUT_OF_ORDER_ANSWERS,
        Scope.STATION,
        "Answers to the CSMS are sent in pairs, the later one first; a lone one waits 5 s.",
    ),
    FaultInfo(
        FaultType.MALFORMED_FRAMES,
        Scope.STATION,
        "The next messages of the station are cut off in the middle.",
        "how many messages",
        1.0,
        1.0,
        10_000.0,
    ),
    FaultInfo(
        FaultType.REFUSE_CALLS,
        Scope.STATION,
        "The next calls of the CSMS are answered with an InternalError.",
        "how many calls",
        1.0,
        1.0,
        10_000.0,
    ),
)

FAULTS: Mapping[FaultType, FaultInfo] = {
    **{code: FaultInfo(code, Scope.CONNECTOR, text) for code, text in _CODES.items()},
    **{info.type: info for info in _OF_THE_WORLD},
}

ERROR_CODES = frozenset(_CODES)
"""Those that a connector tells the CSMS of."""

_ALIASES = {
    "overcurrent": FaultType.OVER_CURRENT_FAILURE,
    "groundfault": FaultType.GROUND_FAILURE,
    "overtemperature": FaultType.HIGH_TEMPERATURE,
    "highvoltage": FaultType.OVER_VOLTAGE,
    "lowvoltage": FaultType.UNDER_VOLTAGE,
    "evcommunicationfailure": FaultType.EV_COMMUNICATION_ERROR,
    "halfopen": FaultType.HALF_OPEN_SOCKET,
    "metererror": FaultType.POWER_METER_FAILURE,
}
_BY_LETTERS = {fault.lower(): fault for fault in FaultType} | _ALIASES


def find(name: str) -> FaultType | None:
    """The fault of that name, however it is written.

    >>> find("over_current")
    <FaultType.OVER_CURRENT_FAILURE: 'OverCurrentFailure'>
    """
    letters = "".join(c for c in name if c.isalnum()).lower()
    return _BY_LETTERS.get(letters)


def amount(fault: FaultInfo, value: float | None) -> float:
    """The number that goes with the fault. Raises `ValueError` for one it does not take."""
    if value is None:
        return fault.default
    if fault.value is None:
        raise ValueError(f"{fault.type} takes no value")
    if not fault.least <= value <= fault.most:
        raise ValueError(f"{fault.type}: {fault.value} is {fault.least:g} to {fault.most:g}")
    return value
