"""What a 2.x station remembers beyond its hardware; each block fills and reads its own part."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from voltfleet.station.certificate_store import CertificatesMemory
from voltfleet.station.v2.availability import Place
from voltfleet.station.v2.device_model.definition import Key
from voltfleet.station.v2.messages.display import MessageInfo
from voltfleet.station.v2.messages.metering import MeterValue
from voltfleet.station.v2.messages.transactions import ChargingState, TransactionEvent
from voltfleet.station.v2.messages.types import EvseRef, IdToken, IdTokenInfo
from voltfleet.station.v2.monitoring_memory import MonitoringMemory
from voltfleet.station.v2.network import Profile
from voltfleet.station.v2.permit import Permit
from voltfleet.station.v2.reservations import Reservation
from voltfleet.station.v2.session import Session, Sessions, Transaction
from voltfleet.station.v2.smart_charging import ProfilesMemory


class TransactionMemory(Struct, array_like=True, frozen=True, gc=False):
    """One that goes on, and where. ``id_token`` is who pays, if anybody does."""

    evse_id: int
    id_token: IdToken | None
    suspended: bool
    id: str
    seq_no: int
    started_at: float
    charging_seconds: float
    counted_at: float
    data: list[MeterValue]
    told_evse: EvseRef | None
    told_offer_w: float
    told_state: ChargingState | None


class Memory2(Struct, array_like=True, frozen=True, gc=False):
    """``events`` wait for their answers, in that order. ``variables`` are those that are not as
    they left the factory. ``cache`` says what is known of a token, and when it is forgotten;
    ``slots`` are the network profiles."""

    transactions: tuple[TransactionMemory, ...]
    events: Sequence[TransactionEvent]
    inoperative: frozenset[Place]
    variables: list[tuple[Key, str]]
    cache: dict[str, tuple[IdTokenInfo, float]]
    list_version: int
    listed: dict[str, IdTokenInfo]
    reservations: tuple[Reservation, ...]
    profiles: ProfilesMemory | None
    messages: tuple[MessageInfo, ...]
    monitoring: MonitoringMemory | None = None
    certificates: CertificatesMemory = CertificatesMemory()
    slots: Mapping[int, Profile] | None = None


def of_transactions(sessions: Sessions) -> tuple[TransactionMemory, ...]:
    """Those that go on."""
    return tuple(
        _of_transaction(session, session.transaction)
        for session in sessions.values()
        if session.transaction is not None
    )


def _of_transaction(session: Session, transaction: Transaction) -> TransactionMemory:
    return TransactionMemory(
        session.evse.id,
        None if session.permit is None else session.permit.id_token,
        session.suspended,
        transaction.id,
        transaction.seq_no,
        transaction.started_at,
        transaction.charging_seconds,
        transaction.counted_at,
        transaction.data,
        transaction.told_evse,
        transaction.told_offer_w,
        transaction.told_state,
    )


def put_back(session: Session, memory: TransactionMemory) -> None:
    """As it was; nobody waits to hear of it any more."""
    transaction = Transaction(memory.id, memory.started_at)
    transaction.seq_no = memory.seq_no
    transaction.charging_seconds = memory.charging_seconds
    transaction.counted_at = memory.counted_at
    transaction.data = memory.data
    transaction.told_evse = memory.told_evse
    transaction.told_offer_w = memory.told_offer_w
    transaction.told_state = memory.told_state
    session.transaction = transaction
    session.suspended = memory.suspended
    session.permit = None if memory.id_token is None else Permit(memory.id_token)
    session.points = session.current_points()
