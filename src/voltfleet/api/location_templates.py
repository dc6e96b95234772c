"""The gallery of ready-made sites."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.locations import Coordinates
from voltfleet.api.models import errors
from voltfleet.domain import catalog, location_templates
from voltfleet.domain.location_templates import LocationTemplate, PowerType, TemplateGroup
from voltfleet.domain.specs import OcppVersion

router = deps.router("/ocpp/templates/locations", "Location templates")


class LocationTemplateGroup(BaseModel):
    """Chargers of one kind at the site."""

    brand_slug: str
    brand: str
    model_slug: str
    model: str
    connector_type: str
    ocpp_version: OcppVersion
    count: int
    nominal_kw: float = Field(description="The strongest connector of each charger, in kW.")


class LocationTemplateResponse(BaseModel):
    """A ready-made site."""

    slug: str = Field(examples=["urban-ac-hub"])
    description: str
    type: PowerType = Field(description="What its chargers give; follows from their connectors.")
    parking_type: str = Field(examples=["PARKING_GARAGE"])
    name: str
    address: str
    city: str
    country: str
    coordinates: Coordinates
    timezone: str
    ocpp_versions: list[OcppVersion]
    chargers: int = Field(description="How many chargers it has in all.")
    charger_groups: list[LocationTemplateGroup]


class LocationTemplateListResponse(BaseModel):
    """The gallery."""

    data: list[LocationTemplateResponse]
    total: int


@router.get("", responses=errors())
async def list_location_templates(
    _: deps.CurrentPrincipal,
    type: Annotated[PowerType | None, Query(description="Only this power family.")] = None,  # noqa: A002 (the API's word)
    ocpp_version: Annotated[
        OcppVersion | None,
        Query(description="Only sites with chargers of this version; a mixed one has several."),
    ] = None,
) -> LocationTemplateListResponse:
    """List ready-made sites: where they are, and every group of chargers they have."""
    found = location_templates.find(type, ocpp_version)
    return LocationTemplateListResponse(data=[_response(t) for t in found], total=len(found))


def _response(template: LocationTemplate) -> LocationTemplateResponse:
    return LocationTemplateResponse(
        slug=template.slug,
        description=template.description,
        type=template.power_type,
        parking_type=template.parking_type,
        name=template.name,
        address=template.address,
        city=template.city,
        country=template.country,
        coordinates=Coordinates(latitude=template.latitude, longitude=template.longitude),
        timezone=template.timezone,
        ocpp_versions=sorted(template.ocpp_versions),
        chargers=sum(group.count for group in template.groups),
        charger_groups=[_group(group) for group in template.groups],
    )


def _group(group: TemplateGroup) -> LocationTemplateGroup:
    model = catalog.model(group.brand_slug, group.model_slug)
    assert model is not None  # noqa: S101 (a test orders every group from the catalog)
    return LocationTemplateGroup(
        brand_slug=group.brand_slug,
        brand=model.brand.name,
        model_slug=group.model_slug,
        model=model.name,
        connector_type=group.connector_type,
        ocpp_version=group.ocpp_version,
        count=group.count,
        nominal_kw=group.spec.max_power_w / 1000,
    )
