"""What routes ask for: who is asking, on whose behalf, which page, and the app's shared objects.

``router`` makes a router whose routes need a good token: it is checked before the body is read.
A route then takes `CurrentTenant` if it is about an organization's things, `CurrentPrincipal` if
it is not.
"""

import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from voltfleet.api import refusals
from voltfleet.api.audit_trail import AuditTrail
from voltfleet.api.caller import REQUEST_ID, Caller, bearer_token
from voltfleet.api.kept_answers import KeptAnswers
from voltfleet.api.links import HostLinks
from voltfleet.api.live_hub import Live
from voltfleet.api.models import Paging
from voltfleet.api.rate_limits import RateLimits
from voltfleet.auth.jwt import Authenticator
from voltfleet.auth.principal import Principal, Role, is_organization_id
from voltfleet.domain.errors import Forbidden, NotFound
from voltfleet.fleet.scope import Tenant
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database
from voltfleet.storage.queue import WorkflowQueue

MAX_PAGE = 10**12
"""So that every offset fits the 64 bits of a database."""
MAX_LIMIT = 100

_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")

Readiness = Callable[[], Awaitable[Mapping[str, str]]]
"""Why the gateway cannot do its work just now, by part; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the routes share; hangs on ``app.state.services``."""

    db: Database
    frames: Database
    queue: WorkflowQueue
    links: HostLinks
    live: Live
    authenticator: Authenticator
    settings: Settings
    readiness: Readiness
    clock: Callable[[], float] = time.time
    audit: AuditTrail = field(default_factory=AuditTrail)
    rates: RateLimits = field(default_factory=RateLimits)
    kept_answers: KeptAnswers = field(default_factory=KeptAnswers)


async def services(request: HTTPConnection) -> Services:
    """The app's shared objects."""
    found: Services = request.app.state.services
    return found


CurrentServices = Annotated[Services, Depends(services)]


async def authenticate(connection: HTTPConnection) -> Principal:
    """Who sends this request, by its bearer token.

    Raises `Unauthenticated`, `Forbidden` or `Unavailable`.
    """
    token = bearer_token(connection)
    found: Services = connection.app.state.services
    return await found.authenticator.verify(token)


Handle = Callable[[Request], Coroutine[Any, Any, Response]]


async def secured(request: Request, operation: str, handle: Handle) -> Response:
    """Checks the token first: a stranger's body is neither read nor commented on. Then the rate of
    the organization's requests. Whoever is refused is in the audit log."""
    found: Services = request.app.state.services
    caller = Caller.of(request, operation, found.clock())
    request.state.caller = caller
    try:
        who = caller.principal = await authenticate(request)
        caller.organization_id = named_organization(request, who)
        if caller.organization_id is not None:
            found.rates.admit(found.db, caller.organization_id, found.settings.quota_per_org)
        answer = await handle(request)
    except refusals.ERRORS as error:
        if refusals.is_worth_noting(request, caller, error):
            found.audit.refused(found.db, refusals.refusal(caller, error))
        raise
    answer.headers[REQUEST_ID] = caller.request_id
    return answer


class _SecuredRoute(APIRoute):
    """A route whose requests are `secured`."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def check_and_handle(request: Request) -> Response:
            return await secured(request, self.name, handle)

        return check_and_handle


def named_organization(request: HTTPConnection, who: Principal) -> str | None:
    """Whose things the request is about: a user's organization, or the one that an admin names."""
    if who.role is not Role.ADMIN:
        return who.organization_id
    named = request.headers.get("x-organization-id", "")
    return named if is_organization_id(named) else None


def router(prefix: str, tag: str) -> APIRouter:
    """A router for routes that need a good token."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=_SecuredRoute)


_bearer = HTTPBearer(
    scheme_name="HTTPBearer",
    bearerFormat="JWT",
    description="A token from `voltfleet token create`, or from the external issuer.",
    auto_error=False,
)


async def principal(
    request: Request,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """The bearer of the token: a user or an admin."""
    found: Principal = request.state.caller.principal
    if found.role is Role.HOST:
        raise Forbidden("A host's token opens the host link and nothing else.", code="wrong_role")
    return found


CurrentPrincipal = Annotated[Principal, Depends(principal)]


async def admin(who: CurrentPrincipal) -> Principal:
    """The bearer of an admin's token."""
    if who.role is not Role.ADMIN:
        raise Forbidden("Only an admin's token may do this.", code="wrong_role")
    return who


CurrentAdmin = Annotated[Principal, Depends(admin)]


async def tenant(
    who: CurrentPrincipal,
    x_organization_id: Annotated[
        str | None,
        Header(
            description="The organization to act for. An admin's request must have it; a user's "
            "must not, as the token says which organization that is.",
        ),
    ] = None,
) -> Tenant:
    """The organization that the request is about."""
    if who.organization_id is not None:
        if x_organization_id is not None:
            raise Forbidden(
                "A user's token says which organization it is for; leave out X-Organization-Id.",
                code="organization_header_not_allowed",
            )
        return Tenant(who.organization_id)
    if x_organization_id is None or not is_organization_id(x_organization_id):
        raise Forbidden(
            "Send the organization to act for in X-Organization-Id (1 to 128 printable characters,"
            " no spaces).",
            code="organization_header_required",
        )
    return Tenant(x_organization_id)


CurrentTenant = Annotated[Tenant, Depends(tenant)]


async def paging(
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="One-based page number.")] = 1,
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="The most items to return in one page.")
    ] = 50,
) -> Paging:
    """The page that the query asks for."""
    return Paging(page, limit)


CurrentPage = Annotated[Paging, Depends(paging)]


def checked_id(text: str, noun: str) -> str:
    """An id out of a path. What cannot be one, and what a database may choke on, is not found."""
    if not _ID.fullmatch(text):
        raise NotFound(f"{noun.capitalize()} not found", code=f"{noun}_not_found")
    return text


async def location_id(
    location_id: Annotated[
        str, Path(description="Internal location identifier returned by the location CRUD API.")
    ],
) -> str:
    """The location that the path names."""
    return checked_id(location_id, "location")


LocationId = Annotated[str, Depends(location_id)]


async def charger_id(
    charger_id: Annotated[
        str, Path(description="Internal charger identifier, not the OCPP identity.")
    ],
) -> str:
    """The charger that the path names."""
    return checked_id(charger_id, "charger")


ChargerId = Annotated[str, Depends(charger_id)]
