"""The commands that only concern the hardware, alike in every OCPP version."""

from collections.abc import Sequence
from math import inf

from voltfleet.domain.commands import CommandKind, CommandState, Payload, Place, PowerUpdate
from voltfleet.domain.hosting import Command
from voltfleet.station.connector import Connector, HardwareRefusal
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse


def find_connector(ctx: Context, evse_id: int | None, connector_id: int | None) -> Connector | None:
    """The connector that a user means; None if the ids leave it open.

    With an EVSE the connector's id counts within it, without one through the whole station. Raises
    `HardwareRefusal` for a place that does not exist.
    """
    if evse_id is None and connector_id is None:
        return None
    if evse_id is None:
        found = ctx.hardware.find(connector_id or 0)
    else:
        found = ctx.hardware.find_in_evse(evse_id, connector_id or 1)
    if found is None:
        where = f"connector {connector_id}" if evse_id is None else f"EVSE {evse_id}"
        raise HardwareRefusal(
            f"the station has no such place: {where} {connector_id or ''}".strip()
        )
    return found


def perform(ctx: Context, kind: CommandKind, payload: Payload, command: Command) -> bool:
    """Do a hardware command and report it applied; false if it is not one of those. Raises
    `HardwareRefusal`."""
    match kind, payload:
        case CommandKind.PLUG_CONNECTOR, Place():
            _plug(ctx, payload)
        case CommandKind.UNPLUG_CONNECTOR, Place():
            _unplug(ctx, payload)
        case CommandKind.EV_REQUESTS_ENERGY, Place():
            _wish(ctx, payload, wants_energy=True)
        case CommandKind.EV_STOPS_ENERGY, Place():
            _wish(ctx, payload, wants_energy=False)
        case CommandKind.POWER_UPDATE, PowerUpdate():
            _limit(ctx, payload)
        case _:
            return False
    ctx.outcome(command, CommandState.APPLIED)
    return True


def _plug(ctx: Context, place: Place) -> None:
    connector = find_connector(ctx, place.evse_id, place.connector_id)
    if connector is None:
        free = (e.connectors[0] for e in ctx.hardware.evses if e.active is None)
        connector = next(free, ctx.hardware.connectors[0])
    ctx.hardware.plug_in(connector, ctx.now)


def _unplug(ctx: Context, place: Place) -> None:
    connector = find_connector(ctx, place.evse_id, place.connector_id)
    if connector is None:
        connector = next((c for c in ctx.hardware.connectors if c.plugged), None)
    if connector is None:
        raise HardwareRefusal("no car is plugged in")
    ctx.hardware.pull_out(connector, ctx.now)


def _wish(ctx: Context, place: Place, *, wants_energy: bool) -> None:
    with_car = [evse for evse in _evses(ctx, place.evse_id, place.connector_id) if evse.ev]
    if not with_car:
        raise HardwareRefusal("there is no car")
    for evse in with_car:
        ctx.hardware.ev_wish(evse, wants_energy=wants_energy, now=ctx.now)


def _limit(ctx: Context, update: PowerUpdate) -> None:
    if update.power_w < 0:
        raise HardwareRefusal("power_w must not be negative")
    for evse in _evses(ctx, update.evse_id, update.connector_id):
        enough = update.power_w >= max(c.spec.max_power_w for c in evse.connectors)
        ctx.hardware.set_limit(evse, inf if enough else float(update.power_w), ctx.now)


def _evses(ctx: Context, evse_id: int | None, connector_id: int | None) -> Sequence[Evse]:
    connector = find_connector(ctx, evse_id, connector_id)
    return ctx.hardware.evses if connector is None else (ctx.hardware.evse_of(connector),)
