"""The gallery of ready-made sites, read once from ``location_templates.toml``."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from voltfleet.domain import catalog
from voltfleet.domain.specs import CurrentType, OcppVersion, StationSpec


class PowerType(StrEnum):
    """What a site's chargers give."""

    AC = "AC"
    DC = "DC"
    MIXED = "AC-DC"


@dataclass(frozen=True, slots=True)
class TemplateGroup:
    """Chargers of one kind at a site."""

    brand_slug: str
    model_slug: str
    connector_type: str
    ocpp_version: OcppVersion
    count: int

    @property
    def spec(self) -> StationSpec:
        """The charging station that each of them is."""
        return catalog.station_spec(self.brand_slug, self.model_slug, self.connector_type)

    @property
    def current_type(self) -> CurrentType:
        """What the ordered connector gives."""
        connectors = [c for evse in self.spec.evses for c in evse.connectors]
        return next(c.current_type for c in connectors if c.type == self.connector_type)


@dataclass(frozen=True, slots=True)
class LocationTemplate:
    """A site and its chargers."""

    slug: str
    description: str
    parking_type: str
    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    timezone: str
    groups: tuple[TemplateGroup, ...]

    @property
    def power_type(self) -> PowerType:
        """AC, DC, or both."""
        kinds = {group.current_type for group in self.groups}
        if len(kinds) > 1:
            return PowerType.MIXED
        return PowerType.DC if CurrentType.DC in kinds else PowerType.AC

    @property
    def ocpp_versions(self) -> frozenset[OcppVersion]:
        """The versions that its chargers speak."""
        return frozenset(group.ocpp_version for group in self.groups)


def find(
    power_type: PowerType | None = None, ocpp_version: OcppVersion | None = None
) -> list[LocationTemplate]:
    """The templates of that power type, with chargers of that version; a mixed one has both."""
    return [
        template
        for template in _load()
        if (power_type is None or template.power_type is power_type)
        and (ocpp_version is None or ocpp_version in template.ocpp_versions)
    ]


@cache
def _load() -> tuple[LocationTemplate, ...]:
    file = resources.files("voltfleet.domain").joinpath("location_templates.toml")
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["template"]
    return tuple(_read(dict(entry)) for entry in entries)


def _read(entry: dict[str, Any]) -> LocationTemplate:
    groups = tuple(
        TemplateGroup(
            brand_slug=group["brand"],
            model_slug=group["model"],
            connector_type=group["connector"],
            ocpp_version=OcppVersion(group["ocpp_version"]),
            count=group["count"],
        )
        for group in entry.pop("group")
    )
    return LocationTemplate(**entry, groups=groups)
