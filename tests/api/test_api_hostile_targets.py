"""Hostile CSMS addresses in requests: refused each by its name, and nothing is written for any."""

from dataclasses import replace
from typing import Any

import pytest
from hostile_urls import legitimate, never, not_public
from sqlalchemy import func, select

import builders
from support.callers import Api
from voltfleet.api.deps import Services
from voltfleet.domain.target_policy import Targets
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import jobs

AT_ONCE = 20
"""Of many problems an answer names only the first."""
TEMPLATE = {
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
}


@pytest.fixture
def targets() -> Targets:
    return Targets.ANY


@pytest.fixture
async def services(services: Services, database: Database, targets: Targets) -> Services:
    with database.writing() as connection:
        connection.execute(builders.locations_table.insert(), builders.LOCATION)
    return replace(services, settings=Settings(max_batch=1_000, targets=targets))


def groups(urls: list[str]) -> list[dict[str, Any]]:
    return [
        {"template": {**TEMPLATE, "ws_url": url}, "charger_ids": [f"CP{number}"]}
        for number, url in enumerate(urls)
    ]


@pytest.mark.parametrize("listed", [None, ["0.0.0.0/0", "::/0", "*.internal"], ["csms.example"]])
@pytest.mark.parametrize("targets", Targets)
async def test_every_hostile_address_is_refused_by_its_place(
    api: Api, database: Database, targets: Targets, listed: list[str] | None
) -> None:
    """A list of the organization's never widens what the operator allows."""
    if listed is not None:
        async with api.as_("admin") as admin:
            path = "/admin/organizations/acme/targets"
            assert (await admin.put(path, json={"targets": listed})).status_code == 200
    cases = never() + (not_public() if targets is Targets.PUBLIC else [])
    urls = [hostile.url for hostile in cases if hostile.at_creation]
    let = []
    async with api.as_("user") as client:
        for first in range(0, len(urls), AT_ONCE):
            some = urls[first : first + AT_ONCE]
            answer = await client.post("/ocpp/locations/loc/chargers", json=groups(some))
            assert answer.status_code == 422
            places = [p["loc"] for p in answer.json()["detail"]]
            named = {place[1] for place in places if place[-1] == "ws_url"}
            let += [url for number, url in enumerate(some) if number not in named]
    assert let == []
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(jobs)).scalar_one() == 0


@pytest.mark.parametrize("targets", Targets)
async def test_legitimate_addresses_are_taken(api: Api, targets: Targets) -> None:
    async with api.as_("user") as client:
        answer = await client.post("/ocpp/locations/loc/chargers", json=groups(legitimate()))
    assert answer.status_code == 202, answer.text
