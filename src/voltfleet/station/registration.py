"""Boot and heartbeat, as far as all OCPP versions agree (OCPP 1.6 §4.2 and §4.6; 2.0.1 B01 to B04,
G02): one BootNotification per power-up, repeated until it is accepted; then heartbeats.

answer      standing    the gate    what the station does
------------------------------------------------------------------------------
(none yet)  UNKNOWN     BOOT        boots again after a while
Pending     PENDING     TRIGGERED   boots again after the CSMS's interval
Rejected    REJECTED    CLOSED      boots again after the CSMS's interval
Accepted    ACCEPTED    OPEN        tells the status of its connectors, beats
"""

from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import Any, Protocol

import msgspec

from voltfleet.domain.hosting import ConnectionState
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind, Gate, Lane

RETRY_SECONDS = 60
"""What the station chooses when the CSMS leaves it the choice, or does not answer."""


_LONGEST_SECONDS = 365 * 86_400
"""A CSMS may name any interval; no clock can show all of them."""


class Standing(Enum):
    """What the CSMS thinks of us since the last power-up."""

    UNKNOWN = auto()
    PENDING = auto()
    REJECTED = auto()
    ACCEPTED = auto()


_GATES = {
    Standing.UNKNOWN: Gate.BOOT,
    Standing.PENDING: Gate.TRIGGERED,
    Standing.REJECTED: Gate.CLOSED,
    Standing.ACCEPTED: Gate.OPEN,
}
_STATES = {
    Standing.UNKNOWN: ConnectionState.CONNECTED,
    Standing.PENDING: ConnectionState.PENDING,
    Standing.REJECTED: ConnectionState.REJECTED,
    Standing.ACCEPTED: ConnectionState.ONLINE,
}
_STANDINGS = {
    "Accepted": Standing.ACCEPTED,
    "Pending": Standing.PENDING,
    "Rejected": Standing.REJECTED,
}


class BootAnswer(Protocol):
    """What every version's answer to BootNotification says."""

    @property
    def current_time(self) -> str: ...
    @property
    def interval(self) -> int: ...
    @property
    def status(self) -> str: ...


class HeartbeatAnswer(Protocol):
    """What every version's answer to Heartbeat says."""

    @property
    def current_time(self) -> str: ...


class RegistrationBlock(Block, ABC):
    """The table above. A version says which messages it sends and where it keeps the interval."""

    __slots__ = ("_beating", "_boot_at", "standing")

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._boot_at = 0.0
        self._beating = False
        self.standing = Standing.UNKNOWN

    # --- what a version says --------------------------------------------------------------------

    @abstractmethod
    def boot_request(self) -> tuple[msgspec.Struct, type[Any]]:
        """BootNotification, and the type of its answer."""

    @abstractmethod
    def heartbeat_request(self) -> tuple[msgspec.Struct, type[Any]]:
        """Heartbeat, and the type of its answer."""

    @abstractmethod
    def heartbeat_seconds(self) -> int:
        """How often to send it."""

    @abstractmethod
    def keep_heartbeat_seconds(self, seconds: int) -> None:
        """The CSMS has said how often, accepting the boot."""

    @abstractmethod
    def resume(self) -> None:
        """The station is online, for the first time since power-up or again: tell the statuses
        that the CSMS does not know."""

    def told_time(self, current_time: str) -> None:
        """The CSMS said what time it is."""
        self.ctx.set_clock(current_time)

    # --- boot -----------------------------------------------------------------------------------

    def power_up(self) -> None:
        """The firmware starts from nothing."""
        self.standing = Standing.UNKNOWN
        self._boot_at = 0.0
        self._beating = False

    def connected(self) -> None:
        """Boot if that is still to be done and its time has come; otherwise resume."""
        self.ctx.outbox.set_gate(_GATES[self.standing])
        if self.standing is Standing.ACCEPTED:
            self._come_online()
        elif self.ctx.now >= self._boot_at:
            self.boot()
        else:
            self.ctx.register(_STATES[self.standing])
            self._boot_later(self._boot_at - self.ctx.now)

    def disconnected(self) -> None:
        """Heartbeats and boots wait for the next socket."""
        self.ctx.note("disconnected")
        self.ctx.timers.stop(("heartbeat", 0))
        self.ctx.timers.stop(("boot", 0))

    def boot(self) -> None:
        """Send BootNotification; the silence of a rejected station ends here."""
        if self.standing is not Standing.ACCEPTED:
            self.ctx.outbox.set_gate(max(self.ctx.outbox.gate, Gate.BOOT))
        request, answer = self.boot_request()
        self.ctx.call(request, answer, self._answered, self._unanswered, Lane.BOOT)

    def _answered(self, answer: BootAnswer) -> None:
        self.told_time(answer.current_time)
        standing = _STANDINGS[answer.status]
        if standing is Standing.ACCEPTED:
            self._accepted(answer.interval)
        else:
            self._put_off(standing, answer)

    def _accepted(self, interval: int) -> None:
        if interval > 0:
            self.keep_heartbeat_seconds(min(interval, _LONGEST_SECONDS))
        self.ctx.timers.stop(("boot", 0))
        first = self.standing is not Standing.ACCEPTED
        self.standing = Standing.ACCEPTED
        self.ctx.outbox.set_gate(Gate.OPEN)
        if first:
            self._come_online()

    def _put_off(self, standing: Standing, answer: BootAnswer) -> None:
        seconds = min(answer.interval, _LONGEST_SECONDS) if answer.interval > 0 else RETRY_SECONDS
        self.standing = standing
        self.ctx.outbox.set_gate(_GATES[standing])
        self.ctx.timers.stop(("heartbeat", 0))
        self.ctx.register(
            _STATES[standing],
            f"the CSMS answered BootNotification with {answer.status}; the charger tries again "
            f"in {seconds} s",
        )
        self._boot_later(seconds)

    def _unanswered(self, failure: Failure) -> None:
        if failure.kind is FailureKind.OFFLINE or self.standing is Standing.ACCEPTED:
            return
        note = f"{failure.text}; the charger tries again in {RETRY_SECONDS} s"
        self.ctx.register(ConnectionState.CONNECTED, note)
        self._boot_later(RETRY_SECONDS)

    def _boot_later(self, seconds: float) -> None:
        self._boot_at = self.ctx.now + seconds
        self.ctx.after("boot", 0, seconds, self.boot)

    def _come_online(self) -> None:
        self.ctx.register(ConnectionState.ONLINE)
        self.resume()
        self.schedule_heartbeat()

    # --- heartbeat ------------------------------------------------------------------------------

    def schedule_heartbeat(self) -> None:
        """The next one is due one interval from now; also when the interval has changed."""
        if self.standing is Standing.ACCEPTED and self.ctx.connected:
            self.ctx.after("heartbeat", 0, self.heartbeat_seconds(), self._beat)

    def heartbeat(self, lane: Lane) -> None:
        """Send one, unless one is on its way already."""
        if not self._beating:
            self._beating = True
            request, answer = self.heartbeat_request()
            self.ctx.call(request, answer, self._beaten, self._missed, lane)

    def _beat(self) -> None:
        self.heartbeat(Lane.NORMAL)
        self.schedule_heartbeat()

    def _beaten(self, answer: HeartbeatAnswer) -> None:
        self._beating = False
        self.told_time(answer.current_time)

    def _missed(self, _failure: Failure) -> None:
        self._beating = False
