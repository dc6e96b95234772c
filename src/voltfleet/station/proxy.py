"""``proxy-message``: a message of the user's making, sent to the CSMS as if it were the station's.

It goes the way of every other CALL (one under way at a time), and changes nothing in the station.
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import msgspec

from voltfleet.domain import proxy_actions
from voltfleet.domain.commands import CommandState, ProxyMessage
from voltfleet.domain.hosting import Command
from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.ocppj.errors import RpcError
from voltfleet.station.connector import HardwareRefusal
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, FailureKind


def send(ctx: Context, message: ProxyMessage, command: Command) -> None:
    """Send it; the outcome tells what the CSMS answered. Raises `HardwareRefusal` for what the
    station's version does not send, or its schema does not allow, unless ``strict`` is false."""
    if message.ocpp_version != ctx.version.subprotocol:
        raise HardwareRefusal(
            f"the station speaks {ctx.version.subprotocol}, not {message.ocpp_version}"
        )
    action = proxy_actions.find(ctx.version, message.action)
    payload: Any = message.payload
    if message.strict:
        if action is None:
            raise HardwareRefusal(f"a station of {ctx.version} sends no {message.action}")
        payload = _spelled(payload, _spellings(ctx.version, action))
    raw = msgspec.Raw(msgspec.json.encode(payload))
    if action is not None and message.strict:
        try:
            schemas.check(ctx.version, schemas.Kind.REQUEST, action, raw)
        except RpcError as error:
            raise HardwareRefusal(f"{action}: {error.description}") from error
    ctx.call_raw(
        action or proxy_actions.spelled(message.action),
        raw,
        partial(_answered, ctx, command),
        partial(_failed, ctx, command),
    )


def _answered(ctx: Context, command: Command, answer: dict[str, Any]) -> None:
    ctx.outcome(command, CommandState.APPLIED, None, {"response": answer})


def _failed(ctx: Context, command: Command, failure: Failure) -> None:
    refused = failure.kind is FailureKind.ERROR
    state = CommandState.REJECTED if refused else CommandState.FAILED
    detail = {"error_code": failure.code} if refused else None
    ctx.outcome(command, state, failure.text, detail)


def _spelled(value: Any, spellings: Mapping[str, str]) -> Any:
    """The payload with keys in snake_case spelled as the standard does, which has none."""
    if isinstance(value, list):
        return [_spelled(item, spellings) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        spellings.get(_letters(key), key) if "_" in key else key: _spelled(inner, spellings)
        for key, inner in value.items()
    }


@cache
def _spellings(version: OcppVersion, action: str) -> Mapping[str, str]:
    names = schemas.property_names(version, schemas.Kind.REQUEST, action)
    return {_letters(name): name for name in names}


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
