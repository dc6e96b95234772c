"""The API over what the gateway has opened. Imported late, for it is most of what there is to
import: see `arriving`."""

from starlette.types import ASGIApp

from voltfleet.api.app import create_app
from voltfleet.api.audit_trail import AuditTrail
from voltfleet.api.deps import Readiness, Services
from voltfleet.api.links import HostLinks
from voltfleet.api.live_hub import Live
from voltfleet.auth.jwt import Authenticator
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database
from voltfleet.storage.queue import WorkflowQueue


def build(
    database: Database,
    frames: Database,
    *,
    links: HostLinks,
    authenticator: Authenticator,
    audit: AuditTrail,
    settings: Settings,
    readiness: Readiness,
) -> tuple[ASGIApp, Live]:
    """The application, and its live streams, which end before it does."""
    live = Live(database, frames)
    services = Services(
        db=database,
        frames=frames,
        queue=WorkflowQueue(database),
        links=links,
        live=live,
        authenticator=authenticator,
        settings=settings,
        readiness=readiness,
        audit=audit,
    )
    return create_app(services), live
