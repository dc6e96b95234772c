"""Ids in paths and queries that no database should meet: 404 (or no rows), never a 500."""

import re
from urllib.parse import unquote

import pytest

from support.callers import Api
from voltfleet.api import app as app_module
from voltfleet.api.deps import Services
from voltfleet.auth.principal import is_organization_id
from voltfleet.fleet import audit

ODD = ["%00", "a%00b", "%FF", "x" * 300, "a'b"]
PATHS = sorted({route.path for router in app_module.ROUTERS for route in router.routes})
WITH_IDS = [path for path in PATHS if re.search(r"\{\w+_id\}", path)]
ADMINS = [path for path in WITH_IDS if path.startswith("/admin/")]
GOOD = {"charger_id": "4090477f-a416-4515-a302-97aa344a0a2a", "location_id": "loc"}


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    return current_database_url


@pytest.mark.parametrize("who", ["user", "admin"])
async def test_an_odd_id_in_a_path_is_not_found(api: Api, services: Services, who: str) -> None:
    wrong = []
    paths = ADMINS if who == "admin" else sorted({*WITH_IDS} - {*ADMINS})
    assert len(paths) >= {"user": 8, "admin": 1}[who]
    async with api.as_(who) as client:
        for path in paths:
            for odd in ODD:
                for method in ("GET", "PUT", "DELETE", "POST"):
                    url = re.sub(r"\{\w+\}", odd, path)
                    answer = await client.request(method, url)
                    if who == "admin" and is_organization_id(unquote(odd)):
                        continue  # an organization is whatever a token says
                    if answer.status_code not in {404, 405, 422}:
                        wrong.append((method, path, odd, answer.status_code))
    assert wrong == []
    # What was refused is in the audit log, whatever was in the path.
    await services.audit.flush(services.db)
    with services.db.reading() as connection:
        _, refused = audit.page(connection, audit.Wanted(), offset=0, limit=1)
    assert refused >= len(paths)


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
