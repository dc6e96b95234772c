"""The catalog over HTTP."""

import pytest

from support.callers import Api


async def test_brands_come_in_pages(api: Api) -> None:
    async with api.as_("user") as client:
        everything = (await client.get("/ocpp/catalog/brands?limit=100")).json()
        second = (await client.get("/ocpp/catalog/brands?limit=3&page=2")).json()
        beyond = await client.get("/ocpp/catalog/brands?page=999999999999")
    assert everything["total"] == len(everything["data"]) >= 12
    assert second["data"] == everything["data"][3:6]
    assert (second["page"], second["limit"]) == (2, 3)
    assert (beyond.status_code, beyond.json()["data"]) == (200, [])
    assert set(everything["data"][0]) == {"id", "slug", "name", "image_url", "created_at"}


async def test_a_model_is_as_the_specification_shows_it(api: Api) -> None:
    async with api.as_("user") as client:
        listed = (await client.get("/ocpp/catalog/brands/wallbox/models")).json()
        one = (await client.get("/ocpp/catalog/brands/wallbox/models/wallbox-pulsar-plus")).json()
    assert one in listed["data"]
    assert (
        one.items()
        >= {
            "name": "Pulsar Plus",
            "brand_slug": "wallbox",
            "connector_count": 1,
            "current_type": "ac",
            "supported_kwh": [7.4, 22.0],
            "connector_types": ["Type2"],
        }.items()
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nobody/models", "brand_not_found"),
        ("nobody/models/x", "model_not_found"),
        ("abb/models/nothing", "model_not_found"),
        ("abb%00/models", "brand_not_found"),
        ("abb/models/%FF%FE", "model_not_found"),
    ],
)
async def test_what_is_not_in_the_catalog_is_404(api: Api, path: str, code: str) -> None:
    async with api.as_("user") as client:
        answer = await client.get(f"/ocpp/catalog/brands/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, code)


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=", "limit=0", "limit=101", f"page={10**13}", "page=1.5"],
)
async def test_a_page_that_cannot_be_is_422(api: Api, query: str) -> None:
    async with api.as_("user") as client:
        answer = await client.get(f"/ocpp/catalog/brands?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_location_templates(api: Api) -> None:
    async with api.as_("user") as client:
        everything = (await client.get("/ocpp/templates/locations")).json()
        dc = (await client.get("/ocpp/templates/locations?type=DC")).json()
        new = (await client.get("/ocpp/templates/locations?ocpp_version=OCPP2.0.1")).json()
        wrong = await client.get("/ocpp/templates/locations?type=dc")
    assert everything["total"] == len(everything["data"]) >= 6
    hub = next(t for t in everything["data"] if t["slug"] == "urban-ac-hub")
    assert (hub["type"], hub["chargers"], hub["country"]) == ("AC", 8, "DE")
    assert (
        hub["charger_groups"][0].items()
        >= {
            "brand_slug": "alfen",
            "connector_type": "Type2",
            "ocpp_version": "OCPP1.6",
            "count": 6,
            "nominal_kw": 22.0,
        }.items()
    )
    assert {t["type"] for t in dc["data"]} == {"DC"}
    assert all("OCPP2.0.1" in t["ocpp_versions"] for t in new["data"])
    assert 0 < new["total"] < everything["total"]
    assert wrong.status_code == 422
