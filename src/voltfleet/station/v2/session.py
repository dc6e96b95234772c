"""What goes on at an EVSE: a token, a car, a transaction, and which of the standard's points hold.

Transactions start and stop at points (E01, E06): one starts when a point of TxStartPoint begins to
hold, and ends when a point of TxStopPoint ceases to.
"""

from collections.abc import Iterable
from enum import IntFlag

from voltfleet.station.evse import Evse
from voltfleet.station.v2.messages.metering import MeterValue
from voltfleet.station.v2.messages.transactions import ChargingState, StoppedReason
from voltfleet.station.v2.messages.types import EvseRef, IdToken
from voltfleet.station.v2.permit import Permit, Verdict


class Point(IntFlag):
    """What may hold at an EVSE, of TxStartStopPointEnumType."""

    EV_CONNECTED = 1
    AUTHORIZED = 2
    POWER_PATH_CLOSED = 4
    ENERGY_TRANSFER = 8


NO_POINT = Point(0)
_BY_NAME = {
    "EVConnected": Point.EV_CONNECTED,
    "Authorized": Point.AUTHORIZED,
    "PowerPathClosed": Point.POWER_PATH_CLOSED,
    "EnergyTransfer": Point.ENERGY_TRANSFER,
}


def points_named(names: Iterable[str]) -> Point:
    """The points of a setting."""
    found = NO_POINT
    for name in names:
        found |= _BY_NAME[name]
    return found


class Transaction:
    """One transaction as the CSMS is told of it. The ``told_`` fields are what it was told last;
    ``data`` is what the Ended event will carry; ``charging_seconds`` counts to ``counted_at``;
    ``meter_start_wh`` is where the register stood."""

    __slots__ = (
        "charging_seconds",
        "counted_at",
        "data",
        "id",
        "meter_start_wh",
        "seq_no",
        "started_at",
        "told_evse",
        "told_offer_w",
        "told_phases",
        "told_state",
    )

    def __init__(self, id_: str, now: float) -> None:
        self.id = id_
        self.seq_no = 0
        self.started_at = now
        self.meter_start_wh = 0.0
        self.charging_seconds = 0.0
        self.counted_at = now
        self.data: list[MeterValue] = []
        self.told_evse: EvseRef | None = None
        self.told_offer_w = 0.0
        self.told_phases: int | None = None
        self.told_state: ChargingState | None = None

    def take_seq_no(self) -> int:
        """The number of the next event: from 0, without a gap (E01.FR.07)."""
        self.seq_no += 1
        return self.seq_no - 1

    def count(self, now: float) -> None:
        """Add the time since the state was told last, if it was charging."""
        if self.told_state is ChargingState.CHARGING:
            self.charging_seconds += now - self.counted_at
        self.counted_at = now


class Session:
    """From the first sign of a driver or a car at an EVSE to the last.

    ``permit`` is the leave to charge, None before and after; ``untold_token``, ``untold_start``
    (a remoteStartId) and ``untold_reservation`` (an id) go with the next event. ``suspended``: the
    CSMS disowned the token, and StopTxOnInvalidId is false; ``spared_to_wh``: so it did, but the
    car may charge until the register stands there. ``stopped_reason`` is why the leave was
    withdrawn.
    """

    __slots__ = (
        "evse",
        "permit",
        "points",
        "spared_to_wh",
        "stopped_reason",
        "suspended",
        "transaction",
        "untold_reservation",
        "untold_start",
        "untold_token",
    )

    def __init__(self, evse: Evse) -> None:
        self.evse = evse
        self.points = NO_POINT
        self.permit: Permit | None = None
        self.untold_token: IdToken | None = None
        self.untold_start: int | None = None
        self.untold_reservation: int | None = None
        self.suspended = False
        self.spared_to_wh: float | None = None
        self.stopped_reason: StoppedReason | None = None
        self.transaction: Transaction | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing goes on there any more."""
        return self.permit is None and self.transaction is None and self.evse.active is None

    def grant(self, permit: Permit) -> None:
        """A token may charge."""
        self.permit = permit
        self.untold_token = permit.id_token
        self.untold_start = permit.remote_start_id
        self.suspended = False
        self.spared_to_wh = None
        self.stopped_reason = None

    def withdraw(self, verdict: Verdict, reason: StoppedReason | None = None) -> None:
        """It may not any longer; whoever still waits to hear of the start hears why."""
        self.conclude(verdict)
        self.permit = None
        self.suspended = False
        self.spared_to_wh = None
        self.stopped_reason = self.stopped_reason or reason

    def conclude(self, verdict: Verdict) -> None:
        """Tell whoever asked for the start what came of it, once."""
        permit = self.permit
        if permit is not None and permit.hear is not None:
            self.permit = permit._replace(hear=None)
            permit.hear(verdict)

    def current_points(self) -> Point:
        """Which points hold now."""
        found = NO_POINT
        if self.evse.active is not None:
            found |= Point.EV_CONNECTED
        if self.permit is not None:
            found |= Point.AUTHORIZED
            if self.evse.active is not None:
                found |= Point.POWER_PATH_CLOSED
        if self.charging_state() is ChargingState.CHARGING:
            found |= Point.ENERGY_TRANSFER
        return found

    def charging_state(self) -> ChargingState:
        """ChargingStateEnumType, from what the hardware does."""
        evse = self.evse
        if evse.ev is None:
            return ChargingState.IDLE
        if not evse.closed:
            suspended = self.suspended
            return ChargingState.SUSPENDED_EVSE if suspended else ChargingState.EV_CONNECTED
        if not evse.ev.wants_energy:
            return ChargingState.SUSPENDED_EV
        charging = evse.offered_w() > 0
        return ChargingState.CHARGING if charging else ChargingState.SUSPENDED_EVSE


class Sessions(dict[int, Session]):
    """By EVSE; an EVSE where nothing goes on has none."""

    __slots__ = ()

    def at(self, evse: Evse) -> Session:
        """What goes on there; it begins, if nothing did."""
        return self.setdefault(evse.id, Session(evse))

    def open(self) -> list[Session]:
        """Where transactions go on."""
        return [session for session in self.values() if session.transaction is not None]

    def find(self, transaction_id: str) -> Session | None:
        """Where the transaction of that id goes on."""
        return next((s for s in self.open() if _id(s) == transaction_id), None)


def _id(session: Session) -> str | None:
    return None if session.transaction is None else session.transaction.id
