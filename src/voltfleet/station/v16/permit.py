"""A token that was accepted, and who waits to hear what comes of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from voltfleet.station.smart_charging import Profile


class Verdict(NamedTuple):
    """What became of a token or of the start asked for with it: whether it was accepted, in words,
    (if the Central System was asked) what it answered, and the token's group if that is known."""

    accepted: bool
    text: str
    detail: dict[str, Any] | None = None
    parent: str | None = None


Hear = Callable[[Verdict], None]


class Permit(NamedTuple):
    """Leave to charge, waiting for a car. ``hear`` is told once what became of it. The limits are
    the driver's: after so much time or energy the driver ends the transaction. ``profile`` is the
    TxProfile that the transaction is to have, ``parent`` the token's group if that is known."""

    id_tag: str
    hear: Hear | None = None
    duration_seconds: float | None = None
    energy_wh: float | None = None
    profile: Profile | None = None
    parent: str | None = None
