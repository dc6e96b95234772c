"""The life of a provisioning job and of each of its chargers: states, retries, errors."""

import heapq
import random
from dataclasses import dataclass
from enum import StrEnum


class ProvisioningStatus(StrEnum):
    """Where a job, or one charger, stands. READY and FAILED are final."""

    PENDING = "PENDING"
    PROVISIONING = "PROVISIONING"
    READY = "READY"
    FAILED = "FAILED"


FINAL = frozenset({ProvisioningStatus.READY, ProvisioningStatus.FAILED})
OPEN = frozenset(ProvisioningStatus) - FINAL


class JobKind(StrEnum):
    """What a job does."""

    BULK_CREATE = "charger_bulk_create"
    CREATE = "charger_create"


MAX_ATTEMPTS = 7
"""Placements tried per charger: with the back-off below, about a minute and a half."""
TAKE_UP_SECONDS = 15.0
"""How long a host has to take up a charger before that counts as a failed attempt."""
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 30.0


def retry_delay_seconds(attempt: int, rng: random.Random) -> float:
    """The wait after failed attempt number ``attempt`` (from 1): exponential, half of it jitter."""
    ceiling = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** (attempt - 1))
    return ceiling / 2 + rng.random() * ceiling / 2


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job or a charger could not be provisioned; ``code`` is stable, ``retryable`` says
    whether the same request may succeed when sent again."""

    code: str
    message: str
    retryable: bool
    step: str | None = None
    param: str | None = None


IDENTITY_EXISTS = Failure(
    "identity_exists",
    "A charger with this identity exists already in this organization; delete it first or choose "
    "another identity.",
    retryable=False,
    param="identity",
)
NO_HOST = Failure(
    "no_host",
    "No host is connected to the gateway to run this charger; start one (voltfleet serve starts "
    "its own) and try again.",
    retryable=True,
)
NO_CAPACITY = Failure(
    "no_capacity",
    "Every host is full; raise the open-files limit (ulimit -n), start another host, or delete "
    "chargers, and try again.",
    retryable=True,
)
NOT_TAKEN_UP = Failure(
    "host_not_answering",
    "The host that was to run this charger did not take it up in time.",
    retryable=True,
)
IDENTITY_LEAVING = Failure(
    "identity_leaving",
    "A deleted charger of this identity is still being disconnected by its host.",
    retryable=True,
)
CHARGER_DELETED = Failure(
    "charger_deleted", "The charger was deleted while it was being provisioned.", retryable=False
)
LOCATION_DELETED = Failure(
    "location_deleted",
    "The location was deleted while its chargers were being provisioned.",
    retryable=False,
)
UNKNOWN = Failure("unknown_error", "Provisioning stopped for an unknown reason.", retryable=True)

FAILURES = {
    failure.code: failure
    for failure in (
        IDENTITY_EXISTS,
        NO_HOST,
        NO_CAPACITY,
        NOT_TAKEN_UP,
        IDENTITY_LEAVING,
        CHARGER_DELETED,
        LOCATION_DELETED,
        UNKNOWN,
    )
}


def spread(chargers: int, room: dict[str, int]) -> dict[str, int]:
    """How many of ``chargers`` each host gets so that the hosts' free room ends as even as can be.

    ``room`` maps host ids to the number of chargers each can still take. What does not fit is left
    out: the sum of the answer is at most the sum of ``room``.
    """
    shares = dict.fromkeys(room, 0)
    emptiest = [(-free, host) for host, free in room.items() if free > 0]
    heapq.heapify(emptiest)
    for _ in range(chargers):
        if not emptiest:
            break
        taken, host = heapq.heappop(emptiest)
        shares[host] += 1
        if taken + 1 < 0:
            heapq.heappush(emptiest, (taken + 1, host))
    return {host: count for host, count in shares.items() if count}
