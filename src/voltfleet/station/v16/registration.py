"""Boot and heartbeat in the words of OCPP 1.6 (§4.2 and §4.6)."""

from collections.abc import Callable

import msgspec

from voltfleet.station.context import Context
from voltfleet.station.registration import RegistrationBlock
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name


class Registration(RegistrationBlock):
    """The interval is kept in HeartbeatInterval, as §4.2 wants it. ``on_resume``, which the
    engine sets, is called when the station is online, for the first time or again."""

    __slots__ = ("_availability", "_configuration", "firmware_version", "on_resume")

    def __init__(
        self, ctx: Context, configuration: Configuration, availability: Availability
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability
        self.firmware_version = ctx.spec.firmware_version
        self.on_resume: Callable[[], None] = _nobody

    def power_up(self) -> None:
        """The Central System is to be told every status anew."""
        super().power_up()
        self._availability.forget_told()

    def boot_request(self) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
        """What is too long for its field is cut off: a CSMS that validates would refuse it."""
        spec = self.ctx.spec
        request = m.BootNotification(
            spec.vendor[:20],
            spec.model[:20],
            charge_point_serial_number=self.ctx.identity[:25],
            firmware_version=self.firmware_version[:50],
        )
        return request, m.BootNotificationResponse

    def heartbeat_request(self) -> tuple[msgspec.Struct, type[msgspec.Struct]]:
        """It says nothing but that we live."""
        return m.Heartbeat(), m.HeartbeatResponse

    def heartbeat_seconds(self) -> int:
        """HeartbeatInterval."""
        return self._configuration.whole(Name.HEARTBEAT_INTERVAL)

    def keep_heartbeat_seconds(self, seconds: int) -> None:
        """It takes effect through `Configuration.on_change`, as any change of it does."""
        self._configuration.set(Name.HEARTBEAT_INTERVAL, str(seconds))

    def resume(self) -> None:
        """Tell what the Central System does not know yet."""
        self._availability.tell_all()
        self.on_resume()


def _nobody() -> None:
    """Stands in until the engine listens."""
