"""What all runners of a host share."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from voltfleet.domain.hosting import Assignment, FrameLog
from voltfleet.host.connection import Timeouts
from voltfleet.host.dialer import Dialer
from voltfleet.host.endpoint import Endpoint
from voltfleet.host.lease import Lease
from voltfleet.host.outbox import Outbox
from voltfleet.host.ports import StationFactory
from voltfleet.host.targets import Gates
from voltfleet.host.tls import TlsContexts
from voltfleet.host.transfers import Transfers
from voltfleet.host.turns import Turns
from voltfleet.host.wheel import Clock, Wheel


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Handed to each `runner.Runner`."""

    clock: Clock
    lease: Lease
    wheel: Wheel
    dialer: Dialer
    outbox: Outbox
    timeouts: Timeouts
    station_factory: StationFactory
    rng: random.Random
    log_frame: Callable[[FrameLog], None]
    transfers: Transfers
    tls: TlsContexts
    turns: Turns
    gates: Gates
    endpoint: Callable[[Assignment], Endpoint]
    """The shared endpoint of an assignment. Raises `VoltfleetError`."""
