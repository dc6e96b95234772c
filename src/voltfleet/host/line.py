"""A charger's way to its CSMS: where it leads, when it is dialled next, its connection."""

from voltfleet.domain.hosting import Assignment
from voltfleet.host.connection import Connection
from voltfleet.host.dialer import Address, Dialled
from voltfleet.host.outage import Waiting
from voltfleet.host.ports import ConnectionOwner
from voltfleet.host.redial import Redial
from voltfleet.host.route import Route
from voltfleet.host.surroundings import Surroundings
from voltfleet.station.reports import DialSettings, LinkCondition, LinkFault

_FOREVER = float("inf")
_RECHECK_SECONDS = 0.1
_NO_NETWORK = "the network was cut by an injected fault"


class Line:
    """One for the whole life of a runner. ``connection`` is there from the dial until its socket is
    gone, ``route`` once it could be laid."""

    __slots__ = (
        "_barred",
        "_list_is_newer",
        "_opened_at",
        "_queued",
        "_redial",
        "_shared",
        "connection",
        "route",
    )

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self._redial = Redial()
        self._queued: Address | None = None
        self._opened_at = _FOREVER
        self._barred = False
        self._list_is_newer = False
        self.route: Route | None = None
        self.connection: Connection | None = None

    def lay(self, assignment: Assignment) -> None:
        """Find out where it leads, if that is not known. Raises `VoltfleetError`."""
        if self.route is None:
            self.route = Route(
                assignment,
                self._shared.endpoint,
                self._shared.gates.of(assignment.organization_id),
            )

    def change(self, settings: DialSettings) -> None:
        """What its CSMS changed, for the next dial."""
        if self.route is not None:
            self.route.change(settings)

    # --- dialling ----------------------------------------------------------------------------

    def dial_from(self, at: float) -> None:
        """Not before then."""
        self._redial.at = at

    def request(self, dialled: Dialled, now: float, *, wanted: bool) -> None:
        """Queue a dial if one is due. Raises `VoltfleetError`, once, for an address that the CSMS
        gave and that cannot be dialled."""
        if self.connection is not None or self.route is None:
            return
        self.route.take_up()
        if self._queued is None and now >= self._redial.at and wanted:
            self._queued = self.route.endpoint.address
            self._shared.dialer.request(dialled, self._queued)

    def is_due(self, now: float, *, may_dial: bool) -> bool:
        """Whether to dial, now that its turn has come. Otherwise it queues again, later."""
        queued_for, self._queued = self._queued, None
        if self.route is None or queued_for != self.route.endpoint.address:
            return False
        if not may_dial:
            self._redial.at = now + _RECHECK_SECONDS
        # Not due any more: the network went away since the dial was asked for.
        return now >= self._redial.at

    def connect(self, owner: ConnectionOwner) -> Connection | None:
        """A dial for the dialler. Raises `VoltfleetError` where it must not be made."""
        self._list_is_newer = False
        if self.route is not None:
            shared = self._shared
            self.connection = self.route.connection(
                owner, shared.tls, shared.timeouts, shared.clock, shared.turns
            )
        return self.connection

    def opened(self, now: float) -> None:
        """The handshake has succeeded."""
        self._handshake_over()
        if self.route is not None:
            self._shared.dialer.reached(self.route.endpoint.address)
        self._opened_at = now

    def closed(self, waiting: Waiting, now: float) -> bool:
        """The socket is gone. Returns whether it had ever been open. ``waiting`` hears of it when
        a CSMS that could not be reached is back."""
        unreachable = self.connection is not None and self.connection.unreachable
        self._barred = self.connection is not None and self.connection.barred
        opened_at, self._opened_at, self.connection = self._opened_at, _FOREVER, None
        if opened_at == _FOREVER:
            self._handshake_over()
        if unreachable and self.route is not None:
            self._shared.dialer.unreachable(waiting, self.route.endpoint.address)
        self._redial.connected_for(now - opened_at)
        return opened_at != _FOREVER

    def back_off(self, now: float, *, failed: bool) -> None:
        """Dial again: at once, or if something failed, after a while."""
        # What failed under a list that is another one by now says nothing about the next dial.
        if failed and not (self._barred and self._list_is_newer):
            self._redial.back_off(now, self._shared.rng)
        else:
            self._redial.soon(now)

    def csms_back(self, at: float) -> None:
        """Dial at that time, if not sooner anyway."""
        self._redial.sooner(at)

    def targets_changed(self, dial_at: float) -> None:
        """The list of targets is another one: close the connection if it is not allowed any more;
        dial then, if it was not allowed until now."""
        if self.connection is not None:
            self._list_is_newer = True
            self.connection.check_target()
        elif self._barred:
            self._redial.sooner(dial_at)

    def leave(self, waiting: Waiting) -> None:
        """It will never be dialled again."""
        if self.route is not None:
            self._shared.dialer.forget(waiting, self.route.endpoint.address)

    def disturb(self, fault: LinkFault, now: float) -> None:
        """An injected fault of the network, or its end."""
        connection = self.connection
        if fault.condition is LinkCondition.CUT:
            self._redial.cut(fault.until)
            if connection is not None:
                connection.abort(_NO_NETWORK)
            return
        self._redial.restored(now)
        if connection is not None:
            connection.set_silent(silent=fault.condition is LinkCondition.SILENT)

    def wake_at(self, now: float) -> float:
        """When something is due on it."""
        if self.connection is not None:
            return self.connection.deadline
        return self._redial.at if self._redial.at > now else _FOREVER

    def _handshake_over(self) -> None:
        if self.route is not None:
            self._shared.dialer.handshake_over(self.route.endpoint.address)
