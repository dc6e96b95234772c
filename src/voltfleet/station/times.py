"""Instants that the CSMS (Central System, to OCPP 1.6) names in its requests."""

from datetime import UTC, datetime

from voltfleet.domain.timestamps import LATEST
from voltfleet.ocppj.errors import RpcError, RpcErrorCode


def instant(text: str, field: str) -> float:
    """Epoch seconds, not before 1970 nor beyond what a station's clock shows (a CSMS may well say
    9999). Raises `RpcError` for what is no time."""
    try:
        when = datetime.fromisoformat(text)
        at = (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        details = {"field": field, "constraint": "format"}
        raise RpcError(
            RpcErrorCode.TYPE_CONSTRAINT_VIOLATION, f"{field}: {text[:50]!r} is no time", details
        ) from error
    return min(max(at, 0.0), LATEST)


def optional_instant(text: str | None, field: str, otherwise: float) -> float:
    """The same for a field that may be left out."""
    return otherwise if text is None else instant(text, field)
