"""Where a charger stands, and what of it the gateway has not been told yet."""

from voltfleet.domain.hosting import (
    Assignment,
    ChargerReport,
    ConnectionReport,
    ConnectionState,
    ConnectorReport,
)
from voltfleet.host.outbox import Outbox
from voltfleet.station.reports import ConnectorState

_CONNECTION = 1
_CONNECTORS = 2


class Standing:
    """Of one charger in one generation. ``since`` is when ``state`` was reached, ``error`` the
    sentence for the user, ``attempts`` the dials since it was last online. Nothing is told any more
    once ``told_no_more`` is set: the next generation speaks then."""

    __slots__ = (
        "_charger_id",
        "_connectors",
        "_dirty",
        "_generation",
        "_outbox",
        "attempts",
        "error",
        "since",
        "state",
        "told_no_more",
    )

    def __init__(
        self, assignment: Assignment, state: ConnectionState, outbox: Outbox, now: float
    ) -> None:
        self._charger_id = assignment.charger_id
        self._generation = assignment.generation
        self._connectors: list[ConnectorState] = []
        self._dirty = 0
        self._outbox = outbox
        self.attempts = 0
        self.error: str | None = None
        self.since = now
        self.state = state
        self.told_no_more = False

    def move(self, state: ConnectionState, now: float) -> None:
        """The connection has come this far."""
        if state is ConnectionState.ONLINE:
            self.attempts = 0
        if state is not self.state:
            self.state = state
            self.since = now
            self.connection_changed()

    def replace_connector(self, new: ConnectorState) -> None:
        """A connector's status, in place of what was known of it."""
        self._mark(_CONNECTORS)
        for index, old in enumerate(self._connectors):
            if (old.evse_id, old.connector_id) == (new.evse_id, new.connector_id):
                self._connectors[index] = new
                return
        self._connectors.append(new)

    def connection_changed(self) -> None:
        """Tell the connection with the next flush."""
        self._mark(_CONNECTION)

    def everything_changed(self) -> None:
        """The gateway is new, or asks anew: the caller hands this to `Outbox.changed_all`."""
        self._dirty = _CONNECTION | _CONNECTORS

    def take_report(self) -> ChargerReport | None:
        """`outbox.Reporter`."""
        dirty, self._dirty = self._dirty, 0
        if self.told_no_more or not dirty:
            return None
        connection = connectors = None
        if dirty & _CONNECTION:
            connection = ConnectionReport(self.state, self.since, self.error, self.attempts)
        if dirty & _CONNECTORS:
            connectors = [
                ConnectorReport(
                    c.evse_id,
                    c.connector_id,
                    c.status,
                    c.error_code,
                    c.since,
                    c.charging,
                    c.suspended,
                )
                for c in self._connectors
            ]
        return ChargerReport(self._charger_id, self._generation, connection, connectors)

    def _mark(self, what: int) -> None:
        if not self._dirty:
            self._outbox.changed(self)
        self._dirty |= what
