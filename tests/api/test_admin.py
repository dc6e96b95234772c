"""What admins do: read the audit log, and choose what organizations may have."""

import json
from typing import Any

import httpx2
import pytest

import builders
from support.callers import Api
from support.clock import FakeClock
from voltfleet.api import audit_trail
from voltfleet.api.deps import Services
from voltfleet.domain.errors import Unavailable
from voltfleet.fleet import audit
from voltfleet.storage.engine import Database

QUOTA = "/admin/organizations/acme/quota"
LOCATION = {
    "name": "Hub",
    "address": "2 Side Street",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.0, "longitude": 5.0},
}
CHARGER = {
    "identity": "CP1",
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
    "ws_url": "ws://127.0.0.1:9/ocpp",
}


def batch(count: int, prefix: str = "B-") -> list[dict[str, Any]]:
    template = {k: v for k, v in CHARGER.items() if k != "identity"}
    return [{"template": template | {"identity_prefix": prefix}, "chargers_number": count}]


async def audited(api: Api, **query: Any) -> list[dict[str, Any]]:
    async with api.as_("admin") as admin:
        answer = await admin.get("/admin/audit", params=query)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["data"]
    return lines


# --- the audit log ------------------------------------------------------------------------------


async def test_a_change_is_told_with_who_what_and_where_from(api: Api, clock: FakeClock) -> None:
    async with api.as_("user") as user:
        made = await user.post("/ocpp/locations", json=LOCATION, headers={"X-Request-Id": "my-1"})
    [line] = await audited(api)
    assert made.headers["x-request-id"] == "my-1"
    assert line == {
        "at": "2027-01-15T08:00:00Z",
        "organization_id": "acme",
        "subject": line["subject"],
        "role": "user",
        "operation": "create_location",
        "targets": {"location_id": made.json()["id"]},
        "outcome": "done",
        "reason": None,
        "request_id": "my-1",
        "remote": "127.0.0.1",
        "times": 1,
    }
    assert line["subject"].startswith("user-")


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "a\tb"])
async def test_a_request_id_that_is_none_is_drawn(api: Api, given: str) -> None:
    async with api.as_("user") as user:
        answer = await user.get("/ocpp/locations", headers={"X-Request-Id": given.encode()})
    assert len(answer.headers["x-request-id"]) == 16


async def test_a_bulk_request_is_one_line(api: Api, database: Database) -> None:
    async with api.as_("user") as user:
        place = (await user.post("/ocpp/locations", json=LOCATION)).json()["id"]
        path = f"/ocpp/locations/{place}/chargers"
        job = (await user.post(path, json=batch(500))).json()["job_id"]
        builders.carry_out(database, job, 1.0)
        listed = (await user.get(path)).json()["data"]
        ids = [charger["id"] for charger in listed[:3]]
        gone = await user.delete(path, params={"charger_ids": [*ids, "nobody"]})
        assert gone.json()["deleted_count"] == 3
        everywhere = {"target": {"location_id": place}, "event": {"id_tag": "A"}}
        assert (await user.post("/ocpp/commands/start-session", json=everywhere)).status_code == 202
    lines = await audited(api)
    assert [(line["operation"], line["targets"]) for line in lines] == [
        ("start_session", {"location_id": place, "commands": 497}),
        ("delete_location_chargers", {"location_id": place, "charger_ids": ids}),
        ("create_location_chargers", {"location_id": place, "job_id": job, "chargers": 500}),
        ("create_location", {"location_id": place}),
    ]


async def test_no_secret_is_ever_in_it(api: Api, database: Database) -> None:
    secret = "a-secret-of-16-letters"
    safe = CHARGER | {"ws_url": "ws://127.0.0.1:9/ocpp", "authorization_key": secret}
    async with api.as_("user") as user:
        made = await user.post("/ocpp/chargers", json=safe | {"security_profile": 1})
        assert made.status_code == 202, made.text
        charger = made.json()["charger_id"]
        for body in (
            {"authorization_key": secret + "x", "security_profile": 1},
            {"authorization_key": secret * 30, "security_profile": 1},
            {"client_key": secret, "security_profile": 3},
            {"authorization_key": secret, "security_profile": secret},
        ):
            await user.put(f"/ocpp/chargers/{charger}", json=body)
        await user.post("/ocpp/chargers", content=json.dumps(safe)[:-1].encode())
    lines = await audited(api)
    assert {line["outcome"] for line in lines} > {"done"}
    assert len(lines) >= 5
    assert secret not in json.dumps(lines)
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM audit_log").all()
    assert secret not in str(rows)


async def test_refusals_are_told_with_why(api: Api, clock: FakeClock) -> None:
    async with api.as_("user") as user:
        await user.get("/ocpp/locations/nowhere")
        await user.delete("/ocpp/locations/nowhere")
        await user.post("/ocpp/chargers", json=CHARGER | {"brand_slug": "nobody", "ws_url": 7})
        await user.post("/ocpp/chargers", json=CHARGER | {"brand_slug": "nobody"})
        await user.get("/admin/audit")
    async with api.as_("anonymous", Authorization="Bearer a.b.c") as stranger:
        for _ in range(30):
            await stranger.get("/ocpp/locations")
    lines = await audited(api)
    told = [(x["operation"], x["outcome"], x["reason"], x["times"]) for x in lines]
    assert told == [
        ("list_locations", "unauthenticated", "The bearer token is not a JSON Web Token.", 30),
        ("list_audit_log", "wrong_role", "Only an admin's token may do this.", 1),
        ("create_charger", "unknown_brand", "body.brand_slug: unknown_brand", 1),
        ("create_charger", "invalid_input", "body.ws_url: string_type", 1),
        ("delete_location", "location_not_found", "Location not found", 1),
    ]
    assert lines[0]["subject"] is None
    assert lines[4]["targets"] == {"location_id": "nowhere"}


async def test_a_line_stands_and_falls_with_its_change(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("The disk is full.", code="database_unavailable")

    async with api.as_("user") as user:
        monkeypatch.setattr(audit, "append", fail)
        refused = await user.post("/ocpp/locations", json=LOCATION)
        monkeypatch.undo()
        assert refused.status_code == 503
        assert (await user.get("/ocpp/locations")).json()["total"] == 0
    assert [line["outcome"] for line in await audited(api)] == ["database_unavailable"]


async def test_a_command_that_is_not_queued_is_no_change(api: Api, database: Database) -> None:
    async with api.as_("user") as user:
        charger = (await user.post("/ocpp/chargers", json=CHARGER)).json()["charger_id"]
        assert (await user.post(f"/ocpp/chargers/{charger}/stop-charger")).status_code == 202
        body = {"target": {"charger_id": charger}, "event": {}}
        assert (await user.post("/ocpp/commands/cache/reset", json=body)).status_code == 400
    outcomes = [(line["operation"], line["outcome"]) for line in await audited(api)]
    assert outcomes[0] == ("reset_auth_cache", "charger_not_running")


async def test_the_log_is_paged_and_filtered(api: Api, clock: FakeClock) -> None:
    for who, organization in (("user", None), ("stranger", None), ("admin", "acme")):
        headers = {"X-Organization-Id": organization} if organization else {}
        async with api.as_(who, **headers) as client:
            assert (await client.post("/ocpp/locations", json=LOCATION)).status_code == 201
        clock.advance(60)
    assert [x["role"] for x in await audited(api)] == ["admin", "user", "user"]
    assert [x["role"] for x in await audited(api, organization_id="acme")] == ["admin", "user"]
    first = (await audited(api))[0]
    assert await audited(api, subject=first["subject"]) == [first]
    assert await audited(api, operation="delete_location") == []
    assert len(await audited(api, operation="create_location", outcome="done")) == 3
    assert await audited(api, start_date="2027-01-15T08:01:30Z") == [first]
    assert len(await audited(api, end_date="2027-01-15T08:01:00")) == 2
    assert await audited(api, page=2, limit=2) == (await audited(api))[2:]
    async with api.as_("admin") as admin:
        for query in ("start_date=1", "page=0", "limit=101", "organization_id=%00"):
            assert (await admin.get(f"/admin/audit?{query}")).status_code == 422, query


async def test_a_flood_of_refusals_costs_a_bounded_memory(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_trail, "MOST_WAITING", 3)
    trail = audit_trail.AuditTrail()
    for number in range(100):
        entry = audit.Entry(at=1.0, operation="x", outcome="no", request_id="", remote=str(number))
        trail.refused(services.db, entry)
    await trail.close(services.db)
    with services.db.reading() as connection:
        assert audit.page(connection, audit.Wanted(), offset=0, limit=1)[1] == 3


async def test_refusals_wait_while_the_database_is_away(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = audit_trail.AuditTrail()
    entry = audit.Entry(at=1.0, operation="x", outcome="no", request_id="")

    async def away(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", away)
        trail.refused(services.db, entry)
        await trail.flush(services.db)
        trail.refused(services.db, entry)
    await trail.close(services.db)
    with services.db.reading() as connection:
        [line], _ = audit.page(connection, audit.Wanted(), offset=0, limit=9)
    assert line.times == 2


# --- quotas -------------------------------------------------------------------------------------


async def put_quota(api: Api, **body: Any) -> httpx2.Response:
    async with api.as_("admin") as admin:
        return await admin.put(QUOTA, json=body)


async def test_a_quota_is_chosen_read_and_left_to_the_operator_again(api: Api) -> None:
    async with api.as_("admin") as admin:
        unlimited = (await admin.get(QUOTA)).json()
        assert set(unlimited["effective"].values()) == {None}
        chosen = await put_quota(api, max_chargers=5, max_jobs="unlimited")
        assert chosen.json() == {
            "organization_id": "acme",
            "chosen": {
                "max_chargers": 5,
                "max_jobs": "unlimited",
                "max_requests_per_second": None,
            },
            "effective": {
                "max_chargers": 5,
                "max_jobs": None,
                "max_requests_per_second": None,
            },
            "chargers": 0,
            "jobs": 0,
        }
        assert (await admin.get(QUOTA)).json() == chosen.json()
        assert (await put_quota(api)).json() == unlimited
    lines = await audited(api)
    assert lines[1]["organization_id"] == "acme"
    assert lines[1]["targets"]["chosen"]["max_chargers"] == 5


@pytest.mark.parametrize(
    "body",
    [
        {"max_chargers": -1},
        {"max_chargers": 1.5},
        {"max_jobs": "none"},
        {"max_jobs": "5"},
        {"max_jobs": 10**10},
        {"max_requests_per_second": -0.1},
    ],
)
async def test_a_quota_that_is_none_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert (await put_quota(api, **body)).status_code == 422


async def test_a_charger_too_many_is_429_and_nothing_is_written(
    api: Api, database: Database
) -> None:
    assert (await put_quota(api, max_chargers=3)).status_code == 200
    async with api.as_("user") as user:
        place = (await user.post("/ocpp/locations", json=LOCATION)).json()["id"]
        path = f"/ocpp/locations/{place}/chargers"
        assert (await user.post(path, json=batch(2))).status_code == 202
        refused = await user.post(path, json=batch(2, "C-"))
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "2"
        assert refused.json()["code"] == "charger_quota_exceeded"
        assert "may have 3 chargers and has 2" in refused.json()["detail"]
        assert (await user.post("/ocpp/chargers", json=CHARGER)).status_code == 202
        one = await user.post("/ocpp/chargers", json=CHARGER | {"identity": "CP2"})
        assert (one.status_code, one.json()["code"]) == (429, "charger_quota_exceeded")
    async with api.as_("admin") as admin:
        used = (await admin.get(QUOTA)).json()
    assert (used["chargers"], used["jobs"]) == (3, 2)


async def test_a_job_too_many_is_429(api: Api) -> None:
    assert (await put_quota(api, max_jobs=1)).status_code == 200
    async with api.as_("user") as user:
        assert (await user.post("/ocpp/chargers", json=CHARGER)).status_code == 202
        refused = await user.post("/ocpp/chargers", json=CHARGER | {"identity": "CP2"})
    assert (refused.status_code, refused.json()["code"]) == (429, "job_quota_exceeded")


async def test_a_rate_holds_at_once_at_the_gateway_where_it_was_chosen(api: Api) -> None:
    assert (await put_quota(api, max_requests_per_second=0)).status_code == 200
    async with api.as_("user") as user:
        refused = await user.get("/ocpp/locations")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert (await put_quota(api)).status_code == 200
    async with api.as_("user") as user:
        assert (await user.get("/ocpp/locations")).status_code == 200
