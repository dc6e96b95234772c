"""The tenant matrix: every operation of the OpenAPI document, by every caller who must be refused.

``tests/support/tenant_rows.py`` has a row per operation; an operation without one fails here. That
something foreign is answered exactly as something that is nowhere, and that nothing of its owner's
is shown or changed, is compared byte by byte.
"""

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute

import builders
from support.callers import Api
from support.clock import FakeClock
from support.forged_tokens import forged
from support.tenant_rows import HOST_LINKS, KEYS, PAGES, ROWS, STATIC, STREAMS, Row, Scope, Shape
from support.tenants import (
    SECRET,
    Operation,
    Things,
    Whose,
    anonymous,
    asked,
    dump,
    furnish,
    operations,
    places,
)
from voltfleet.api import app as app_module
from voltfleet.api import dispatch
from voltfleet.api.deps import Services
from voltfleet.auth import keys
from voltfleet.auth.principal import Role
from voltfleet.fleet import audit
from voltfleet.storage.engine import Database

ACME, OTHER = "acme", "other"
ORGANIZATION = "X-Organization-Id"


@pytest.fixture(scope="module")
def furnished(
    migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Things]]:
    """A directory with both databases, in which two organizations have one of everything."""
    directory = tmp_path_factory.mktemp("furnished")
    opened = [
        Database(f"sqlite:///{shutil.copy(migrated / name, directory / name)}")
        for name in ("main.db", "frames.db")
    ]
    now = FakeClock()()
    found = {
        tenant.organization_id: furnish(*opened, tenant, now)
        for tenant in (builders.ACME, builders.OTHER)
    }
    for database in opened:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    return directory, found


@pytest.fixture
def app_database_url(furnished: tuple[Path, dict[str, Things]], tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(furnished[0] / 'main.db', tmp_path / 'voltfleet.db')}"


@pytest.fixture
def frames(furnished: tuple[Path, dict[str, Things]], tmp_path: Path) -> Iterator[Database]:
    frames = Database(f"sqlite:///{shutil.copy(furnished[0] / 'frames.db', tmp_path / 'f.db')}")
    yield frames
    frames.close()


@pytest.fixture
def acme(furnished: tuple[Path, dict[str, Things]]) -> Things:
    return furnished[1][ACME]


@pytest.fixture
def other(furnished: tuple[Path, dict[str, Things]]) -> Things:
    return furnished[1][OTHER]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No station answers here: commands that wait for one do so for a moment."""
    monkeypatch.setattr(dispatch, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(dispatch, "_LOOK_EVERY_SECONDS", 0.005)


@pytest.fixture
def described(app: FastAPI) -> dict[str, Operation]:
    return {operation.id: operation for operation in operations(app.openapi())}


async def send(
    client: httpx2.AsyncClient, operation: Operation, shape: Shape, whose: Any
) -> httpx2.Response:
    request = asked(operation, shape, whose)
    return await client.request(
        request.method, request.url, params=request.query, json=request.body
    )


def told(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, "" if not answer.content else answer.json().get("code", "")


# --- the rows ----------------------------------------------------------------------------------


def test_every_operation_has_its_row(described: dict[str, Operation]) -> None:
    assert described.keys() == ROWS.keys()


def test_every_route_is_an_operation_or_named_here(app: FastAPI) -> None:
    """So that nothing is served past the matrix, streams and WebSockets included."""
    routed = [route for router in app_module.ROUTERS for route in router.routes]
    hidden = {
        route.path
        for route in routed
        if isinstance(route, APIRoute) and not route.include_in_schema
    }
    assert hidden <= PAGES
    sockets = {route.path for route in app.routes if isinstance(route, WebSocketRoute)}
    assert sockets == HOST_LINKS
    own = {path for route in app.routes if (path := getattr(route, "path", None)) is not None}
    assert {path for path in own if not path.startswith(STATIC)} <= PAGES | HOST_LINKS
    assert len(routed) == len(ROWS) + len(hidden)


async def test_the_keys_that_anybody_may_read_are_the_public_halves(api: Api) -> None:
    async with api.as_("anonymous") as stranger:
        found = (await stranger.get(KEYS)).json()["keys"]
    assert found
    assert all("d" not in key and key["kty"] == "OKP" for key in found)


def test_every_stream_has_its_columns(described: dict[str, Operation]) -> None:
    streaming = {
        operation.id
        for operation in described.values()
        for answer in operation.described["responses"].values()
        if "text/event-stream" in answer.get("content", {})
    }
    assert streaming == STREAMS


def test_every_place_that_names_a_thing_is_asked_about(described: dict[str, Operation]) -> None:
    for operation_id, row in ROWS.items():
        operation = described[operation_id]
        covered = set().union(*(places(operation, shape) for shape in row.shapes))
        assert covered == operation.things, operation_id
        assert row.foreign.keys() <= covered, operation_id


def test_the_rows_follow_the_specification(described: dict[str, Operation]) -> None:
    """`/ocpp/locations`, `/ocpp/chargers` and commands are an organization's; the catalog and the
    gallery are not, and need a token all the same."""
    for operation_id, row in ROWS.items():
        path = described[operation_id].path
        shared = ("/me", "/ocpp/catalog/", "/ocpp/templates/", "/ocpp/commands/fault-types")
        expected = (
            Scope.SHARED
            if path.startswith(shared)
            else Scope.TENANT
            if path.startswith("/ocpp/") or path == "/live"
            else Scope.ADMIN
            if path.startswith("/admin/")
            else Scope.OPEN
        )
        assert row.scope is expected, operation_id
        secured = "security" in described[operation_id].described
        assert secured == (row.scope is not Scope.OPEN), operation_id


# --- who is not let in at all ------------------------------------------------------------------


@pytest.mark.parametrize("operation_id", ROWS)
async def test_who_may_not_use_it(
    api: Api,
    described: dict[str, Operation],
    signing_keys: keys.LocalKeys,
    tmp_path: Path,
    acme: Things,
    clock: FakeClock,
    database: Database,
    frames: Database,
    operation_id: str,
) -> None:
    operation, row = described[operation_id], ROWS[operation_id]
    before = dump(database, frames, ACME)
    role = Role.ADMIN if row.scope is Scope.ADMIN else Role.USER
    for name, token in forged(signing_keys, tmp_path, role, clock()).items():
        async with api.as_("anonymous", Authorization=f"Bearer {token}") as client:
            answer = await send(client, operation, row.shapes[0], lambda _: acme)
        if row.scope is Scope.OPEN:
            assert answer.status_code == row.success
            continue
        assert told(answer) == (401, "unauthenticated"), name
        assert answer.headers["www-authenticate"] == "Bearer"
    for who, headers, expected in _refused(row.scope):
        async with api.as_(who, **headers) as client:
            answer = await send(client, operation, row.shapes[0], lambda _: acme)
        assert told(answer) == expected, who
    assert dump(database, frames, ACME) == before


def _refused(scope: Scope) -> Iterator[tuple[str, dict[str, str], tuple[int, str]]]:
    """Callers with a good token, or with none, who may not use an operation of that scope."""
    if scope is Scope.OPEN:
        return
    wrong_role = (403, "wrong_role")
    yield "anonymous", {}, (401, "unauthenticated")
    yield "host", {}, wrong_role
    yield "host", {ORGANIZATION: ACME}, wrong_role
    if scope is Scope.TENANT:
        for named in ({}, {ORGANIZATION: ""}, {ORGANIZATION: "a b"}, {ORGANIZATION: "x" * 129}):
            yield "admin", named, (403, "organization_header_required")
        for named in (ACME, OTHER):
            yield "user", {ORGANIZATION: named}, (403, "organization_header_not_allowed")
    if scope is Scope.ADMIN:
        for headers in ({}, {ORGANIZATION: ACME}):
            yield "user", headers, wrong_role


# --- another organization's things -------------------------------------------------------------


@pytest.mark.parametrize("operation_id", [i for i, r in ROWS.items() if r.scope is Scope.TENANT])
async def test_anothers_things_are_nowhere(
    api: Api,
    described: dict[str, Operation],
    database: Database,
    frames: Database,
    acme: Things,
    other: Things,
    operation_id: str,
) -> None:
    """Asked by another organization's user, and by an admin who names that organization."""
    operation, row = described[operation_id], ROWS[operation_id]
    before = dump(database, frames, ACME)
    nowhere = Things.nowhere()
    async with api.as_("stranger") as user, api.as_("admin", **{ORGANIZATION: OTHER}) as admin:
        for client, shape in itertools.product((user, admin), row.shapes):
            for foreign in _foreign(places(operation, shape)):
                theirs, nobodys = [
                    await send(client, operation, shape, _mixed(other, away, foreign))
                    for away in (acme, nowhere)
                ]
                expected = {row.foreign.get(place, 404) for place in foreign} or {row.success}
                assert theirs.status_code == max(expected, key=lambda s: (s == 404, s)), foreign
                assert _comparable(theirs, acme, other) == _comparable(nobodys, nowhere, other)
                _shows_nothing_of(acme, _without_what_was_sent(theirs))
    assert dump(database, frames, ACME) == before


def _mixed(own: Things, away: Things, foreign: frozenset[str]) -> Whose:
    return lambda place: away if place in foreign else own


def _without_what_was_sent(answer: httpx2.Response) -> str:
    text = answer.text
    sent = f"{answer.request.url} {answer.request.content.decode()}"
    for word in re.findall(r"[0-9a-f-]{12,}", sent):
        text = text.replace(word, "")
    return text


def _foreign(named: set[str]) -> list[frozenset[str]]:
    """Which places of a request name another's thing: all of them, or one and no other."""
    alone = [frozenset({place}) for place in sorted(named)] if len(named) > 1 else []
    return [frozenset(named), *alone]


def _comparable(answer: httpx2.Response, *whose: Things) -> tuple[int, str, dict[str, str]]:
    headers = {k: v for k, v in answer.headers.items() if k not in ("x-request-id", "location")}
    return answer.status_code, anonymous(answer.text, *whose), headers


def _shows_nothing_of(things: Things, text: str) -> None:
    for mark in (things.organization_id, things.location_id, things.charger_id, things.job_id):
        assert mark not in text


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation_id", ROWS)
async def test_who_may_use_it(
    api: Api,
    services: Services,
    described: dict[str, Operation],
    database: Database,
    frames: Database,
    acme: Things,
    other: Things,
    operation_id: str,
) -> None:
    """Its owner and an admin who names the owner; without which the refusals prove nothing. What it
    changes is in the audit log, once each time."""
    operation, row = described[operation_id], ROWS[operation_id]
    before = dump(database, frames, ACME)
    for who, headers, whose in _allowed(row.scope, acme, other):
        async with api.as_(who, **headers) as client:
            answer = await send(client, operation, row.shapes[-1], lambda _, w=whose: w)  # type: ignore[misc]
        assert answer.status_code == row.success, (who, answer.text)
        assert SECRET.decode() not in answer.text
        _is_audited(services, operation, row, who, whose, answer)
        if row.scope is Scope.TENANT and whose is other:
            _shows_nothing_of(acme, answer.text)
            assert dump(database, frames, ACME) == before


def _allowed(
    scope: Scope, acme: Things, other: Things
) -> Iterator[tuple[str, dict[str, str], Things]]:
    if scope is not Scope.TENANT:
        yield "admin", {}, acme
        yield "admin", {ORGANIZATION: OTHER}, acme
    if scope in (Scope.OPEN, Scope.SHARED):
        yield "user", {}, acme
    if scope is Scope.OPEN:
        yield "anonymous", {}, acme
        yield "host", {}, acme
    if scope is Scope.TENANT:
        yield "admin", {ORGANIZATION: OTHER}, other
        yield "user", {}, acme


def _is_audited(
    services: Services,
    operation: Operation,
    row: Row,
    who: str,
    whose: Things,
    answer: httpx2.Response,
) -> None:
    with services.db.reading() as connection:
        lines, _ = audit.page(connection, audit.Wanted(outcome="done"), offset=0, limit=100)
    mine = [line for line in lines if line.request_id == answer.headers.get("x-request-id", "")]
    if operation.method == "GET":
        assert mine == []
        return
    [line] = mine
    assert (line.operation, line.role) == (operation.id, who)
    assert line.organization_id == whose.organization_id
    for place in places(operation, row.shapes[-1]):
        name = place.rpartition(".")[2]
        if place.startswith(("path.", "body.target.")) and name != "charger_ids":
            assert line.targets[name] == getattr(whose, name)
