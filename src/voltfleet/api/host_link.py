"""``/host-link``: where hosts dial in. Not part of the public API."""

from fastapi import APIRouter, WebSocket
from starlette.exceptions import HTTPException

from voltfleet.api import deps
from voltfleet.auth.principal import Role
from voltfleet.domain.errors import Forbidden, Unauthenticated, Unavailable

router = APIRouter(include_in_schema=False)


@router.websocket("/host-link")
async def host_link(socket: WebSocket) -> None:
    """Talks to a host, if its token is a host's; anything else is refused before the WebSocket
    opens."""
    try:
        principal = await deps.authenticate(socket)
    except Unauthenticated as error:
        raise HTTPException(401, error.message) from error
    except Forbidden as error:
        raise HTTPException(403, error.message) from error
    except Unavailable as error:
        raise HTTPException(503, error.message) from error
    if principal.role is not Role.HOST or principal.host_id is None:
        raise HTTPException(403, "Only a host's token opens the host link.")
    services: deps.Services = socket.app.state.services
    await services.links.serve(socket, principal.host_id)
