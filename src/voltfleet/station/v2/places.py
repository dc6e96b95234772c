"""Where a token may charge: what is free, in order, and not kept for another."""

from voltfleet.station.blocks import Block
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.v2.authorization import key_of_token
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.messages.types import IdToken
from voltfleet.station.v2.permit import Permit
from voltfleet.station.v2.registration import Registration
from voltfleet.station.v2.reservations import Reservations
from voltfleet.station.v2.session import Session, Sessions


class Places(Block):
    """Answers; changes nothing. ``accepting`` is false while the station is about to go down."""

    __slots__ = ("_availability", "_registration", "_reservations", "_sessions", "accepting")

    def __init__(
        self,
        ctx: Context,
        availability: Availability,
        registration: Registration,
        sessions: Sessions,
        reservations: Reservations,
    ) -> None:
        super().__init__(ctx)
        self._availability = availability
        self._registration = registration
        self._sessions = sessions
        self._reservations = reservations
        self.accepting = True

    def free(self, connector: Connector) -> bool:
        """Whether a token may be presented there now."""
        evse = self.ctx.hardware.evse_of(connector)
        session = self._sessions.get(evse.id)
        taken = session is not None and session.permit is not None
        elsewhere = evse.active not in {None, connector}
        return not taken and not elsewhere and self.may_charge(connector)

    def choose(
        self, token: IdToken, group: IdToken | None = None, evse: Evse | None = None
    ) -> Connector | None:
        """Where a token is taken to be meant for: what is kept for it, or a car that waits, or the
        first free connector; one that is kept for others only if there is nothing else."""
        connectors = self.ctx.hardware.connectors if evse is None else evse.connectors
        key, group_key = key_of_token(token), None if group is None else key_of_token(group)

        def rank(connector: Connector) -> tuple[bool, bool, bool]:
            where = self.ctx.hardware.evse_of(connector)
            kept = self._reservations.awaits(where, key, group_key)
            admitted = self._reservations.admits(where, key, group_key)
            return not kept, not admitted, not connector.plugged

        return min((c for c in connectors if self.free(c)), key=rank, default=None)

    def admits(self, connector: Connector, permit: Permit) -> bool:
        """Whether the place is not kept for another token (H03)."""
        evse = self.ctx.hardware.evse_of(connector)
        return self._reservations.admits(evse, key_of_token(permit.id_token), permit.group)

    def may_start(self, session: Session) -> bool:
        evse = session.evse
        connectors = evse.connectors if evse.active is None else (evse.active,)
        return any(map(self.may_charge, connectors))

    def may_charge(self, connector: Connector) -> bool:
        """Not before the boot was accepted: TxBeforeAcceptedEnabled is false (B01.FR.08)."""
        up = self.accepting and self._registration.accepted
        return up and self._availability.usable(connector)
