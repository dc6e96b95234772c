"""Who answers a CALL, and who may ask at all."""

from typing import Any

from voltfleet.csms import v2, v16
from voltfleet.csms.books import Books, Handler, Visit
from voltfleet.csms.chargers import Charger
from voltfleet.csms.options import BootStatus
from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.ocppj.frames import Call
from voltfleet.ocppj.schemas import Kind

_HANDLERS: dict[OcppVersion, dict[str, Handler]] = {
    OcppVersion.V16: v16.HANDLERS,
    OcppVersion.V201: v2.HANDLERS_201,
    OcppVersion.V21: v2.HANDLERS_21,
}

_REPORTING = ("GetBaseReport", "GetReport")


def answer(books: Books, charger: Charger, call: Call, now: float) -> dict[str, Any]:
    """The payload of the CALLRESULT. Raises `RpcError` for a CALL that gets a CALLERROR."""
    version = charger.version
    handler = _HANDLERS[version].get(call.action)
    if handler is None:
        raise _no_handler(version, call.action)
    if not _may_speak(charger, call.action):
        raise RpcError(
            RpcErrorCode.SECURITY_ERROR, f"BootNotification was answered {charger.registration}"
        )
    payload = schemas.check(version, Kind.REQUEST, call.action, call.payload)
    return handler(Visit(books, charger, payload, now))


def _no_handler(version: OcppVersion, action: str) -> RpcError:
    """NotSupported for what the standard knows and a CSMS does not take, such as Reset."""
    if action in schemas.actions(version):
        return RpcError(RpcErrorCode.NOT_SUPPORTED, f"{action[:100]} is not for a CSMS to answer")
    return RpcError(RpcErrorCode.NOT_IMPLEMENTED, f"{action[:100]} is not an action of {version}")


def _may_speak(charger: Charger, action: str) -> bool:
    """Whether the charger's registration lets it send that.

    2.x B02.FR.09, B03.FR.07: until it is accepted a station may boot, and while Pending send what
    it was asked for. 1.6 names no such error. One that booted before this CSMS began may speak.
    """
    if charger.version is OcppVersion.V16 or action == "BootNotification":
        return True
    match charger.registration:
        case BootStatus.REJECTED:
            return False
        case BootStatus.PENDING:
            return action in charger.triggered
        case _:
            return True


def expect(charger: Charger, action: str, payload: dict[str, Any]) -> None:
    """The CSMS asks a charger for something: what it sends because of that, it may send."""
    if charger.registration is BootStatus.PENDING:
        if action == "TriggerMessage":
            charger.triggered.add(str(payload.get("requestedMessage")))
        elif action in _REPORTING:
            charger.triggered.add("NotifyReport")
