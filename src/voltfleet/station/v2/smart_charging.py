"""Functional block K: charging profiles, and the limits they set (K01, K02, K08 to K10, K12, K13).

Whatever changes at an EVSE may change what the others may draw; so the station looks once more,
right after, at what all profiles say (`SmartCharging.look_later`).
"""

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import NamedTuple

import msgspec

from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.blocks import Block, handles
from voltfleet.station.charging_limits import Charging, ChargingLimits
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.outbox import Lane
from voltfleet.station.smart_charging import Profile, Purpose, RateUnit
from voltfleet.station.v2 import external_limits
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.device_model import charging
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import smart_charging as m
from voltfleet.station.v2.messages.smart_charging import (
    ChargingProfile,
    ClearStatus,
    GetChargingProfilesStatus,
)
from voltfleet.station.v2.messages.types import Empty, GenericStatus, StatusInfo
from voltfleet.station.v2.profiles import Wrong, conflict, read
from voltfleet.station.v2.session import Session, Sessions

_ACCEPTED = GenericStatus.ACCEPTED
Told = tuple[str, int, tuple[ChargingProfile, ...]]
"""Of one source, at one EVSE (0: the station), as ReportChargingProfiles tells it."""


class Kept:
    """The profiles as the station obeys them, and as the CSMS spelled them, by id. ``capped`` is
    what the CSMS was told of limits that are not its own, by EVSE."""

    __slots__ = ("capped", "limits", "spelled")

    def __init__(self, limits: ChargingLimits) -> None:
        self.limits = limits
        self.spelled: dict[int, ChargingProfile] = {}
        self.capped: dict[int, float] = {}


class ProfilesMemory(NamedTuple):
    """What outlives a power cut: the same."""

    profiles: tuple[Profile, ...]
    spelled: dict[int, ChargingProfile]
    capped: dict[int, float]


class SmartCharging(Block):
    """Takes profiles in, and keeps the EVSEs' offers to what they say. They survive a reboot, but
    those of a transaction end with it (K01.FR.08)."""

    __slots__ = ("_availability", "_kept", "_model", "_sessions")

    def __init__(
        self, ctx: Context, model: DeviceModel, availability: Availability, sessions: Sessions
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._sessions = sessions
        self._kept: Kept | None = None

    # --- for the other blocks -------------------------------------------------------------------

    def enabled(self) -> bool:
        """SmartChargingCtrlr.Enabled"""
        return self._model.flag(charging.SMART_CHARGING_ENABLED)

    def memory(self) -> ProfilesMemory | None:
        """What outlives a power cut."""
        kept = self._kept
        if kept is None:
            return None
        lasting = kept.limits.lasting()
        spelled = {p.id: kept.spelled[p.id] for p in lasting}
        return ProfilesMemory(lasting, spelled, kept.capped)

    def recall(self, memory: ProfilesMemory | None) -> None:
        """As it was; the EVSEs know already what they may offer."""
        if memory is not None:
            kept = self._keep()
            kept.limits.profiles = memory.profiles
            kept.spelled, kept.capped = memory.spelled, memory.capped
            self._count(kept)

    def look_later(self) -> None:
        """What charges, or could, has changed."""
        if self._kept is not None:
            self.ctx.after("look", 0, 0.0, self._look)

    def granted(self, session: Session) -> None:
        """A token, and maybe with it a profile (F01.FR.08), is to charge now."""
        permit, transaction = session.permit, session.transaction
        if permit is not None and permit.profile is not None and transaction is not None:
            session.permit = permit._replace(profile=None)
            spelled = _of_transaction(permit.profile, transaction.id)
            self._put(self._read(spelled, session.evse.id), spelled)
        if self._kept is not None:
            self._kept.limits.apply()

    def offer_changed(self, evse: Evse) -> None:
        """K12 and K13: somebody else than the CSMS limits an EVSE, or does so no longer."""
        told = inf if self._kept is None else self._kept.capped.get(evse.id, inf)
        if evse.limit_w == told:
            return
        self._keep().capped[evse.id] = evse.limit_w
        if evse.limit_w == inf:
            self.ctx.call(m.ClearedChargingLimit(m.OTHER, evse.id), Empty)
        else:
            with_schedule = self._model.flag(charging.NOTIFY_WITH_SCHEDULES)
            schedules = (external_limits.schedule_of(evse),) if with_schedule else None
            limit = m.ChargingLimit(m.OTHER)
            self.ctx.call(m.NotifyChargingLimit(limit, evse.id, schedules), Empty)

    def why_not(self, profile: ChargingProfile, evse_id: int) -> str | None:
        """Why RequestStartTransaction cannot bring this profile; None if it can (F01.FR.09 to
        FR.11)."""
        if profile.charging_profile_purpose != "TxProfile" or profile.transaction_id is not None:
            return "it must be a TxProfile without a transactionId"
        try:
            self._read(profile, evse_id)
        except Wrong as wrong:
            return wrong.why
        return None

    def _look(self) -> None:
        kept = self._kept
        if kept is None:
            return
        self._remove(lambda p: p.purpose is Purpose.TX and not self._goes_on(kept.spelled[p.id]))
        kept.limits.apply()

    def _goes_on(self, profile: ChargingProfile) -> bool:
        return self._sessions.find(profile.transaction_id or "") is not None

    # --- K01 SetChargingProfile -----------------------------------------------------------------

    @handles(m.SetChargingProfile)
    def set_profile(self, request: m.SetChargingProfile) -> m.SetChargingProfileResponse:
        """K01; a profile of the same id is replaced (K01.FR.05)."""
        self._demand_enabled()
        given = request.charging_profile
        try:
            profile = self._read(given, request.evse_id)
            self._check_place(given, profile)
            self._check_others(profile)
        except Wrong as wrong:
            info = StatusInfo("InvalidProfile", wrong.why)
            return m.SetChargingProfileResponse(GenericStatus.REJECTED, info)
        self._put(profile, given)
        self._keep().limits.apply()
        return m.SetChargingProfileResponse(_ACCEPTED)

    def _read(self, given: ChargingProfile, place: int) -> Profile:
        return read(given, place, charging.rate_units(self._availability), self._clock())

    def _check_place(self, given: ChargingProfile, profile: Profile) -> None:
        """K01.FR.03, FR.09, FR.16, FR.28, FR.33"""
        if not 0 <= profile.place <= len(self.ctx.hardware.evses):
            raise Wrong("there is no such EVSE")
        if profile.purpose is Purpose.STATION_MAX and profile.place != 0:
            raise Wrong("ChargingStationMaxProfile is for the whole station: evseId 0")
        if profile.purpose is Purpose.TX:
            session = self._sessions.find(given.transaction_id or "")
            if session is None or session.evse.id != profile.place:
                raise Wrong("there is no such transaction at that EVSE")

    def _check_others(self, profile: Profile) -> None:
        others = [] if self._kept is None else self._kept.limits.profiles
        if any(conflict(profile, other) for other in others):
            raise Wrong("another profile has that place, purpose, stackLevel and time")
        if any(profile.id == -e.id for e in external_limits.limited(self.ctx.hardware.evses)):
            # K01.FR.05: the CSMS does not replace what is not its own.
            raise Wrong("a profile of that id is not the CSMS's own")
        if sum(other.id != profile.id for other in others) >= charging.MAX_PROFILES:
            raise Wrong("no more profiles can be kept")

    # --- K10 ClearChargingProfile ---------------------------------------------------------------

    @handles(m.ClearChargingProfile)
    def clear_profile(self, request: m.ClearChargingProfile) -> m.ClearChargingProfileResponse:
        """By id, or all that fit the criteria; without any, all."""
        self._demand_enabled()
        criteria = request.charging_profile_criteria or m.ClearCriteria()
        purpose = criteria.charging_profile_purpose

        def fits(profile: Profile) -> bool:
            if request.charging_profile_id is not None:
                return profile.id == request.charging_profile_id
            return (
                criteria.evse_id in {None, profile.place}
                and criteria.stack_level in {None, profile.stack_level}
                and purpose in {None, self._keep().spelled[profile.id].charging_profile_purpose}
            )

        found = self._remove(fits)
        return m.ClearChargingProfileResponse(
            ClearStatus.ACCEPTED if found else ClearStatus.UNKNOWN
        )

    # --- K09 GetChargingProfiles ----------------------------------------------------------------

    @handles(m.GetChargingProfiles)
    def get_profiles(self, request: m.GetChargingProfiles) -> m.GetChargingProfilesResponse:
        """K09: one report per EVSE and source follows the answer."""
        self._demand_enabled()
        found = [*self._own(request), *self._external(request)]
        for n, (source, place, spelled) in enumerate(found, start=1):
            more = n < len(found)
            report = m.ReportChargingProfiles(request.request_id, source, place, spelled, more)
            self.ctx.call(report, Empty, lane=Lane.TRIGGERED)
        return m.GetChargingProfilesResponse(
            GetChargingProfilesStatus.ACCEPTED if found else GetChargingProfilesStatus.NO_PROFILES
        )

    def _own(self, request: m.GetChargingProfiles) -> Iterator[Told]:
        """What the CSMS installed."""
        found = self._found(request)
        for place in sorted({p.place for p in found}):
            yield m.CSO, place, tuple(self._keep().spelled[p.id] for p in found if p.place == place)

    def _external(self, request: m.GetChargingProfiles) -> Iterator[Told]:
        """What somebody else wants."""
        for evse in external_limits.limited(self.ctx.hardware.evses):
            profile = external_limits.profile_of(evse)
            meant = request.evse_id in {None, evse.id}
            if meant and external_limits.asked_for(request.charging_profile, profile):
                yield m.OTHER, evse.id, (profile,)

    def _found(self, request: m.GetChargingProfiles) -> Sequence[Profile]:
        kept, wanted = self._kept, request.charging_profile
        if kept is None or m.CSO not in (wanted.charging_limit_source or (m.CSO,)):
            return ()
        purpose, ids = wanted.charging_profile_purpose, wanted.charging_profile_id
        return [
            p
            for p in kept.limits.profiles
            if request.evse_id in {None, p.place}
            and wanted.stack_level in {None, p.stack_level}
            and purpose in {None, kept.spelled[p.id].charging_profile_purpose}
            and (ids is None or p.id in ids)
        ]

    # --- K08 GetCompositeSchedule ---------------------------------------------------------------

    @handles(m.GetCompositeSchedule)
    def composite_schedule(self, request: m.GetCompositeSchedule) -> m.GetCompositeScheduleResponse:
        """K08: local limits count too."""
        self._demand_enabled()
        evses, units = self.ctx.hardware.evses, charging.rate_units(self._availability)
        if not 0 <= request.evse_id <= len(evses):
            return _no_schedule("UnknownEvse")
        if request.charging_rate_unit not in {None, *units}:
            return _no_schedule("UnsupportedRateUnit")
        if request.duration < 0:
            return _no_schedule("InvalidValue")
        unit = (
            units[0] if request.charging_rate_unit is None else RateUnit(request.charging_rate_unit)
        )
        evse = evses[request.evse_id - 1] if request.evse_id else None
        limits = self._new_limits() if self._kept is None else self._kept.limits
        found = limits.schedule(evse, request.evse_id, float(request.duration), unit)
        periods = tuple(
            m.ChargingSchedulePeriod(int(p.start), p.limit, p.phases) for p in found.periods
        )
        schedule = m.CompositeSchedule(
            request.evse_id, int(found.duration), self.ctx.timestamp(), unit, periods
        )
        return m.GetCompositeScheduleResponse(_ACCEPTED, schedule=schedule)

    # --- inside ---------------------------------------------------------------------------------

    def _demand_enabled(self) -> None:
        """K01.FR.29"""
        if not self.enabled():
            raise RpcError(RpcErrorCode.NOT_SUPPORTED, "SmartChargingCtrlr.Enabled is false")

    def _keep(self) -> Kept:
        if self._kept is None:
            self._kept = Kept(self._new_limits())
        return self._kept

    def _new_limits(self) -> ChargingLimits:
        return ChargingLimits(self.ctx, self._where)

    def _put(self, profile: Profile, spelled: ChargingProfile) -> None:
        kept = self._keep()
        others = (p for p in kept.limits.profiles if p.id != profile.id)
        kept.limits.profiles = (*others, profile)
        kept.spelled[profile.id] = spelled
        self.ctx.remember()
        self._count(kept)

    def _remove(self, unwanted: Callable[[Profile], bool]) -> bool:
        kept = self._kept
        if kept is None or not kept.limits.remove(unwanted):
            return False
        left = {p.id for p in kept.limits.profiles}
        kept.spelled = {id_: p for id_, p in kept.spelled.items() if id_ in left}
        self._count(kept)
        return True

    def _count(self, kept: Kept) -> None:
        self._model.note(charging.PROFILE_ENTRIES, str(len(kept.limits.profiles)))

    def _where(self, evse: Evse) -> Charging:
        session = self._sessions.get(evse.id)
        transaction = None if session is None else session.transaction
        return Charging(evse.id, inf if transaction is None else transaction.started_at)

    def _clock(self) -> float:
        return self.ctx.now + self.ctx.clock_offset


def _of_transaction(profile: ChargingProfile, transaction_id: str) -> ChargingProfile:
    return msgspec.structs.replace(profile, transaction_id=transaction_id)


def _no_schedule(why: str) -> m.GetCompositeScheduleResponse:
    return m.GetCompositeScheduleResponse(GenericStatus.REJECTED, StatusInfo(why))
