"""Every answer that is not a success has the API's shape, whatever was sent."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse

from support.callers import Api, codes
from voltfleet.api import deps, locations, service
from voltfleet.api.app import create_app
from voltfleet.api.deps import Services
from voltfleet.api.errors import Crashes
from voltfleet.api.limits import BodyLimits
from voltfleet.domain.errors import BadRequest, InvalidInput, Problem, Unavailable, VoltfleetError

JSON = {"Content-Type": "application/json"}
trouble_makers = APIRouter()

ERRORS: dict[str, Exception] = {
    "bad": BadRequest("Both were given.", code="both_given"),
    "busy": Unavailable("Busy.", code="queue_full", retry_after_seconds=7),
    "invalid": InvalidInput(
        [
            Problem(("body", 0, "x\ud800"), "No \ud800", f"code_{n}", given)
            for n, given in enumerate(
                ["\ud800", 1 << 70, float("nan"), {"deep": 1}, "x" * 500, "short", 7, None, True]
            )
        ]
    ),
    "unmapped": VoltfleetError("A secret thing."),
    "bug": ZeroDivisionError("A secret thing."),
}


@trouble_makers.get("/raise/{name}")
async def _raise(name: str) -> None:
    raise ERRORS[name]


@trouble_makers.get("/half")
async def _half() -> StreamingResponse:
    async def stream() -> AsyncIterator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    return StreamingResponse(stream())


@pytest.fixture
def app(services: Services, apps: dict[str, FastAPI]) -> FastAPI:
    routers = [service.router, locations.router, trouble_makers]
    app = apps.get("errors") or apps.setdefault("errors", create_app(services, routers=routers))
    app.state.services = services
    return app


async def test_errors_have_status_and_code(api: Api) -> None:
    async with api.as_("anonymous") as client:
        bad, busy = await client.get("/raise/bad"), await client.get("/raise/busy")
    assert (bad.status_code, bad.json()) == (
        400,
        {"detail": "Both were given.", "code": "both_given"},
    )
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "7")
    assert busy.json() == {"detail": "Busy.", "code": "queue_full"}


async def test_offending_fields_are_named_and_repeated_only_if_that_can_be_done(api: Api) -> None:
    async with api.as_("anonymous") as client:
        answer = await client.get("/raise/invalid")
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "code_0"
    assert [item.get("input", "-") for item in body["detail"]] == [
        "?", "-", "-", "-", "-", "short", 7, "-", True,
    ]  # fmt: skip
    assert body["detail"][0] == {
        "loc": ["body", 0, "x?"],
        "msg": "No ?",
        "type": "code_0",
        "input": "?",
    }


@pytest.mark.parametrize("name", ["unmapped", "bug"])
async def test_a_crash_is_logged_once_and_says_nothing(api: Api, name: str) -> None:
    with structlog.testing.capture_logs() as logs:
        async with api.as_("anonymous") as client:
            answer = await client.get(f"/raise/{name}")
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal server error", "code": "internal_error"}
    (log,) = logs
    assert log["event"] == "api.crashed"
    assert "A secret thing." in log["exception"]


async def test_a_crash_in_mid_answer_is_left_to_the_server(api: Api) -> None:
    async with api.as_("anonymous") as client:
        with pytest.raises(ZeroDivisionError):
            await client.get("/half")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/ocpp/locations/", 404, "not_found"),
        ("GET", "/static-offline-docs/nothing.js", 404, "not_found"),
        ("PATCH", "/ocpp/locations", 405, "method_not_allowed"),
        ("TRACE", "/health", 405, "method_not_allowed"),
    ],
)
async def test_the_routers_own_answers_have_the_shape(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    async with api.as_("user") as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"detail", "code"}
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b"[" * 1_500,
        b'{"a":' * 300,
        b'{"name": "\\ud800", "country": "\\udfff"}',
        b'{"name": "\\u0000"}',
        b'{"coordinates": {"latitude": NaN, "longitude": Infinity}}',
        b'{"coordinates": {"latitude": 1e999, "longitude": -1e999}}',
        b'{"coordinates": {"latitude": 1' + b"0" * 400 + b"}}",
        b'{"coordinates": {"latitude": 1' + b"0" * 1_500 + b"}}",
        b'{"public": 1' + b"0" * 1_500 + b"}",
        b'{"\\ud800": 1}',
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_any_body_gets_a_422_that_can_be_read(api: Api, method: str, content: bytes) -> None:
    path = "/ocpp/locations" + ("" if method == "POST" else "/x")
    async with api.as_("user") as client:
        answer = await client.request(method, path, content=content, headers=JSON)
    # An update may leave everything out, and then the location is not there.
    wanted = {422} if method == "POST" else {404, 422}
    assert answer.status_code in wanted, answer.text
    if answer.status_code == 422:
        assert answer.json()["code"] == "invalid_input"
        assert codes(answer)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "nonsense", ""])
async def test_a_body_of_another_type_is_a_422(api: Api, content_type: str) -> None:
    async with api.as_("user") as client:
        answer = await client.post(
            "/ocpp/locations", content=b"{}", headers={"Content-Type": content_type}
        )
    assert codes(answer)


async def test_at_most_fifty_fields_are_named(api: Api) -> None:
    body = {"coordinates": {str(n): n for n in range(100)}, "name": "x" * 300}
    async with api.as_("user") as client:
        answer = await client.post("/ocpp/locations", json=body)
    assert len(codes(answer)) <= 50
    assert "x" * 300 not in answer.text


async def test_a_body_over_the_limit_is_413(api: Api) -> None:
    async with api.as_("user") as client:
        declared = await client.post("/ocpp/locations", content=b" " * 2001, headers=JSON)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b" " * 1000

        streamed = await client.post("/ocpp/locations", content=chunks(), headers=JSON)
        within = await client.post("/ocpp/locations", content=b" " * 2000, headers=JSON)
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert answer.headers["connection"] == "close"
    assert within.status_code == 422


async def test_a_body_that_trickles_is_408(services: Services, signing_keys: Any) -> None:
    hurried = _with_deadline(services, 0.02)
    api = Api(create_app(hurried), signing_keys, services.clock())
    never = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with api.as_("user") as client:
        answer = await client.post("/ocpp/locations", content=trickle(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (408, "body_timeout")


def _with_deadline(services: Services, seconds: float) -> Services:
    return replace(services, settings=replace(services.settings, body_deadline_seconds=seconds))


async def test_an_anonymous_body_is_not_read(app: FastAPI) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/ocpp/locations", "raw_path": b"/ocpp/locations",
        "query_string": b"", "headers": [(b"content-length", b"99999999999")], "root_path": "",
        "scheme": "http", "server": ("test", 80), "client": ("test", 1), "http_version": "1.1",
        "app": app,
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent[0]["status"] == 401


async def test_the_database_away_is_503(services: Services, signing_keys: Any) -> None:
    class Away:
        async def read(self, *_: object, **__: object) -> None:
            raise Unavailable("The database cannot be reached.", code="database_unavailable")

    gone: Any = replace(services, db=Away())  # type: ignore[arg-type]
    api = Api(create_app(gone), signing_keys, services.clock())
    async with api.as_("user") as client:
        answer = await client.get("/ocpp/locations")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_ids_that_cannot_be_are_told_from_those_that_can() -> None:
    assert deps.checked_id("4090477f-a416-4515-a302-97aa344a0a2a", "charger")
    assert deps.checked_id("dep-123", "charger")
    for text in ("", "a b", "a/b", "x" * 65, "é", "a\n"):
        with pytest.raises(Exception, match="Charger not found"):
            deps.checked_id(text, "charger")


async def test_websockets_pass_by_untouched() -> None:
    seen: list[object] = []

    async def inner(*given: object) -> None:
        seen.extend(given)

    given: Any = ({"type": "websocket"}, object(), object())
    await Crashes(BodyLimits(inner, max_bytes=1, max_values=1, deadline_seconds=1))(*given)
    assert seen == list(given)
