"""The landing page, health, readiness, and the documentation."""

import re

from fastapi import FastAPI

from support.callers import Api


async def test_the_landing_page_links_what_there_is(api: Api) -> None:
    async with api.as_("anonymous") as client:
        page = await client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        links = re.findall(r'href="([^"]+)"', page.text)
        assert set(links) == {"/ui/", "/docs", "/openapi.json", "/health", "/health/ready"}
        for link in set(links) - {"/ui/"}:  # tests/api/test_dashboard.py
            assert (await client.get(link)).status_code == 200


async def test_health_is_a_flat_map_of_strings(api: Api) -> None:
    async with api.as_("anonymous") as client:
        answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert all(isinstance(value, str) for value in answer.json().values())


async def test_readiness_says_what_is_missing(api: Api, trouble) -> None:
    async with api.as_("anonymous") as client:
        ready = await client.get("/health/ready")
        trouble.reasons = {"hosts": "none is connected", "database": "does not answer"}
        not_ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert not_ready.status_code == 503
    assert not_ready.json() == {
        "detail": "database: does not answer; hosts: none is connected",
        "code": "not_ready",
        "reasons": trouble.reasons,
    }


async def test_the_documentation_works_offline(api: Api) -> None:
    async with api.as_("anonymous") as client:
        page = (await client.get("/docs")).text
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(sources) >= 3
        for source in sources:
            assert source.startswith("/")
            assert (await client.get(source)).status_code == 200
        assert (await client.get("/redoc")).status_code == 404


def test_operations_have_stable_unique_ids_and_texts(app: FastAPI) -> None:
    operations = [o for path in app.openapi()["paths"].values() for o in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert {"list_brands", "get_model", "create_location", "delete_location"} <= set(ids)
    for operation in operations:
        assert operation["description"]
        assert operation["tags"]


def test_no_schema_is_left_over_from_the_framework(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    assert "ValidationError" not in schemas
    assert set(schemas["HTTPValidationError"]["properties"]) == {"detail", "code"}
    assert set(schemas["HttpErrorResponse"]["required"]) == {"detail", "code"}
