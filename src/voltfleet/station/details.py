"""What somebody who stands before the station would see: the car, the power, who pays."""

from collections.abc import Iterator
from contextlib import contextmanager

from voltfleet.domain.hosting import ConnectorDetails
from voltfleet.domain.specs import OcppVersion
from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.engine import Engine, GoingOn
from voltfleet.station.evse import Evse

ConnectorDetail = tuple[int, int, ConnectorDetails]
"""EVSE and connector as the version counts them, and what is so there."""


def of_station(ctx: Context, engine: Engine, now: float) -> list[ConnectorDetail]:
    """All its connectors at that time. The station lives on as if nobody had looked, to the last
    bit of its registers."""
    told: list[ConnectorDetail] = []
    for evse in ctx.hardware.evses:
        with _as_at(evse, now):
            for connector in evse.connectors:
                about = _of(evse, connector, engine.going_on(connector))
                told.append((evse.id, _id(ctx, connector), about))
    return told


@contextmanager
def _as_at(evse: Evse, now: float) -> Iterator[None]:
    """The EVSE as it is then, for so long as this lasts."""
    meter, ev = evse.meter, evse.ev
    before = meter.advanced_at, meter.register_wh
    stored_wh = 0.0 if ev is None else ev.stored_wh
    evse.advance(now)
    try:
        yield
    finally:
        meter.advanced_at, meter.register_wh = before
        if ev is not None:
            ev.stored_wh = stored_wh


def _id(ctx: Context, connector: Connector) -> int:
    return connector.number if ctx.version is OcppVersion.V16 else connector.id


def _of(evse: Evse, connector: Connector, goes_on: GoingOn) -> ConnectorDetails:
    ev = evse.ev if connector is evse.active else None
    start_wh = goes_on.meter_start_wh
    drawn_wh = 0.0 if start_wh is None else evse.meter.register_wh - start_wh
    return ConnectorDetails(
        plugged=connector.plugged,
        power_w=0.0 if ev is None else round(evse.power_w(), 1),
        offered_w=None if ev is None else round(evse.offered_w(), 1),
        energy_wh=round(max(0.0, drawn_wh), 1),
        meter_wh=evse.meter.energy_wh,
        soc_percent=None if ev is None else round(ev.soc * 100, 2),
        transaction_id=goes_on.transaction_id,
        id_token=goes_on.id_token,
        charging_state=goes_on.charging_state,
    )
