"""Boot and heartbeat (OCPP 1.6 §4.2 and §4.6)."""

from enum import Enum, auto

from voltfleet.domain.hosting import ConnectionState
from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind, Gate, Lane
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.messages import RegistrationStatus

RETRY_SECONDS = 60
"""What the station chooses when the Central System leaves it the choice, or does not answer."""


class Standing(Enum):
    """What the Central System thinks of us since the last power-up."""

    UNKNOWN = auto()
    PENDING = auto()
    REJECTED = auto()
    ACCEPTED = auto()


_BEFORE_BOOT = {
    Standing.UNKNOWN: Gate.BOOT,
    Standing.PENDING: Gate.TRIGGERED,
    Standing.REJECTED: Gate.CLOSED,
    Standing.ACCEPTED: Gate.OPEN,
}
"""How far the gate is open while we wait to boot (again)."""


_STATES = {
    Standing.UNKNOWN: ConnectionState.CONNECTED,
    Standing.PENDING: ConnectionState.PENDING,
    Standing.REJECTED: ConnectionState.REJECTED,
    Standing.ACCEPTED: ConnectionState.ONLINE,
}


class Registration(Block):
    """One BootNotification per power-up, repeated until it is accepted; then heartbeats."""

    __slots__ = ("_availability", "_beating", "_boot_at", "_configuration", "standing")

    def __init__(
        self, ctx: Context, configuration: Configuration, availability: Availability
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability
        self._boot_at = 0.0
        self._beating = False
        self.standing = Standing.UNKNOWN

    def power_up(self) -> None:
        """The firmware starts from nothing."""
        self.standing = Standing.UNKNOWN
        self._boot_at = 0.0
        self._beating = False
        self._availability.forget_told()

    def connected(self) -> None:
        """Boot if that is still to be done and its time has come; otherwise resume."""
        self.ctx.outbox.set_gate(_BEFORE_BOOT[self.standing])
        if self.standing is Standing.ACCEPTED:
            self._come_online()
        elif self.ctx.now >= self._boot_at:
            self.boot()
        else:
            self.ctx.register(_STATES[self.standing])
            self._boot_later(self._boot_at - self.ctx.now)

    def disconnected(self) -> None:
        """Heartbeats and boots wait for the next socket."""
        self.ctx.timers.stop(("heartbeat", 0))
        self.ctx.timers.stop(("boot", 0))

    # --- boot -----------------------------------------------------------------------------------

    def boot(self) -> None:
        """Send BootNotification; the silence of a rejected station ends here."""
        if self.standing is not Standing.ACCEPTED:
            self.ctx.outbox.set_gate(max(self.ctx.outbox.gate, Gate.BOOT))
        spec = self.ctx.spec
        request = m.BootNotification(
            spec.vendor[:20],
            spec.model[:20],
            charge_point_serial_number=self.ctx.identity[:25],
            firmware_version=spec.firmware_version[:50],
        )
        answer = m.BootNotificationResponse
        self.ctx.call(request, answer, self._answered, self._unanswered, Lane.BOOT)

    def _answered(self, answer: m.BootNotificationResponse) -> None:
        self.ctx.set_clock(answer.current_time)
        match answer.status:
            case RegistrationStatus.ACCEPTED:
                self._accepted(answer.interval)
            case RegistrationStatus.PENDING:
                self._put_off(Standing.PENDING, answer)
            case RegistrationStatus.REJECTED:
                self._put_off(Standing.REJECTED, answer)

    def _accepted(self, interval: int) -> None:
        if interval > 0:
            self._configuration.set(Name.HEARTBEAT_INTERVAL, str(interval))
        self.ctx.timers.stop(("boot", 0))
        first = self.standing is not Standing.ACCEPTED
        self.standing = Standing.ACCEPTED
        self.ctx.outbox.set_gate(Gate.OPEN)
        if first:
            self._come_online()

    def _put_off(self, standing: Standing, answer: m.BootNotificationResponse) -> None:
        seconds = answer.interval if answer.interval > 0 else RETRY_SECONDS
        self.standing = standing
        self.ctx.outbox.set_gate(_BEFORE_BOOT[standing])
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
        self._availability.tell_all()
        self.schedule_heartbeat()

    # --- heartbeat ------------------------------------------------------------------------------

    def schedule_heartbeat(self) -> None:
        """The next one is due one interval from now; also when the interval has changed."""
        if self.standing is Standing.ACCEPTED and self.ctx.connected:
            interval = self._configuration.whole(Name.HEARTBEAT_INTERVAL)
            self.ctx.after("heartbeat", 0, interval, self._beat)

    def heartbeat(self, lane: Lane) -> None:
        """Send one, unless one is on its way already."""
        if not self._beating:
            self._beating = True
            self.ctx.call(m.Heartbeat(), m.HeartbeatResponse, self._beaten, self._missed, lane)

    def _beat(self) -> None:
        self.heartbeat(Lane.NORMAL)
        self.schedule_heartbeat()

    def _beaten(self, answer: m.HeartbeatResponse) -> None:
        self._beating = False
        self.ctx.set_clock(answer.current_time)

    def _missed(self, _failure: Failure) -> None:
        self._beating = False
