"""One spelling of time for people and machines: RFC 3339, UTC, milliseconds."""

from datetime import UTC, datetime
from functools import lru_cache

LATEST = 32_503_680_000.0
"""The year 3000, in epoch seconds: no clock shows more."""


def rfc3339(epoch_seconds: float) -> str:
    """``2026-11-22T17:20:06.123Z`` for the given instant."""
    second, microsecond = divmod(round(epoch_seconds * 1e6), 1_000_000)
    return f"{_to_the_second(second)}.{microsecond // 1000:03}Z"


def parse_rfc3339(text: str) -> float | None:
    """Epoch seconds; UTC if no zone is named, None if it is no time, or none a clock can show."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    return at if 0 <= at < LATEST else None


@lru_cache(maxsize=1024)  # A station that boots says a dozen times what time it is.
def _to_the_second(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat().removesuffix("+00:00")
