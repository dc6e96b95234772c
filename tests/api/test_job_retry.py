"""Trying the chargers of a job again that failed."""

from typing import Any

import pytest
from fastapi import FastAPI

import builders
from support.callers import Api
from support.clock import FakeClock
from voltfleet.api.deps import Services
from voltfleet.auth import keys
from voltfleet.domain import requests
from voltfleet.domain.provisioning import NO_HOST
from voltfleet.fleet import chargers, credentials, locations, provisioning
from voltfleet.storage.engine import Database

BATCH = [
    {
        "template": {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": "ws://127.0.0.1:9/ocpp",
            "identity_prefix": "CP",
            "security_profile": 1,
            "authorization_key": "0123456789abcdef0123",
        },
        "charger_ids": ["0", "1", "2"],
    }
]
PLAIN = {name: BATCH[0]["template"][name] for name in list(BATCH[0]["template"])[:5]}  # type: ignore[index]


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    """These run on both databases."""
    return current_database_url


@pytest.fixture
async def order(api: Api) -> Any:
    """Asks for a batch; returns the path of its job."""

    async def ask(batch: Any = BATCH) -> str:
        async with api.as_("user") as client:
            located = (await client.get("/ocpp/locations")).json()["data"]
            if not located:
                place = {"latitude": 52.1, "longitude": 5.1}
                body = {"name": "D", "address": "1 A", "city": "U", "country": "NL"}
                made = await client.post("/ocpp/locations", json=body | {"coordinates": place})
                located = [made.json()]
            path = f"/ocpp/locations/{located[0]['id']}/chargers"
            answer = await client.post(path, json=batch)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["status_url"])

    return ask


def job_id_of(path: str) -> str:
    return path.rpartition("/")[2]


def fail(database: Database, job_id: str, now: float) -> None:
    """The job registers its chargers and finds no host for them, for good."""
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
        provisioning.register(connection, job_id, 1_000, now)
        provisioning.fail(connection, job_id, NO_HOST, now)


async def results(api: Api, path: str) -> Any:
    async with api.as_("user") as client:
        return (await client.get(path)).json()


async def retry(api: Api, path: str, who: str = "user", **headers: str) -> Any:
    async with api.as_(who, **headers) as client:
        return await client.post(f"{path}/retry")


async def test_what_failed_is_created_by_another_job(
    api: Api, database: Database, clock: FakeClock, order: Any
) -> None:
    path = await order()
    fail(database, job_id_of(path), clock())
    ended = await results(api, path)
    assert (ended["status"], ended["progress"]["failed"]) == ("FAILED", 3)
    answer = await retry(api, path)
    assert answer.status_code == 202, answer.text
    again = answer.json()["status_url"]
    assert again != path
    assert answer.headers["location"] == again
    builders.carry_out(database, job_id_of(again), clock())
    ended = await results(api, again)
    assert (ended["status"], ended["progress"]["created"]) == ("READY", 3)
    names = [each["identity"] for each in ended["results"]["created"]]
    assert names == ["CP0", "CP1", "CP2"]
    with database.reading() as connection:
        made = chargers.created_by(connection, job_id_of(again), "READY")
        assert {each.security_profile for each in made} == {1}
        [kept] = {each.credentials_id for each in made}
        assert kept is not None
        key = credentials.load(connection, builders.ACME, kept, 1).authorization_key
        assert key == b"0123456789abcdef0123"


async def test_only_what_failed_is_tried_again(
    api: Api, database: Database, clock: FakeClock, order: Any
) -> None:
    first = await order([{"template": PLAIN, "charger_ids": ["1"]}])
    builders.carry_out(database, job_id_of(first), clock())
    answer = await retry(api, first)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
    path = await order()
    builders.carry_out(database, job_id_of(path), clock())
    ended = await results(api, path)
    assert [each["identity"] for each in ended["results"]["failed"]] == ["CP1"]
    # It is there still: reported as in any batch.
    again = (await retry(api, path)).json()["status_url"]
    builders.carry_out(database, job_id_of(again), clock())
    ended = await results(api, again)
    assert ended["progress"]["total"] == 1
    assert ended["results"]["failed"][0]["code"] == "identity_exists"
    async with api.as_("user") as client:
        [there] = [
            each
            for each in (await client.get("/ocpp/chargers")).json()["data"]
            if each["identity"] == "CP1"
        ]
        await client.delete(f"/ocpp/chargers/{there['id']}")
    builders.take_up(database, clock())  # the host lets it go
    once_more = (await retry(api, again)).json()["status_url"]
    builders.carry_out(database, job_id_of(once_more), clock())
    assert (await results(api, once_more))["progress"]["created"] == 1


async def test_a_charger_that_was_deleted_did_not_fail(
    api: Api, database: Database, clock: FakeClock, order: Any
) -> None:
    path = await order()
    with database.writing() as connection:
        provisioning.begin(connection, job_id_of(path), clock())
        provisioning.register(connection, job_id_of(path), 1_000, clock())
        found, _ = chargers.page(connection, builders.ACME, offset=0, limit=10)
        for charger in found:
            chargers.delete(connection, builders.ACME, charger.id, clock())
        provisioning.finish(connection, job_id_of(path), clock())
    assert (await results(api, path))["progress"]["failed"] == 3
    answer = await retry(api, path)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")


async def test_a_job_must_have_ended(api: Api, order: Any) -> None:
    answer = await retry(api, await order())
    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_ended")


async def test_who_may_and_what_is_not_there(
    api: Api, database: Database, clock: FakeClock, order: Any
) -> None:
    path = await order()
    fail(database, job_id_of(path), clock())
    assert (await retry(api, path, "stranger")).status_code == 404
    assert (await retry(api, path, "anonymous")).status_code == 401
    assert (await retry(api, path[:-4] + "0000")).json()["code"] == "job_not_found"
    assert (await retry(api, path, "admin", **{"X-Organization-Id": "acme"})).status_code == 202
    with database.writing() as connection:
        locations.delete(connection, builders.ACME, path.split("/")[3], clock())
    assert (await retry(api, path)).json()["code"] == "location_not_found"


async def test_the_same_key_is_one_job(
    api: Api, database: Database, clock: FakeClock, order: Any
) -> None:
    path = await order()
    fail(database, job_id_of(path), clock())
    made = {(await retry(api, path, **{"Idempotency-Key": "k"})).json()["job_id"] for _ in range(3)}
    assert len(made) == 1


async def test_a_quota_holds(
    api: Api, database: Database, clock: FakeClock, order: Any, services: Services
) -> None:
    path = await order()
    fail(database, job_id_of(path), clock())
    async with api.as_("admin") as client:
        await client.put("/admin/organizations/acme/quota", json={"max_chargers": 2})
    answer = await retry(api, path)
    assert (answer.status_code, answer.json()["code"]) == (429, "charger_quota_exceeded")


async def test_secrets_stay_for_a_week(
    app: FastAPI, signing_keys: keys.LocalKeys, database: Database, clock: FakeClock, order: Any
) -> None:
    path = await order()
    fail(database, job_id_of(path), clock())
    clock.advance(credentials.UNUSED_SECONDS - 10)
    with database.writing() as connection:
        assert credentials.sweep(connection, clock()) == 0
    api = Api(app, signing_keys, clock())  # tokens are good for an hour
    assert (await retry(api, path)).status_code == 202
    clock.advance(20)
    with database.writing() as connection:
        assert credentials.sweep(connection, clock()) == 0  # the new job will use them
    clock.advance(credentials.UNUSED_SECONDS)
    with database.writing() as connection:
        assert credentials.sweep(connection, clock()) == 1
    api = Api(app, signing_keys, clock())
    answer = await retry(api, path)
    assert (answer.status_code, answer.json()["code"]) == (409, "secrets_gone")


async def test_no_secret_is_kept_in_the_job(
    database: Database, clock: FakeClock, order: Any
) -> None:
    path = await order()
    fail(database, job_id_of(path), clock())
    with database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT request FROM jobs").scalar_one()
    assert "0123456789abcdef" not in kept
    assert requests.decode(kept).total == 3
