"""Smart Charging (OCPP 1.6 §3.13, §5.5, §5.7, §5.16): profiles in the words of 1.6."""

from itertools import pairwise
from math import inf

from msgspec import UNSET

from voltfleet.domain.specs import CurrentType
from voltfleet.station.blocks import Block, handles
from voltfleet.station.charging_limits import Charging, ChargingLimits
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.smart_charging import (
    ALL_PHASES,
    DAY_SECONDS,
    WEEK_SECONDS,
    Period,
    Profile,
    Purpose,
    RateUnit,
    Schedule,
)
from voltfleet.station.times import instant
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16 import messages_smart_charging as sm
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.messages_smart_charging import ClearStatus, ProfileStatus
from voltfleet.station.v16.status import Bay
from voltfleet.station.v16.types import Simple

_PURPOSES = {
    "ChargePointMaxProfile": Purpose.STATION_MAX,
    "TxDefaultProfile": Purpose.TX_DEFAULT,
    "TxProfile": Purpose.TX,
}
_PHASES = {None, *range(1, ALL_PHASES + 1)}
_RECURS_EVERY = {"Daily": DAY_SECONDS, "Weekly": WEEK_SECONDS}


class SmartCharging(Block):
    """Takes profiles in, and keeps the connectors' offers to what they say."""

    __slots__ = ("_availability", "_configuration", "_limits")

    def __init__(
        self, ctx: Context, configuration: Configuration, availability: Availability
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability
        self._limits: ChargingLimits | None = None

    # --- for the other blocks -------------------------------------------------------------------

    def apply(self) -> None:
        """What charges, or could, may have changed."""
        if self._limits is not None:
            self._limits.apply()

    def memory(self) -> tuple[Profile, ...]:
        """What outlives a power cut."""
        return () if self._limits is None else self._limits.lasting()

    def recall(self, profiles: tuple[Profile, ...]) -> None:
        """As it was; the EVSEs know already what they may offer."""
        if profiles:
            self._kept().profiles = profiles

    def transaction_started(self, bay: Bay, profile: Profile | None) -> None:
        """It may have brought a profile of its own."""
        if profile is not None:
            self._kept().put(profile._replace(place=bay.connector.number))
        self.apply()

    def transaction_stopped(self, bay: Bay) -> None:
        """§3.13.1: its TxProfiles end with it."""
        if self._limits is not None:
            number = bay.connector.number
            self._limits.remove(lambda p: p.purpose is Purpose.TX and p.place == number)
            self.apply()

    def of_remote_start(self, profile: m.ChargingProfile) -> Profile | None:
        """§5.11: it must be a TxProfile without a transactionId; None if it cannot be."""
        if profile.charging_profile_purpose != "TxProfile":
            return None
        return self._read(profile, 1) if profile.transaction_id is UNSET else None

    # --- §5.16 SetChargingProfile ---------------------------------------------------------------

    @handles(sm.SetChargingProfile)
    def set_profile(self, request: sm.SetChargingProfile) -> sm.SetChargingProfileResponse:
        """Rejected: it cannot be, or not there, or not now."""
        given, number = request.cs_charging_profiles, request.connector_id
        profile = self._read(given, number)
        if profile is None or not self._has_place(given, profile) or not self._has_room(profile):
            return sm.SetChargingProfileResponse(ProfileStatus.REJECTED)
        self._kept().put(profile)
        return sm.SetChargingProfileResponse(ProfileStatus.ACCEPTED)

    def _has_place(self, given: m.ChargingProfile, profile: Profile) -> bool:
        """§3.13.1: which purpose goes where; a TxProfile needs its transaction."""
        if profile.place == 0:
            return profile.purpose is not Purpose.TX
        bay = self._availability.bay(profile.place)
        if bay is None or profile.purpose is Purpose.STATION_MAX:
            return False
        if profile.purpose is not Purpose.TX:
            return True
        going_on = bay.transaction
        return going_on is not None and given.transaction_id in {UNSET, going_on.number}

    def _has_room(self, profile: Profile) -> bool:
        if self._limits is None:
            return True
        after = len(self._limits.profiles) - self._limits.replaced_by(profile) + 1
        return after <= self._configuration.whole(Name.MAX_CHARGING_PROFILES_INSTALLED)

    def _read(self, given: m.ChargingProfile, place: int) -> Profile | None:
        """The profile by the station's own words; None if it makes no sense."""
        purpose = _PURPOSES[given.charging_profile_purpose]
        schedule = self._read_schedule(given, purpose)
        recurring = given.charging_profile_kind == "Recurring"
        most = self._configuration.whole(Name.CHARGE_PROFILE_MAX_STACK_LEVEL)
        valid_from, valid_to = -inf, inf
        if given.valid_from is not UNSET:
            valid_from = instant(given.valid_from, "csChargingProfiles.validFrom")
        if given.valid_to is not UNSET:
            valid_to = instant(given.valid_to, "csChargingProfiles.validTo")
        wrong = (
            schedule is None
            or not 0 <= given.stack_level <= most
            or (recurring and (given.recurrency_kind is UNSET or schedule.start_at is None))
            or (given.charging_profile_kind == "Relative" and purpose is Purpose.STATION_MAX)
            or valid_to <= max(valid_from, self._clock())
        )
        if wrong or schedule is None:
            return None
        recurs_every = _RECURS_EVERY[str(given.recurrency_kind)] if recurring else 0.0
        return Profile(
            given.charging_profile_id,
            place,
            purpose,
            given.stack_level,
            schedule,
            recurs_every,
            valid_from,
            valid_to,
        )

    def _read_schedule(self, given: m.ChargingProfile, purpose: Purpose) -> Schedule | None:
        told = given.charging_schedule
        most = self._configuration.whole(Name.CHARGING_SCHEDULE_MAX_PERIODS)
        periods = tuple(map(_period, told.charging_schedule_period))
        start_at = None
        if told.start_schedule is not UNSET and given.charging_profile_kind != "Relative":
            start_at = instant(told.start_schedule, "chargingSchedule.startSchedule")
        elif purpose is Purpose.STATION_MAX and given.charging_profile_kind == "Absolute":
            # §7.13 would count from the start of charging, which the whole station has none of.
            start_at = self._clock()
        duration = None if told.duration is UNSET else float(told.duration)
        good = (
            RateUnit(told.charging_rate_unit) in self._units()
            and 1 <= len(periods) <= most
            and periods[0].start == 0
            and all(before.start < after.start for before, after in pairwise(periods))
            and all(p.limit >= 0 and p.phases in _PHASES for p in periods)
            and (duration is None or duration > 0)
        )
        unit = RateUnit(told.charging_rate_unit)
        return Schedule(unit, periods, start_at, duration) if good else None

    # --- §5.5 ClearChargingProfile --------------------------------------------------------------

    @handles(sm.ClearChargingProfile)
    def clear_profile(self, request: sm.ClearChargingProfile) -> sm.ClearChargingProfileResponse:
        """By id, or all that fit the other criteria; without any, all."""

        def fits(profile: Profile) -> bool:
            if request.id is not UNSET:
                return profile.id == request.id
            purpose = request.charging_profile_purpose
            return (
                request.connector_id in {UNSET, profile.place}
                and request.stack_level in {UNSET, profile.stack_level}
                and (purpose is UNSET or _PURPOSES[purpose] is profile.purpose)
            )

        found = self._limits is not None and self._limits.remove(fits) > 0
        return sm.ClearChargingProfileResponse(
            ClearStatus.ACCEPTED if found else ClearStatus.UNKNOWN
        )

    # --- §5.7 GetCompositeSchedule --------------------------------------------------------------

    @handles(sm.GetCompositeSchedule)
    def composite_schedule(
        self, request: sm.GetCompositeSchedule
    ) -> sm.GetCompositeScheduleResponse:
        """Local limits count too. Rejected for a connector, or a unit, that the station has not."""
        number = request.connector_id
        bay = self._availability.bay(number)
        units = self._units()
        unit = units[0]
        if request.charging_rate_unit is not UNSET:
            unit = RateUnit(request.charging_rate_unit)
        if (bay is None and number != 0) or unit not in units or request.duration < 0:
            return sm.GetCompositeScheduleResponse(Simple.REJECTED)
        evse = None if bay is None else bay.evse
        found = self._kept().schedule(evse, number, float(request.duration), unit)
        periods = [sm.SchedulePeriod(int(p.start), p.limit, p.phases) for p in found.periods]
        return sm.GetCompositeScheduleResponse(
            Simple.ACCEPTED,
            number,
            self.ctx.timestamp(),
            sm.Schedule(unit, periods, int(found.duration)),
        )

    # --- inside ---------------------------------------------------------------------------------

    def _kept(self) -> ChargingLimits:
        if self._limits is None:
            self._limits = ChargingLimits(self.ctx, self._where)
        return self._limits

    def _where(self, evse: Evse) -> Charging:
        connector = evse.active or evse.connectors[0]
        transaction = self._availability.bays[connector.number - 1].transaction
        return Charging(connector.number, inf if transaction is None else transaction.started_at)

    def _units(self) -> tuple[RateUnit, ...]:
        """A DC station's current depends on the car's voltage: only power can be promised."""
        dc = self.ctx.spec.evses[0].connectors[0].current_type is CurrentType.DC
        return (RateUnit.W,) if dc else (RateUnit.A, RateUnit.W)

    def _clock(self) -> float:
        return self.ctx.now + self.ctx.clock_offset


def _period(told: m.ChargingSchedulePeriod) -> Period:
    phases = None if told.number_phases is UNSET else told.number_phases
    return Period(float(told.start_period), told.limit, phases)
