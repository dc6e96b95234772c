"""Locations: the sites that chargers stand at."""

import zoneinfo
from typing import Annotated, Any

from fastapi import status
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from voltfleet.api import deps
from voltfleet.api.changes import CurrentChange
from voltfleet.api.models import VISIBLE, Name, RequestModel, errors
from voltfleet.domain import countries
from voltfleet.domain.timestamps import rfc3339
from voltfleet.fleet import locations

router = deps.router("/ocpp/locations", "Locations")

_TIMEZONES = frozenset(zoneinfo.available_timezones()) - {"Factory", "localtime"}
_NULL_CLEARS = frozenset({"timezone", "owner_name"})


def _assigned(code: str) -> str:
    if code not in countries.CODES:
        raise PydanticCustomError("unknown_country", "Not an ISO 3166-1 alpha-2 country code")
    return code


def _known(name: str) -> str:
    if name not in _TIMEZONES:
        raise PydanticCustomError("unknown_timezone", "Not an IANA time zone, as Europe/Paris is")
    return name


Country = Annotated[
    str,
    AfterValidator(_assigned),
    Field(
        description="ISO 3166-1 alpha-2.",
        json_schema_extra={"enum": sorted(countries.CODES)},
        examples=["FR"],
    ),
]
Timezone = Annotated[
    str,
    AfterValidator(_known),
    Field(description="IANA time zone.", max_length=64, examples=["Europe/Paris"]),
]


class Coordinates(RequestModel):
    """Where it is: WGS 84, in degrees."""

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False, examples=[48.8918])
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False, examples=[2.2380])


class LocationCreateRequest(RequestModel):
    """A site to create."""

    name: Name = Field(examples=["Paris La Défense Hub"])
    address: Name = Field(examples=["1 Parvis de la Défense"])
    city: Name = Field(examples=["Paris"])
    country: Country
    coordinates: Coordinates
    timezone: Timezone | None = None
    owner_name: Name | None = None
    public: bool | None = Field(default=None, description="False if left out.")


class LocationUpdateRequest(RequestModel):
    """What to change. A field left out stays; null empties `timezone` and `owner_name` and leaves
    any other as it is."""

    name: Name | None = None
    slug: Annotated[str, Field(min_length=1, max_length=100, pattern="^[a-z0-9-]+$")] | None = None
    address: Name | None = None
    city: Name | None = None
    country: Country | None = None
    coordinates: Coordinates | None = None
    timezone: Timezone | None = None
    owner_name: Name | None = None
    public: bool | None = None
    status: Annotated[str, Field(min_length=1, max_length=50, pattern=VISIBLE)] | None = Field(
        default=None, description="A label of yours; nothing depends on it."
    )


class LocationResponse(BaseModel):
    """A site that chargers stand at."""

    id: str
    slug: str | None
    name: str | None
    address: str | None
    city: str | None
    country: str | None
    coordinates: Coordinates | None
    timezone: str | None
    owner_name: str | None
    public: bool | None
    status: str | None
    created_at: str | None = Field(json_schema_extra={"format": "date-time"})
    updated_at: str | None = Field(json_schema_extra={"format": "date-time"})


class LocationListResponse(BaseModel):
    """One page of locations."""

    data: list[LocationResponse]
    total: int
    page: int
    limit: int


@router.get("", responses=errors())
async def list_locations(
    services: deps.CurrentServices, tenant: deps.CurrentTenant, page: deps.CurrentPage
) -> LocationListResponse:
    """List the organization's locations, oldest first."""
    found, total = await services.db.read(
        locations.page, tenant, offset=page.offset, limit=page.limit
    )
    data = [_response(location) for location in found]
    return LocationListResponse(data=data, total=total, page=page.page, limit=page.limit)


@router.post("", status_code=status.HTTP_201_CREATED, responses=errors(400, body=True))
async def create_location(change: CurrentChange, body: LocationCreateRequest) -> LocationResponse:
    """Create a location. Its slug is made from its name and eight random hex digits."""
    values, now = _columns(body), change.services.clock()
    made = await change.write(
        lambda connection: locations.create(connection, change.tenant, values, now),
        lambda location: {"location_id": location.id},
    )
    return _response(made)


@router.get("/{location_id}", responses=errors(404))
async def get_location(
    services: deps.CurrentServices, tenant: deps.CurrentTenant, location_id: deps.LocationId
) -> LocationResponse:
    """Read one location."""
    return _response(await services.db.read(locations.get, tenant, location_id))


@router.put("/{location_id}", responses=errors(404, body=True))
async def update_location(
    change: CurrentChange,
    location_id: deps.LocationId,
    body: LocationUpdateRequest,
) -> LocationResponse:
    """Change the fields that are given; the others stay as they are."""
    values, now = _columns(body), change.services.clock()
    return _response(
        await change.write(
            lambda connection: locations.update(connection, change.tenant, location_id, values, now)
        )
    )


@router.delete("/{location_id}", status_code=status.HTTP_204_NO_CONTENT, responses=errors(404))
async def delete_location(change: CurrentChange, location_id: deps.LocationId) -> None:
    """Delete a location **and every charger at it**: their stations are disconnected, and chargers
    that a job is still provisioning there end up in its `failed`."""
    now = change.services.clock()
    await change.write(
        lambda connection: locations.delete(connection, change.tenant, location_id, now)
    )


def _columns(body: LocationCreateRequest | LocationUpdateRequest) -> dict[str, Any]:
    """What the body says, by column. A null says something only where it empties the column."""
    said = body.model_dump(exclude_unset=True)
    values = {k: v for k, v in said.items() if v is not None or k in _NULL_CLEARS}
    values.update(values.pop("coordinates", {}))
    return values


def _response(location: locations.Location) -> LocationResponse:
    return LocationResponse(
        id=location.id,
        slug=location.slug,
        name=location.name,
        address=location.address,
        city=location.city,
        country=location.country,
        coordinates=Coordinates(latitude=location.latitude, longitude=location.longitude),
        timezone=location.timezone,
        owner_name=location.owner_name,
        public=location.public,
        status=location.status,
        created_at=rfc3339(location.created_at),
        updated_at=rfc3339(location.updated_at),
    )
