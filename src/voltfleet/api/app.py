"""The gateway's HTTP application."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.routing import WebSocketRoute
from starlette.types import StatelessLifespan
from starlette.websockets import WebSocket

from voltfleet.api import (
    admin,
    catalog,
    charger_frames,
    chargers,
    commands,
    dashboard,
    errors,
    jobs,
    live,
    location_chargers,
    location_jobs,
    location_templates,
    locations,
    me,
    operations,
    service,
    target_lists,
)
from voltfleet.api.deps import Services
from voltfleet.api.host_link import PATH, HostDoor
from voltfleet.api.limits import BodyLimits
from voltfleet.api.models import error_schemas

_DESCRIPTION = """\
Stands up fleets of simulated EV charging stations against your CSMS.

Send `Authorization: Bearer <token>` with every request; `voltfleet token create` makes a token. A
user's token belongs to one organization. An admin's belongs to none: with it, name the organization
in `X-Organization-Id`.

Errors are `{"detail": …, "code": …}`; `code` is stable. Lists come in pages of `page` and `limit`;
a page past the end is empty. Every answer names its request in `X-Request-Id` (yours, if you send
one of up to 64 letters, digits, dots, dashes and underscores).
"""
_TAGS = [
    {"name": "Catalog", "description": "Brands and models of chargers."},
    {"name": "Locations", "description": "The sites that chargers stand at."},
    {"name": "Location chargers", "description": "Fleets: many chargers of one location at once."},
    {"name": "Jobs", "description": "What has been asked for, and how far it has got."},
    {"name": "Chargers", "description": "One charger at a time."},
    {"name": "Commands", "description": "What chargers are told to do, and what became of it."},
    {"name": "Live", "description": "The fleet as it changes."},
    {"name": "Location templates", "description": "Ready-made sites."},
    {
        "name": "Admin",
        "description": "For admins' tokens only: who did what, what organizations may have, and "
        "whom their chargers may dial.",
    },
    {"name": "Service", "description": "The gateway itself."},
]
_NO_TELEMETRY = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Whatever FASTAPI_OTEL_AUTO_CONFIGURE says: a gateway tells nobody what it does. And asking for
every request whether somebody listens takes a tenth of a poll."""
VALUES_PER_BODY = 200_000
VALUES_PER_CHARGER = 20
"""Each charger of a batch may stand in a group of its own, with a template of its own."""
ROUTERS = (
    service.router,
    me.router,
    catalog.router,
    locations.router,
    location_templates.router,
    location_chargers.router,
    location_jobs.router,
    jobs.router,
    chargers.router,
    charger_frames.router,
    commands.charger_router,
    commands.router,
    live.router,
    admin.router,
    operations.router,
    dashboard.router,
    target_lists.router,
)


def create_app(
    services: Services,
    *,
    routers: Iterable[APIRouter] = ROUTERS,
    lifespan: StatelessLifespan[FastAPI] | None = None,
) -> FastAPI:
    """The application over the given services. Whoever made them closes them."""
    app = FastAPIOffline(
        title="Voltfleet",
        version=service.VERSION,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        telemetry=_NO_TELEMETRY,
        lifespan=lifespan,
    )
    app.state.services = services
    for router in routers:
        app.include_router(router)
    app.router.routes.append(WebSocketRoute(PATH, _host_link))
    app.add_middleware(location_jobs.LeanPolls)
    app.add_middleware(
        BodyLimits,
        max_bytes=services.settings.max_body_bytes,
        max_values=VALUES_PER_BODY + VALUES_PER_CHARGER * services.settings.max_batch,
        deadline_seconds=services.settings.body_deadline_seconds,
    )
    errors.install(app)
    app.openapi = partial(_document, app.openapi)  # type: ignore[method-assign]  # FastAPI's way
    return app


async def _host_link(socket: WebSocket) -> None:
    found: Services = socket.app.state.services
    door = HostDoor(found.links, found.authenticator, found.audit, found.db, found.clock)
    await door.serve(socket)


def _document(built: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """FastAPI's document, with the error bodies that it was not given as models."""
    document = built()
    document["components"]["schemas"].update(error_schemas())
    return document


def _operation_id(route: APIRoute) -> str:
    return route.name
