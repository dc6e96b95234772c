"""Functional block N: monitoring of variables, and the events that monitors tell of."""

from enum import StrEnum

from voltfleet.station.v2.messages.provisioning import ComponentVariable
from voltfleet.station.v2.messages.types import (
    Component,
    GenericStatus,
    Incoming,
    Outgoing,
    StatusInfo,
    Variable,
)


class MonitorType(StrEnum):
    """MonitorEnumType; the last two exist in OCPP 2.1 only."""

    UPPER_THRESHOLD = "UpperThreshold"
    LOWER_THRESHOLD = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    PERIODIC_CLOCK_ALIGNED = "PeriodicClockAligned"
    TARGET_DELTA = "TargetDelta"
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative"


class EventNotification(StrEnum):
    """EventNotificationEnumType: whose a monitor is, or that there is none."""

    HARD_WIRED_NOTIFICATION = "HardWiredNotification"
    HARD_WIRED_MONITOR = "HardWiredMonitor"
    PRECONFIGURED_MONITOR = "PreconfiguredMonitor"
    CUSTOM_MONITOR = "CustomMonitor"


# --- SetVariableMonitoring ------------------------------------------------------------------------


class PeriodicEventStreamParams(Incoming, frozen=True):
    """PeriodicEventStreamParamsType (2.1)"""

    interval: int | None = None
    values: int | None = None


class SetMonitoringData(Incoming, frozen=True):
    """SetMonitoringDataType"""

    value: float
    type: MonitorType
    severity: int
    component: Component
    variable: Variable
    id: int | None = None
    transaction: bool = False
    periodic_event_stream: PeriodicEventStreamParams | None = None


class SetVariableMonitoring(Incoming, frozen=True):
    """N04"""

    set_monitoring_data: tuple[SetMonitoringData, ...]


class SetMonitoringStatus(StrEnum):
    """SetMonitoringStatusEnumType"""

    ACCEPTED = "Accepted"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    UNSUPPORTED_MONITOR_TYPE = "UnsupportedMonitorType"
    REJECTED = "Rejected"
    DUPLICATE = "Duplicate"


class SetMonitoringResult(Outgoing, frozen=True):
    """SetMonitoringResultType"""

    status: SetMonitoringStatus
    type: MonitorType
    severity: int
    component: Component
    variable: Variable
    id: int | None = None
    status_info: StatusInfo | None = None


class SetVariableMonitoringResponse(Outgoing, frozen=True):
    """N04"""

    set_monitoring_result: tuple[SetMonitoringResult, ...]


# --- ClearVariableMonitoring ----------------------------------------------------------------------


class ClearVariableMonitoring(Incoming, frozen=True):
    """N06"""

    id: tuple[int, ...]


class ClearMonitoringStatus(StrEnum):
    """ClearMonitoringStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_FOUND = "NotFound"


class ClearMonitoringResult(Outgoing, frozen=True):
    """ClearMonitoringResultType"""

    status: ClearMonitoringStatus
    id: int


class ClearVariableMonitoringResponse(Outgoing, frozen=True):
    """N06"""

    clear_monitoring_result: tuple[ClearMonitoringResult, ...]


# --- SetMonitoringBase, SetMonitoringLevel --------------------------------------------------------


class DeviceModelStatus(StrEnum):
    """GenericDeviceModelStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"
    EMPTY_RESULT_SET = "EmptyResultSet"


class MonitoringBase(StrEnum):
    """MonitoringBaseEnumType"""

    ALL = "All"
    FACTORY_DEFAULT = "FactoryDefault"
    HARD_WIRED_ONLY = "HardWiredOnly"


class SetMonitoringBase(Incoming, frozen=True):
    """N03"""

    monitoring_base: MonitoringBase


class SetMonitoringBaseResponse(Outgoing, frozen=True):
    """N03"""

    status: DeviceModelStatus


class SetMonitoringLevel(Incoming, frozen=True):
    """N05"""

    severity: int


class SetMonitoringLevelResponse(Outgoing, frozen=True):
    """N05"""

    status: GenericStatus
    status_info: StatusInfo | None = None


# --- GetMonitoringReport --------------------------------------------------------------------------


class MonitoringCriterion(StrEnum):
    """MonitoringCriterionEnumType"""

    THRESHOLD = "ThresholdMonitoring"
    DELTA = "DeltaMonitoring"
    PERIODIC = "PeriodicMonitoring"


class GetMonitoringReport(Incoming, frozen=True):
    """N02"""

    request_id: int
    component_variable: tuple[ComponentVariable, ...] | None = None
    monitoring_criteria: tuple[MonitoringCriterion, ...] | None = None


class GetMonitoringReportResponse(Outgoing, frozen=True):
    """N02"""

    status: DeviceModelStatus
    status_info: StatusInfo | None = None


class VariableMonitoring(Outgoing, frozen=True):
    """VariableMonitoringType; ``event_notification_type`` is told in OCPP 2.1 only."""

    id: int
    transaction: bool
    value: float
    type: MonitorType
    severity: int
    event_notification_type: EventNotification | None = None


class MonitoringData(Outgoing, frozen=True):
    """MonitoringDataType"""

    component: Component
    variable: Variable
    variable_monitoring: tuple[VariableMonitoring, ...]


class NotifyMonitoringReport(Outgoing, frozen=True):
    """N02"""

    request_id: int
    generated_at: str
    seq_no: int
    monitor: tuple[MonitoringData, ...]
    tbc: bool = False


# --- NotifyEvent ----------------------------------------------------------------------------------


class EventTrigger(StrEnum):
    """EventTriggerEnumType"""

    ALERTING = "Alerting"
    DELTA = "Delta"
    PERIODIC = "Periodic"


class EventData(Outgoing, frozen=True):
    """EventDataType; ``severity`` is told in OCPP 2.1 only."""

    event_id: int
    timestamp: str
    trigger: EventTrigger
    actual_value: str
    event_notification_type: EventNotification
    component: Component
    variable: Variable
    variable_monitoring_id: int | None = None
    cleared: bool | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    transaction_id: str | None = None
    severity: int | None = None


class NotifyEvent(Outgoing, frozen=True):
    """N07, N08"""

    generated_at: str
    seq_no: int
    event_data: tuple[EventData, ...]
    tbc: bool = False
