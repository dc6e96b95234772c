"""What the progress of firmware updates and log uploads has in common in OCPP 2.x."""

from voltfleet.domain.specs import OcppVersion
from voltfleet.station.file_transfer import DEFAULT_RETRY_SECONDS
from voltfleet.station.v2.messages.types import StatusInfo

_MAX_INFO = 1024
_REASON = "Unspecified"


def reason(version: OcppVersion, why: str | None) -> StatusInfo | None:
    """Why it failed; only since OCPP 2.1 can a station say it."""
    if why is None or version is not OcppVersion.V21:
        return None
    return StatusInfo(_REASON, why[:_MAX_INFO])


def tries(retries: int | None, interval: int | None) -> tuple[int, float]:
    """How often to try again, and after how many seconds; the station's choice if left out."""
    seconds = DEFAULT_RETRY_SECONDS if interval is None else float(interval)
    return retries or 0, seconds
