"""Functional block B: provisioning."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import (
    Answered,
    AttributeType,
    Component,
    GenericStatus,
    Incoming,
    Outgoing,
    StatusInfo,
    Variable,
)


class BootReason(StrEnum):
    """BootReasonEnumType"""

    APPLICATION_RESET = "ApplicationReset"
    FIRMWARE_UPDATE = "FirmwareUpdate"
    LOCAL_RESET = "LocalReset"
    POWER_UP = "PowerUp"
    REMOTE_RESET = "RemoteReset"
    SCHEDULED_RESET = "ScheduledReset"
    TRIGGERED = "Triggered"
    UNKNOWN = "Unknown"
    WATCHDOG = "Watchdog"


class RegistrationStatus(StrEnum):
    """RegistrationStatusEnumType"""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class ChargingStationInfo(Outgoing, frozen=True):
    """ChargingStationType"""

    model: str
    vendor_name: str
    serial_number: str
    firmware_version: str


class BootNotification(Outgoing, frozen=True):
    """B01"""

    charging_station: ChargingStationInfo
    reason: BootReason


class BootNotificationResponse(Answered, frozen=True):
    """B01 to B03"""

    current_time: str
    interval: int
    status: RegistrationStatus


class ResetType(StrEnum):
    """ResetEnumType; the last one exists in OCPP 2.1 only."""

    IMMEDIATE = "Immediate"
    ON_IDLE = "OnIdle"
    IMMEDIATE_AND_RESUME = "ImmediateAndResume"


class ResetStatus(StrEnum):
    """ResetStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class Reset(Incoming, frozen=True):
    """B11 and B12; without an EVSE it is the whole station's."""

    type: ResetType
    evse_id: int | None = None


class ResetResponse(Outgoing, frozen=True):
    """B11 and B12"""

    status: ResetStatus
    status_info: StatusInfo | None = None


class GetVariableStatus(StrEnum):
    """GetVariableStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"


class GetVariableData(Incoming, frozen=True):
    """GetVariableDataType"""

    component: Component
    variable: Variable
    attribute_type: AttributeType | None = None


class GetVariables(Incoming, frozen=True):
    """B06"""

    get_variable_data: tuple[GetVariableData, ...]


class GetVariableResult(Outgoing, frozen=True):
    """GetVariableResultType"""

    component: Component
    variable: Variable
    attribute_status: GetVariableStatus
    attribute_type: AttributeType | None = None
    attribute_value: str | None = None
    attribute_status_info: StatusInfo | None = None


class GetVariablesResponse(Outgoing, frozen=True):
    """B06"""

    get_variable_result: tuple[GetVariableResult, ...]


class SetVariableStatus(StrEnum):
    """SetVariableStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"
    REBOOT_REQUIRED = "RebootRequired"


class SetVariableData(Incoming, frozen=True):
    """SetVariableDataType"""

    component: Component
    variable: Variable
    attribute_value: str
    attribute_type: AttributeType | None = None


class SetVariables(Incoming, frozen=True):
    """B05"""

    set_variable_data: tuple[SetVariableData, ...]


class SetVariableResult(Outgoing, frozen=True):
    """SetVariableResultType"""

    component: Component
    variable: Variable
    attribute_status: SetVariableStatus
    attribute_type: AttributeType | None = None
    attribute_status_info: StatusInfo | None = None


class SetVariablesResponse(Outgoing, frozen=True):
    """B05"""

    set_variable_result: tuple[SetVariableResult, ...]


class ReportBase(StrEnum):
    """ReportBaseEnumType"""

    CONFIGURATION_INVENTORY = "ConfigurationInventory"
    FULL_INVENTORY = "FullInventory"
    SUMMARY_INVENTORY = "SummaryInventory"


class GetBaseReport(Incoming, frozen=True):
    """B07"""

    request_id: int
    report_base: ReportBase


class GetBaseReportResponse(Outgoing, frozen=True):
    """B07"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class ComponentCriterion(StrEnum):
    """ComponentCriterionEnumType"""

    ACTIVE = "Active"
    AVAILABLE = "Available"
    ENABLED = "Enabled"
    PROBLEM = "Problem"


class ComponentVariable(Incoming, frozen=True):
    """ComponentVariableType"""

    component: Component
    variable: Variable | None = None


class GetReport(Incoming, frozen=True):
    """B08"""

    request_id: int
    component_variable: tuple[ComponentVariable, ...] | None = None
    component_criteria: tuple[ComponentCriterion, ...] | None = None


class GetReportStatus(StrEnum):
    """GenericDeviceModelStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"
    EMPTY_RESULT_SET = "EmptyResultSet"


class GetReportResponse(Outgoing, frozen=True):
    """B08"""

    status: GetReportStatus
    status_info: StatusInfo | None = None


class DataType(StrEnum):
    """DataEnumType"""

    STRING = "string"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    BOOLEAN = "boolean"
    OPTION_LIST = "OptionList"
    SEQUENCE_LIST = "SequenceList"
    MEMBER_LIST = "MemberList"


class Mutability(StrEnum):
    """MutabilityEnumType"""

    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"
    READ_WRITE = "ReadWrite"


class VariableAttribute(Outgoing, frozen=True):
    """VariableAttributeType"""

    type: AttributeType
    mutability: Mutability
    persistent: bool
    constant: bool
    value: str | None = None


class VariableCharacteristics(Outgoing, frozen=True):
    """VariableCharacteristicsType"""

    data_type: DataType
    supports_monitoring: bool
    unit: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    values_list: str | None = None


class ReportData(Outgoing, frozen=True):
    """ReportDataType"""

    component: Component
    variable: Variable
    variable_attribute: tuple[VariableAttribute, ...]
    variable_characteristics: VariableCharacteristics


class NotifyReport(Outgoing, frozen=True):
    """B07 and B08"""

    request_id: int
    generated_at: str
    seq_no: int
    report_data: tuple[ReportData, ...]
    tbc: bool = False
