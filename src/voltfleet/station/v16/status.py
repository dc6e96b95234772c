"""The status of a connector: decided by a table, allowed by the standard's table (OCPP 1.6 §4.9).

What holds of a connector decides its status; the first row that fits is it:

    a fault                                    Faulted
    a transaction, energy may flow             Charging
    a transaction, the car does not want any   SuspendedEV
    a transaction, the station offers none     SuspendedEVSE
    inoperative                                Unavailable
    its transaction is over, car still there   Finishing
    a token that waits for a car               Preparing
    a reservation                              Reserved
    a car                                      Preparing
    nothing                                    Available
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from voltfleet.station.connector import Connector
from voltfleet.station.evse import Evse
from voltfleet.station.transaction import Transaction
from voltfleet.station.v16.messages import MeterValue
from voltfleet.station.v16.permit import Permit, Verdict
from voltfleet.station.v16.types import Reason, Status

_A, _B, _C = Status.AVAILABLE, Status.PREPARING, Status.CHARGING
_D, _E, _F = Status.SUSPENDED_EV, Status.SUSPENDED_EVSE, Status.FINISHING
_G, _H, _I = Status.RESERVED, Status.UNAVAILABLE, Status.FAULTED

TRANSITIONS: dict[Status, frozenset[Status]] = {
    _A: frozenset({_B, _C, _D, _E, _G, _H, _I}),
    _B: frozenset({_A, _C, _D, _E, _F, _I}),
    _C: frozenset({_A, _D, _E, _F, _H, _I}),
    _D: frozenset({_A, _C, _E, _F, _H, _I}),
    _E: frozenset({_A, _C, _D, _F, _H, _I}),
    _F: frozenset({_A, _B, _H, _I}),
    _G: frozenset({_A, _B, _H, _I}),
    _H: frozenset({_A, _B, _C, _D, _E, _I}),
    _I: frozenset({_A, _B, _C, _D, _E, _F, _G, _H}),
}
"""§4.9: the rows A1 to I8."""

SUSPENDED = frozenset({_D, _E})
"""A transaction goes on without energy."""

_STEP_BETWEEN = {(_B, _G): _A, (_B, _H): _A}
"""The table has no way from Preparing to Reserved or Unavailable: the intended usage ends first
(B1, then A7 or A8)."""


class Reservation(NamedTuple):
    """A connector (0: any) that is kept for a token and its group. ``expires_at`` is by the host's
    clock, like all that the station waits for."""

    id: int
    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    expires_at: float

    def meant_for(self, id_tag: str, parent: str | None) -> bool:
        """Whether this token may use it."""
        if id_tag.lower() == self.id_tag.lower():
            return True
        group = self.parent_id_tag
        return group is not None and parent is not None and group.lower() == parent.lower()


class Transaction16(Transaction):
    """``number`` is the transactionId, None until the Central System gave one (and for ever if it
    never did). ``barred`` says that its token turned out not to be allowed any energy.
    ``sampled_wh`` is where the register stood at the last sample; ``data`` is what StopTransaction
    will carry."""

    __slots__ = ("barred", "data", "number", "permit", "sampled_wh")

    def __init__(
        self, connector: Connector, permit: Permit, *, meter_start_wh: int, now: float
    ) -> None:
        super().__init__(connector, permit.id_tag, meter_start_wh=meter_start_wh, now=now)
        self.permit = permit
        self.number: int | None = None
        self.barred = False
        self.sampled_wh = meter_start_wh
        self.data: list[MeterValue] = []

    def conclude(self, verdict: Verdict) -> None:
        """Tell whoever asked for it what came of the start, once."""
        hear, self.permit = self.permit.hear, self.permit._replace(hear=None)
        if hear is not None:
            hear(verdict)


class Stop(NamedTuple):
    """How a transaction ended, and when by the clock of then."""

    timestamp: str
    reason: Reason
    id_tag: str | None


class Memo16(NamedTuple):
    """What makes a transaction message anew after a power cut: whose it is; and ``of``, which makes
    a `memory.Memo` of the place of that transaction among those that are remembered."""

    transaction: Transaction16
    of: Callable[[int], Any]


class Bay:
    """What OCPP 1.6 knows of a connector beyond the hardware. ``told`` is what the Central System
    was last told, None before it was told anything; ``permit`` the token that waits for a car."""

    __slots__ = (
        "connector",
        "evse",
        "finished",
        "operative",
        "permit",
        "reservation",
        "since",
        "status",
        "told",
        "transaction",
    )

    def __init__(self, connector: Connector, evse: Evse, now: float) -> None:
        self.connector = connector
        self.evse = evse
        self.status = Status.AVAILABLE
        self.since = now
        self.told: tuple[Status, str] | None = None
        self.operative = True
        self.finished = False
        self.permit: Permit | None = None
        self.reservation: Reservation | None = None
        self.transaction: Transaction16 | None = None

    def withdraw(self, why: str) -> None:
        """The token does not wait any longer, and whoever presented it hears why."""
        permit, self.permit = self.permit, None
        if permit is not None and permit.hear is not None:
            permit.hear(Verdict(accepted=False, text=why))


def decide(bay: Bay, *, station_operative: bool) -> Status:
    """The status that the table above gives."""
    if bay.connector.fault is not None:
        return Status.FAULTED
    if bay.transaction is not None:
        return _charging_status(bay.evse)
    if not (bay.operative and station_operative):
        return Status.UNAVAILABLE
    return _idle_status(bay)


def _idle_status(bay: Bay) -> Status:
    if bay.finished and bay.connector.plugged:
        return Status.FINISHING
    if bay.permit is not None:
        return Status.PREPARING
    if bay.reservation is not None:
        return Status.RESERVED
    return Status.PREPARING if bay.connector.plugged else Status.AVAILABLE


def _charging_status(evse: Evse) -> Status:
    if evse.ev is None or not evse.ev.wants_energy:
        return Status.SUSPENDED_EV
    return Status.CHARGING if evse.offered_w() > 0 else Status.SUSPENDED_EVSE


def path(old: Status, new: Status) -> tuple[Status, ...]:
    """The statuses to go through, one by one, so that every step stands in the standard's table."""
    between = _STEP_BETWEEN.get((old, new))
    steps = (new,) if between is None else (between, new)
    for before, after in zip((old, *steps), steps, strict=False):
        if after not in TRANSITIONS[before]:
            raise RuntimeError(f"OCPP 1.6 knows no way from {before} to {after}")
    return steps
