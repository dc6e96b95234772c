"""The messages of OCPP 1.6 §6 that this station sends or answers; a request's class is named like
its action."""

from typing import Literal

from msgspec import UNSET, UnsetType

from voltfleet.station.v16.types import (
    Answered,
    AuthorizationStatus,
    AvailabilityStatus,
    AvailabilityType,
    CiString20,
    CiString50,
    CiString255,
    CiString500,
    ConfigurationStatus,
    DataTransferStatus,
    Incoming,
    MessageTrigger,
    Outgoing,
    ReadingContext,
    Reason,
    RegistrationStatus,
    ResetType,
    Simple,
    Status,
    TriggerStatus,
    UnlockStatus,
)

# --- sent by the Charge Point --------------------------------------------------------------------


class IdTagInfo(Answered, frozen=True):
    """§7.27"""

    status: AuthorizationStatus
    expiry_date: str | None = None
    parent_id_tag: str | None = None


class Authorize(Outgoing, frozen=True):
    """§6.1"""

    id_tag: str


class AuthorizeResponse(Answered, frozen=True):
    """§6.2"""

    id_tag_info: IdTagInfo


class BootNotification(Outgoing, frozen=True):
    """§6.3"""

    charge_point_vendor: str
    charge_point_model: str
    charge_point_serial_number: str | None = None
    firmware_version: str | None = None


class BootNotificationResponse(Answered, frozen=True):
    """§6.4"""

    status: RegistrationStatus
    current_time: str
    interval: int


class Heartbeat(Outgoing, frozen=True):
    """§6.29"""


class HeartbeatResponse(Answered, frozen=True):
    """§6.30"""

    current_time: str


class StatusNotification(Outgoing, frozen=True):
    """§6.47"""

    connector_id: int
    error_code: str
    status: Status
    timestamp: str | None = None


class StatusNotificationResponse(Answered, frozen=True):
    """§6.48"""


class SampledValue(Outgoing, frozen=True):
    """§7.43"""

    value: str
    context: ReadingContext | None = None
    measurand: str | None = None
    phase: str | None = None
    unit: str | None = None


class MeterValue(Outgoing, frozen=True):
    """§7.33"""

    timestamp: str
    sampled_value: list[SampledValue]


class MeterValues(Outgoing, frozen=True):
    """§6.31"""

    connector_id: int
    meter_value: list[MeterValue]
    transaction_id: int | None = None


class MeterValuesResponse(Answered, frozen=True):
    """§6.32"""


class StartTransaction(Outgoing, frozen=True):
    """§6.45"""

    connector_id: int
    id_tag: str
    meter_start: int
    timestamp: str
    reservation_id: int | None = None


class StartTransactionResponse(Answered, frozen=True):
    """§6.46"""

    id_tag_info: IdTagInfo
    transaction_id: int


class StopTransaction(Outgoing, frozen=True):
    """§6.49"""

    transaction_id: int
    meter_stop: int
    timestamp: str
    id_tag: str | None = None
    reason: Reason | None = None
    transaction_data: list[MeterValue] | None = None


class StopTransactionResponse(Answered, frozen=True):
    """§6.50"""

    id_tag_info: IdTagInfo | None = None


# --- sent by the Central System ------------------------------------------------------------------


class ChangeAvailability(Incoming, frozen=True):
    """§6.7"""

    connector_id: int
    type: AvailabilityType


class ChangeAvailabilityResponse(Outgoing, frozen=True):
    """§6.8"""

    status: AvailabilityStatus


class ChangeConfiguration(Incoming, frozen=True):
    """§6.9"""

    key: CiString50
    value: CiString500


class ChangeConfigurationResponse(Outgoing, frozen=True):
    """§6.10"""

    status: ConfigurationStatus


class ClearCache(Incoming, frozen=True):
    """§6.11"""


class ClearCacheResponse(Outgoing, frozen=True):
    """§6.12"""

    status: Simple


class DataTransfer(Incoming, frozen=True):
    """§6.15"""

    vendor_id: CiString255
    message_id: CiString50 | UnsetType = UNSET
    data: str | UnsetType = UNSET


class DataTransferResponse(Outgoing, frozen=True):
    """§6.16"""

    status: DataTransferStatus


class GetConfiguration(Incoming, frozen=True):
    """§6.23"""

    key: list[CiString50] | UnsetType = UNSET


class KeyValue(Outgoing, frozen=True):
    """§7.29"""

    key: str
    readonly: bool
    value: str


class GetConfigurationResponse(Outgoing, frozen=True):
    """§6.24"""

    configuration_key: list[KeyValue] | None = None
    unknown_key: list[str] | None = None


class ChargingSchedulePeriod(Incoming, frozen=True):
    """§7.14"""

    start_period: int
    limit: float
    number_phases: int | UnsetType = UNSET


class ChargingSchedule(Incoming, frozen=True):
    """§7.13"""

    charging_rate_unit: Literal["A", "W"]
    charging_schedule_period: list[ChargingSchedulePeriod]
    duration: int | UnsetType = UNSET
    start_schedule: str | UnsetType = UNSET
    min_charging_rate: float | UnsetType = UNSET


class ChargingProfile(Incoming, frozen=True):
    """§7.8"""

    charging_profile_id: int
    stack_level: int
    charging_profile_purpose: Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative"]
    charging_schedule: ChargingSchedule
    transaction_id: int | UnsetType = UNSET
    recurrency_kind: Literal["Daily", "Weekly"] | UnsetType = UNSET
    valid_from: str | UnsetType = UNSET
    valid_to: str | UnsetType = UNSET


class RemoteStartTransaction(Incoming, frozen=True):
    """§6.33"""

    id_tag: CiString20
    connector_id: int | UnsetType = UNSET
    charging_profile: ChargingProfile | UnsetType = UNSET


class RemoteStartTransactionResponse(Outgoing, frozen=True):
    """§6.34"""

    status: Simple


class RemoteStopTransaction(Incoming, frozen=True):
    """§6.35"""

    transaction_id: int


class RemoteStopTransactionResponse(Outgoing, frozen=True):
    """§6.36"""

    status: Simple


class Reset(Incoming, frozen=True):
    """§6.39"""

    type: ResetType


class ResetResponse(Outgoing, frozen=True):
    """§6.40"""

    status: Simple


class TriggerMessage(Incoming, frozen=True):
    """§6.51"""

    requested_message: MessageTrigger
    connector_id: int | UnsetType = UNSET


class TriggerMessageResponse(Outgoing, frozen=True):
    """§6.52"""

    status: TriggerStatus


class UnlockConnector(Incoming, frozen=True):
    """§6.53"""

    connector_id: int


class UnlockConnectorResponse(Outgoing, frozen=True):
    """§6.54"""

    status: UnlockStatus
