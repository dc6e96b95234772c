"""Instants that the CSMS names in its requests."""

from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.v16.times import instant as any_instant


def instant(text: str, field: str) -> float:
    """Epoch seconds by the station's clock. Raises `RpcError` for what is no time."""
    return any_instant(text, field)


def optional_instant(text: str | None, field: str, otherwise: float) -> float:
    """The same for a field that may be left out."""
    return otherwise if text is None else instant(text, field)


def whole_list(field: str, count: int, most: int) -> None:
    """Raises `RpcError` for more items than the device model says a message may have."""
    if count > most:
        raise RpcError(
            RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
            f"{field}: at most {most} items",
            {"field": field},
        )
