"""The messages of the Smart Charging profile (OCPP 1.6 §5.5, §5.7, §5.16). ChargingProfile is in
`messages`: RemoteStartTransaction carries one too."""

from enum import StrEnum
from typing import Literal

from msgspec import UNSET, UnsetType

from voltfleet.station.v16.messages import ChargingProfile
from voltfleet.station.v16.types import Incoming, Outgoing, Simple


class ProfileStatus(StrEnum):
    """§7.12"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"


class ClearStatus(StrEnum):
    """§7.20"""

    ACCEPTED = "Accepted"
    UNKNOWN = "Unknown"


class SetChargingProfile(Incoming, frozen=True):
    """§6.43"""

    connector_id: int
    cs_charging_profiles: ChargingProfile


class SetChargingProfileResponse(Outgoing, frozen=True):
    """§6.44"""

    status: ProfileStatus


class ClearChargingProfile(Incoming, frozen=True):
    """§6.13"""

    id: int | UnsetType = UNSET
    connector_id: int | UnsetType = UNSET
    charging_profile_purpose: (
        Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"] | UnsetType
    ) = UNSET
    stack_level: int | UnsetType = UNSET


class ClearChargingProfileResponse(Outgoing, frozen=True):
    """§6.14"""

    status: ClearStatus


class GetCompositeSchedule(Incoming, frozen=True):
    """§6.21"""

    connector_id: int
    duration: int
    charging_rate_unit: Literal["A", "W"] | UnsetType = UNSET


class SchedulePeriod(Outgoing, frozen=True):
    """§7.14"""

    start_period: int
    limit: float
    number_phases: int | None = None


class Schedule(Outgoing, frozen=True):
    """§7.13"""

    charging_rate_unit: str
    charging_schedule_period: list[SchedulePeriod]
    duration: int | None = None


class GetCompositeScheduleResponse(Outgoing, frozen=True):
    """§6.22"""

    status: Simple
    connector_id: int | None = None
    schedule_start: str | None = None
    charging_schedule: Schedule | None = None
