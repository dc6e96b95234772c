"""For admins: the organizations that there are, and the hosts that run their chargers."""

from datetime import datetime

from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.charger_models import moment
from voltfleet.api.models import errors
from voltfleet.fleet import hosts, organizations

router = deps.router("/admin", "Admin")


class OrganizationSummary(BaseModel):
    """An organization, and what it has."""

    organization_id: str
    locations: int
    chargers: int
    jobs_open: int = Field(description="Jobs under way.")


class OrganizationListResponse(BaseModel):
    """A page of organizations, by their id."""

    data: list[OrganizationSummary]
    total: int
    page: int
    limit: int


class HostSummary(BaseModel):
    """A host, as its last sign of life told."""

    id: str
    capacity: int = Field(description="The most chargers it can run.")
    stations: int = Field(description="How many it runs.")
    online: int = Field(description="How many of them their CSMS has accepted.")
    lag_ms: float = Field(description="The worst delay of its event loop of late.")
    lease_seconds_left: float = Field(description="0 once its lease is over.")
    connected_at: datetime
    alive: bool = Field(description="Whether its lease runs.")


class HostListResponse(BaseModel):
    """A page of hosts, by their id."""

    data: list[HostSummary]
    total: int
    page: int
    limit: int


@router.get("/organizations", responses=errors())
async def list_organizations(
    services: deps.CurrentServices, _who: deps.CurrentAdmin, page: deps.CurrentPage
) -> OrganizationListResponse:
    """List the organizations that have locations, chargers or jobs."""
    found, total = await services.db.read(organizations.page, offset=page.offset, limit=page.limit)
    data = [
        OrganizationSummary(
            organization_id=each.organization_id,
            locations=each.locations,
            chargers=each.chargers,
            jobs_open=each.jobs_open,
        )
        for each in found
    ]
    return OrganizationListResponse(data=data, total=total, page=page.page, limit=page.limit)


@router.get("/hosts", responses=errors())
async def list_hosts(
    services: deps.CurrentServices, _who: deps.CurrentAdmin, page: deps.CurrentPage
) -> HostListResponse:
    """List the hosts: what they run, and how long their leases still run. A host that is gone for
    good leaves the list once its chargers have been given to others."""
    now = services.clock()
    found, total = await services.db.read(hosts.page, offset=page.offset, limit=page.limit)
    data = [
        HostSummary(
            id=host.id,
            capacity=host.capacity,
            stations=host.stations,
            online=host.online,
            lag_ms=round(host.lag_ms, 1),
            lease_seconds_left=round(max(0.0, host.lease_until - now), 1),
            connected_at=moment(host.connected_at),
            alive=host.lease_until > now,
        )
        for host in found
    ]
    return HostListResponse(data=data, total=total, page=page.page, limit=page.limit)
