"""How the command routes queue what they were asked, and wait for a station's answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import Response, status

from voltfleet.api import deps
from voltfleet.api.changes import Change, Targets
from voltfleet.api.charger_models import QueuedCommandResponse
from voltfleet.api.command_models import CommandTarget, event_type
from voltfleet.api.models import RequestModel
from voltfleet.domain.commands import CommandKind, CommandState
from voltfleet.domain.errors import BadRequest
from voltfleet.fleet import commands
from voltfleet.fleet.commands import Order, Queued, Target
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Connection

ANSWER_SECONDS = 10.0
"""How long a route waits for the station's answer."""
_LOOK_EVERY_SECONDS = 0.1


async def to_fleet(
    change: Change,
    target: CommandTarget,
    kind: CommandKind,
    event: RequestModel,
) -> Response:
    """Queues a command for every charger of the target; the answer says what became of each."""
    for given, noun in ((target.charger_id, "charger"), (target.location_id, "location")):
        if given is not None:
            deps.checked_id(given, noun)
    order = Order(kind, _payload(event))
    whom = Target(target.charger_id, target.location_id, target.charger_ids)
    now = change.services.clock()
    queued = await change.write(
        lambda connection: commands.queue(connection, change.tenant, whom, order, now),
        _told(whom),
    )
    change.services.links.wake()
    body = await asyncio.to_thread(_location_command, queued, order)
    return Response(body, status.HTTP_202_ACCEPTED, media_type="application/json")


async def to_charger(change: Change, charger_id: str, order: Order) -> Queued:
    """Queues a command for one charger. Raises `NotFound`, or `BadRequest` if it is stopped."""
    target = Target(charger_id=deps.checked_id(charger_id, "charger"))
    now = change.services.clock()

    def queue(connection: Connection) -> list[Queued]:
        [queued] = commands.queue(connection, change.tenant, target, order, now)
        if queued.command_id is None:
            raise BadRequest(queued.error, code="charger_not_running")
        return [queued]

    [queued] = await change.write(queue, _told(target))
    change.services.links.wake()
    return queued


async def answered(
    change: Change,
    charger_id: str,
    kind: CommandKind,
    event: RequestModel | None,
) -> commands.Command:
    """Queues a command for one charger and returns it with the station's answer. Raises
    `BadRequest` when the charger cannot be reached in time, or refuses without an answer."""
    order = Order(kind, {} if event is None else _payload(event), ttl_seconds=ANSWER_SECONDS)
    queued = await to_charger(change, charger_id, order)
    command = await _outcome(change.services, change.tenant, queued.command_id or "")
    if command.state != CommandState.APPLIED and command.detail is None:
        why = command.reason or "the station has not told yet what became of it"
        raise BadRequest(
            f"Charger {queued.identity}: {why} (command {command.id}).",
            code=f"command_{command.state}",
        )
    return command


def queued_command(queued: Queued, order: Order) -> QueuedCommandResponse:
    """One command as it was queued."""
    return QueuedCommandResponse(
        id=queued.command_id or "",
        event_type=event_type(order.kind),
        ocpp_version=queued.ocpp_version.lower(),
        payload=order.payload,
    )


def _told(target: Target) -> Callable[[list[Queued]], Targets]:
    """What the audit log keeps of a command: whom it was for, and its id or how many there are."""
    named = {"charger_id": target.charger_id, "location_id": target.location_id}
    whom = {name: value for name, value in named.items() if value is not None}

    def told(queued: list[Queued]) -> Targets:
        sent = [one.command_id for one in queued if one.command_id is not None]
        return {**whom, **({"command_id": sent[0]} if len(sent) == 1 else {"commands": len(sent)})}

    return told


async def _outcome(services: deps.Services, tenant: Tenant, command_id: str) -> commands.Command:
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + ANSWER_SECONDS
    while loop.time() < give_up_at:
        command = await services.db.read(commands.get, tenant, command_id)
        if command.is_final:
            return command
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    # Nobody waits any longer: it must not be done behind the caller's back.
    why = f"the charger could not be reached within {ANSWER_SECONDS:g} s"
    return await services.db.write(commands.withdraw, tenant, command_id, why, services.clock())


def _payload(event: RequestModel) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude_unset=True)


def _location_command(queued: list[Queued], order: Order) -> bytes:
    """`LocationCommandResponse` as bytes; checked models of thousands would cost more than all the
    rest."""
    event = event_type(order.kind)
    results = [
        {
            "charger_id": one.charger_id,
            "identity": one.identity,
            "command": {
                "id": one.command_id,
                "event_type": event,
                "ocpp_version": one.ocpp_version.lower(),
                "payload": order.payload,
            },
        }
        for one in queued
        if one.command_id is not None
    ]
    failed = [
        {"identity": one.identity, "error": one.error, "charger_id": one.charger_id}
        for one in queued
        if one.command_id is None
    ]
    return msgspec.json.encode(
        {
            "targeted_count": len(queued),
            "queued_count": len(results),
            "failed_count": len(failed),
            "results": results,
            "failed": failed,
        }
    )
