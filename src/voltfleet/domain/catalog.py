"""The catalog: brands and models of charging stations, read once from ``catalog.toml``.

A model says which connector types it can be ordered with; ordering one gives the `StationSpec` that
the simulated station is built from. Ids are derived from slugs, so they are the same everywhere.
"""

import tomllib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from voltfleet.domain.errors import NotFound
from voltfleet.domain.specs import (
    ConnectorSpec,
    ConnectorType,
    CurrentType,
    EvseSpec,
    StationSpec,
)

_NAMESPACE = uuid.UUID("6d6ff4a2-4b5f-5d0c-9b55-1f0f5c3a2f10")
_CHOSEN = "*"

Field = Literal["brand_slug", "model_slug", "connector_type"]


class NotInCatalog(NotFound):
    """The catalog has no such brand, model or connector; ``field`` says which of the three."""

    def __init__(self, field: Field, message: str) -> None:
        self.field: Field = field
        super().__init__(message, code=f"unknown_{field.removesuffix('_slug')}")


@dataclass(frozen=True, slots=True)
class Brand:
    """A maker of charging stations."""

    id: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its maker sells it. ``power_ratings_kw`` is over all its connector types."""

    id: str
    slug: str
    name: str
    brand: Brand
    current_type: CurrentType
    connector_count: int
    connector_types: tuple[ConnectorType, ...]
    power_ratings_kw: tuple[float, ...]
    specs: Mapping[str, StationSpec]
    """One station for each connector type that the model can be ordered with."""


@dataclass(frozen=True, slots=True)
class _Catalog:
    brands: Mapping[str, Brand]
    models: Mapping[str, Mapping[str, Model]]


def brands() -> tuple[Brand, ...]:
    """Every brand, by slug."""
    return tuple(_load().brands.values())


def brand(slug: str) -> Brand | None:
    """The brand of that slug."""
    return _load().brands.get(slug)


def models(brand_slug: str) -> tuple[Model, ...]:
    """The brand's models, by slug; none for an unknown brand."""
    return tuple(_load().models.get(brand_slug, {}).values())


def model(brand_slug: str, model_slug: str) -> Model | None:
    """The brand's model of that slug."""
    return _load().models.get(brand_slug, {}).get(model_slug)


def station_spec(brand_slug: str, model_slug: str, connector_type: str) -> StationSpec:
    """The station one gets by ordering that model with that connector type.

    Always the same object for the same order. Raises `NotInCatalog`, whose ``field`` names the
    first of the three arguments that the catalog does not know.
    """
    found = model(brand_slug, model_slug)
    if found is None:
        if brand(brand_slug) is None:
            known = ", ".join(b.slug for b in brands())
            raise NotInCatalog("brand_slug", f"Unknown brand; the catalog has {known}.")
        known = ", ".join(m.slug for m in models(brand_slug))
        raise NotInCatalog("model_slug", f"Unknown model; {brand_slug} has {known}.")
    spec = found.specs.get(connector_type)
    if spec is None:
        known = ", ".join(found.connector_types)
        raise NotInCatalog("connector_type", f"{found.slug} has no such connector; it has {known}.")
    return spec


@cache
def _load() -> _Catalog:
    text = resources.files("voltfleet.domain").joinpath("catalog.toml").read_text(encoding="utf-8")
    by_brand = {b: dict(_read_models(b, data)) for b, data in _read_brands(tomllib.loads(text))}
    return _Catalog(
        brands=MappingProxyType({b.slug: b for b in by_brand}),
        models=MappingProxyType({b.slug: MappingProxyType(m) for b, m in by_brand.items()}),
    )


def _read_brands(data: dict[str, Any]) -> Iterator[tuple[Brand, list[dict[str, Any]]]]:
    for entry in sorted(data["brand"], key=lambda e: str(e["slug"])):
        slug = entry["slug"]
        yield Brand(id=_id(slug), slug=slug, name=entry["name"]), entry["model"]


def _read_models(maker: Brand, entries: list[dict[str, Any]]) -> Iterator[tuple[str, Model]]:
    for entry in sorted(entries, key=lambda e: str(e["slug"])):
        yield entry["slug"], _read_model(maker, entry)


def _read_model(maker: Brand, entry: dict[str, Any]) -> Model:
    connectors = {_type(name): _read_connector(name, c) for name, c in entry["connectors"].items()}
    specs = {
        chosen.value: StationSpec(
            vendor=maker.name,
            model=entry.get("ocpp_model", entry["name"]),
            firmware_version=entry["firmware"],
            evses=_build(entry.get("evses", [[_CHOSEN]]), chosen, connectors),
        )
        for chosen in connectors
    }
    has_dc = any(c.current_type is CurrentType.DC for c in connectors.values())
    return Model(
        id=_id(f"{maker.slug}/{entry['slug']}"),
        slug=entry["slug"],
        name=entry["name"],
        brand=maker,
        current_type=CurrentType.DC if has_dc else CurrentType.AC,
        connector_count=sum(len(evse) for evse in entry.get("evses", [[_CHOSEN]])),
        connector_types=tuple(connectors),
        power_ratings_kw=tuple(
            sorted({kw for c in entry["connectors"].values() for kw in c["kw"]})
        ),
        specs=MappingProxyType(specs),
    )


def _read_connector(name: str, entry: dict[str, Any]) -> ConnectorSpec:
    phases = entry.get("phases")
    return ConnectorSpec(
        type=_type(name),
        current_type=CurrentType.DC if phases is None else CurrentType.AC,
        max_power_w=round(max(entry["kw"]) * 1000),
        max_current_a=float(entry["amps"]),
        phases=phases or 1,
    )


def _build(
    layout: list[list[str]],
    chosen: ConnectorType,
    connectors: Mapping[ConnectorType, ConnectorSpec],
) -> tuple[EvseSpec, ...]:
    return tuple(
        EvseSpec(tuple(connectors[chosen if c == _CHOSEN else _type(c)] for c in evse))
        for evse in layout
    )


def _type(name: str) -> ConnectorType:
    return ConnectorType(name)


def _id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))
