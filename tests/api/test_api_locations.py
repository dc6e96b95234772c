"""Locations over HTTP, on both databases."""

from typing import Any

import pytest

from support.callers import Api
from support.clock import FakeClock

BODY: dict[str, Any] = {
    "name": "Paris La Défense Hub",
    "address": "1 Parvis",
    "city": "Paris",
    "country": "FR",
    "coordinates": {"latitude": 48.8918, "longitude": 2.238},
}


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    return current_database_url


async def test_a_location_lives(api: Api, clock: FakeClock) -> None:
    async with api.as_("user") as client:
        created = await client.post("/ocpp/locations", json=BODY)
        assert created.status_code == 201
        location = created.json()
        path = f"/ocpp/locations/{location['id']}"
        assert location.items() >= {**BODY, "timezone": None, "owner_name": None}.items()
        assert (location["public"], location["status"]) == (False, "active")
        assert location["slug"].startswith("paris-la-defense-hub-")
        assert location["created_at"] == "2027-01-15T08:00:00.000Z"
        assert (await client.get(path)).json() == location

        clock.advance(60)
        changes = {"name": "New", "timezone": "Europe/Paris", "coordinates": BODY["coordinates"]}
        updated = (await client.put(path, json=changes)).json()
        assert updated == {
            **location,
            **changes,
            "updated_at": "2027-01-15T08:01:00.000Z",
        }
        nulls = {"timezone": None, "name": None, "slug": "new-slug", "status": "closed"}
        emptied = (await client.put(path, json=nulls)).json()
        assert (emptied["timezone"], emptied["name"]) == (None, "New")
        assert (emptied["slug"], emptied["status"]) == ("new-slug", "closed")
        assert (await client.put(path, json={})).json() == emptied

        deleted = await client.delete(path)
        assert (deleted.status_code, deleted.content) == (204, b"")
        for answer in (await client.get(path), await client.delete(path)):
            assert (answer.status_code, answer.json()["code"]) == (404, "location_not_found")


async def test_another_organization_finds_nothing(api: Api) -> None:
    async with api.as_("user") as client:
        location_id = (await client.post("/ocpp/locations", json=BODY)).json()["id"]
    path = f"/ocpp/locations/{location_id}"
    async with api.as_("stranger") as client:
        answers = [
            await client.get(path),
            await client.put(path, json={"name": "Mine"}),
            await client.delete(path),
        ]
        assert (await client.get("/ocpp/locations")).json()["data"] == []
    assert {(a.status_code, a.text) for a in answers} == {
        (404, '{"detail":"Location not found","code":"location_not_found"}')
    }


async def test_the_list_comes_in_pages(api: Api, clock: FakeClock) -> None:
    async with api.as_("user") as client:
        for n in range(3):
            clock.advance(1)
            await client.post("/ocpp/locations", json={**BODY, "name": f"L{n}"})
        page = (await client.get("/ocpp/locations?limit=2&page=2")).json()
        beyond = await client.get("/ocpp/locations?limit=100&page=1000000000000")
    assert [location["name"] for location in page["data"]] == ["L2"]
    assert (page["total"], page["page"], page["limit"]) == (3, 2, 2)
    assert (beyond.status_code, beyond.json()["data"], beyond.json()["total"]) == (200, [], 3)


@pytest.mark.parametrize(
    "name", ["🔌 Ladehub", "停车场", "O'Brien\"; DROP TABLE locations;--", "\u202eabc", "\uffff"]
)
async def test_any_visible_text_is_kept_as_it_is(api: Api, name: str) -> None:
    async with api.as_("user") as client:
        created = (await client.post("/ocpp/locations", json={**BODY, "name": name})).json()
        again = (await client.get(f"/ocpp/locations/{created['id']}")).json()
    assert again["name"] == name
