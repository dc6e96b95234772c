"""What a station tells its host, beside the frames it sends."""

import msgspec

from voltfleet.domain.hosting import CommandOutcome, ConnectionState


class Registration(msgspec.Struct, frozen=True, gc=False):
    """How far the station has got with its CSMS; ``note`` is a sentence for the user, if any."""

    state: ConnectionState
    note: str | None


class ConnectorState(msgspec.Struct, frozen=True, gc=False):
    """A connector's status as the station's OCPP version spells it. ``since`` is epoch seconds."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    since: float


StationReport = Registration | ConnectorState | CommandOutcome
