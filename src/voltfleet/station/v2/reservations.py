"""Functional block H: an EVSE is kept for a token, or for one of its group (H01 to H04).

reservation      its EVSE, when                            what is told
----------------------------------------------------------------------------------------
of an EVSE       Reserved while nothing goes on there      StatusNotification
of any EVSE      every EVSE without which it could not     StatusNotification (H01.FR.24)
                 be kept any more is Reserved
used             a transaction begins with its token       reservationId in TransactionEvent
expired          its time has come                         ReservationStatusUpdate (H04)
removed          no EVSE that could serve it is left       ReservationStatusUpdate
cancelled        CancelReservation                         nothing but the status (H02)
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from voltfleet.domain.specs import ConnectorSpec, ConnectorType, CurrentType
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse
from voltfleet.station.times import instant
from voltfleet.station.v2.authorization import key_of_token
from voltfleet.station.v2.availability import Availability
from voltfleet.station.v2.device_model import authorizing
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.device_model.physical import connector_type
from voltfleet.station.v2.messages import reservation as m
from voltfleet.station.v2.messages.reservation import ReservationUpdateStatus, ReserveNowStatus
from voltfleet.station.v2.messages.types import Empty, GenericStatus, StatusInfo
from voltfleet.station.v2.session import Sessions

_ANY_TYPE = frozenset({None, "Undetermined", "Unknown"})
Evses = frozenset[int]


class Reservation(NamedTuple):
    """Who may come, until when (by the station's own time), and where. ``evses`` are those that
    could serve it: one, if the CSMS named it."""

    id: int
    token: str
    group: str | None
    expires_at: float
    evses: Evses

    def is_for(self, token: str, group: str | None) -> bool:
        """H03.FR.03 and FR.04: its token, or another of its group."""
        return token == self.token or (self.group is not None and group == self.group)


class Reservations(Block):
    """Keeps them, over a reboot too (H01.FR.16). ``_kept`` is None while there is none."""

    __slots__ = ("_availability", "_kept", "_model", "_sessions")

    def __init__(
        self, ctx: Context, model: DeviceModel, availability: Availability, sessions: Sessions
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._availability = availability
        self._sessions = sessions
        self._kept: tuple[Reservation, ...] | None = None

    # --- whose is it ----------------------------------------------------------------------------

    def admits(self, evse: Evse, token: str, group: str | None) -> bool:
        """Whether the token may charge there, as far as reservations go (H03)."""
        if evse.id not in self._availability.reserved:
            return True
        return self._meant(evse, token, group) is not None

    def awaits(self, evse: Evse, token: str, group: str | None) -> bool:
        """Whether it is kept for this token."""
        return self._meant(evse, token, group) is not None

    def use(self, evse: Evse, token: str, group: str | None) -> int | None:
        """The token has come: the reservation is over, and its id goes with the transaction."""
        found = self._meant(evse, token, group)
        if found is None:
            return None
        self._drop(found)
        return found.id

    def _meant(self, evse: Evse, token: str, group: str | None) -> Reservation | None:
        """Of those for the token, the one with the fewest EVSEs to choose from."""
        mine = [r for r in self._kept or () if evse.id in r.evses and r.is_for(token, group)]
        return min(mine, key=lambda r: len(r.evses), default=None)

    # --- the CSMS -------------------------------------------------------------------------------

    @handles(m.ReserveNow)
    def reserve_now(self, request: m.ReserveNow) -> m.ReserveNowResponse:
        """H01: a reservation of the same id is replaced (FR.02)."""
        expires_at = instant(request.expiry_date_time, "expiryDateTime") - self.ctx.clock_offset
        why = self._why_never(request, expires_at)
        if why is not None:
            return m.ReserveNowResponse(ReserveNowStatus.REJECTED, why)
        group = request.group_id_token
        new = Reservation(
            request.id,
            key_of_token(request.id_token),
            None if group is None else key_of_token(group),
            expires_at,
            frozenset(evse.id for evse in self._fitting(request)),
        )
        status = self._possible(new)
        if status is ReserveNowStatus.ACCEPTED:
            self._keep(new)
        return m.ReserveNowResponse(status)

    @handles(m.CancelReservation)
    def cancel_reservation(self, request: m.CancelReservation) -> m.CancelReservationResponse:
        """H02"""
        found = next((r for r in self._kept or () if r.id == request.reservation_id), None)
        if found is None:
            return m.CancelReservationResponse(GenericStatus.REJECTED, StatusInfo("NotFound"))
        self._drop(found)
        return m.CancelReservationResponse(GenericStatus.ACCEPTED)

    def _why_never(self, request: m.ReserveNow, expires_at: float) -> StatusInfo | None:
        if not self._model.flag(authorizing.RESERVATION_ENABLED):
            return StatusInfo("NotEnabled")
        if expires_at <= self.ctx.now:
            return StatusInfo("InvalidValue", "expiryDateTime is over")
        if not self._fitting(request):
            named = request.evse_id is not None
            return StatusInfo("UnknownEvse" if named else "UnknownConnectorType")
        return None

    def _fitting(self, request: m.ReserveNow) -> Sequence[Evse]:
        evses = self.ctx.hardware.evses
        return [
            e
            for e in evses
            if request.evse_id in {None, e.id}
            and any(_is_type(c.spec, request.connector_type) for c in e.connectors)
        ]

    def _possible(self, new: Reservation) -> ReserveNowStatus:
        """H01.FR.11 to FR.14"""
        others = [r.evses for r in self._kept or () if r.id != new.id]
        if _can_serve([*others, new.evses], self._free()):
            return ReserveNowStatus.ACCEPTED
        states = {self._availability.status_of_evse(id_).value for id_ in new.evses}
        for status in (ReserveNowStatus.FAULTED, ReserveNowStatus.UNAVAILABLE):
            if states == {status.value}:
                return status
        return ReserveNowStatus.OCCUPIED

    # --- power cuts -----------------------------------------------------------------------------

    def memory(self) -> tuple[Reservation, ...]:
        """What outlives one."""
        return self._kept or ()

    def recall(self, kept: tuple[Reservation, ...]) -> None:
        """As it was."""
        for reservation in kept:
            self._keep(reservation)

    # --- inside ---------------------------------------------------------------------------------

    def _keep(self, new: Reservation) -> None:
        self._kept = (*(r for r in self._kept or () if r.id != new.id), new)
        expire = partial(self._expired, new)
        self.ctx.timers.start(("reservation", new.id), new.expires_at, expire)
        self._look()

    def _drop(self, old: Reservation) -> None:
        self.ctx.timers.stop(("reservation", old.id))
        self._kept = tuple(r for r in self._kept or () if r is not old) or None
        self._look()

    def _expired(self, reservation: Reservation) -> None:
        """H04"""
        self._drop(reservation)
        self._tell(reservation, ReservationUpdateStatus.EXPIRED)

    def _tell(self, reservation: Reservation, status: ReservationUpdateStatus) -> None:
        self.ctx.call(m.ReservationStatusUpdate(reservation.id, status), Empty)

    def _look(self) -> None:
        self.ctx.remember()
        self._availability.reserve = None if self._kept is None else self._reserved
        self._availability.reserved = frozenset()
        self._availability.refresh(self.ctx.hardware.connectors)

    def _reserved(self) -> Evses:
        """The EVSEs that must be kept free; those that nothing can serve any more are removed."""
        self._remove_lost()
        needs = [r.evses for r in self._kept or ()]
        free = frozenset(e.id for e in self.ctx.hardware.evses if self._unclaimed(e))
        wanted = free & frozenset[int]().union(*needs)
        return frozenset(e for e in wanted if not _can_serve(needs, free - {e}))

    def _remove_lost(self) -> None:
        """The latest goes first when EVSEs break or are made inoperative."""
        able = frozenset(e.id for e in self.ctx.hardware.evses if self._able(e))
        kept = list(self._kept or ())
        while kept and not _can_serve([r.evses for r in kept], able):
            lost = next((r for r in kept if not r.evses & able), kept[-1])
            kept.remove(lost)
            self.ctx.remember()
            self.ctx.timers.stop(("reservation", lost.id))
            self._tell(lost, ReservationUpdateStatus.REMOVED)
        self._kept = tuple(kept) or None

    def _able(self, evse: Evse) -> bool:
        return any(
            c.fault is None and self._availability.operative(evse.id, c.id) for c in evse.connectors
        )

    def _free(self) -> Evses:
        """Where a driver could begin to charge now."""
        return frozenset(
            e.id for e in self.ctx.hardware.evses if self._unclaimed(e) and not e.active
        )

    def _unclaimed(self, evse: Evse) -> bool:
        """No token has come there yet; a car may have."""
        session = self._sessions.get(evse.id)
        claimed = session is not None and session.permit is not None
        return not claimed and any(map(self._availability.usable, evse.connectors))


def _can_serve(needs: Sequence[Evses], evses: Evses) -> bool:
    """Whether each reservation can have an EVSE of its own."""
    if not needs:
        return True
    if len(needs) > len(evses):
        return False
    first, *rest = sorted(needs, key=lambda need: len(need & evses))
    return any(_can_serve(rest, evses - {evse}) for evse in first & evses)


def _is_type(spec: ConnectorSpec, wanted: str | None) -> bool:
    if wanted in _ANY_TYPE or wanted == connector_type(spec):
        return True
    socket = spec.type is ConnectorType.TYPE2 and spec.current_type is CurrentType.AC
    return socket and wanted == "sType2"
