"""What a 1.6 station remembers beyond its hardware; each block fills and reads its own part."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from voltfleet.station.certificate_store import CertificatesMemory
from voltfleet.station.connector import Connector
from voltfleet.station.smart_charging import Profile
from voltfleet.station.v16.messages import IdTagInfo, MeterValue, StartTransaction
from voltfleet.station.v16.permit import Permit
from voltfleet.station.v16.status import Bay, Memo16, Reservation, Stop, Transaction16


class BayMemory(Struct, array_like=True, frozen=True, gc=False):
    """A connector. ``transaction`` is the one that goes on there, by its place in
    `Memory16.transactions`."""

    operative: bool
    finished: bool
    reservation: Reservation | None
    transaction: int | None


class AvailabilityMemory(Struct, array_like=True, frozen=True, gc=False):
    """``reservation`` is of any connector."""

    operative: bool
    reservation: Reservation | None


class TransactionMemory(Struct, array_like=True, frozen=True, gc=False):
    """One that goes on, or of which the Central System has not heard everything yet."""

    connector: int
    id_tag: str
    meter_start_wh: int
    started_at: float
    number: int | None
    barred: bool
    sampled_wh: int
    data: list[MeterValue]
    meter_stop_wh: int | None
    stopped_at: float | None


class StartMemo(Struct, array_like=True, frozen=True, gc=False, tag="start"):
    """StartTransaction has not been answered. Transactions are named by their place."""

    transaction: int
    request: StartTransaction


class StopMemo(Struct, array_like=True, frozen=True, gc=False, tag="stop"):
    """StopTransaction has not been answered."""

    transaction: int
    stop: Stop


class MeterMemo(Struct, array_like=True, frozen=True, gc=False, tag="meter"):
    """MeterValues of a transaction have not been answered."""

    transaction: int
    value: MeterValue


Memo = StartMemo | StopMemo | MeterMemo


class TokensMemory(Struct, array_like=True, frozen=True, gc=False):
    """The authorization cache, and the local list."""

    cache: dict[str, IdTagInfo] | None
    list_version: int
    listed: dict[str, IdTagInfo]


class TransactionsMemory(Struct, array_like=True, frozen=True, gc=False):
    """``messages`` wait for their answers, in that order."""

    transactions: tuple[TransactionMemory, ...]
    messages: tuple[Memo, ...]


class Memory16(Struct, array_like=True, frozen=True, gc=False):
    """``firmware_version`` is what an update brought."""

    bays: tuple[BayMemory, ...]
    availability: AvailabilityMemory
    transactions: TransactionsMemory
    settings: Mapping[str, str]
    tokens: TokensMemory
    profiles: tuple[Profile, ...]
    firmware_version: str
    certificates: CertificatesMemory = CertificatesMemory()


def of_transactions(
    bays: Sequence[Bay], memos: Sequence[Memo16]
) -> tuple[tuple[BayMemory, ...], TransactionsMemory]:
    """The bays and the transactions, which name each other."""
    places: dict[Transaction16, int] = {}
    for bay in bays:
        if bay.transaction is not None:
            places[bay.transaction] = len(places)
    for memo in memos:
        places.setdefault(memo.transaction, len(places))
    of_bays = tuple(
        BayMemory(
            bay.operative,
            bay.finished,
            bay.reservation,
            None if bay.transaction is None else places[bay.transaction],
        )
        for bay in bays
    )
    messages = tuple(memo.of(places[memo.transaction]) for memo in memos)
    return of_bays, TransactionsMemory(tuple(map(_of_transaction, places)), messages)


def _of_transaction(transaction: Transaction16) -> TransactionMemory:
    return TransactionMemory(
        transaction.connector.number,
        transaction.id_token,
        transaction.meter_start_wh,
        transaction.started_at,
        transaction.number,
        transaction.barred,
        transaction.sampled_wh,
        transaction.data,
        transaction.meter_stop_wh,
        transaction.stopped_at,
    )


def to_transaction(memory: TransactionMemory, connectors: Sequence[Connector]) -> Transaction16:
    """As it was; nobody waits to hear of it any more."""
    transaction = Transaction16(
        connectors[memory.connector - 1],
        Permit(memory.id_tag),
        meter_start_wh=memory.meter_start_wh,
        now=memory.started_at,
    )
    transaction.number = memory.number
    transaction.barred = memory.barred
    transaction.sampled_wh = memory.sampled_wh
    transaction.data = memory.data
    transaction.meter_stop_wh = memory.meter_stop_wh
    transaction.stopped_at = memory.stopped_at
    return transaction
