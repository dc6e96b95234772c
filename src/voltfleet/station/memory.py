"""What a station remembers across a power cut: its nonvolatile memory, as one blob.

A host that dies is a power cut for its stations. What they had reported as `reports.Memory` comes
back with the next assignment, and this happens, whatever the OCPP version:

    at        the instant of the memory          everything is put back as it was then
    lost_at   `UNKEPT_SECONDS` later, or now     the power goes: `Engine.lose_power`, as in the
              if that is sooner                  fault PowerLoss
    now       the station is built               the power is back: it boots

The last memory may have been on its way when the host died; what was sent meanwhile (a meter value,
say) was sent before ``lost_at``, for a memory that follows the one before after more than
`ALONE_SECONDS` is urgent. Up to then the car is taken to have gone on charging: so no register, and
no time, runs backwards. Only a gateway that had not kept a memory for longer, and a host that died
then, can make them.

The blob is a checksum and a `StationMemory` in MessagePack. The Structs are arrays: a field that is
added at the end, with a default, can be missing in old memories; any other change wants a new
`FORMAT`.
"""

from zlib import crc32

import msgspec
from msgspec import Struct

from voltfleet.domain.specs import OcppVersion
from voltfleet.station import driver
from voltfleet.station.connector import Cable, Fault
from voltfleet.station.context import Context, Redialled
from voltfleet.station.engine import Engine
from voltfleet.station.ev import CarModel, Ev
from voltfleet.station.evse import Evse
from voltfleet.station.reports import DialSettings
from voltfleet.station.smart_charging import Limit

FORMAT = 1
UNKEPT_SECONDS = 5.0
"""What a station reported this long before its host died may not have been kept."""
ALONE_SECONDS = UNKEPT_SECONDS - 2.0
"""What goes out so long after the last memory must not overtake the next."""
WHILE_CHARGING_SECONDS = 60.0
"""How often it remembers while energy flows, if nothing else makes it."""

_MEMORY = ("memory", 0)
_CHECKSUM_BYTES = 4


class Unreadable(Exception):
    """The memory cannot be used; the message says why."""


class CarMemory(Struct, array_like=True, frozen=True, gc=False):
    """The car on the cable."""

    capacity_wh: float
    ac_power_w: float
    ac_phases: int
    dc_power_w: float
    stored_wh: float
    wants_energy: bool


class ConnectorMemory(Struct, array_like=True, frozen=True, gc=False):
    """What is broken there."""

    fault: Fault | None
    stuck: bool


class EvseMemory(Struct, array_like=True, frozen=True, gc=False):
    """``active`` is the id of the connector with the car."""

    register_wh: float
    connectors: tuple[ConnectorMemory, ...]
    active: int | None
    car: CarMemory | None
    closed: bool
    attended: bool
    limit_w: float
    profile_limit: Limit
    stuck_wh: int | None


class StationMemory(Struct, array_like=True, frozen=True, gc=False):
    """``engine`` is the version's part (`v16.memory`, `v2.memory`)."""

    format: int
    version: str
    at: float
    clock_offset: float
    clock_error: float
    evses: tuple[EvseMemory, ...]
    engine: msgspec.Raw
    redialled: Redialled | None = None


_encode = msgspec.msgpack.encode
_decoder = msgspec.msgpack.Decoder(StationMemory)


def write(ctx: Context, engine: Engine) -> bytes:
    """All that the station would find after a power cut now."""
    if any(evse.closed for evse in ctx.hardware.evses):
        ctx.timers.start(_MEMORY, ctx.now + WHILE_CHARGING_SECONDS, ctx.remember)
    body = _encode(
        StationMemory(
            FORMAT,
            ctx.version.value,
            ctx.now,
            ctx.clock_offset,
            ctx.clock_error,
            tuple(_of_evse(evse, ctx.now) for evse in ctx.hardware.evses),
            msgspec.Raw(_encode(engine.memory())),
            ctx.redialled,
        )
    )
    return crc32(body).to_bytes(_CHECKSUM_BYTES, "big") + body


def recall(ctx: Context, engine: Engine, content: bytes) -> None:
    """Put everything back, and let the power cut happen, in a station that was just built. Raises
    `Unreadable`; such a station must not be used."""
    found = _read(content, ctx.version)
    _check_shape(found, ctx)
    # What is drawn from now on, ids among it, is not what was drawn before the cut.
    ctx.rng.stir(crc32(content))
    now = max(ctx.now, found.at)
    ctx.now = found.at
    ctx.clock_offset, ctx.clock_error = found.clock_offset, found.clock_error
    for evse, memory in zip(ctx.hardware.evses, found.evses, strict=True):
        _put_back(evse, memory, found.at)
    ctx.take_reports()  # of a station without a past
    told = found.redialled and _still_told(found.redialled, ctx.dial)
    if told is not None:
        ctx.dial_next(told)
    try:
        engine.recall(found.engine)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"it is not of this release: {error}") from error
    if found.redialled is not None and found.redialled.created != ctx.dials_as_told().created:
        engine.user_redialled()
    ctx.now = min(now, found.at + UNKEPT_SECONDS)
    engine.lose_power()
    for evse in ctx.hardware.evses:
        driver.leaves(ctx, evse)
    ctx.reboot(0.0)
    ctx.now = now
    while ctx.timers.fire_next(now):
        pass


def _still_told(before: Redialled, created: DialSettings) -> DialSettings | None:
    """What the CSMS said of how to dial, as far as the user has said nothing since: of two words
    the newer one counts. None: nothing of it."""
    if before.created == created:
        return before.told
    if msgspec.structs.replace(before.created, csms_url=created.csms_url) != created:
        return None
    # Only the address is new. The CSMS there is to know the charger by its newest credentials.
    return msgspec.structs.replace(before.told, csms_url=None, security_profile=None)


def _read(content: bytes, version: OcppVersion) -> StationMemory:
    body = content[_CHECKSUM_BYTES:]
    if crc32(body).to_bytes(_CHECKSUM_BYTES, "big") != content[:_CHECKSUM_BYTES]:
        raise Unreadable("its checksum is wrong")
    try:
        found = _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unreadable(f"it is not of this release: {error}") from error
    if found.format != FORMAT:
        raise Unreadable(f"it has format {found.format}, this release reads {FORMAT}")
    if found.version != version.value:
        raise Unreadable(f"it is of a station that spoke {found.version}")
    return found


def _check_shape(found: StationMemory, ctx: Context) -> None:
    built = [len(evse.connectors) for evse in ctx.spec.evses]
    if [len(evse.connectors) for evse in found.evses] != built:
        raise Unreadable("it is of a station with other connectors")


def _of_evse(evse: Evse, now: float) -> EvseMemory:
    evse.advance(now)
    ev, car = evse.ev, None
    if ev is not None:
        model = ev.model
        car = CarMemory(
            model.capacity_wh,
            model.ac_power_w,
            model.ac_phases,
            model.dc_power_w,
            ev.stored_wh,
            ev.wants_energy,
        )
    return EvseMemory(
        evse.meter.register_wh,
        tuple(ConnectorMemory(c.fault, c.stuck) for c in evse.connectors),
        None if evse.active is None else evse.active.id,
        car,
        evse.closed,
        evse.attended,
        evse.limit_w,
        evse.profile_limit,
        evse.meter.stuck_wh,
    )


def _put_back(evse: Evse, memory: EvseMemory, at: float) -> None:
    evse.meter.register_wh = memory.register_wh
    evse.meter.stuck_wh = memory.stuck_wh
    evse.meter.advanced_at = at
    evse.limit_w = memory.limit_w
    evse.profile_limit = memory.profile_limit
    for connector, kept in zip(evse.connectors, memory.connectors, strict=True):
        connector.fault = kept.fault
        connector.stuck = kept.stuck
    car = memory.car
    if car is None or memory.active is None:
        return
    evse.active = evse.connectors[memory.active - 1]
    evse.active.cable = Cable.LOCKED if memory.closed else Cable.PLUGGED
    evse.closed = memory.closed
    evse.attended = memory.attended
    model = CarModel(car.capacity_wh, car.ac_power_w, car.ac_phases, car.dc_power_w)
    evse.ev = Ev(model, evse.active.spec.current_type, car.stored_wh)
    evse.ev.wants_energy = car.wants_energy
