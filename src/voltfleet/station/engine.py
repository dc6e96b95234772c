"""What `ChargingStation` asks of an OCPP version."""

from typing import NamedTuple, Protocol

import msgspec

from voltfleet.domain.commands import CommandKind, Payload
from voltfleet.domain.hosting import Command
from voltfleet.station.connector import Connector


class GoingOn(NamedTuple):
    """What an OCPP version knows of a connector: a token that waits for a car, or a transaction.
    ``charging_state`` is in the words of OCPP 2.x; it and ``meter_start_wh`` are None without a
    transaction."""

    id_token: str | None
    transaction_id: str | None = None
    charging_state: str | None = None
    meter_start_wh: float | None = None


NOTHING_GOES_ON = GoingOn(None)


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

    def lose_power(self) -> None:
        """The mains fail: what went on is over. Nobody hears of it before the next boot."""

    def memory(self) -> msgspec.Struct:
        """What the version's part of the station would find after a power cut now."""

    def recall(self, memory: msgspec.Raw) -> None:
        """Put it back, as it was then, over hardware that was put back before. Raises
        `msgspec.MsgspecError` for what it cannot read."""

    def user_redialled(self) -> None:
        """After `recall`: the user has changed since how the station dials."""

    def going_on(self, connector: Connector) -> GoingOn:
        """The token or the transaction there, for whoever looks at it."""

    def command(self, kind: CommandKind, payload: Payload, command: Command) -> None:
        """Do it and report the outcome, now or later, exactly once. Raises `HardwareRefusal`."""
