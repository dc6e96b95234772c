"""Functional block K: smart charging. What 2.1 added to profiles is kept and reported as it came,
as far as it is named here; purposes and kinds are texts, because 2.1 has more of them."""

from enum import StrEnum
from typing import Any

from msgspec import field

from voltfleet.station.v2.messages.types import (
    GenericStatus,
    Incoming,
    Outgoing,
    Shared,
    StatusInfo,
)

CSO = "CSO"
OTHER = "Other"
"""ChargingLimitSourceEnumType: the CSMS, and whoever else limits the station."""


class ChargingSchedulePeriod(Shared, frozen=True):
    """ChargingSchedulePeriodType. Only 2.1 may leave ``limit`` out, and has what is after
    ``phase_to_use``."""

    start_period: int
    limit: float | None = None
    number_phases: int | None = None
    phase_to_use: int | None = None
    limit_l2: float | None = field(default=None, name="limit_L2")
    limit_l3: float | None = field(default=None, name="limit_L3")
    discharge_limit: float | None = None
    discharge_limit_l2: float | None = field(default=None, name="dischargeLimit_L2")
    discharge_limit_l3: float | None = field(default=None, name="dischargeLimit_L3")
    setpoint: float | None = None
    setpoint_l2: float | None = field(default=None, name="setpoint_L2")
    setpoint_l3: float | None = field(default=None, name="setpoint_L3")
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = field(default=None, name="setpointReactive_L2")
    setpoint_reactive_l3: float | None = field(default=None, name="setpointReactive_L3")
    preconditioning_request: bool | None = None
    evse_sleep: bool | None = None
    v2x_baseline: float | None = None
    operation_mode: str | None = None
    v2x_freq_watt_curve: list[dict[str, Any]] | None = None
    v2x_signal_watt_curve: list[dict[str, Any]] | None = None


class LimitAtSoC(Shared, frozen=True):
    """LimitAtSoCType (2.1)"""

    soc: int
    limit: float


class ChargingSchedule(Shared, frozen=True):
    """ChargingScheduleType; what is after the sales tariff is of OCPP 2.1."""

    id: int
    charging_rate_unit: str
    charging_schedule_period: tuple[ChargingSchedulePeriod, ...]
    start_schedule: str | None = None
    duration: int | None = None
    min_charging_rate: float | None = None
    sales_tariff: dict[str, Any] | None = None
    limit_at_so_c: LimitAtSoC | None = field(default=None, name="limitAtSoC")
    power_tolerance: float | None = None
    signature_id: int | None = None
    digest_value: str | None = None
    use_local_time: bool | None = None
    randomized_delay: int | None = None
    absolute_price_schedule: dict[str, Any] | None = None
    price_level_schedule: dict[str, Any] | None = None


class ChargingProfile(Shared, frozen=True):
    """ChargingProfileType; what is after the transaction is of OCPP 2.1."""

    id: int
    stack_level: int
    charging_profile_purpose: str
    charging_profile_kind: str
    charging_schedule: tuple[ChargingSchedule, ...]
    recurrency_kind: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    transaction_id: str | None = None
    max_offline_duration: int | None = None
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval: int | None = None
    dyn_update_time: str | None = None
    price_schedule_signature: str | None = None


class SetChargingProfile(Incoming, frozen=True):
    """K01"""

    evse_id: int
    charging_profile: ChargingProfile


class SetChargingProfileResponse(Outgoing, frozen=True):
    """K01"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class ProfileCriterion(Incoming, frozen=True):
    """ChargingProfileCriterionType"""

    charging_profile_purpose: str | None = None
    stack_level: int | None = None
    charging_profile_id: tuple[int, ...] | None = None
    charging_limit_source: tuple[str, ...] | None = None


class GetChargingProfiles(Incoming, frozen=True):
    """K09"""

    request_id: int
    charging_profile: ProfileCriterion
    evse_id: int | None = None


class GetChargingProfilesStatus(StrEnum):
    """GetChargingProfileStatusEnumType"""

    ACCEPTED = "Accepted"
    NO_PROFILES = "NoProfiles"


class GetChargingProfilesResponse(Outgoing, frozen=True):
    """K09"""

    status: GetChargingProfilesStatus


class ReportChargingProfiles(Outgoing, frozen=True):
    """K09"""

    request_id: int
    charging_limit_source: str
    evse_id: int
    charging_profile: tuple[ChargingProfile, ...]
    tbc: bool = False


class ClearCriteria(Incoming, frozen=True):
    """ClearChargingProfileType"""

    evse_id: int | None = None
    charging_profile_purpose: str | None = None
    stack_level: int | None = None


class ClearChargingProfile(Incoming, frozen=True):
    """K10"""

    charging_profile_id: int | None = None
    charging_profile_criteria: ClearCriteria | None = None


class ClearStatus(StrEnum):
    """ClearChargingProfileStatusEnumType"""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"


class ClearChargingProfileResponse(Outgoing, frozen=True):
    """K10"""

    status: ClearStatus


class GetCompositeSchedule(Incoming, frozen=True):
    """K08"""

    duration: int
    evse_id: int
    charging_rate_unit: str | None = None


class CompositeSchedule(Outgoing, frozen=True):
    """CompositeScheduleType"""

    evse_id: int
    duration: int
    schedule_start: str
    charging_rate_unit: str
    charging_schedule_period: tuple[ChargingSchedulePeriod, ...]


class GetCompositeScheduleResponse(Outgoing, frozen=True):
    """K08"""

    status: GenericStatus
    status_info: StatusInfo | None = None
    schedule: CompositeSchedule | None = None


class ChargingLimit(Outgoing, frozen=True):
    """ChargingLimitType"""

    charging_limit_source: str


class NotifyChargingLimit(Outgoing, frozen=True):
    """K12"""

    charging_limit: ChargingLimit
    evse_id: int
    charging_schedule: tuple[ChargingSchedule, ...] | None = None


class ClearedChargingLimit(Outgoing, frozen=True):
    """K13"""

    charging_limit_source: str
    evse_id: int
