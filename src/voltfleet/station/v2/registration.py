"""Boot and heartbeat (B01 to B04, G02): what OCPP 2.x adds to `RegistrationBlock`."""

from collections.abc import Callable
from typing import Any

import msgspec

from voltfleet.station.context import Context
from voltfleet.station.registration import RegistrationBlock, Standing
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.device_model import catalog, updating
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.device_model.physical import serial_number
from voltfleet.station.v2.messages import availability, provisioning
from voltfleet.station.v2.messages.provisioning import BootReason, ChargingStationInfo
from voltfleet.station.v2.security_events import SecurityEvent, SecurityEvents

_MAX_MODEL = 20
_MAX_VENDOR = 50
_MAX_FIRMWARE_VERSION = 50


class Registration(RegistrationBlock):
    """``reason`` is why the station booted; a reset sets it before the power goes. ``on_accepted``
    is called once per power-up, ``on_resume`` whenever the station is online, for the first time or
    again."""

    __slots__ = (
        "_availability",
        "_events",
        "_model",
        "_offline_since",
        "_up_since",
        "on_accepted",
        "on_resume",
        "reason",
    )

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        availability: Availability,
        events: SecurityEvents,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._events = events
        self._offline_since: float | None = None
        self._up_since: float | None = ctx.now
        self.reason = BootReason.POWER_UP
        self.on_accepted: Callable[[], None] = _nobody
        self.on_resume: Callable[[], None] = _nobody

    def power_up(self) -> None:
        """The firmware starts from nothing."""
        super().power_up()
        self._up_since = self.ctx.now
        self._availability.forget_told()

    def start_over(self) -> None:
        """The next connection may be to a CSMS that knows nothing of this station."""
        self.standing = Standing.UNKNOWN
        self._boot_at = 0.0
        self._availability.forget_told()

    def told_time(self, current_time: str) -> None:
        """A clock that was set is a security event."""
        before = self.ctx.clock_offset
        super().told_time(current_time)
        change_seconds = self.ctx.clock_offset - before
        if change_seconds:
            self._events.happened(SecurityEvent.SETTING_SYSTEM_TIME, f"by {change_seconds:+.0f} s")

    def disconnected(self) -> None:
        """Remember since when: how long it takes decides what is told afterwards."""
        super().disconnected()
        if self._offline_since is None:
            self._offline_since = self.ctx.now

    def trigger_boot(self) -> None:
        """The CSMS asked for BootNotification (F06)."""
        own, self.reason = self.reason, BootReason.TRIGGERED
        self.boot()
        self.reason = own

    def boot_request(self) -> tuple[msgspec.Struct, type[Any]]:
        """B01.FR.01"""
        spec = self.ctx.spec
        firmware = updating.firmware_version(self._model.definitions)
        info = ChargingStationInfo(
            model=spec.model[:_MAX_MODEL],
            vendor_name=spec.vendor[:_MAX_VENDOR],
            serial_number=serial_number(self.ctx.identity),
            firmware_version=self._model.text(firmware)[:_MAX_FIRMWARE_VERSION],
        )
        request = provisioning.BootNotification(info, self.reason)
        return request, provisioning.BootNotificationResponse

    def heartbeat_request(self) -> tuple[msgspec.Struct, type[Any]]:
        """G02"""
        return availability.Heartbeat(), availability.HeartbeatResponse

    def heartbeat_seconds(self) -> int:
        """G02.FR.01"""
        return self._model.whole(catalog.HEARTBEAT_INTERVAL)

    def keep_heartbeat_seconds(self, seconds: int) -> None:
        """B01.FR.05"""
        self._model.set(catalog.HEARTBEAT_INTERVAL, str(seconds))

    def resume(self) -> None:
        """B04.FR.01: after a long time offline all statuses, FR.02: after a short one changes."""
        if self._offline_since is not None:
            away_seconds = self.ctx.now - self._offline_since
            self._offline_since = None
            if away_seconds > self._model.whole(catalog.OFFLINE_THRESHOLD):
                self._availability.forget_told()
        self._availability.tell_all()
        up_since, self._up_since = self._up_since, None
        if up_since is not None:
            self._events.happened(SecurityEvent.STARTUP_OF_THE_DEVICE, at=up_since)
        self._events.resumed()
        self.on_resume()
        if up_since is not None:
            self.on_accepted()

    @property
    def accepted(self) -> bool:
        """Whether the CSMS has accepted the station since it powered up."""
        return self.standing is Standing.ACCEPTED


def _nobody() -> None:
    """Stands in until the engine listens."""
