"""``/host-link``: where hosts dial in. Not part of the public API, and no route of FastAPI's: a
gateway opens it before it has loaded the API (`cli.arriving`)."""

import time
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from voltfleet.api.audit_trail import AuditTrail
from voltfleet.api.caller import Caller, bearer_token
from voltfleet.api.links import HostLinks
from voltfleet.auth.jwt import Authenticator
from voltfleet.auth.principal import Role
from voltfleet.domain.errors import Forbidden, Unauthenticated, Unavailable, VoltfleetError
from voltfleet.storage.engine import Database

PATH = "/host-link"


class HostDoor:
    """ASGI application of one WebSocket. Talks to a host, if its token is a host's; anything else
    is refused before the WebSocket opens."""

    def __init__(
        self,
        links: HostLinks,
        authenticator: Authenticator,
        audit: AuditTrail,
        db: Database,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._links = links
        self._authenticator = authenticator
        self._audit = audit
        self._db = db
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self.serve(WebSocket(scope, receive, send))

    async def serve(self, socket: WebSocket) -> None:
        """Serves one host for as long as it stays."""
        caller = Caller.of(socket, "host_link", self._clock())
        try:
            host_id = await self._host_id(socket, caller)
        except (Unauthenticated, Forbidden) as error:
            line = caller.entry(error.error_code, reason=error.message)
            self._audit.refused(self._db, line)
            await _refuse(socket, 401 if isinstance(error, Unauthenticated) else 403, error)
        except Unavailable as error:
            await _refuse(socket, 503, error)
        else:
            await self._links.serve(socket, host_id)

    async def _host_id(self, socket: WebSocket, caller: Caller) -> str:
        """The host that the token is for. Raises `Unauthenticated`, `Forbidden` or
        `Unavailable`."""
        who = caller.principal = await self._authenticator.verify(bearer_token(socket))
        caller.organization_id = who.organization_id
        if who.role is not Role.HOST or who.host_id is None:
            raise Forbidden("Only a host's token opens the host link.", code="wrong_role")
        return who.host_id


async def _refuse(socket: WebSocket, status: int, error: VoltfleetError) -> None:
    body = {"detail": error.message, "code": error.error_code}
    await socket.send_denial_response(JSONResponse(body, status))
