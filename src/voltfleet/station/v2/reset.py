"""Functional block B: Reset (B11 without a transaction, B12 with one)."""

from functools import partial

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.messages import provisioning as m
from voltfleet.station.v2.messages.provisioning import BootReason, ResetStatus, ResetType
from voltfleet.station.v2.messages.transactions import StoppedReason, TriggerReason
from voltfleet.station.v2.messages.types import StatusInfo
from voltfleet.station.v2.places import Places
from voltfleet.station.v2.registration import Registration
from voltfleet.station.v2.security_events import SecurityEvent, SecurityEvents
from voltfleet.station.v2.session import Sessions
from voltfleet.station.v2.transactions import Transactions

DOWN_SECONDS = (1.0, 5.0)
GRACE_SECONDS = 10.0
"""How long the station waits for the CSMS to take the last messages before it goes down."""
_LOOK_AGAIN_SECONDS = 0.25

_BUSY = "Unspecified"
_ACCEPTED = m.ResetResponse(ResetStatus.ACCEPTED)
_SCHEDULED = m.ResetResponse(ResetStatus.SCHEDULED)


class Reset(Block):
    """Takes the station, or one EVSE, down and up again. ``_waiting`` are the EVSEs whose reset
    waits for their transactions to end; ``_whole`` says that they are the whole station."""

    __slots__ = (
        "_availability",
        "_events",
        "_places",
        "_registration",
        "_sessions",
        "_transactions",
        "_waiting",
        "_whole",
    )

    def __init__(
        self,
        ctx: Context,
        sessions: Sessions,
        availability: Availability,
        registration: Registration,
        transactions: Transactions,
        places: Places,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._availability = availability
        self._registration = registration
        self._sessions = sessions
        self._transactions = transactions
        self._places = places
        self._events = events
        self._waiting: tuple[Evse, ...] = ()
        self._whole = False
        transactions.on_ended = self._transaction_ended

    @handles(m.Reset)
    def reset(self, request: m.Reset) -> m.ResetResponse:
        """Immediate ends transactions (B12.FR.03), OnIdle waits for their end (B12.FR.01), and
        ImmediateAndResume (2.1) takes them up again afterwards."""
        evses = self._evses(request.evse_id)
        if not evses:
            return _rejected("UnknownEvse")
        if not self._places.accepting:
            return _rejected(_BUSY)
        if request.type is ResetType.IMMEDIATE_AND_RESUME:
            whole = request.evse_id is None
            self._go_down(evses, BootReason.REMOTE_RESET, whole=whole, resume=True)
            return _ACCEPTED
        whole = request.evse_id is None
        if request.type is ResetType.ON_IDLE and self._in_use(evses):
            self._whole = whole or self._whole
            self._waiting = evses if whole else (*self._waiting, *evses)
            self._availability.hold(evses)
            return _SCHEDULED
        self._go_down(evses, BootReason.REMOTE_RESET, whole=whole)
        return _ACCEPTED

    def lose_power(self) -> None:
        """The mains fail: the CSMS hears after the boot what that ended."""
        self._places.accepting = False
        self._registration.reason = BootReason.POWER_UP
        evses = self.ctx.hardware.evses
        trigger = TriggerReason.ABNORMAL_CONDITION
        self._transactions.end_all(evses, StoppedReason.POWER_LOSS, trigger)

    def power_up(self) -> None:
        """The reset is done."""
        self._places.accepting = True
        self._waiting = ()
        self._whole = False
        self._availability.release(self.ctx.hardware.evses)

    def _transaction_ended(self) -> None:
        if self._waiting and not self._in_use(self._waiting):
            # Not in the middle of whatever ended it: the next tick does it.
            self.ctx.after("reset", 0, 0.0, self._scheduled)

    def _scheduled(self) -> None:
        evses, self._waiting = self._waiting, ()
        self._go_down(evses, BootReason.SCHEDULED_RESET, whole=self._whole)

    def _go_down(
        self, evses: tuple[Evse, ...], reason: BootReason, *, whole: bool, resume: bool = False
    ) -> None:
        if whole:
            self._places.accepting = False
            self._registration.reason = reason
        self._availability.hold(evses)
        if resume:
            evses_left = self._transactions.pause(evses)
            self._transactions.end_all(evses_left, StoppedReason.IMMEDIATE_RESET)
        else:
            self._transactions.end_all(evses, StoppedReason.IMMEDIATE_RESET)
        if whole:
            self._events.happened(SecurityEvent.RESET_OR_REBOOT, reason)
            self._reboot_once_told(self.ctx.now + GRACE_SECONDS)
        else:
            down_seconds = self.ctx.rng.uniform(*DOWN_SECONDS)
            up = partial(self._evses_are_up, evses)
            self.ctx.after("evse-reset", evses[0].id, down_seconds, up)

    def _evses_are_up(self, evses: tuple[Evse, ...]) -> None:
        self._availability.release(evses)
        self._transactions.look_around(evses)

    def _reboot_once_told(self, latest: float) -> None:
        if self.ctx.online and self.ctx.outbox.transactions_waiting and self.ctx.now < latest:
            look_again = partial(self._reboot_once_told, latest)
            self.ctx.after("reset", 0, _LOOK_AGAIN_SECONDS, look_again)
        else:
            self.ctx.after("reset", 0, _LOOK_AGAIN_SECONDS, self._reboot)

    def _reboot(self) -> None:
        self.ctx.reboot(self.ctx.rng.uniform(*DOWN_SECONDS))

    def _in_use(self, evses: tuple[Evse, ...]) -> bool:
        return any(session.evse in evses for session in self._sessions.open())

    def _evses(self, evse_id: int | None) -> tuple[Evse, ...]:
        """All of them for the whole station; none if there is no such EVSE."""
        evses = self.ctx.hardware.evses
        return tuple(e for e in evses if evse_id is None or e.id == evse_id)


def _rejected(why: str) -> m.ResetResponse:
    info = StatusInfo(why, "the station is about to reset already" if why == _BUSY else None)
    return m.ResetResponse(ResetStatus.REJECTED, info)
