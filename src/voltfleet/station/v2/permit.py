"""An id token that was accepted, and who waits to hear what comes of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from voltfleet.station.v2.messages.smart_charging import ChargingProfile
from voltfleet.station.v2.messages.transactions import TriggerReason
from voltfleet.station.v2.messages.types import IdToken


class Verdict(NamedTuple):
    """What became of a token or of the start asked for with it: whether it was accepted, in words,
    what the CSMS answered (if it was asked), the group of the token (if it is known), and what its
    driver is to read."""

    accepted: bool
    text: str
    detail: dict[str, Any] | None = None
    group: str | None = None
    message: str | None = None


Hear = Callable[[Verdict], None]


class Permit(NamedTuple):
    """Leave to charge. ``group`` is the token's, if it is known; ``trigger`` is how the leave came;
    ``hear`` is told once what became of it. The limits are the driver's: after so much time or
    energy the driver ends the transaction. ``profile`` came with the request to start;
    ``message`` is what the driver is to read."""

    id_token: IdToken
    trigger: TriggerReason = TriggerReason.AUTHORIZED
    remote_start_id: int | None = None
    hear: Hear | None = None
    duration_seconds: float | None = None
    energy_wh: float | None = None
    group: str | None = None
    profile: ChargingProfile | None = None
    message: str | None = None
