"""What `ChargingStation` asks of an OCPP version."""

from typing import Protocol

import msgspec

from voltfleet.domain.commands import CommandKind, Payload
from voltfleet.domain.hosting import Command


class Engine(Protocol):
    """The functional blocks of one OCPP version, wired together over one `Context`.

    Its constructor takes the context, sets ``ctx.hardware.listener`` and ``ctx.on_power_up``, and
    sends nothing.
    """

    def connected(self) -> None:
        """The socket is open: boot, or resume."""

    def disconnected(self) -> None:
        """The socket is gone. The outbox knows already."""

    def answer(self, action: str, payload: msgspec.Raw) -> msgspec.Struct | None:
        """Handle a CALL; None: the standard wants silence. Raises `ocppj.errors.RpcError`."""

    def received(self, action: str, payload: msgspec.Raw) -> None:
        """Handle a SEND (OCPP 2.1); the other versions ignore it."""

    def lose_power(self, seconds: float) -> None:
        """The mains fail for so long: what went on is over, and the station reboots after it."""

    def command(self, kind: CommandKind, payload: Payload, command: Command) -> None:
        """Do it and report the outcome, now or later, exactly once. Raises `HardwareRefusal`."""
