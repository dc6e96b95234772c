"""The commands that every station obeys alike, whatever version it speaks: break, mend, say."""

from functools import partial

from voltfleet.domain import faults
from voltfleet.domain.commands import (
    CommandKind,
    CommandState,
    InjectFault,
    Payload,
    Place,
    ProxyMessage,
)
from voltfleet.domain.faults import FaultType
from voltfleet.domain.hosting import Command
from voltfleet.station import physical, proxy
from voltfleet.station.connector import Connector, Fault, HardwareRefusal
from voltfleet.station.context import Context
from voltfleet.station.engine import Engine
from voltfleet.station.reports import LinkCondition, LinkFault
from voltfleet.station.wire_faults import WireFaults

_SILENCE = ("silence", 0)


def perform(
    ctx: Context, engine: Engine, payload: Payload, kind: CommandKind, command: Command
) -> bool:
    """Do the command and tell the outcome; false if it is for the version's engine. Raises
    `HardwareRefusal`."""
    match payload:
        case ProxyMessage():
            proxy.send(ctx, payload, command)
        case InjectFault():
            told = _inject(ctx, engine, payload)
            ctx.outcome(command, CommandState.APPLIED, told)
        case Place() if kind is CommandKind.CLEAR_FAULT:
            ctx.outcome(command, CommandState.APPLIED, _clear(ctx, payload))
        case _:
            return False
    return True


# --- break ----------------------------------------------------------------------------------------


def _inject(ctx: Context, engine: Engine, wanted: InjectFault) -> str:
    """Break it, and say what was broken."""
    found = faults.find(wanted.fault_type)
    if found is None:
        raise HardwareRefusal(f"there is no fault {wanted.fault_type}")
    info = faults.FAULTS[found]
    amount = faults.amount(info, wanted.value)
    if info.scope is faults.Scope.CONNECTOR:
        where = physical.find_connector(ctx, wanted.evse_id, wanted.connector_id)
        connector = where or ctx.hardware.connectors[0]
        _break_connector(ctx, connector, found)
        return f"{found} at connector {connector.number}"
    if found is FaultType.POWER_LOSS:
        ctx.report(LinkFault(LinkCondition.CUT))
        engine.lose_power()
        ctx.reboot(amount)
    elif found is FaultType.CLOCK_WRONG:
        ctx.clock_error = amount
        ctx.remember()
    elif found in {FaultType.NETWORK_DROP, FaultType.HALF_OPEN_SOCKET}:
        _break_network(ctx, found, amount)
    else:
        _break_wire(ctx, found, amount)
    return str(found) if info.value is None else f"{found}: {amount:g} {info.value}"


def _break_connector(ctx: Context, connector: Connector, fault: FaultType) -> None:
    ctx.remember()
    evse = ctx.hardware.evse_of(connector)
    if fault is FaultType.STUCK_CONNECTOR:
        connector.stuck = True
    elif fault is FaultType.METER_STUCK:
        evse.advance(ctx.now)
        evse.meter.stuck_wh = evse.meter.energy_wh
    else:
        ctx.hardware.set_fault(connector, Fault(fault.value))


def _break_network(ctx: Context, fault: FaultType, seconds: float) -> None:
    if fault is FaultType.NETWORK_DROP:
        ctx.report(LinkFault(LinkCondition.CUT, ctx.now + seconds))
    else:
        ctx.report(LinkFault(LinkCondition.SILENT))
        ctx.timers.start(_SILENCE, ctx.now + seconds, partial(_speak_again, ctx))


def _break_wire(ctx: Context, fault: FaultType, amount: float) -> None:
    wire = ctx.faults = ctx.faults or WireFaults(ctx.outbox, ctx.timers)
    match fault:
        case FaultType.SLOW_ANSWERS:
            wire.slow_seconds = amount
        case FaultType.DUPLICATED_MESSAGES:
            wire.doubled = True
        case FaultType.OUT_OF_ORDER_ANSWERS:
            wire.swapped = True
        case FaultType.MALFORMED_FRAMES:
            wire.malformed = int(amount)
        case FaultType.REFUSE_CALLS:
            wire.refused = int(amount)
        case _:
            raise AssertionError(fault)


# --- mend -----------------------------------------------------------------------------------------


def _clear(ctx: Context, place: Place) -> str:
    """Mend what is broken there, or everything, and say what that was."""
    connector = physical.find_connector(ctx, place.evse_id, place.connector_id)
    mended = [
        said
        for each in (ctx.hardware.connectors if connector is None else (connector,))
        for said in _mend_connector(ctx, each)
    ]
    if connector is None:
        mended += _mend_station(ctx)
    return "mended: " + ", ".join(mended) if mended else "nothing was broken there"


def _mend_connector(ctx: Context, connector: Connector) -> list[str]:
    meter = ctx.hardware.evse_of(connector).meter
    broken = [str(connector.fault)] if connector.fault is not None else []
    broken += [FaultType.STUCK_CONNECTOR] if connector.stuck else []
    broken += [FaultType.METER_STUCK] if meter.stuck_wh is not None else []
    if broken:
        ctx.remember()
    connector.stuck = False
    meter.stuck_wh = None
    ctx.hardware.set_fault(connector, None)
    return [f"{fault} at connector {connector.number}" for fault in broken]


def _mend_station(ctx: Context) -> list[str]:
    broken = []
    if ctx.clock_error:
        ctx.clock_error = 0.0
        ctx.remember()
        broken.append("the clock")
    if ctx.faults is not None:
        ctx.faults.heal()
        ctx.faults = None
        broken.append("the messages")
    _speak_again(ctx)
    return broken


def _speak_again(ctx: Context) -> None:
    ctx.timers.stop(_SILENCE)
    ctx.report(LinkFault(LinkCondition.WELL))
