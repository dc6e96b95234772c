"""The functional blocks of OCPP 1.6, wired together."""

import msgspec

from voltfleet.domain.commands import CommandKind, CommandState, Payload
from voltfleet.domain.hosting import Command
from voltfleet.domain.specs import OcppVersion
from voltfleet.station import physical
from voltfleet.station.blocks import dispatch, table_of
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.hardware import HardwareEvent
from voltfleet.station.v16.authorization import Authorization
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.data_transfer import DataTransfer
from voltfleet.station.v16.registration import Registration, Standing

_BLOCKS = (Configuration, Availability, Registration, Authorization, DataTransfer)
_TABLE = table_of(_BLOCKS)


class Engine16:
    """An OCPP 1.6 Charge Point."""

    __slots__ = ("_availability", "_blocks", "_configuration", "_registration", "ctx")

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._configuration = Configuration(ctx)
        self._availability = Availability(ctx, self._configuration)
        self._registration = Registration(ctx, self._configuration, self._availability)
        authorization = Authorization(ctx, self._configuration)
        self._blocks = (
            self._configuration,
            self._availability,
            self._registration,
            authorization,
            DataTransfer(ctx),
        )
        self._configuration.on_change = self._setting_changed
        ctx.hardware.listener = self._hardware
        ctx.on_power_up = self._registration.power_up

    def connected(self) -> None:
        """The socket is open."""
        self._registration.connected()

    def disconnected(self) -> None:
        """The socket is gone."""
        self._registration.disconnected()

    def answer(self, action: str, payload: msgspec.Raw) -> msgspec.Struct | None:
        """Handle a CALL. While rejected, §4.2 wants no answer at all."""
        if self._registration.standing is Standing.REJECTED:
            return None
        return dispatch(OcppVersion.V16, _TABLE, self._blocks, action, payload)

    def received(self, action: str, payload: msgspec.Raw) -> None:
        """1.6 knows no SEND; unknown message types are ignored (OCPP-J 1.6 §4.1.3)."""

    def command(self, kind: CommandKind, payload: Payload, command: Command) -> None:
        """Do what a user wants."""
        if not physical.perform(self.ctx, kind, payload, command):
            self.ctx.outcome(command, CommandState.REJECTED, f"{kind} is not built for OCPP 1.6")

    def _hardware(self, _event: HardwareEvent, _evse: Evse, connector: Connector) -> None:
        self._availability.refresh(self._availability.bays[connector.number - 1])

    def _setting_changed(self, name: Name) -> None:
        outbox = self.ctx.outbox
        match name:
            case Name.HEARTBEAT_INTERVAL:
                self._registration.schedule_heartbeat()
            case Name.TRANSACTION_MESSAGE_ATTEMPTS:
                outbox.attempts = self._configuration.whole(name)
            case Name.TRANSACTION_MESSAGE_RETRY_INTERVAL:
                outbox.retry_seconds = self._configuration.whole(name)
