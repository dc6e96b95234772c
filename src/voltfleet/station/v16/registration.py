"""Boot and heartbeat (OCPP 1.6 §4.2 and §4.6): what 1.6 adds to `RegistrationBlock`."""

from typing import Any

import msgspec

from voltfleet.station.context import Context
from voltfleet.station.registration import RegistrationBlock
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name

_LONGEST_HEARTBEAT_SECONDS = 86_400


class Registration(RegistrationBlock):
    """Boots with the short fields of 1.6, and keeps the interval in HeartbeatInterval."""

    __slots__ = ("_availability", "_configuration")

    def __init__(
        self, ctx: Context, configuration: Configuration, availability: Availability
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability

    def power_up(self) -> None:
        """The firmware starts from nothing."""
        super().power_up()
        self._availability.forget_told()

    def boot_request(self) -> tuple[msgspec.Struct, type[Any]]:
        """§6.3"""
        spec = self.ctx.spec
        request = m.BootNotification(
            spec.vendor[:20],
            spec.model[:20],
            charge_point_serial_number=self.ctx.identity[:25],
            firmware_version=spec.firmware_version[:50],
        )
        return request, m.BootNotificationResponse

    def heartbeat_request(self) -> tuple[msgspec.Struct, type[Any]]:
        """§6.29"""
        return m.Heartbeat(), m.HeartbeatResponse

    def heartbeat_seconds(self) -> int:
        """§9.1.10"""
        return self._configuration.whole(Name.HEARTBEAT_INTERVAL)

    def keep_heartbeat_seconds(self, seconds: int) -> None:
        """§4.2: the interval of the answer is the heartbeat's."""
        kept = min(seconds, _LONGEST_HEARTBEAT_SECONDS)
        self._configuration.set(Name.HEARTBEAT_INTERVAL, str(kept))

    def resume(self) -> None:
        """Tell what changed meanwhile; after a power-up, all."""
        self._availability.tell_all()
