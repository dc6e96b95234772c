"""The gallery of sites."""

import zoneinfo

import pytest

from voltfleet.domain import countries, location_templates
from voltfleet.domain.location_templates import LocationTemplate, PowerType
from voltfleet.domain.specs import OcppVersion

ALL = location_templates.find()


def test_the_gallery_has_the_specifications_sites() -> None:
    slugs = [template.slug for template in ALL]
    assert {"urban-ac-hub", "highway-dc-station", "residential-ac-single"} <= set(slugs)
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("template", ALL, ids=lambda t: t.slug)
def test_every_site_can_be_built(template: LocationTemplate) -> None:
    assert template.country in countries.CODES
    zoneinfo.ZoneInfo(template.timezone)
    assert -90 <= template.latitude <= 90
    assert -180 <= template.longitude <= 180
    assert template.groups
    for group in template.groups:
        assert group.count > 0
        assert group.spec.max_power_w > 0


@pytest.mark.parametrize(
    ("slug", "power_type"),
    [
        ("urban-ac-hub", PowerType.AC),
        ("highway-dc-station", PowerType.DC),
        ("retail-mixed", PowerType.MIXED),
    ],
)
def test_the_power_type_follows_from_the_connectors(slug: str, power_type: PowerType) -> None:
    (template,) = [t for t in ALL if t.slug == slug]
    assert template.power_type is power_type
    assert template in location_templates.find(power_type)
    for other in set(PowerType) - {power_type}:
        assert template not in location_templates.find(other)


def test_a_site_of_mixed_versions_is_found_by_either() -> None:
    for version in (OcppVersion.V16, OcppVersion.V201):
        slugs = [t.slug for t in location_templates.find(ocpp_version=version)]
        assert "fleet-depot-mixed" in slugs
        assert len(slugs) < len(ALL)
    assert location_templates.find(ocpp_version=OcppVersion.V21) == []


def test_country_codes() -> None:
    assert len(countries.CODES) == 249
    assert {"FR", "US", "ZW"} <= countries.CODES
    assert "UK" not in countries.CODES
