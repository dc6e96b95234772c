"""The catalog's promises, and that its data is sane."""

import re

import pytest

from voltfleet.domain import catalog
from voltfleet.domain.specs import ConnectorType, CurrentType

ALL = [m for b in catalog.brands() for m in catalog.models(b.slug)]
SPECS = [(m, t, s) for m in ALL for t, s in m.specs.items()]


def test_it_is_large_and_varied_enough() -> None:
    assert len(catalog.brands()) >= 12
    assert len(ALL) >= 40
    assert {t for m in ALL for t in m.connector_types} == set(ConnectorType)
    assert {m.connector_count for m in ALL} == {1, 2, 3, 4}
    assert {m.current_type for m in ALL} == set(CurrentType)


@pytest.mark.parametrize(
    ("brand", "model", "connector"),
    [
        ("wallbox", "wallbox-pulsar-plus", "Type2"),
        ("wallbox", "pulsar-plus", "Type2"),
        ("abb", "terra-184", "CCS2"),
        ("abb", "abb_terra_ac_wallbox", "Type2"),
        ("schneider", "evlink-pro-ac-22kw", "CCS2"),
        ("schneider", "evlink-pro-ac-22kw", "Type2"),
        ("alfen", "alfen-eve-single-s-line", "Type2"),
    ],
)
def test_every_order_of_the_specification_can_be_filled(
    brand: str, model: str, connector: str
) -> None:
    spec = catalog.station_spec(brand, model, connector)
    assert connector in {c.type for evse in spec.evses for c in evse.connectors}
    assert spec is catalog.station_spec(brand, model, ConnectorType(connector))


def test_pulsar_plus_is_as_the_specification_shows_it() -> None:
    model = catalog.model("wallbox", "wallbox-pulsar-plus")
    assert model is not None
    assert (model.name, model.connector_count, model.current_type) == ("Pulsar Plus", 1, "ac")
    assert (model.power_ratings_kw, model.connector_types) == ((7.4, 22), ("Type2",))
    assert model.brand is catalog.brand("wallbox")
    spec = model.specs["Type2"]
    assert (spec.vendor, spec.model, spec.max_power_w) == ("Wallbox", "Pulsar Plus", 22_000)


def test_slugs_and_ids_are_unique_and_ids_stable() -> None:
    keys = [(m.brand.slug, m.slug) for m in ALL]
    assert len(set(keys)) == len(keys)
    ids = [m.id for m in ALL] + [b.id for b in catalog.brands()]
    assert len(set(ids)) == len(ids)
    wallbox = catalog.brand("wallbox")
    assert wallbox is not None
    assert wallbox.id == "d12f99c0-f5d1-5fd0-b6e6-53f695170676"
    assert [b.slug for b in catalog.brands()] == sorted(b.slug for b in catalog.brands())


@pytest.mark.parametrize(("model", "chosen", "spec"), SPECS, ids=lambda v: getattr(v, "slug", None))
def test_every_station_can_boot_and_adds_up(
    model: catalog.Model, chosen: str, spec: catalog.StationSpec
) -> None:
    # OCPP 1.6 BootNotification.req: vendor and model CiString20, firmwareVersion CiString50.
    assert 0 < len(spec.vendor) <= 20
    assert 0 < len(spec.model) <= 20
    assert 0 < len(spec.firmware_version) <= 50
    assert re.fullmatch(r"[a-z0-9_-]+", model.slug)
    connectors = [c for evse in spec.evses for c in evse.connectors]
    assert len(connectors) == model.connector_count
    assert chosen in {c.type for c in connectors}
    for connector in connectors:
        assert connector.max_power_w / 1000 in model.power_ratings_kw
        if connector.current_type is CurrentType.AC:
            can_carry = (
                connector.phases * connector.max_current_a * (240 if connector.phases == 1 else 230)
            )
            assert connector.max_power_w == pytest.approx(can_carry, rel=0.05)
        else:
            assert 250 <= connector.max_power_w / connector.max_current_a <= 1000


@pytest.mark.parametrize(
    ("order", "field", "code"),
    [
        (("nobody", "x", "Type2"), "brand_slug", "unknown_brand"),
        (("abb", "x", "Type2"), "model_slug", "unknown_model"),
        (("abb", "terra-360", "CHAdeMO"), "connector_type", "unknown_connector_type"),
        (("abb", "terra-360", "ccs2"), "connector_type", "unknown_connector_type"),
    ],
)
def test_an_order_that_cannot_be_filled_names_the_field(
    order: tuple[str, str, str], field: str, code: str
) -> None:
    with pytest.raises(catalog.NotInCatalog) as refused:
        catalog.station_spec(*order)
    assert (refused.value.field, refused.value.error_code) == (field, code)


def test_unknown_slugs_find_nothing() -> None:
    assert catalog.brand("nobody") is None
    assert catalog.models("nobody") == ()
    assert catalog.model("abb", "nothing") is None


def test_the_chosen_connector_fills_the_open_place() -> None:
    def types(connector: str) -> list[list[str]]:
        spec = catalog.station_spec("abb", "terra-184", connector)
        return [[c.type.value for c in evse.connectors] for evse in spec.evses]

    assert types("CCS2") == [["CCS2"], ["CCS2"]]
    assert types("CHAdeMO") == [["CCS2"], ["CHAdeMO"]]
