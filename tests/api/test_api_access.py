"""Bad tokens, and what every route says of itself. Who may use which is in the tenant matrix."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from support.callers import Api
from support.clock import FakeClock
from voltfleet.api import app as app_module

OPEN = {"/", "/health", "/health/ready"}
HIDDEN = {
    *("/.well-known/jwks.json", "/ui", "/ui/{path:path}"),
    "/ui/schemas/{version}/{name}.json",
}
"""Open too, and not in the OpenAPI document."""


def _routes() -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for router in app_module.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path not in OPEN | HIDDEN
        for method in sorted(route.methods)
    ]


SECURED = _routes()


def _fill(path: str) -> str:
    return path.replace("{brand_slug}", "abb").replace("{model_slug}", "terra-184")


def test_there_are_routes_to_check() -> None:
    assert len(SECURED) >= 9


@pytest.mark.parametrize(("method", "path"), SECURED)
async def test_an_anonymous_request_is_401_before_its_body_is_read(
    api: Api, method: str, path: str
) -> None:
    async with api.as_("anonymous") as client:
        answer = await client.request(
            method, _fill(path), content=b"{", headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer a.b.c", "bearer é", "Bearer a b"]
)
async def test_a_bad_token_is_401(api: Api, header: str) -> None:
    async with api.as_("anonymous") as client:
        answer = await client.get("/ocpp/locations", headers={"Authorization": header.encode()})
    assert answer.status_code == 401


async def test_two_tokens_are_no_token(api: Api) -> None:
    token = f"Bearer {api.token('user')}"
    async with api.as_("anonymous") as client:
        answer = await client.get(
            "/ocpp/locations", headers=[("Authorization", token), ("Authorization", token)]
        )
    assert answer.status_code == 401


async def test_an_expired_token_is_401(api: Api, clock: FakeClock) -> None:
    async with api.as_("user") as client:
        assert (await client.get("/ocpp/locations")).status_code == 200
        clock.advance(3600)
        assert (await client.get("/ocpp/locations")).status_code == 401


async def test_an_admin_sees_what_the_named_organization_sees(api: Api) -> None:
    async with api.as_("user") as client:
        body = {"name": "L", "address": "A", "city": "C", "country": "FR"}
        body["coordinates"] = {"latitude": 1, "longitude": 2}
        assert (await client.post("/ocpp/locations", json=body)).status_code == 201
    for organization_id, total in (("acme", 1), ("other", 0)):
        async with api.as_("admin", **{"X-Organization-Id": organization_id}) as client:
            assert (await client.get("/ocpp/locations")).json()["total"] == total


@pytest.mark.parametrize("who", ["user", "admin"])
async def test_the_catalog_needs_a_token_and_no_organization(api: Api, who: str) -> None:
    async with api.as_(who) as client:
        for path in ("/ocpp/catalog/brands", "/ocpp/templates/locations"):
            assert (await client.get(path)).status_code == 200


def test_every_secured_route_says_so(app: FastAPI) -> None:
    document = app.openapi()
    for method, path in SECURED:
        operation = document["paths"][path][method.lower()]
        assert operation["security"] == [{"HTTPBearer": []}], path
        assert {"401", "403", "422", "500", "503"} <= operation["responses"].keys()
        if path.partition("{")[2]:
            assert "404" in operation["responses"]
        if "requestBody" in operation:
            assert {"408", "413"} <= operation["responses"].keys()
    for path in OPEN:
        assert "security" not in document["paths"][path]["get"]
