"""Functional block K of OCPP 2.1: what it added to charging profiles.

Dynamic profiles (K28), priority charging (K21), local generation, limits beyond a state of charge,
profiles that end when the station is offline for long, and what DER controls leave (R04).
"""

from functools import partial
from math import inf

from msgspec.structs import asdict, replace

from voltfleet.station.blocks import handles
from voltfleet.station.charging_limits import ChargingLimits, Where
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.smart_charging import ALL_PHASES, Limit, Profile, Purpose, RateUnit
from voltfleet.station.v2.device_model import charging
from voltfleet.station.v2.messages import dynamic as m
from voltfleet.station.v2.messages.dynamic import PriorityStatus, ScheduleUpdate
from voltfleet.station.v2.messages.smart_charging import ChargingProfile, LimitAtSoC
from voltfleet.station.v2.messages.types import GenericStatus, StatusInfo
from voltfleet.station.v2.profiles import Wrong
from voltfleet.station.v2.smart_charging import ProfilesMemory, SmartCharging
from voltfleet.station.v2.v21 import profiles

_REJECTED = GenericStatus.REJECTED


class ChargingLimits21(ChargingLimits):
    """``spelled`` are the profiles as the CSMS sent them. ``share``: the part of the power that DER
    controls leave. ``priority``: the EVSEs where priority charging is active. ``offline_since``:
    epoch seconds, None while online."""

    __slots__ = ("offline_since", "priority", "share", "spelled")

    def __init__(self, ctx: Context, where: Where) -> None:
        super().__init__(ctx, where)
        self.spelled: dict[int, ChargingProfile] = {}
        self.share = 1.0
        self.priority: frozenset[int] = frozenset()
        self.offline_since: float | None = None

    @property
    def capped(self) -> bool:
        """Whether DER controls leave less than all."""
        return self.share < 1.0

    def active(self) -> tuple[Profile, ...]:
        """Without priority charging that is not active, and what is not valid offline."""
        if not self.priority and self.offline_since is None:
            return tuple(p for p in self.profiles if p.purpose is not Purpose.PRIORITY)
        return tuple(p for p in self.profiles if self._is_active(p))

    def _is_active(self, profile: Profile) -> bool:
        if profile.purpose is Purpose.PRIORITY and profile.place not in self.priority:
            return False
        spelled = self.spelled.get(profile.id)
        longest = None if spelled is None else spelled.max_offline_duration
        if longest is None or self.offline_since is None:
            return True
        return self._ctx.now - self.offline_since < longest

    def cap(self, evse: Evse) -> Limit:
        """DER controls, and limits beyond a state of charge."""
        limit = Limit(watts=evse.bounds().watts * self.share if self.capped else inf)
        soc = 0.0 if evse.ev is None else evse.ev.soc * 100
        for unit, beyond in self._beyond(evse):
            if soc >= beyond.soc - 1e-6:
                watts = beyond.limit if unit is RateUnit.W else inf
                amps = beyond.limit if unit is RateUnit.A else inf
                limit = limit.and_(Limit(watts, amps, ALL_PHASES))
        return limit

    def next_look_seconds(self) -> float:
        """When a car reaches such a state of charge."""
        waits = [inf]
        for evse in self._ctx.hardware.evses:
            for _, beyond in self._beyond(evse):
                if evse.ev is not None and evse.ev.soc * 100 < beyond.soc:
                    evse.advance(self._ctx.now)
                    room_wh = evse.ev.metered_wh_until(beyond.soc / 100)
                    waits.append(evse.seconds_until(evse.meter.register_wh + room_wh))
        return min(waits)

    def _beyond(self, evse: Evse) -> list[tuple[RateUnit, LimitAtSoC]]:
        found = []
        for profile in self.active():
            spelled = self.spelled.get(profile.id)
            if spelled is None or profile.place not in {0, evse.id}:
                continue
            beyond = spelled.charging_schedule[0].limit_at_so_c
            if beyond is not None:
                found.append((profile.schedule.unit, beyond))
        return found


class SmartCharging21(SmartCharging):
    """`SmartCharging` that understands profiles of 2.1. It is in the place of that block."""

    __slots__ = ()

    def cap(self, share: float) -> None:
        """DER controls leave so much of the power."""
        if share < 1.0 or self._kept is not None:
            limits = self._limits()
            limits.share = share
            limits.apply()

    def connected(self) -> None:
        """What is not valid offline is so again, unless it was said to be gone for good."""
        if self._kept is not None and self._limits().offline_since is not None:
            limits = self._limits()
            gone = {p.id for p in limits.profiles if self._ended_offline(p)}
            limits.offline_since = None
            self._remove(lambda p: p.id in gone)
            limits.apply()

    def disconnected(self) -> None:
        """Profiles may be valid only for so long now."""
        if self._kept is None or self._limits().offline_since is not None:
            return
        limits = self._limits()
        limits.offline_since = self.ctx.now
        waits = {p.max_offline_duration for p in self._kept.spelled.values()} - {None}
        for seconds in waits:
            self.ctx.after("offline-profile", seconds or 0, float(seconds or 0), limits.apply)

    def power_up(self) -> None:
        """A reboot stopped the clocks of dynamic profiles."""
        for spelled in () if self._kept is None else self._kept.spelled.values():
            self._pull_later(spelled)

    def recall(self, memory: ProfilesMemory | None) -> None:
        """As it was before a power cut."""
        super().recall(memory)
        if self._kept is not None:
            self._limits().spelled = self._kept.spelled

    # --- K28 ------------------------------------------------------------------------------------

    @handles(m.UpdateDynamicSchedule)
    def update_schedule(self, request: m.UpdateDynamicSchedule) -> m.UpdateDynamicScheduleResponse:
        """The CSMS changes what a dynamic profile says."""
        self._demand_enabled()
        why = self._update(request.charging_profile_id, request.schedule_update)
        if why is not None:
            info = StatusInfo("InvalidProfile", why)
            return m.UpdateDynamicScheduleResponse(_REJECTED, info)
        return m.UpdateDynamicScheduleResponse(GenericStatus.ACCEPTED)

    def _update(self, id_: int, update: ScheduleUpdate) -> str | None:
        """Why not, if so."""
        spelled = None if self._kept is None else self._kept.spelled.get(id_)
        if spelled is None or spelled.charging_profile_kind != profiles.DYNAMIC:
            return "there is no Dynamic profile of that id"
        [schedule] = spelled.charging_schedule
        [period] = schedule.charging_schedule_period
        changes = {name: value for name, value in asdict(update).items() if value is not None}
        new = replace(
            spelled,
            dyn_update_time=self.ctx.timestamp(),
            charging_schedule=(
                replace(schedule, charging_schedule_period=(replace(period, **changes),)),
            ),
        )
        [place] = [p.place for p in self._limits().profiles if p.id == id_]
        try:
            profile = self._read(new, place)
        except Wrong as wrong:
            return wrong.why
        self._put(profile, new)
        self._limits().apply()
        return None

    def _pull_later(self, spelled: ChargingProfile) -> None:
        seconds = spelled.dyn_update_interval
        if spelled.charging_profile_kind == profiles.DYNAMIC and seconds:
            self.ctx.after("pull", spelled.id, float(seconds), partial(self._pull, spelled.id))

    def _pull(self, id_: int) -> None:
        spelled = None if self._kept is None else self._kept.spelled.get(id_)
        if spelled is None:
            return
        self._pull_later(spelled)
        request = m.PullDynamicScheduleUpdate(id_)
        self.ctx.call(request, m.PullDynamicScheduleUpdateResponse, partial(self._pulled, id_))

    def _pulled(self, id_: int, answer: m.PullDynamicScheduleUpdateResponse) -> None:
        if answer.status is GenericStatus.ACCEPTED and answer.schedule_update is not None:
            self._update(id_, answer.schedule_update)

    # --- K21 ------------------------------------------------------------------------------------

    @handles(m.UsePriorityCharging)
    def use_priority(self, request: m.UsePriorityCharging) -> m.UsePriorityChargingResponse:
        """The EVSE's PriorityCharging profile goes before the others, for one transaction."""
        self._demand_enabled()
        session = self._sessions.find(request.transaction_id)
        if session is None:
            info = StatusInfo("TxNotFound")
            return m.UsePriorityChargingResponse(PriorityStatus.REJECTED, info)
        place = session.evse.id
        if not self._has_priority_profile(place):
            return m.UsePriorityChargingResponse(PriorityStatus.NO_PROFILE)
        limits = self._limits()
        change = {place}
        limits.priority = limits.priority | change if request.activate else limits.priority - change
        limits.apply()
        return m.UsePriorityChargingResponse(PriorityStatus.ACCEPTED)

    def transaction_ended(self, evse: Evse) -> None:
        """Priority was for that transaction only."""
        if self._kept is not None and evse.id in self._limits().priority:
            self._limits().priority -= {evse.id}
            self.look_later()

    def _has_priority_profile(self, place: int) -> bool:
        installed = () if self._kept is None else self._kept.limits.profiles
        return any(p.purpose is Purpose.PRIORITY and p.place == place for p in installed)

    # --- inside ---------------------------------------------------------------------------------

    def _read(self, given: ChargingProfile, place: int) -> Profile:
        units = charging.rate_units(self._availability)
        return profiles.read(given, place, units, self._clock(), self.ctx.rng)

    def _new_limits(self) -> ChargingLimits:
        return ChargingLimits21(self.ctx, self._where)

    def _limits(self) -> ChargingLimits21:
        limits = self._keep().limits
        if not isinstance(limits, ChargingLimits21):
            raise TypeError("a 2.1 station's limits are those of 2.1")
        return limits

    def _put(self, profile: Profile, spelled: ChargingProfile) -> None:
        super()._put(profile, spelled)
        self._limits().spelled = self._keep().spelled
        self._pull_later(spelled)

    def _ended_offline(self, profile: Profile) -> bool:
        spelled, since = self._keep().spelled[profile.id], self._limits().offline_since
        longest = spelled.max_offline_duration
        if longest is None or since is None or not spelled.invalid_after_offline_duration:
            return False
        return self.ctx.now - since >= longest
