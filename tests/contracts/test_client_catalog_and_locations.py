"""The public client reads the catalog and keeps locations."""

import ocpplab
import pytest
from ocpplab.errors import NotFoundError, UnprocessableEntityError

NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"


def test_health_is_a_map_of_strings(client: ocpplab.OcpplabSDK) -> None:
    health = client.health.health_check()
    assert health["status"] == "ok"
    assert all(isinstance(value, str) for value in health.values())


def test_the_landing_page_links_docs_and_schema(client: ocpplab.OcpplabSDK) -> None:
    page = client.health.landing_page()
    assert "<html" in page
    for link in ("/docs", "/openapi.json", "/health"):
        assert link in page


def test_brands_come_in_pages(client: ocpplab.OcpplabSDK) -> None:
    first = client.catalog.list_brands(limit=5)
    assert first.total >= 12
    assert (first.page, first.limit, len(first.data)) == (1, 5, 5)
    second = client.catalog.list_brands(page=2, limit=5)
    assert {b.slug for b in first.data}.isdisjoint(b.slug for b in second.data)
    assert client.catalog.list_brands(page=1_000).data == []


def test_every_brand_has_models_that_can_be_read(client: ocpplab.OcpplabSDK) -> None:
    models = [
        model
        for brand in client.catalog.list_brands(limit=100).data
        for model in client.catalog.list_models(brand.slug, limit=100).data
    ]
    assert len(models) >= 40
    for model in models:
        assert model.brand_slug is not None
        assert model.connector_types
        assert model.connector_count
        assert model.supported_kwh
        assert client.catalog.get_model(model.brand_slug, model.slug) == model


@pytest.mark.parametrize(
    ("brand", "model", "connector"),
    [
        ("schneider", "evlink-pro-ac-22kw", "CCS2"),
        ("wallbox", "wallbox-pulsar-plus", "Type2"),
        ("abb", "terra-184", "CCS2"),
    ],
)
def test_the_slugs_of_the_examples_exist(
    client: ocpplab.OcpplabSDK, brand: str, model: str, connector: str
) -> None:
    assert connector in (client.catalog.get_model(brand, model).connector_types or [])


def test_the_catalog_says_what_is_not_in_it(client: ocpplab.OcpplabSDK) -> None:
    with pytest.raises(NotFoundError):
        client.catalog.list_models("no-such-brand")
    with pytest.raises(NotFoundError):
        client.catalog.get_model("wallbox", "no-such-model")


def test_a_location_lives_from_create_to_delete(client: ocpplab.OcpplabSDK) -> None:
    created = client.locations.create(
        name="Quai des Orfèvres",
        address="36 quai des Orfèvres",
        city="Paris",
        country="FR",
        coordinates=ocpplab.Coordinates(latitude=48.8555, longitude=2.3443),
        timezone="Europe/Paris",
        owner_name="Ville de Paris",
        public=False,
    )
    assert (created.slug or "").startswith("quai-des-orfevres-")
    assert created.status == "active"
    assert created.public is False
    assert created.coordinates is not None
    assert created.coordinates.latitude == 48.8555
    assert client.locations.get(created.id) == created

    renamed = client.locations.update(created.id, name="Quai 36")
    assert (renamed.name, renamed.city) == ("Quai 36", "Paris")
    assert renamed.updated_at is not None
    assert created.updated_at is not None
    assert renamed.updated_at >= created.updated_at
    assert renamed.id in {at.id for at in client.locations.list(limit=100).data}

    client.locations.delete(created.id)
    with pytest.raises(NotFoundError):
        client.locations.get(created.id)


def test_a_missing_location_is_not_found(client: ocpplab.OcpplabSDK) -> None:
    with pytest.raises(NotFoundError) as answer:
        client.locations.get(NOWHERE)
    assert isinstance(answer.value.body["detail"], str)
    with pytest.raises(NotFoundError):
        client.locations.update(NOWHERE, name="x")
    with pytest.raises(NotFoundError):
        client.locations.delete(NOWHERE)


def test_a_wrong_country_is_named(client: ocpplab.OcpplabSDK) -> None:
    with pytest.raises(UnprocessableEntityError) as answer:
        client.locations.create(
            name="x",
            address="x",
            city="x",
            country="France",
            coordinates=ocpplab.Coordinates(latitude=0, longitude=0),
        )
    assert [error["loc"] for error in answer.value.body["detail"]] == [["body", "country"]]


def test_location_templates_are_filtered(client: ocpplab.OcpplabSDK) -> None:
    everything = client.location_templates.list()
    slugs = {template["slug"] for template in everything["data"]}
    assert {"urban-ac-hub", "highway-dc-station", "residential-ac-single"} <= slugs
    direct = client.location_templates.list(type="DC")
    assert 0 < len(direct["data"]) < len(everything["data"])
    assert {template["type"] for template in direct["data"]} == {"DC"}
    assert client.location_templates.list(ocpp_version="OCPP2.0.1")["data"]
