"""Functional block G: the status of connectors, and who may use them (G01, G03, G04).

What holds of a connector decides its status; the first row that fits is it:

    a fault                              Faulted
    a transaction, and a car             Occupied
    a transaction that waits for a car   Available
    inoperative, or held                 Unavailable
    a car                                Occupied
    kept for a token                     Reserved
    nothing                              Available
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from voltfleet.station.blocks import Block, handles
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.outbox import Failure, FailureKind, Lane
from voltfleet.station.reports import ConnectorState
from voltfleet.station.v2.messages import availability as m
from voltfleet.station.v2.messages.availability import (
    ChangeAvailabilityStatus,
    ConnectorStatus,
    OperationalStatus,
)
from voltfleet.station.v2.messages.transactions import ChargingState
from voltfleet.station.v2.messages.types import Empty, EvseRef, StatusInfo

Place = tuple[int, int]
"""EVSE and connector; (0, 0) is the station, (n, 0) an EVSE."""

STATION: Place = (0, 0)
_NOWHERE: frozenset[Place] = frozenset()
_NO_EVSE: frozenset[int] = frozenset()

_A, _O, _R = ConnectorStatus.AVAILABLE, ConnectorStatus.OCCUPIED, ConnectorStatus.RESERVED
_U, _F = ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED
_SUSPENDED = frozenset({ChargingState.SUSPENDED_EV, ChargingState.SUSPENDED_EVSE})
_OF_EVSE = (_O, _A, _R, _U, _F)
"""An EVSE is what the first of these is that one of its connectors is."""
_OF_STATION = (_A, _O, _R, _U, _F)
"""Likewise a station, by its EVSEs: it is available if one of them is."""


class Port:
    """What OCPP 2.x knows of a connector beyond the hardware. ``told`` is what the CSMS was told
    last; None before it was told anything. ``flow`` is how far energy gets in a transaction there;
    None without one, or without its car."""

    __slots__ = ("connector", "flow", "since", "status", "told")

    def __init__(self, connector: Connector, now: float) -> None:
        self.connector = connector
        self.status = ConnectorStatus.AVAILABLE
        self.since = now
        self.told: ConnectorStatus | None = None
        self.flow: ChargingState | None = None


class Availability(Block):
    """Decides the status of every connector and tells the CSMS each change once.

    What is inoperative stays so over a reboot (G03.FR.08, G04.FR.08). ``_busy`` are the EVSEs with
    a transaction, which goes on when they are made inoperative; ``_held`` those that are kept free
    for a reset, and ``_closed`` says that the whole station is, for a firmware update. While there
    are reservations, ``reserve`` (set by `Reservations`) tells which EVSEs
    are ``reserved``, and is asked anew at every change.
    """

    __slots__ = ("_busy", "_closed", "_held", "_inoperative", "ports", "reserve", "reserved")

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._inoperative = _NOWHERE
        self._busy = _NO_EVSE
        self._held = _NO_EVSE
        self._closed = False
        self.reserved = _NO_EVSE
        self.reserve: Callable[[], frozenset[int]] | None = None
        self.ports = tuple(Port(c, ctx.now) for c in ctx.hardware.connectors)
        for port in self.ports:
            self._report(port)

    # --- facts ----------------------------------------------------------------------------------

    def operative(self, evse_id: int, connector_id: int) -> bool:
        """Whether nobody has made the connector, its EVSE or the station inoperative."""
        places = (STATION, (evse_id, 0), (evse_id, connector_id))
        return self._inoperative.isdisjoint(places)

    def usable(self, connector: Connector) -> bool:
        """Whether charging may begin there."""
        if self._closed or connector.evse_id in self._held:
            return False
        return self.operative(connector.evse_id, connector.id) and connector.fault is None

    def status_of_connector(self, evse_id: int, connector_id: int) -> ConnectorStatus:
        """AvailabilityState of a connector."""
        evse = self.ctx.hardware.evses[evse_id - 1]
        return self._decide(evse.connectors[connector_id - 1])

    def status_of_evse(self, evse_id: int) -> ConnectorStatus:
        """AvailabilityState of an EVSE."""
        evse = self.ctx.hardware.evses[evse_id - 1]
        return _first(_OF_EVSE, {self._decide(c) for c in evse.connectors})

    def status_of_station(self) -> ConnectorStatus:
        """AvailabilityState of the station."""
        return _first(_OF_STATION, {self.status_of_evse(e.id) for e in self.ctx.hardware.evses})

    def _decide(self, connector: Connector) -> ConnectorStatus:
        if connector.fault is not None:
            return ConnectorStatus.FAULTED
        if connector.evse_id not in self._busy and not self.usable(connector):
            return ConnectorStatus.UNAVAILABLE
        if connector.plugged:
            return ConnectorStatus.OCCUPIED
        reserved = connector.evse_id in self.reserved and connector.evse_id not in self._busy
        return ConnectorStatus.RESERVED if reserved else ConnectorStatus.AVAILABLE

    # --- changes --------------------------------------------------------------------------------

    def set_busy(self, evse: Evse, *, busy: bool) -> None:
        """A transaction began or ended there."""
        self._busy = self._busy | {evse.id} if busy else self._busy - {evse.id}
        if not busy:
            self.set_flow(evse, None)
        self.refresh(evse.connectors)

    def set_flow(self, evse: Evse, state: ChargingState | None) -> None:
        """How far energy gets in the transaction there; None: there is none. The CSMS is told in
        TransactionEvents, the host here."""
        for connector in evse.connectors:
            port = self.ports[connector.number - 1]
            before, port.flow = port.flow, state if connector is evse.active else None
            if _flags(before) != _flags(port.flow):
                self._report(port)

    def hold(self, evses: Iterable[Evse]) -> None:
        """Keep these EVSEs free: nobody may begin to charge there."""
        self._held = self._held.union(evse.id for evse in evses)
        self.refresh(self.ctx.hardware.connectors)

    def release(self, evses: Iterable[Evse]) -> None:
        """Give them back."""
        self._held = self._held.difference(evse.id for evse in evses)
        self.refresh(self.ctx.hardware.connectors)

    def set_closed(self, *, closed: bool) -> None:
        """Keep the whole station free, or give it back."""
        if self._closed is not closed:
            self._closed = closed
            self.refresh(self.ctx.hardware.connectors)

    def refresh(self, connectors: Iterable[Connector]) -> None:
        """Something about these connectors may have changed: decide their status anew, and tell."""
        if self.reserve is not None:
            reserved = self.reserve()
            if reserved != self.reserved:
                self.reserved = reserved
                connectors = self.ctx.hardware.connectors
        for connector in connectors:
            port = self.ports[connector.number - 1]
            status = self._decide(connector)
            if status is not port.status:
                port.status = status
                port.since = self.ctx.now
                self._report(port)
                self._tell(port)

    def _report(self, port: Port) -> None:
        where = port.connector
        fault = None if where.fault is None else where.fault.value
        charging, suspended = _flags(port.flow)
        self.ctx.report(
            ConnectorState(
                where.evse_id, where.id, port.status, fault, port.since, charging, suspended
            )
        )

    # --- power cuts -----------------------------------------------------------------------------

    def memory(self) -> frozenset[Place]:
        """What outlives one: the places that were made inoperative."""
        return self._inoperative

    def recall(self, inoperative: frozenset[Place], busy: Iterable[int]) -> None:
        """As it was; ``busy`` are the EVSEs with a transaction."""
        self._inoperative, self._busy = inoperative, frozenset(busy)
        for port in self.ports:
            port.status = self._decide(port.connector)
            port.since = self.ctx.now
            self._report(port)

    # --- telling (G01) --------------------------------------------------------------------------

    def forget_told(self) -> None:
        """Tell everything anew at the next `tell_all`."""
        for port in self.ports:
            port.told = None

    def tell_all(self) -> None:
        """Tell what the CSMS has not been told yet."""
        for port in self.ports:
            self._tell(port)

    def send(self, connector: Connector, lane: Lane) -> None:
        """Send StatusNotification as things stand."""
        port = self.ports[connector.number - 1]
        port.told = port.status
        request = m.StatusNotification(
            self.ctx.timestamp(port.since), port.status, connector.evse_id, connector.id
        )
        self.ctx.call(request, Empty, on_failure=partial(self._not_told, port), lane=lane)

    def _tell(self, port: Port) -> None:
        if self.ctx.online and port.told is not port.status:
            self.send(port.connector, Lane.NORMAL)

    def _not_told(self, port: Port, failure: Failure) -> None:
        """A notification that never left is made up for after the reconnect."""
        if failure.kind is FailureKind.OFFLINE:
            port.told = None

    # --- ChangeAvailability (G03, G04) ----------------------------------------------------------

    @handles(m.ChangeAvailability)
    def change_availability(self, request: m.ChangeAvailability) -> m.ChangeAvailabilityResponse:
        """At once, or Scheduled where a transaction is in progress (G03.FR.05, G04.FR.06)."""
        place = _place(request.evse)
        concerned = self._connectors(place)
        if not concerned:
            info = StatusInfo("UnknownEvse" if place[1] == 0 else "UnknownConnectorId")
            return m.ChangeAvailabilityResponse(ChangeAvailabilityStatus.REJECTED, info)
        self.ctx.remember()
        if request.operational_status is OperationalStatus.OPERATIVE:
            self._inoperative -= {place}
            scheduled = False
        else:
            self._inoperative |= {place}
            scheduled = any(c.evse_id in self._busy for c in concerned)
        self.refresh(concerned)
        return m.ChangeAvailabilityResponse(
            ChangeAvailabilityStatus.SCHEDULED if scheduled else ChangeAvailabilityStatus.ACCEPTED
        )

    def _connectors(self, place: Place) -> Sequence[Connector]:
        """The connectors of a place; none if there is no such place."""
        evse_id, connector_id = place
        if evse_id == 0:
            return self.ctx.hardware.connectors if connector_id == 0 else ()
        return [
            c
            for c in self.ctx.hardware.connectors
            if c.evse_id == evse_id and connector_id in (0, c.id)
        ]


def _flags(flow: ChargingState | None) -> tuple[bool, bool]:
    """Whether the transaction gets energy, and whether it is kept from it."""
    return flow is ChargingState.CHARGING, flow in _SUSPENDED


def _place(evse: EvseRef | None) -> Place:
    return STATION if evse is None else (evse.id, evse.connector_id or 0)


def _first(order: Sequence[ConnectorStatus], present: set[ConnectorStatus]) -> ConnectorStatus:
    return next(status for status in order if status in present)
