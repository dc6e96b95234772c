"""Functional block K of OCPP 2.1: dynamic profiles (K28, K29) and priority charging (K21, K22)."""

from enum import StrEnum

from msgspec import field

from voltfleet.station.v2.messages.types import (
    Answered,
    GenericStatus,
    Incoming,
    Outgoing,
    StatusInfo,
)


class ScheduleUpdate(Answered, frozen=True):
    """ChargingScheduleUpdateType"""

    limit: float | None = None
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


class UpdateDynamicSchedule(Incoming, frozen=True):
    """K28"""

    charging_profile_id: int
    schedule_update: ScheduleUpdate


class UpdateDynamicScheduleResponse(Outgoing, frozen=True):
    """K28"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class PullDynamicScheduleUpdate(Outgoing, frozen=True):
    """K28"""

    charging_profile_id: int


class PullDynamicScheduleUpdateResponse(Answered, frozen=True):
    """K28"""

    status: GenericStatus
    schedule_update: ScheduleUpdate | None = None


class PriorityStatus(StrEnum):
    """PriorityChargingStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NO_PROFILE = "NoProfile"


class UsePriorityCharging(Incoming, frozen=True):
    """K21"""

    transaction_id: str
    activate: bool


class UsePriorityChargingResponse(Outgoing, frozen=True):
    """K21"""

    status: PriorityStatus
    status_info: StatusInfo | None = None
