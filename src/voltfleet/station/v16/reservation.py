"""Reservations (OCPP 1.6 §5.2 and §5.13): of a connector, or (connector 0) of any one of them.

A reservation ends when its token, or one of its group, starts a transaction; when its time is up;
when it is cancelled; when what is reserved becomes Faulted or Unavailable (`Availability` sees to
that).
"""

from functools import partial

from msgspec import UNSET

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.times import instant
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.messages_reservation import (
    CancelReservation,
    CancelReservationResponse,
    ReservationStatus,
    ReserveNow,
    ReserveNowResponse,
)
from voltfleet.station.v16.permit import Permit
from voltfleet.station.v16.status import Bay, Reservation
from voltfleet.station.v16.types import Simple, Status

_REFUSALS = {
    Status.FAULTED: ReservationStatus.FAULTED,
    Status.UNAVAILABLE: ReservationStatus.UNAVAILABLE,
}


class Reservations(Block):
    """Makes and ends reservations, and says whom they keep out. They are kept where they hold: in
    a `Bay`, or (connector 0) in `Availability`."""

    __slots__ = ("_availability", "_configuration")

    def __init__(
        self, ctx: Context, configuration: Configuration, availability: Availability
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability

    # --- for the other blocks -------------------------------------------------------------------

    def power_up(self) -> None:
        """A reservation outlives a reset."""
        for reservation in self._all():
            self._await_expiry(reservation)

    def keeps_out(self, bay: Bay, id_tag: str, parent: str | None) -> bool:
        """Whether the place is kept for another token."""
        for other in self._availability.bays:
            held = other.reservation
            if other.evse is bay.evse and held is not None and not held.meant_for(id_tag, parent):
                return True
        anywhere = self._availability.reservation
        if anywhere is None or anywhere.meant_for(id_tag, parent):
            return False
        left = {other.evse.id for other in self._availability.bays if self._open(other)}
        return len(left - {bay.evse.id}) == 0

    def may_turn_on_group(self, bay: Bay) -> bool:
        """Whether a token's group may open what is kept for another token: it is worth asking."""
        held = [other.reservation for other in self._availability.bays if other.evse is bay.evse]
        held.append(self._availability.reservation)
        return any(r is not None and r.parent_id_tag is not None for r in held)

    def use(self, bay: Bay, permit: Permit) -> int | None:
        """A transaction starts there: the reservation that it uses up, if any."""
        used = bay.reservation
        anywhere = self._availability.reservation
        if used is None and anywhere is not None:
            used = anywhere if anywhere.meant_for(permit.id_tag, permit.parent) else None
        if used is None:
            return None
        self._forget(used)
        return used.id

    # --- the messages ---------------------------------------------------------------------------

    @handles(ReserveNow)
    def reserve_now(self, request: ReserveNow) -> ReserveNowResponse:
        """§5.13: a reservation of the same id is replaced."""
        expires_at = instant(request.expiry_date, "expiryDate") - self.ctx.clock_offset
        bay = self._availability.bay(request.connector_id)
        possible = bay is not None or (
            request.connector_id == 0
            and self._configuration.flag(Name.RESERVE_CONNECTOR_ZERO_SUPPORTED)
        )
        if not possible or not self.ctx.online or expires_at <= self.ctx.now:
            return ReserveNowResponse(ReservationStatus.REJECTED)
        same = [r for r in self._all() if r.id == request.reservation_id]
        refusal = self._refusal(bay, same)
        if refusal is not None:
            return ReserveNowResponse(refusal)
        for reservation in same:
            self._end(reservation)
        self._make(request, bay, expires_at)
        return ReserveNowResponse(ReservationStatus.ACCEPTED)

    @handles(CancelReservation)
    def cancel_reservation(self, request: CancelReservation) -> CancelReservationResponse:
        """§5.2: Rejected where there is none of that id."""
        for reservation in self._all():
            if reservation.id == request.reservation_id:
                self._end(reservation)
                return CancelReservationResponse(Simple.ACCEPTED)
        return CancelReservationResponse(Simple.REJECTED)

    # --- inside ---------------------------------------------------------------------------------

    def _all(self) -> list[Reservation]:
        held = [self._availability.reservation, *(b.reservation for b in self._availability.bays)]
        return [reservation for reservation in held if reservation is not None]

    def _open(self, bay: Bay) -> bool:
        """Whether somebody who comes without a reservation could charge there."""
        return bay.status is Status.AVAILABLE and bay.evse.active is None

    def _refusal(self, bay: Bay | None, same: list[Reservation]) -> ReservationStatus | None:
        """Why it cannot be; what the ``same`` reservation holds is as good as free."""
        bays = self._availability.bays if bay is None else (bay,)
        if bay is None and self._availability.reservation not in {None, *same}:
            return ReservationStatus.OCCUPIED
        if any(self._open(b) or b.reservation in same for b in bays):
            return None
        refusals = {_REFUSALS.get(b.status, ReservationStatus.OCCUPIED) for b in bays}
        return refusals.pop() if len(refusals) == 1 else ReservationStatus.OCCUPIED

    def _make(self, request: ReserveNow, bay: Bay | None, expires_at: float) -> None:
        parent = None if request.parent_id_tag is UNSET else request.parent_id_tag
        reservation = Reservation(
            request.reservation_id, request.connector_id, request.id_tag, parent, expires_at
        )
        if bay is None:
            self._availability.reservation = reservation
        else:
            bay.reservation = reservation
            self._availability.refresh(bay)
        self.ctx.remember()
        self._await_expiry(reservation)

    def _await_expiry(self, reservation: Reservation) -> None:
        key = ("reservation", reservation.connector_id)
        self.ctx.timers.start(key, reservation.expires_at, partial(self._end, reservation))

    def _end(self, reservation: Reservation) -> None:
        """It holds no longer, unless it has ended already."""
        bay = self._availability.bay(reservation.connector_id)
        if reservation in self._all():
            self._forget(reservation)
            if bay is not None:
                self._availability.refresh(bay)

    def _forget(self, reservation: Reservation) -> None:
        bay = self._availability.bay(reservation.connector_id)
        if bay is None:
            self._availability.reservation = None
        else:
            bay.reservation = None
        self.ctx.remember()
        self.ctx.timers.stop(("reservation", reservation.connector_id))
