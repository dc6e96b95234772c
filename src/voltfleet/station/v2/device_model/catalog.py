"""The controllers that every station has (OCPP 2.0.1 Part 2 Appendix 3.1), with the variables that
the standard requires of the functional blocks built, and the optional ones that they obey.

Variables of how the host dials (profiles, back-off) are read only: they are the fleet's business.
"""

from voltfleet.ocppj.rpc import CALL_TIMEOUT_SECONDS
from voltfleet.station.file_transfer import PROTOCOLS
from voltfleet.station.v2.device_model.authorizing import AUTHORIZATION, RESERVATIONS
from voltfleet.station.v2.device_model.charging import SMART_CHARGING
from voltfleet.station.v2.device_model.definition import (
    MAX_VALUE,
    Facts,
    choice,
    fixed,
    flag,
    live,
    whole,
)
from voltfleet.station.v2.device_model.displaying import DISPLAY
from voltfleet.station.v2.device_model.monitoring import MONITORING
from voltfleet.station.v2.device_model.security import NETWORK_PROFILES, SECURITY
from voltfleet.station.v2.device_model.updating import UPDATING
from voltfleet.station.v2.messages.metering import Measurand
from voltfleet.station.v2.messages.provisioning import DataType, VariableCharacteristics

_DAY = 86_400
_YEAR = 365 * _DAY
_MEASURANDS = tuple(Measurand)
_REGISTER = Measurand.ENERGY_ACTIVE_IMPORT_REGISTER.value
_SAMPLED = ",".join(
    (
        Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,
        Measurand.POWER_ACTIVE_IMPORT,
        Measurand.CURRENT_IMPORT,
        Measurand.VOLTAGE,
        Measurand.SOC,
    )
)

# --- OCPPCommCtrlr ------------------------------------------------------------------------------

_COMM = "OCPPCommCtrlr"
HEARTBEAT_INTERVAL = whole(_COMM, "HeartbeatInterval", 300, (1, _YEAR), unit="s")
OFFLINE_THRESHOLD = whole(_COMM, "OfflineThreshold", 60, (0, _DAY), unit="s")
MESSAGE_ATTEMPTS = whole(_COMM, "MessageAttempts", 3, (1, 100), instance="TransactionEvent")
MESSAGE_ATTEMPT_INTERVAL = whole(
    _COMM, "MessageAttemptInterval", 60, (0, _DAY), instance="TransactionEvent", unit="s"
)
WEB_SOCKET_PING_INTERVAL = whole(_COMM, "WebSocketPingInterval", 60, (0, _DAY), unit="s")
_COMM_FACTS = (
    fixed(
        _COMM,
        "FileTransferProtocols",
        DataType.MEMBER_LIST,
        ",".join(PROTOCOLS),
        values_list=",".join(PROTOCOLS),
    ),
    fixed(
        _COMM,
        "MessageTimeout",
        DataType.INTEGER,
        str(int(CALL_TIMEOUT_SECONDS)),
        instance="Default",
        unit="s",
    ),
    fixed(_COMM, "QueueAllMessages", DataType.BOOLEAN, "false"),
    fixed(_COMM, "ResetRetries", DataType.INTEGER, "0"),
    fixed(_COMM, "RetryBackOffRandomRange", DataType.INTEGER, "0", unit="s"),
    fixed(_COMM, "RetryBackOffRepeatTimes", DataType.INTEGER, "0"),
    fixed(_COMM, "RetryBackOffWaitMinimum", DataType.INTEGER, "0", unit="s"),
    fixed(_COMM, "UnlockOnEVSideDisconnect", DataType.BOOLEAN, "true"),
)

# --- ClockCtrlr, DeviceDataCtrlr ----------------------------------------------------------------


def _date_time(facts: Facts) -> str:
    return facts.ctx.timestamp()


_CLOCK = (
    live(
        "ClockCtrlr",
        "DateTime",
        VariableCharacteristics(DataType.DATE_TIME, supports_monitoring=False),
        _date_time,
    ),
    fixed(
        "ClockCtrlr",
        "TimeSource",
        DataType.SEQUENCE_LIST,
        "Heartbeat",
        values_list="Heartbeat",
    ),
)

ITEMS_PER_GET_VARIABLES = 50
ITEMS_PER_SET_VARIABLES = 50
ITEMS_PER_REPORT = 20
BYTES_PER_MESSAGE = 65_536
_DATA = "DeviceDataCtrlr"
_ITEMS = "ItemsPerMessage"
_BYTES = "BytesPerMessage"
_DEVICE_DATA = (
    fixed(_DATA, _ITEMS, DataType.INTEGER, str(ITEMS_PER_REPORT), instance="GetReport"),
    fixed(_DATA, _ITEMS, DataType.INTEGER, str(ITEMS_PER_GET_VARIABLES), instance="GetVariables"),
    fixed(_DATA, _ITEMS, DataType.INTEGER, str(ITEMS_PER_SET_VARIABLES), instance="SetVariables"),
    fixed(_DATA, _BYTES, DataType.INTEGER, str(BYTES_PER_MESSAGE), instance="GetReport"),
    fixed(_DATA, _BYTES, DataType.INTEGER, str(BYTES_PER_MESSAGE), instance="GetVariables"),
    fixed(_DATA, _BYTES, DataType.INTEGER, str(BYTES_PER_MESSAGE), instance="SetVariables"),
    fixed(_DATA, "ConfigurationValueSize", DataType.INTEGER, str(MAX_VALUE)),
    fixed(_DATA, "ReportingValueSize", DataType.INTEGER, "2500"),
    fixed(_DATA, "ValueSize", DataType.INTEGER, "2500"),
)

# --- TxCtrlr, SampledDataCtrlr, AlignedDataCtrlr ------------------------------------------------

TX_POINTS = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
EV_CONNECTION_TIME_OUT = whole("TxCtrlr", "EVConnectionTimeOut", 60, (1, _DAY), unit="s")
MAX_ENERGY_ON_INVALID_ID = whole("TxCtrlr", "MaxEnergyOnInvalidId", 0, (0, 1_000_000), unit="Wh")
STOP_TX_ON_EV_SIDE_DISCONNECT = flag("TxCtrlr", "StopTxOnEVSideDisconnect", default=True)
STOP_TX_ON_INVALID_ID = flag("TxCtrlr", "StopTxOnInvalidId", default=True)
TX_START_POINT = choice("TxCtrlr", "TxStartPoint", "EVConnected,Authorized", TX_POINTS, at_least=1)
TX_STOP_POINT = choice("TxCtrlr", "TxStopPoint", "EVConnected,Authorized", TX_POINTS, at_least=1)

_SAMPLES = "SampledDataCtrlr"
SAMPLED_ENABLED = flag(_SAMPLES, "Enabled", default=True)
SAMPLED_STARTED = choice(_SAMPLES, "TxStartedMeasurands", _REGISTER, _MEASURANDS)
SAMPLED_UPDATED = choice(_SAMPLES, "TxUpdatedMeasurands", _SAMPLED, _MEASURANDS)
SAMPLED_UPDATED_INTERVAL = whole(_SAMPLES, "TxUpdatedInterval", 60, (0, _DAY), unit="s")
SAMPLED_ENDED = choice(_SAMPLES, "TxEndedMeasurands", _REGISTER, _MEASURANDS)
SAMPLED_ENDED_INTERVAL = whole(_SAMPLES, "TxEndedInterval", 0, (0, _DAY), unit="s")

_ALIGNED = "AlignedDataCtrlr"
ALIGNED_ENABLED = flag(_ALIGNED, "Enabled", default=True)
ALIGNED_MEASURANDS = choice(_ALIGNED, "Measurands", _SAMPLED, _MEASURANDS)
ALIGNED_INTERVAL = whole(_ALIGNED, "Interval", 0, (0, _DAY), unit="s")
ALIGNED_SEND_DURING_IDLE = flag(_ALIGNED, "SendDuringIdle", default=False)
ALIGNED_ENDED = choice(_ALIGNED, "TxEndedMeasurands", _REGISTER, _MEASURANDS)
ALIGNED_ENDED_INTERVAL = whole(_ALIGNED, "TxEndedInterval", 0, (0, _DAY), unit="s")

CLOCKS = frozenset(
    {SAMPLED_UPDATED_INTERVAL, SAMPLED_ENDED_INTERVAL, ALIGNED_INTERVAL, ALIGNED_ENDED_INTERVAL}
)
"""The settings by which meters are read."""

ENABLES = {
    SAMPLED_STARTED: SAMPLED_ENABLED,
    SAMPLED_UPDATED: SAMPLED_ENABLED,
    SAMPLED_ENDED: SAMPLED_ENABLED,
    ALIGNED_MEASURANDS: ALIGNED_ENABLED,
    ALIGNED_ENDED: ALIGNED_ENABLED,
}
"""Which switch each list of measurands obeys."""

_TRANSACTIONS = (
    EV_CONNECTION_TIME_OUT,
    MAX_ENERGY_ON_INVALID_ID,
    STOP_TX_ON_EV_SIDE_DISCONNECT,
    STOP_TX_ON_INVALID_ID,
    fixed("TxCtrlr", "TxBeforeAcceptedEnabled", DataType.BOOLEAN, "false"),
    TX_START_POINT,
    TX_STOP_POINT,
    fixed(_SAMPLES, "Available", DataType.BOOLEAN, "true"),
    fixed(_SAMPLES, "RegisterValuesWithoutPhases", DataType.BOOLEAN, "true"),
    fixed(_SAMPLES, "SignReadings", DataType.BOOLEAN, "false"),
    SAMPLED_ENABLED,
    SAMPLED_STARTED,
    SAMPLED_UPDATED,
    SAMPLED_UPDATED_INTERVAL,
    SAMPLED_ENDED,
    SAMPLED_ENDED_INTERVAL,
    fixed(_ALIGNED, "Available", DataType.BOOLEAN, "true"),
    fixed(_ALIGNED, "SignReadings", DataType.BOOLEAN, "false"),
    ALIGNED_ENABLED,
    ALIGNED_MEASURANDS,
    ALIGNED_INTERVAL,
    ALIGNED_SEND_DURING_IDLE,
    ALIGNED_ENDED,
    ALIGNED_ENDED_INTERVAL,
)

CONTROLLERS = (
    HEARTBEAT_INTERVAL,
    MESSAGE_ATTEMPTS,
    MESSAGE_ATTEMPT_INTERVAL,
    *NETWORK_PROFILES,
    OFFLINE_THRESHOLD,
    WEB_SOCKET_PING_INTERVAL,
    *_COMM_FACTS,
    *_CLOCK,
    *_DEVICE_DATA,
    *SECURITY,
    *AUTHORIZATION,
    *RESERVATIONS,
    *SMART_CHARGING,
    *DISPLAY,
    *MONITORING,
    *UPDATING,
    *_TRANSACTIONS,
)
"""All of the above, in the order of reports."""
