"""``/host-link``: where hosts dial in. Not part of the public API."""

from fastapi import APIRouter, WebSocket
from starlette.exceptions import HTTPException

from voltfleet.api import deps
from voltfleet.api.refusals import Caller
from voltfleet.auth.principal import Role
from voltfleet.domain.errors import Forbidden, Unauthenticated, Unavailable

router = APIRouter(include_in_schema=False)


@router.websocket("/host-link")
async def host_link(socket: WebSocket) -> None:
    """Talks to a host, if its token is a host's; anything else is refused before the WebSocket
    opens."""
    services: deps.Services = socket.app.state.services
    caller = Caller.of(socket, "host_link", services.clock())
    try:
        host_id = await _host_id(socket, caller)
    except (Unauthenticated, Forbidden) as error:
        services.audit.refused(services.db, caller.refusal(error))
        status = 401 if isinstance(error, Unauthenticated) else 403
        raise HTTPException(status, error.message) from error
    except Unavailable as error:
        raise HTTPException(503, error.message) from error
    await services.links.serve(socket, host_id)


async def _host_id(socket: WebSocket, caller: Caller) -> str:
    """The host that the token is for. Raises `Unauthenticated`, `Forbidden` or `Unavailable`."""
    who = caller.principal = await deps.authenticate(socket)
    caller.organization_id = who.organization_id
    if who.role is not Role.HOST or who.host_id is None:
        raise Forbidden("Only a host's token opens the host link.", code="wrong_role")
    return who.host_id
