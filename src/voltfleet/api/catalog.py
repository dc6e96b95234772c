"""The catalog: which brands and models of chargers there are. Needs a token, no organization."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.models import Paging, errors
from voltfleet.domain import catalog
from voltfleet.domain.errors import NotFound

router = deps.router("/ocpp/catalog/brands", "Catalog")
T = TypeVar("T")


class BrandResponse(BaseModel):
    """A maker of chargers."""

    id: str
    slug: str = Field(examples=["wallbox"])
    name: str = Field(examples=["Wallbox"])
    image_url: str | None = None
    created_at: datetime | None = None


class BrandListResponse(BaseModel):
    """One page of brands."""

    data: list[BrandResponse]
    total: int
    page: int
    limit: int


class ModelResponse(BaseModel):
    """A model of charger, and what it can be ordered with."""

    id: str
    slug: str = Field(examples=["wallbox-pulsar-plus"])
    name: str = Field(examples=["Pulsar Plus"])
    brand_slug: str | None
    brand_id: str | None
    image_url: str | None = None
    connector_count: int | None = Field(examples=[1])
    current_type: str | None = Field(examples=["ac"])
    supported_kwh: list[float] | None = Field(
        description="Power ratings in kW, over all connector types.", examples=[[7.4, 22]]
    )
    connector_types: list[str] | None = Field(
        description="What `connector_type` may be for a charger of this model.",
        examples=[["Type2"]],
    )
    created_at: datetime | None = None


class ModelListResponse(BaseModel):
    """One page of a brand's models."""

    data: list[ModelResponse]
    total: int
    page: int
    limit: int


@router.get("", responses=errors())
async def list_brands(page: deps.CurrentPage, _: deps.CurrentPrincipal) -> BrandListResponse:
    """List brands, ordered by slug."""
    found = catalog.brands()
    data = [BrandResponse(id=b.id, slug=b.slug, name=b.name) for b in _cut(found, page)]
    return BrandListResponse(data=data, total=len(found), page=page.page, limit=page.limit)


@router.get("/{brand_slug}/models", responses=errors(404))
async def list_models(
    brand_slug: str, page: deps.CurrentPage, _: deps.CurrentPrincipal
) -> ModelListResponse:
    """List a brand's models, ordered by slug."""
    if catalog.brand(brand_slug) is None:
        raise NotFound("Brand not found", code="brand_not_found")
    found = catalog.models(brand_slug)
    data = [_model(m) for m in _cut(found, page)]
    return ModelListResponse(data=data, total=len(found), page=page.page, limit=page.limit)


@router.get("/{brand_slug}/models/{model_slug}", responses=errors(404))
async def get_model(brand_slug: str, model_slug: str, _: deps.CurrentPrincipal) -> ModelResponse:
    """Read one model."""
    found = catalog.model(brand_slug, model_slug)
    if found is None:
        raise NotFound("Model not found", code="model_not_found")
    return _model(found)


def _cut(items: Sequence[T], page: Paging) -> Sequence[T]:
    return items[page.offset : page.offset + page.limit]


def _model(model: catalog.Model) -> ModelResponse:
    return ModelResponse(
        id=model.id,
        slug=model.slug,
        name=model.name,
        brand_slug=model.brand.slug,
        brand_id=model.brand.id,
        connector_count=model.connector_count,
        current_type=model.current_type.value,
        supported_kwh=list(model.power_ratings_kw),
        connector_types=[t.value for t in model.connector_types],
    )
