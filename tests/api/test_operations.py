"""What admins see of organizations and hosts, and pages of a charger's messages by id."""

import pytest

import builders
from support.callers import Api
from support.clock import FakeClock
from voltfleet.domain.hosting import Beat, FrameLog
from voltfleet.fleet import chargers, frame_log, hosts
from voltfleet.storage.engine import Database


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    """These run on both databases."""
    return current_database_url


async def test_organizations_and_what_they_have(
    api: Api, database: Database, clock: FakeClock
) -> None:
    done = builders.accept(database, builders.batch(3), now=clock())
    builders.carry_out(database, done, clock())
    builders.accept(database, builders.batch(2, prefix="W"), now=clock())
    builders.accept(
        database, builders.batch(2), tenant=builders.OTHER, location_id="o", now=clock()
    )
    with database.writing() as connection:
        found, _ = chargers.page(connection, builders.ACME, offset=0, limit=1)
        chargers.delete(connection, builders.ACME, found[0].id, clock())
    async with api.as_("admin") as client:
        answer = (await client.get("/admin/organizations")).json()
        assert answer["data"] == [
            # Both locations are acme's: see builders.LOCATION.
            {"organization_id": "acme", "locations": 2, "chargers": 2, "jobs_open": 1},
            {"organization_id": "other", "locations": 0, "chargers": 0, "jobs_open": 1},
        ]
        assert (answer["total"], answer["limit"]) == (2, 50)
        second = (await client.get("/admin/organizations?page=2&limit=1")).json()
        assert [each["organization_id"] for each in second["data"]] == ["other"]


async def test_hosts_and_their_leases(api: Api, database: Database, clock: FakeClock) -> None:
    builders.connect_host(database, clock(), host_id="b", capacity=50)
    builders.connect_host(database, clock() - 100, host_id="a", capacity=20)
    with database.writing() as connection:
        hosts.renew(connection, "b", "boot", Beat(7, 5, 1.26), clock(), builders.LEASE_SECONDS)
    clock.advance(5)
    async with api.as_("admin") as client:
        answer = (await client.get("/admin/hosts")).json()
    dead, alive = answer["data"]
    assert (dead["id"], dead["alive"], dead["lease_seconds_left"]) == ("a", False, 0)
    assert alive.pop("connected_at").endswith("Z")
    assert alive == {
        "id": "b",
        "capacity": 50,
        "stations": 7,
        "online": 5,
        "lag_ms": 1.3,
        "lease_seconds_left": 10,
        "alive": True,
    }
    assert answer["total"] == 2


async def test_messages_page_by_page_from_the_newest(
    api: Api, database: Database, frames: Database, clock: FakeClock
) -> None:
    job_id = builders.accept(database, builders.batch(2), now=clock())
    builders.carry_out(database, job_id, clock())
    with database.reading() as connection:
        mine, other = chargers.created_by(connection, job_id, "READY")
    with frames.writing() as connection:
        for n in range(10):
            action = "Heartbeat" if n % 2 else "MeterValues"
            told = [
                FrameLog(mine.id, clock() - n, n % 3 == 0, action, f'[2,"Word{n}_%"]'),
                FrameLog(other.id, clock(), True, "Heartbeat", "[]"),
            ]
            frame_log.append(connection, told)
    path = f"/ocpp/chargers/{mine.id}/frames"
    async with api.as_("user") as client:

        async def get(query: str = "") -> list[tuple[int, str]]:
            answer = await client.get(f"{path}?{query}")
            assert answer.status_code == 200, answer.text
            return [(each["id"], each["message"]) for each in answer.json()["data"]]

        everything = await get()
        assert [text for _, text in everything] == [f'[2,"Word{n}_%"]' for n in range(9, -1, -1)]
        first = await get("limit=4")
        assert first == everything[:4]
        assert await get(f"limit=4&before={first[-1][0]}") == everything[4:8]
        assert await get(f"after={everything[2][0]}") == everything[:2]
        assert await get(f"after={everything[7][0]}&limit=3") == everything[4:7]
        both = f"after={everything[7][0]}&before={everything[0][0]}&limit=3"
        assert await get(both) == everything[1:4]
        assert await get("action=Heartbeat") == everything[0::2]
        assert await get("direction=cp_to_csms") == [everything[n] for n in (0, 3, 6, 9)]
        assert await get("q=word3_") == [everything[6]]
        assert await get("q=%25%22") == everything
        assert await get("q=W%25d") == []
        for wrong in ("before=-1", "limit=501", "direction=up", "q="):
            assert (await client.get(f"{path}?{wrong}")).status_code == 422, wrong
    async with api.as_("stranger") as client:
        assert (await client.get(path)).status_code == 404
