"""A location's chargers over HTTP: bulk create exactly as specified, jobs, bulk changes."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

import builders
from support.callers import Api, codes
from support.clock import FakeClock
from voltfleet.api.deps import Services
from voltfleet.domain.hosting import ConnectionState
from voltfleet.fleet import jobs as job_records
from voltfleet.fleet import placement, provisioning
from voltfleet.settings import Settings
from voltfleet.storage import engine as storage_engine
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import chargers as chargers_table
from voltfleet.storage.tables import jobs as jobs_table

PATH = "/ocpp/locations/loc/chargers"
TEMPLATE = {
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
    "ws_url": "ws://127.0.0.1:9/ocpp",
}
ADMIN = {"X-Organization-Id": "acme"}
NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"


@pytest.fixture
async def services(services: Services, database: Database) -> Services:
    """With a location of acme's, and the usual limits but for the size of a batch."""
    with database.writing() as connection:
        connection.execute(builders.locations_table.insert(), builders.LOCATION)
    return replace(services, settings=Settings(max_batch=1_000))


@pytest.fixture
async def user(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.as_("user") as client:
        yield client


def group(template: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"template": TEMPLATE | (template or {}), **more}


def queued(services: Services) -> list[str]:
    queue: Any = services.queue
    return [job_id for _, job_id, _ in queue.enqueued]


def rows(database: Database, table: Any) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


async def create(
    client: httpx2.AsyncClient, *groups: dict[str, Any], **headers: str
) -> httpx2.Response:
    return await client.post(PATH, json=list(groups), headers=headers)


async def created(
    client: httpx2.AsyncClient, database: Database, clock: FakeClock, *groups: dict[str, Any]
) -> dict[str, Any]:
    """The job of those groups, carried out."""
    answer = await create(client, *groups)
    assert answer.status_code == 202, answer.text
    builders.carry_out(database, answer.json()["job_id"], clock())
    job: dict[str, Any] = (await client.get(answer.json()["status_url"])).json()
    assert job["status"] == "READY"
    return job


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", PATH, None),
        ("POST", PATH, [group(chargers_number=1)]),
        ("PUT", PATH, {"chargers": []}),
        ("DELETE", f"{PATH}?charger_ids={NOWHERE}", None),
        ("GET", f"{PATH}/jobs/{NOWHERE}", None),
    ],
)
async def test_strangers_and_missing_locations_are_404(
    api: Api, services: Services, method: str, path: str, body: Any
) -> None:
    async with api.as_("stranger") as client:
        answer = await client.request(method, path, json=body)
        gone = await client.request(method, path.replace("/loc/", f"/{NOWHERE}/"), json=body)
    code = "job_not_found" if "/jobs/" in path else "location_not_found"
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert answer.json() == gone.json()
    assert queued(services) == []


async def test_another_organizations_job_is_404(
    api: Api, user: httpx2.AsyncClient, services: Services
) -> None:
    accepted = (await create(user, group(chargers_number=1))).json()
    async with api.as_("stranger") as stranger:
        assert (await stranger.get(accepted["status_url"])).status_code == 404
    elsewhere = accepted["status_url"].replace("/loc/", "/other/")
    assert (await user.get(elsewhere)).status_code == 404
    async with api.as_("admin", **ADMIN) as admin:
        assert (await admin.get(accepted["status_url"])).status_code == 200


# --- bulk create: what is accepted ------------------------------------------------------------


async def test_accepted_says_where_to_look_and_when(
    user: httpx2.AsyncClient, services: Services
) -> None:
    answer = await create(user, group(chargers_number=3))
    body = answer.json()
    assert answer.status_code == 202
    assert body == {
        "job_id": body["job_id"],
        "status": "PENDING",
        "workflow_run_id": body["job_id"],
        "status_url": f"{PATH}/jobs/{body['job_id']}",
    }
    assert answer.headers["location"] == body["status_url"]
    assert answer.headers["retry-after"] == "1"
    assert queued(services) == [body["job_id"]]


async def test_ids_alone_name_exactly_those_chargers(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    template = {"identity_prefix": "P-", "template_name": "Bay"}
    job = await created(user, database, clock, group(template, charger_ids=["001", "a*_=:+|@."]))
    assert [(c["identity"], c["name"]) for c in job["results"]["created"]] == [
        ("P-001", "Bay 001"),
        ("P-a*_=:+|@.", "Bay a*_=:+|@."),
    ]


async def test_a_number_alone_draws_random_hex(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    job = await created(user, database, clock, group({"identity_prefix": "R"}, chargers_number=150))
    identities = [c["identity"] for c in job["results"]["created"]]
    assert len(set(identities)) == 150
    assert all(i[0] == "R" and int(i[1:], 16) >= 0 for i in identities)


@pytest.mark.parametrize(("number", "named"), [(5, 2), (2, 2), (1, 1)])
async def test_both_pad_or_cut_to_the_number(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock, number: int, named: int
) -> None:
    job = await created(
        user, database, clock, group(charger_ids=["A", "B"], chargers_number=number)
    )
    identities = [c["identity"] for c in job["results"]["created"]]
    assert len(set(identities)) == number
    assert identities[:named] == ["A", "B"][:named]


async def test_ids_beyond_the_cut_are_not_looked_at(user: httpx2.AsyncClient) -> None:
    answer = await create(user, group(charger_ids=["A", "A", "not good"], chargers_number=1))
    assert answer.status_code == 202


async def test_an_empty_list_with_a_number_is_padded(user: httpx2.AsyncClient) -> None:
    answer = await create(user, group(charger_ids=[], chargers_number=2))
    assert answer.status_code == 202


async def test_explicit_nulls_are_as_good_as_nothing(user: httpx2.AsyncClient) -> None:
    template = {"identity_prefix": None, "template_name": None}
    answer = await create(user, group(template, charger_ids=None, chargers_number=1))
    assert answer.status_code == 202


async def test_names_may_be_of_any_script(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    job = await created(
        user, database, clock, group({"template_name": "充電站 ⚡"}, charger_ids=["1"])
    )
    assert job["results"]["created"][0]["name"] == "充電站 ⚡ 1"
    assert (await user.get(PATH)).json()["data"][0]["name"] == "充電站 ⚡ 1"


# --- bulk create: what is refused -------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "where", "code"),
    [
        ([], [], "empty_batch"),
        ([group()], [0], "missing_charger_count"),
        ([group(charger_ids=[])], [0, "charger_ids"], "missing_charger_count"),
        ([group(chargers_number=0)], [0, "chargers_number"], "invalid_charger_count"),
        ([group(chargers_number=-3)], [0, "chargers_number"], "invalid_charger_count"),
        ([group(chargers_number=1_001)], [], "batch_too_large"),
        ([group(chargers_number=10**12)], [], "batch_too_large"),
        ([group(chargers_number=10**30)], [], "batch_too_large"),
        ([group(chargers_number=600), group(chargers_number=401)], [], "batch_too_large"),
        ([group(charger_ids=["A", "A"])], [0, "charger_ids", 1], "duplicate_identity"),
        (
            [group({"identity_prefix": "X"}, charger_ids=["A"]), group(charger_ids=["XA"])],
            [1, "charger_ids", 0],
            "duplicate_identity",
        ),
        ([group({"brand_slug": "nobody"}, chargers_number=1)], "brand_slug", "unknown_brand"),
        ([group({"model_slug": "nothing"}, chargers_number=1)], "model_slug", "unknown_model"),
        (
            [group({"connector_type": "NACS"}, chargers_number=1)],
            "connector_type",
            "unknown_connector_type",
        ),
        ([group({"ocpp_version": "OCPP1.5"}, chargers_number=1)], "ocpp_version", None),
        ([group({"ocpp_version": ""}, chargers_number=1)], "ocpp_version", None),
        ([group({"ws_url": "http://a/b"}, chargers_number=1)], "ws_url", "invalid_ws_url"),
        ([group({"ws_url": ""}, chargers_number=1)], "ws_url", "invalid_ws_url"),
        ([group({"ws_url": "ws://a/\0"}, chargers_number=1)], "ws_url", "invalid_ws_url"),
        ([group({"ws_url": "ws://é/"}, chargers_number=1)], "ws_url", "invalid_ws_url"),
        ([group({"ws_url": "ws://169.254.169.254/"}, chargers_number=1)], "ws_url", None),
        ([group(charger_ids=["a b"])], [0, "charger_ids", 0], "invalid_identity"),
        ([group(charger_ids=["é"])], [0, "charger_ids", 0], "invalid_identity"),
        ([group(charger_ids=["a/b"])], [0, "charger_ids", 0], "invalid_identity"),
        ([group(charger_ids=[""])], [0, "charger_ids", 0], "invalid_identity"),
        ([group(charger_ids=["x" * 49])], [0, "charger_ids", 0], "invalid_identity"),
        (
            [group({"identity_prefix": "p" * 45}, charger_ids=["1234"])],
            [0, "charger_ids", 0],
            "invalid_identity",
        ),
        ([group({"identity_prefix": "p" * 45}, chargers_number=1)], "identity_prefix", None),
        ([group({"identity_prefix": "a b"}, chargers_number=1)], "identity_prefix", None),
    ],
)
async def test_what_cannot_be_is_refused_by_group_and_field(
    user: httpx2.AsyncClient,
    services: Services,
    database: Database,
    groups: list[Any],
    where: Any,
    code: str | None,
) -> None:
    started = time.monotonic()
    answer = await create(user, *groups)
    assert time.monotonic() - started < 1.0
    loc = ["body", *([0, "template", where] if isinstance(where, str) else where)]
    found = codes(answer)
    assert [found[0][0]] == [loc]
    assert code is None or found[0][1] == code
    if loc[1:]:
        assert f"Group {loc[1]}" in answer.json()["detail"][0]["msg"]
    assert queued(services) == []
    assert rows(database, jobs_table) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chargers_number", True),
        ("chargers_number", "5"),
        ("chargers_number", 5.0),
        ("chargers_number", 1.5),
        ("chargers_number", []),
        ("charger_ids", "abc"),
        ("charger_ids", [1]),
        ("charger_ids", [None]),
        ("charger_ids", {"0": "a"}),
        ("charger_ids", ["a\0b"]),
        ("template", None),
        ("template", []),
    ],
)
async def test_other_types_are_not_guessed_at(
    user: httpx2.AsyncClient, field: str, value: object
) -> None:
    answer = await create(user, group(chargers_number=1) | {field: value})
    assert codes(answer)[0][0][:3] == ["body", 0, field]  # type: ignore[index]


@pytest.mark.parametrize("field", [*TEMPLATE])
@pytest.mark.parametrize("value", [None, 5, True, ["x"], "\0", "\ud800"])
async def test_a_template_needs_every_field_as_a_good_string(
    user: httpx2.AsyncClient, field: str, value: object
) -> None:
    body = json.dumps([group({field: value}, chargers_number=1)])
    answer = await user.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert codes(answer)[0][0] == ["body", 0, "template", field]


@pytest.mark.parametrize("name", ["", " ", "a\0b", "line\nbreak", "x" * 201, "\ud800"])
async def test_a_name_is_one_visible_line(user: httpx2.AsyncClient, name: str) -> None:
    body = json.dumps([group({"template_name": name}, chargers_number=1)])
    answer = await user.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert codes(answer)[0][0] == ["body", 0, "template", "template_name"]


async def test_every_wrong_group_is_named(user: httpx2.AsyncClient) -> None:
    wrong = {"brand_slug": "nobody", "ws_url": "ftp://x", "ocpp_version": "9"}
    answer = await create(user, group(chargers_number=1), group(wrong, charger_ids=["a", "a"]))
    assert [loc for loc, _ in codes(answer)] == [
        ["body", 1, "template", "brand_slug"],
        ["body", 1, "template", "ocpp_version"],
        ["body", 1, "template", "ws_url"],
        ["body", 1, "charger_ids", 1],
    ]


async def test_a_body_that_is_no_list_is_refused(user: httpx2.AsyncClient) -> None:
    assert codes(await user.post(PATH, json=group(chargers_number=1)))[0][0] == ["body"]
    assert codes(await user.post(PATH))[0][0] == ["body"]


# --- the idempotency key ---------------------------------------------------------------------


async def test_the_same_key_and_body_is_one_job(
    user: httpx2.AsyncClient, services: Services, database: Database, clock: FakeClock
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await create(user, group(chargers_number=3), **key)
    builders.carry_out(database, first.json()["job_id"], clock())
    again = await create(user, group(chargers_number=3), **key)
    spaced = await user.post(
        PATH,
        content=b"[ " + (await _body(group(chargers_number=3))) + b" ]",
        headers={**key, "Content-Type": "application/json"},
    )
    assert first.json() == again.json() == spaced.json()
    assert first.headers["location"] == again.headers["location"]
    assert queued(services) == [first.json()["job_id"]]


async def _body(what: Any) -> bytes:
    return httpx2.Request("POST", "http://x", json=what).read()


async def test_the_same_key_with_another_body_or_place_is_refused(
    user: httpx2.AsyncClient, services: Services, database: Database
) -> None:
    with database.writing() as connection:
        connection.execute(
            builders.locations_table.insert(), builders.LOCATION | {"id": "loc2", "slug": "s"}
        )
    key = {"Idempotency-Key": "k-1"}
    await create(user, group(chargers_number=3), **key)
    other = await create(user, group(chargers_number=4), **key)
    assert codes(other) == [(["header", "Idempotency-Key"], "idempotency_key_reused")]
    assert other.json()["code"] == "idempotency_key_reused"
    place = await user.post(
        PATH.replace("/loc/", "/loc2/"), json=[group(chargers_number=3)], headers=key
    )
    assert codes(place) == [(["header", "Idempotency-Key"], "idempotency_key_reused")]
    assert len(queued(services)) == 1


async def test_a_key_belongs_to_its_organization(
    api: Api, user: httpx2.AsyncClient, services: Services, database: Database
) -> None:
    with database.writing() as connection:
        other = {"id": "theirs", "slug": "s", "organization_id": "other"}
        connection.execute(builders.locations_table.insert(), builders.LOCATION | other)
    key = {"Idempotency-Key": "k-1"}
    first = await create(user, group(chargers_number=3), **key)
    async with api.as_("stranger") as stranger:
        second = await stranger.post(
            PATH.replace("/loc/", "/theirs/"), json=[group(chargers_number=3)], headers=key
        )
    assert second.status_code == 202
    assert second.json()["job_id"] != first.json()["job_id"]
    async with api.as_("admin", **ADMIN) as admin:
        assert (await create(admin, group(chargers_number=3), **key)).json() == first.json()


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_has_1_to_255_characters(user: httpx2.AsyncClient, key: str) -> None:
    answer = await create(user, group(chargers_number=1), **{"Idempotency-Key": key})
    assert codes(answer)[0][0] == ["header", "idempotency-key"]


async def test_the_same_key_at_once_is_one_job(
    user: httpx2.AsyncClient, services: Services, database: Database
) -> None:
    key = {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(
        *(create(user, group(chargers_number=50), **key) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["job_id"] for answer in answers}) == 1
    assert rows(database, jobs_table) == 1


# --- when it cannot be taken ------------------------------------------------------------------


@contextlib.contextmanager
def locked(database: Database) -> Iterator[None]:
    """As when another program writes to the SQLite file, and goes on and on."""
    other = Database(database.url)
    with other.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.rollback()
    other.close()


def assert_unavailable(answer: httpx2.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, code), answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert "detail" in answer.json()


async def test_a_locked_database_is_503_and_nothing_is_written(
    user: httpx2.AsyncClient, services: Services, database: Database
) -> None:
    with locked(database):
        assert_unavailable(await create(user, group(chargers_number=1)), "database_unavailable")
        assert (await user.get(PATH)).status_code == 200  # readers are not held up
    assert rows(database, jobs_table) == 0


@pytest.mark.parametrize("listening", [False, True])
async def test_a_postgres_that_is_down_or_hung_is_503(
    api: Api,
    app: FastAPI,
    services: Services,
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
    listening: bool,
) -> None:
    monkeypatch.setattr(storage_engine, "DEADLINE_SECONDS", 0.5)
    away = Database(f"postgresql://nobody@127.0.0.1:{free_port}/none")
    app.state.services = replace(services, db=away)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", free_port))
        if listening:  # accepts, and never says a word
            mute.listen()
        async with api.as_("user") as client:
            for answer in (await create(client, group(chargers_number=1)), await client.get(PATH)):
                code = "database_timeout" if listening else "database_unavailable"
                assert_unavailable(answer, code)
    away.close()


async def test_a_full_queue_is_503_and_nothing_is_written(
    user: httpx2.AsyncClient,
    services: Services,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_records, "MOST_OPEN_JOBS", 1)
    key = {"Idempotency-Key": "k-1"}
    first = await create(user, group(chargers_number=1), **key)
    assert_unavailable(await create(user, group(chargers_number=1)), "queue_full")
    assert (await create(user, group(chargers_number=1), **key)).json() == first.json()
    assert rows(database, jobs_table) == 1


async def test_too_many_requests_at_once_are_503(
    user: httpx2.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_engine, "BACKLOG", 0)
    assert_unavailable(await create(user, group(chargers_number=1)), "database_busy")
    monkeypatch.undo()
    assert rows(database, jobs_table) == 0


async def test_a_queue_that_cannot_take_it_is_503_and_leaves_no_job(
    user: httpx2.AsyncClient,
    services: Services,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def enqueue(connection: Any, *_: object) -> None:
        connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")

    monkeypatch.setattr(services.queue, "enqueue", enqueue)
    assert_unavailable(await create(user, group(chargers_number=1)), "database_unavailable")
    assert rows(database, jobs_table) == 0


async def test_what_was_answered_503_is_not_written_later(
    user: httpx2.AsyncClient,
    services: Services,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A database that hangs, and then goes on: the job that was refused must not appear."""
    hanging = threading.Event()
    monkeypatch.setattr(storage_engine, "DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr(services.queue, "enqueue", lambda *_: hanging.wait(10))
    assert_unavailable(await create(user, group(chargers_number=1)), "database_timeout")
    hanging.set()
    database.close()  # waits for the work under way
    assert rows(Database(database.url), jobs_table) == 0


# --- jobs ------------------------------------------------------------------------------------


async def test_a_job_is_followed_from_pending_to_ready(
    user: httpx2.AsyncClient, services: Services, database: Database, clock: FakeClock
) -> None:
    url = (await create(user, group(charger_ids=["A", "B"]))).json()["status_url"]
    first = await user.get(url)
    assert first.headers["retry-after"] == "1"
    assert first.json() | {"job_id": "", "workflow_run_id": ""} == {
        "job_id": "",
        "job_type": "charger_bulk_create",
        "status": "PENDING",
        "workflow_run_id": "",
        "error": None,
        "results": None,
        "provisioned_at": None,
        "progress": {"total": 2, "created": 0, "failed": 0, "current_step": None},
    }
    builders.carry_out(database, first.json()["job_id"], clock())
    last = await user.get(url)
    assert "retry-after" not in last.headers
    job = last.json()
    assert job["status"] == "READY"
    assert job["provisioned_at"] == "2027-01-15T08:00:00Z"
    assert job["progress"] == {"total": 2, "created": 2, "failed": 0, "current_step": None}
    charger = (await user.get(PATH)).json()["data"][0]
    made = job["results"]["created"][0]
    assert made == {field: charger[field] for field in made} | {
        at: made[at]
        for at in ("created_at", "updated_at")  # the same instant, spelled .000Z
    }
    assert made["identity"] == "A"


async def test_an_identity_that_exists_fails_alone(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await created(user, database, clock, group(charger_ids=["B"]))
    job = await created(user, database, clock, group(charger_ids=["A", "B", "C"]))
    results = job["results"]
    assert [c["identity"] for c in results["created"]] == ["A", "C"]
    assert [(f["identity"], f["code"]) for f in results["failed"]] == [("B", "identity_exists")]
    assert (results["created_count"], results["failed_count"]) == (2, 1)
    assert job["progress"] == {"total": 3, "created": 2, "failed": 1, "current_step": None}


async def test_an_unchanged_job_answers_304(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    accepted = (await create(user, group(chargers_number=2))).json()
    pending = await user.get(accepted["status_url"])
    tag = pending.headers["etag"]
    for given in (tag, f"W/{tag}", f'"x", {tag}'):
        same = await user.get(accepted["status_url"], headers={"If-None-Match": given})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    builders.carry_out(database, accepted["job_id"], clock())
    ready = await user.get(accepted["status_url"], headers={"If-None-Match": tag})
    assert ready.status_code == 200
    assert ready.json()["status"] == "READY"
    tag = ready.headers["etag"]
    same = await user.get(accepted["status_url"], headers={"If-None-Match": tag})
    assert same.status_code == 304


async def test_large_results_are_whole_and_quick(
    user: httpx2.AsyncClient, services: Services, database: Database, clock: FakeClock, api: Api
) -> None:
    job = await created(user, database, clock, group(chargers_number=1_000))
    url = f"{PATH}/jobs/{job['job_id']}"
    assert len(job["results"]["created"]) == 1_000
    started = time.monotonic()
    answer = await user.get(url)
    assert time.monotonic() - started < 0.2
    assert len(answer.json()["results"]["created"]) == 1_000


async def test_a_charger_deleted_while_its_job_runs_is_accounted_for(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    accepted = (await create(user, group(charger_ids=["A", "B", "C"]))).json()
    builders.connect_host(database, clock(), capacity=1)  # A is READY, B and C wait for room
    with database.writing() as connection:
        provisioning.begin(connection, accepted["job_id"], clock())
        provisioning.register(connection, accepted["job_id"], 10, clock())
    builders.take_up(database, clock())
    listed = (await user.get(PATH)).json()["data"]
    assert [c["status"] for c in listed] == ["READY", "PENDING", "PENDING"]
    for charger in listed[:2]:
        assert (await user.delete(f"/ocpp/chargers/{charger['id']}")).status_code == 204
    assert (await user.get(accepted["status_url"])).json()["progress"]["failed"] == 2
    builders.take_up(database, clock())  # the host drops A
    builders.connect_host(database, clock() + 60, capacity=5)
    with database.writing() as connection:
        placement.place(connection, accepted["job_id"], clock() + 60)
    builders.take_up(database, clock() + 60)
    with database.writing() as connection:
        provisioning.finish(connection, accepted["job_id"], clock() + 60)
    job = (await user.get(accepted["status_url"])).json()
    assert [c["identity"] for c in job["results"]["created"]] == ["C"]
    assert [(f["identity"], f["code"]) for f in job["results"]["failed"]] == [
        ("A", "charger_deleted"),
        ("B", "charger_deleted"),
    ]
    assert job["progress"]["created"] + job["progress"]["failed"] == job["progress"]["total"]


async def test_a_location_deleted_while_its_job_runs_fails_the_job(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    accepted = (await create(user, group(charger_ids=["A", "B", "C"]))).json()
    builders.connect_host(database, clock(), capacity=10)
    with database.writing() as connection:
        provisioning.begin(connection, accepted["job_id"], clock())
        provisioning.register(connection, accepted["job_id"], 2, clock())
    builders.take_up(database, clock())
    assert (await user.delete("/ocpp/locations/loc")).status_code == 204
    job = (await user.get(accepted["status_url"])).json()
    assert (job["status"], job["error"]["code"]) == ("FAILED", "location_deleted")
    assert job["error"]["retryable"] is False
    assert job["progress"]["created"] + job["progress"]["failed"] == 3
    with database.writing() as connection:
        assert provisioning.register(connection, accepted["job_id"], 10, clock()) == 0
    builders.take_up(database, clock())
    assert rows(database, chargers_table) == 0
    assert (await user.get(PATH)).status_code == 404


async def test_an_identity_can_be_used_again_once_its_charger_has_left(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await created(user, database, clock, group(charger_ids=["A"]))
    old = (await user.get(PATH)).json()["data"][0]["id"]
    await user.delete(f"/ocpp/chargers/{old}")
    accepted = (await create(user, group(charger_ids=["A"]))).json()
    with database.writing() as connection:
        provisioning.begin(connection, accepted["job_id"], clock())
        provisioning.register(connection, accepted["job_id"], 10, clock())
    new = (await user.get(PATH)).json()["data"][0]
    assert new["id"] != old
    assert (new["status"], new["error"]["code"]) == ("PENDING", "identity_leaving")
    assert builders.take_up(database, clock()) == []  # the old one is dropped, nothing is run
    with database.writing() as connection:
        placement.place(connection, accepted["job_id"], clock() + 2)
    assert builders.take_up(database, clock() + 2) == [new["id"]]
    ready = (await user.get(f"/ocpp/chargers/{new['id']}")).json()
    assert (ready["status"], ready["error"]) == ("READY", None)


# --- list, change, delete ---------------------------------------------------------------------


async def test_chargers_are_listed_page_by_page_and_by_id(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await created(user, database, clock, group(charger_ids=[f"C{n}" for n in range(5)]))
    page = (await user.get(PATH, params={"page": 2, "limit": 2})).json()
    assert [c["identity"] for c in page["data"]] == ["C2", "C3"]
    assert (page["total"], page["page"], page["limit"]) == (5, 2, 2)
    assert (await user.get(PATH, params={"page": 10**12, "limit": 100})).json()["data"] == []
    ids = [c["id"] for c in page["data"]]
    some = await user.get(PATH, params={"charger_ids": [*ids, NOWHERE, ids[0]]})
    assert [c["id"] for c in some.json()["data"]] == ids
    assert some.json()["total"] == 2


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "page=0", "page=-1", "limit=x", "page="])
async def test_pages_have_bounds(user: httpx2.AsyncClient, query: str) -> None:
    assert codes(await user.get(f"{PATH}?{query}"))[0][0] == ["query", query.partition("=")[0]]


async def test_a_thousand_ids_can_be_asked_for_and_deleted(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await created(user, database, clock, group(charger_ids=["A"]))
    there = (await user.get(PATH)).json()["data"][0]["id"]
    ids = [there, *(f"nobody-{n}" for n in range(999))]
    assert (await user.get(PATH, params={"charger_ids": ids})).json()["total"] == 1
    too_many = await user.get(PATH, params={"charger_ids": [*ids, "one-more"]})
    assert codes(too_many)[0][0] == ["query", "charger_ids"]
    done = (await user.delete(PATH, params={"charger_ids": ids})).json()
    assert (done["deleted"], done["failed_count"]) == ([there], 999)


async def test_a_bulk_update_changes_what_it_can(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await created(user, database, clock, group(charger_ids=["A", "B", "C"]))
    a, b, c = (charger["id"] for charger in (await user.get(PATH)).json()["data"])
    with database.writing() as connection:
        connection.execute(
            chargers_table.update().where(chargers_table.c.id == c), {"location_id": "x"}
        )
    items = [
        {"charger_id": a, "name": "New", "ws_url": "wss://csms.example/ocpp"},
        {"charger_id": b, "ws_url": "http://no", "name": "Not this either"},
        {"charger_id": c, "name": "Elsewhere"},
        {"charger_id": NOWHERE, "name": "Nobody"},
        {"charger_id": b, "location_id": NOWHERE},
        {"charger_id": b, "connector_type": "NACS"},
    ]
    done = (await user.put(PATH, json={"chargers": items})).json()
    assert (done["updated_count"], done["failed_count"]) == (1, 5)
    assert done["updated"][0]["name"] == "New"
    assert done["updated"][0]["ws_url"] == "wss://csms.example/ocpp"
    assert [f["charger_id"] for f in done["failed"]] == [b, c, NOWHERE, b, b]
    assert all(f["error"] for f in done["failed"])
    assert (await user.get(f"/ocpp/chargers/{b}")).json()["name"] == "B"


async def test_a_bulk_update_of_nothing_or_too_much(user: httpx2.AsyncClient) -> None:
    assert (await user.put(PATH, json={"chargers": []})).json()["updated_count"] == 0
    items = [{"charger_id": f"n-{n}"} for n in range(1_001)]
    assert codes(await user.put(PATH, json={"chargers": items}))[0][0] == ["body", "chargers"]
    assert codes(await user.put(PATH, json={}))[0][0] == ["body", "chargers"]
    nul = [{"charger_id": "a\0"}]
    assert codes(await user.put(PATH, json={"chargers": nul}))[0][0][-1] == "charger_id"  # type: ignore[index]


async def test_a_bulk_delete_deletes_what_is_there(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    await created(user, database, clock, group(charger_ids=["A", "B"]))
    a, b = (charger["id"] for charger in (await user.get(PATH)).json()["data"])
    done = (await user.delete(PATH, params={"charger_ids": [b, NOWHERE, b]})).json()
    assert done == {
        "deleted_count": 1,
        "failed_count": 1,
        "deleted": [b],
        "failed": [{"charger_id": NOWHERE, "error": "Charger not found at this location"}],
    }
    assert [c["id"] for c in (await user.get(PATH)).json()["data"]] == [a]
    assert codes(await user.delete(PATH))[0][0] == ["query", "charger_ids"]


async def test_a_charger_of_an_unreachable_csms_says_so(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    answer = await create(user, group(charger_ids=["A"]))
    builders.carry_out(database, answer.json()["job_id"], clock(), state=ConnectionState.WAITING)
    charger = (await user.get(PATH)).json()["data"][0]
    assert (charger["status"], charger["connection"]["state"]) == ("READY", "waiting")
