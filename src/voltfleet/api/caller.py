"""Who sends a request, as the audit log names them."""

import re
import secrets
from dataclasses import dataclass, replace
from typing import Any, Self

from starlette.requests import HTTPConnection

from voltfleet.auth.principal import Principal
from voltfleet.domain.errors import Unauthenticated
from voltfleet.fleet import audit

REQUEST_ID = "X-Request-Id"

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_ID = 64


@dataclass(slots=True)
class Caller:
    """Who sends this request; filled in as it becomes known. ``changed`` says that the change is
    made, and its line written."""

    operation: str
    request_id: str
    remote: str | None
    at: float
    targets: dict[str, Any]
    principal: Principal | None = None
    organization_id: str | None = None
    changed: bool = False

    @classmethod
    def of(cls, request: HTTPConnection, operation: str, now: float) -> Self:
        """As far as it is known before the token has been looked at. A request id that the client
        gives is kept."""
        given = request.headers.get(REQUEST_ID, "")
        return cls(
            operation,
            given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8),
            None if request.client is None else request.client.host,
            now,
            {name: str(value)[:_LONGEST_ID] for name, value in request.path_params.items()},
        )

    def entry(self, outcome: str, **more: Any) -> audit.Entry:
        """A line of the audit log about this request."""
        who = self.principal
        line = audit.Entry(
            at=self.at,
            operation=self.operation,
            outcome=outcome,
            request_id=self.request_id,
            remote=self.remote,
            subject=None if who is None else who.subject,
            role=None if who is None else who.role.value,
            organization_id=self.organization_id,
            targets=self.targets,
        )
        return replace(line, **more)


def bearer_token(connection: HTTPConnection) -> str:
    """The token of a request or a WebSocket. Raises `Unauthenticated` if there is none."""
    given = connection.headers.getlist("authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send one Authorization header: Bearer <token>.")
    return token.strip()
