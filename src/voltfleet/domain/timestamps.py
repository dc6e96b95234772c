"""One spelling of time for people and machines: RFC 3339, UTC, milliseconds."""

from datetime import UTC, datetime


def rfc3339(epoch_seconds: float) -> str:
    """``2026-11-22T17:20:06.123Z`` for the given instant."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
