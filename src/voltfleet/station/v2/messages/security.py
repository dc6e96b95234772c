"""Functional block A: security."""

from voltfleet.station.v2.messages.types import Outgoing


class SecurityEventNotification(Outgoing, frozen=True):
    """A04"""

    type: str
    timestamp: str
    tech_info: str | None = None
