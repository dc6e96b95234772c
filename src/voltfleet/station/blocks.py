"""How actions find the method that handles them: `handles` marks it, `table_of` collects the marks.

The table is made once per OCPP version, at import: a station holds its blocks and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.context import Context, decoder

Method = TypeVar("Method", bound=Callable[..., msgspec.Struct])


class Block:
    """A functional block: one chapter of the standard, on one station."""

    __slots__ = ("ctx",)

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx


class Handler(NamedTuple):
    """Where a CALL goes: ``block`` is the position of its block in the engine's tuple."""

    block: int
    request: msgspec.json.Decoder[Any]
    method: Callable[[Any, Any], msgspec.Struct]


def handles(request: type[msgspec.Struct]) -> Callable[[Method], Method]:
    """Mark a block's method as the one that answers this kind of request."""

    def mark(method: Method) -> Method:
        method.__dict__["handles"] = request
        return method

    return mark


def table_of(blocks: Sequence[type[Block]]) -> dict[str, Handler]:
    """Action -> handler, for blocks in the order in which the engine holds them."""
    table: dict[str, Handler] = {}
    for position, block in enumerate(blocks):
        for method in vars(block).values():
            request = getattr(method, "handles", None)
            if request is not None:
                table[request.__name__] = Handler(position, decoder(request), method)
    return table


def dispatch(
    version: OcppVersion,
    table: Mapping[str, Handler],
    blocks: Sequence[Block],
    action: str,
    payload: msgspec.Raw,
) -> msgspec.Struct:
    """Decode and handle one CALL. Raises `RpcError` with the code that the standard prescribes."""
    handler = table.get(action)
    if handler is None:
        raise _unknown(version, action)
    try:
        request = handler.request.decode(payload)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        # The types only say that it is wrong; the standard's schema says how.
        schemas.check(version, schemas.Kind.REQUEST, action, payload)
        raise RpcError(RpcErrorCode.PROPERTY_CONSTRAINT_VIOLATION, str(error)) from error
    return handler.method(blocks[handler.block], request)


def _unknown(version: OcppVersion, action: str) -> RpcError:
    if action in schemas.actions(version):
        return RpcError(RpcErrorCode.NOT_SUPPORTED, f"{action} is not supported by this station")
    return RpcError(RpcErrorCode.NOT_IMPLEMENTED, f"{action[:50]} is not known")
