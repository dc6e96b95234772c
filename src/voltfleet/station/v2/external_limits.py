"""Functional block K: limits that are not the CSMS's own, as it is told of them (K09, K12)."""

from math import inf

from voltfleet.station.evse import Evse
from voltfleet.station.v2.messages import smart_charging as m
from voltfleet.station.v2.messages.smart_charging import (
    ChargingProfile,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ProfileCriterion,
)

PURPOSE = "ChargingStationExternalConstraints"


def schedule_of(evse: Evse) -> ChargingSchedule:
    """One limit, from now until it is told otherwise."""
    return ChargingSchedule(evse.id, "W", (ChargingSchedulePeriod(0, evse.limit_w),))


def profile_of(evse: Evse) -> ChargingProfile:
    """The limit as a profile. No id of the CSMS's profiles is taken: these are negative."""
    return ChargingProfile(-evse.id, 0, PURPOSE, "Relative", (schedule_of(evse),))


def limited(evses: tuple[Evse, ...]) -> list[Evse]:
    """Where there is such a limit."""
    return [evse for evse in evses if evse.limit_w != inf]


def asked_for(wanted: ProfileCriterion, profile: ChargingProfile) -> bool:
    """Whether GetChargingProfiles means that profile."""
    ids, sources = wanted.charging_profile_id, wanted.charging_limit_source
    return (
        (sources is None or m.OTHER in sources)
        and wanted.stack_level in {None, profile.stack_level}
        and wanted.charging_profile_purpose in {None, PURPOSE}
        and (ids is None or profile.id in ids)
    )
