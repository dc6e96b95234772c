"""Ids in paths and queries that no database should meet: 404 (or no rows), never a 500."""

import re

import pytest

from support.callers import Api
from voltfleet.api import app as app_module

ODD = ["%00", "a%00b", "%FF", "x" * 300, "a'b"]
PATHS = sorted({route.path for router in app_module.ROUTERS for route in router.routes})
WITH_IDS = [path for path in PATHS if re.search(r"\{\w+_id\}", path)]
GOOD = {"charger_id": "4090477f-a416-4515-a302-97aa344a0a2a", "location_id": "loc"}


@pytest.fixture
def app_database_url(database_url: str) -> str:
    return database_url


async def test_an_odd_id_in_a_path_is_not_found(api: Api) -> None:
    wrong = []
    assert len(WITH_IDS) >= 8
    async with api.as_("user") as client:
        for path in WITH_IDS:
            for odd in ODD:
                for method in ("GET", "PUT", "DELETE", "POST"):
                    url = re.sub(r"\{\w+\}", odd, path)
                    answer = await client.request(method, url)
                    if answer.status_code not in {404, 405, 422}:
                        wrong.append((method, path, odd, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize(
    "query",
    [
        "/ocpp/chargers?location_id=%00",
        "/ocpp/locations/loc/chargers?charger_ids=%00&charger_ids=x",
        "/ocpp/chargers/4090477f-a416-4515-a302-97aa344a0a2a/logs?event=%00",
    ],
)
async def test_an_odd_id_in_a_query_finds_nothing(api: Api, query: str) -> None:
    async with api.as_("user") as client:
        answer = await client.get(query)
    assert answer.status_code in {200, 404, 422}, answer.text
