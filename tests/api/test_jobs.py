"""An organization's jobs in a list, and who a token's bearer is."""

import pytest

import builders
from support.callers import Api
from support.clock import FakeClock
from voltfleet.storage.engine import Database


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    """These run on both databases."""
    return current_database_url


async def test_jobs_come_newest_first_with_how_far_they_are(
    api: Api, database: Database, clock: FakeClock
) -> None:
    done = builders.accept(database, builders.batch(3), now=clock())
    builders.carry_out(database, done, clock())
    clock.advance(5)
    waiting = builders.accept(
        database, builders.batch(2, prefix="W"), location_id="loc-2", now=clock()
    )
    builders.accept(database, builders.batch(1), tenant=builders.OTHER, now=clock())
    async with api.as_("user") as client:
        answer = (await client.get("/ocpp/jobs")).json()
        assert [job["job_id"] for job in answer["data"]] == [waiting, done]
        assert (answer["total"], answer["page"], answer["limit"]) == (2, 1, 50)
        open_job, ended = answer["data"]
        assert (ended["status"], ended["total"], ended["created"], ended["failed"]) == (
            "READY",
            3,
            3,
            0,
        )
        assert ended["status_url"] == f"/ocpp/locations/loc/chargers/jobs/{done}"
        assert (await client.get(ended["status_url"])).json()["status"] == "READY"
        assert ended["provisioned_at"] is not None
        assert (open_job["status"], open_job["created"]) == ("PENDING", 0)
        assert open_job["provisioned_at"] is None
        for query, expected in (
            ("status=PENDING", [waiting]),
            ("status=FAILED", []),
            ("location_id=loc", [done]),
            ("limit=1&page=2", [done]),
        ):
            found = (await client.get(f"/ocpp/jobs?{query}")).json()["data"]
            assert [job["job_id"] for job in found] == expected, query
        assert (await client.get("/ocpp/jobs?status=ENDED")).status_code == 422


async def test_a_job_under_way_counts_what_it_has(
    api: Api, database: Database, clock: FakeClock
) -> None:
    builders.accept(database, builders.batch(3), now=clock())
    exists = builders.accept(database, builders.batch(4), now=clock())
    [first] = [j for j in await listed(api) if j["job_id"] != exists]
    builders.carry_out(database, first["job_id"], clock())
    builders.carry_out(database, exists, clock())
    [ended] = [j for j in await listed(api) if j["job_id"] == exists]
    assert (ended["created"], ended["failed"]) == (1, 3)


async def test_a_single_charger_s_job_points_at_the_charger(
    api: Api, database: Database, clock: FakeClock
) -> None:
    async with api.as_("user") as client:
        body = {
            "identity": "ONE",
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": "ws://127.0.0.1:9/ocpp",
        }
        made = (await client.post("/ocpp/chargers", json=body)).json()
        [job] = (await client.get("/ocpp/jobs")).json()["data"]
        assert (job["job_type"], job["location_id"]) == ("charger_create", None)
        assert job["status_url"] == made["status_url"]
        await client.delete(f"/ocpp/chargers/{made['charger_id']}")
        [job] = (await client.get("/ocpp/jobs")).json()["data"]
        assert job["status_url"] is None


async def listed(api: Api) -> list[dict[str, object]]:
    async with api.as_("user") as client:
        found: list[dict[str, object]] = (await client.get("/ocpp/jobs")).json()["data"]
        return found


@pytest.mark.parametrize(("who", "organization_id"), [("user", "acme"), ("admin", None)])
async def test_me(api: Api, clock: FakeClock, who: str, organization_id: str | None) -> None:
    async with api.as_(who) as client:
        me = (await client.get("/me")).json()
    assert me["subject"].startswith(who)
    assert (me["role"], me["organization_id"]) == (who, organization_id)
    assert me["expires_at"].endswith("Z")
