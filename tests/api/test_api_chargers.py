"""One charger at a time over HTTP: create, follow, read, change, run, delete, its messages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

import builders
from support.callers import Api, codes
from support.clock import FakeClock
from voltfleet.api.deps import Services
from voltfleet.domain.hosting import (
    ChargerReport,
    ConnectionReport,
    ConnectionState,
    ConnectorReport,
    FrameLog,
)
from voltfleet.fleet import frame_log, hosts, placement, provisioning
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database

PATH = "/ocpp/chargers"
NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"
BODY = {
    "identity": "CP-1",
    "brand_slug": "abb",
    "model_slug": "terra-184",
    "connector_type": "CCS2",
    "ws_url": "ws://127.0.0.1:9/ocpp",
}
LIFECYCLE = ["start-charger", "stop-charger", "reset-charger"]


@pytest.fixture
async def services(services: Services, database: Database) -> Services:
    with database.writing() as connection:
        connection.execute(builders.locations_table.insert(), builders.LOCATION)
    return replace(services, settings=Settings())


@pytest.fixture
async def user(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.as_("user") as client:
        yield client


@pytest.fixture
async def charger(user: httpx2.AsyncClient, database: Database, clock: FakeClock) -> dict[str, Any]:
    """CP-1, provisioned and online."""
    return await made(user, database, clock)


async def made(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock, **fields: Any
) -> dict[str, Any]:
    answer = await user.post(PATH, json=BODY | fields)
    assert answer.status_code == 202, answer.text
    builders.carry_out(database, answer.json()["workflow_run_id"], clock())
    found: dict[str, Any] = (await user.get(f"{PATH}/{answer.json()['charger_id']}")).json()
    return found


def unsynced(database: Database) -> list[hosts.Change]:
    with database.reading() as connection:
        return hosts.changes(connection, "local-0", 100)


def report(database: Database, report_: ChargerReport, now: float) -> None:
    with database.writing() as connection:
        hosts.apply(connection, "local-0", "boot", [report_], now)


# --- who may ---------------------------------------------------------------------------------

ROUTES = [
    ("GET", "", None),
    ("PUT", "", {"name": "mine"}),
    ("DELETE", "", None),
    ("GET", "/status", None),
    ("GET", "/logs", None),
    *(("POST", f"/{verb}", {}) for verb in LIFECYCLE),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_a_stranger_finds_no_charger_and_changes_none(
    api: Api, charger: dict[str, Any], database: Database, method: str, path: str, body: Any
) -> None:
    async with api.as_("stranger") as stranger:
        answer = await stranger.request(method, f"{PATH}/{charger['id']}{path}", json=body)
        missing = await stranger.request(method, f"{PATH}/{NOWHERE}{path}", json=body)
        assert (await stranger.get(PATH)).json()["total"] == 0
        assert (await stranger.get(PATH, params={"location_id": "loc"})).json()["total"] == 0
    assert (answer.status_code, answer.json()["code"]) == (404, "charger_not_found")
    assert answer.json() == missing.json()
    assert unsynced(database) == []
    async with api.as_("admin", **{"X-Organization-Id": "acme"}) as admin:
        assert (await admin.get(f"{PATH}/{charger['id']}")).json() == charger


async def test_a_charger_cannot_be_put_at_a_strangers_location(
    api: Api, charger: dict[str, Any]
) -> None:
    async with api.as_("stranger") as stranger:
        answer = await stranger.post(PATH, json=BODY | {"location_id": "loc"})
    assert codes(answer) == [(["body", "location_id"], "unknown_location")]


# --- create ----------------------------------------------------------------------------------


async def test_a_charger_is_created_durably(
    user: httpx2.AsyncClient, services: Services, database: Database, clock: FakeClock
) -> None:
    answer = await user.post(PATH, json=BODY | {"location_id": "loc", "charge_point_name": "Bay"})
    body = answer.json()
    assert answer.status_code == 202
    assert (body["identity"], body["status"]) == ("CP-1", "PENDING")
    assert body["status_url"] == f"{PATH}/{body['charger_id']}/status"
    assert answer.headers["location"] == body["status_url"]
    assert answer.headers["retry-after"] == "1"
    queue: Any = services.queue
    assert [job_id for _, job_id, _ in queue.enqueued] == [body["workflow_run_id"]]
    pending = (await user.get(body["status_url"])).json()
    assert pending == {
        "charger_id": body["charger_id"],
        "status": "PENDING",
        "workflow_run_id": body["workflow_run_id"],
        "error": None,
        "provisioned_at": None,
    }
    builders.carry_out(database, body["workflow_run_id"], clock())
    ready = (await user.get(body["status_url"])).json()
    assert (ready["status"], ready["provisioned_at"]) == ("READY", "2027-01-15T08:00:00Z")
    there = (await user.get("/ocpp/locations/loc/chargers")).json()["data"]
    assert [(c["id"], c["name"]) for c in there] == [(body["charger_id"], "Bay")]


async def test_a_charger_tells_all_about_itself(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database, clock: FakeClock
) -> None:
    since = clock() - 5
    connectors = [ConnectorReport(1, 1, "Charging", None, since, charging=True)]
    state = ConnectionReport(ConnectionState.CONNECTED, since, "the CSMS is slow", 3)
    report(database, ChargerReport(charger["id"], 1, state, connectors), clock())
    found = (await user.get(f"{PATH}/{charger['id']}")).json()
    assert found == {
        "id": charger["id"],
        "identity": "CP-1",
        "name": "CP-1",
        "vendor_name": "ABB",
        "model": "Terra 184",
        "image_url": None,
        "ocpp_version": "OCPP1.6",
        "number_of_connectors": found["number_of_connectors"],
        "max_charging_power": 180_000,
        "connector_type": "CCS2",
        "location_id": None,
        "created_at": "2027-01-15T08:00:00Z",
        "updated_at": "2027-01-15T08:00:00Z",
        "ws_url": "ws://127.0.0.1:9/ocpp",
        "security_profile": 0,
        "status": "READY",
        "error": None,
        "connection": {
            "state": "connected",
            "since": "2027-01-15T07:59:55Z",
            "last_error": "the CSMS is slow",
            "attempts": 3,
        },
        "connectors": [
            {
                "evse_id": 1,
                "connector_id": 1,
                "status": "Charging",
                "error_code": None,
                "since": "2027-01-15T07:59:55Z",
                "charging": True,
                "suspended": False,
            }
        ],
        "host_id": "local-0",
    }


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"identity": ""}, "identity", "invalid_identity"),
        ({"identity": "a b"}, "identity", "invalid_identity"),
        ({"identity": "é"}, "identity", "invalid_identity"),
        ({"identity": "x" * 49}, "identity", "invalid_identity"),
        ({"identity": "a\0"}, "identity", None),
        ({"identity": None}, "identity", None),
        ({"identity": 7}, "identity", None),
        ({"brand_slug": "nobody"}, "brand_slug", "unknown_brand"),
        ({"model_slug": "nothing"}, "model_slug", "unknown_model"),
        ({"connector_type": "Type2"}, "connector_type", "unknown_connector_type"),
        ({"ocpp_version": "2.0.1"}, "ocpp_version", "unknown_ocpp_version"),
        ({"ocpp_version": None}, "ocpp_version", None),
        ({"ws_url": "https://a"}, "ws_url", "invalid_ws_url"),
        ({"location_id": NOWHERE}, "location_id", "unknown_location"),
        ({"location_id": "a\0"}, "location_id", None),
        ({"charge_point_name": ""}, "charge_point_name", None),
        ({"charge_point_name": "a\0"}, "charge_point_name", None),
        ({"location_name": "\n"}, "location_name", None),
    ],
)
async def test_a_field_that_cannot_be_is_named(
    user: httpx2.AsyncClient,
    services: Services,
    change: dict[str, Any],
    field: str,
    code: str | None,
) -> None:
    found = codes(await user.post(PATH, json=BODY | change))
    assert [loc for loc, _ in found] == [["body", field]]
    assert code is None or found[0][1] == code
    queue: Any = services.queue
    assert queue.enqueued == []


async def test_an_identity_exists_once(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database, clock: FakeClock
) -> None:
    answer = await user.post(PATH, json=BODY)
    assert codes(answer) == [(["body", "identity"], "duplicate_identity")]
    assert "delete it first" in answer.json()["detail"][0]["msg"]
    assert (await user.get(PATH)).json()["total"] == 1
    assert (await user.delete(f"{PATH}/{charger['id']}")).status_code == 204
    again = await user.post(PATH, json=BODY)
    assert again.status_code == 202


async def test_a_charger_that_nobody_can_host_fails_and_says_why(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    accepted = (await user.post(PATH, json=BODY)).json()
    job_id, now = accepted["workflow_run_id"], clock()
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
        for _ in range(8):
            placement.place(connection, job_id, now)
            now += 60
        provisioning.finish(connection, job_id, now)
    found = (await user.get(accepted["status_url"])).json()
    assert (found["status"], found["error"]["code"]) == ("FAILED", "no_host")
    assert found["error"]["retryable"] is True
    assert "voltfleet serve" in found["error"]["message"]
    charger = (await user.get(f"{PATH}/{accepted['charger_id']}")).json()
    assert charger["connection"]["last_error"] == found["error"]["message"]
    assert (await user.delete(f"{PATH}/{accepted['charger_id']}")).status_code == 204


# --- list ------------------------------------------------------------------------------------


async def test_chargers_are_listed_by_page_and_location(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    for number in range(3):
        clock.advance(1)
        place = {"location_id": "loc"} if number else {}
        await made(user, database, clock, identity=f"C{number}", **place)
    first = (await user.get(PATH, params={"limit": 2})).json()
    assert ([c["identity"] for c in first["data"]], first["total"]) == (["C0", "C1"], 3)
    here = (await user.get(PATH, params={"location_id": "loc", "page": 2, "limit": 1})).json()
    assert ([c["identity"] for c in here["data"]], here["total"]) == (["C2"], 2)
    assert (await user.get(PATH, params={"location_id": NOWHERE})).json()["data"] == []
    assert codes(await user.get(PATH, params={"limit": 101}))[0][0] == ["query", "limit"]


# --- change ----------------------------------------------------------------------------------


async def test_what_is_sent_is_changed_and_the_rest_stays(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database, clock: FakeClock
) -> None:
    clock.advance(10)
    answer = await user.put(f"{PATH}/{charger['id']}", json={"charge_point_name": "Bay ⚡"})
    changed = {"name": "Bay ⚡", "updated_at": "2027-01-15T08:00:10Z"}
    assert answer.json() == charger | changed
    assert unsynced(database) == []
    same = await user.put(f"{PATH}/{charger['id']}", json={})
    assert same.json() == charger | changed


async def test_a_new_address_reaches_the_station(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database
) -> None:
    change = {"ws_url": "wss://other.example/x", "ocpp_version": "OCPP2.0.1"}
    answer = await user.put(f"{PATH}/{charger['id']}", json=change)
    assert answer.json().items() >= change.items()
    (told,) = unsynced(database)
    assert (told.assignment.ws_url, told.assignment.ocpp_version) == tuple(change.values())
    assert told.assignment.generation == 2


async def test_nulls_clear_what_can_be_cleared(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    charger = await made(user, database, clock, location_id="loc", charge_point_name="Bay")
    cleared = await user.put(
        f"{PATH}/{charger['id']}", json={"name": None, "location_id": None, "location_name": None}
    )
    assert (cleared.json()["name"], cleared.json()["location_id"]) == (None, None)
    for field in ("ws_url", "ocpp_version", "connector_type"):
        answer = await user.put(f"{PATH}/{charger['id']}", json={field: None})
        assert codes(answer)[0][0] == ["body", field]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"ws_url": "http://a"}, "ws_url", "invalid_ws_url"),
        ({"ws_url": ""}, "ws_url", "invalid_ws_url"),
        ({"connector_type": "Type2"}, "connector_type", "unknown_connector_type"),
        ({"connector_type": ""}, "connector_type", "unknown_connector_type"),
        ({"ocpp_version": "1.6"}, "ocpp_version", "unknown_ocpp_version"),
        ({"location_id": NOWHERE}, "location_id", "unknown_location"),
        ({"location_id": "a\0"}, "location_id", None),
        ({"name": "\0"}, "name", None),
        ({"name": ""}, "name", None),
        ({"charge_point_name": 5}, "charge_point_name", None),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(
    user: httpx2.AsyncClient,
    charger: dict[str, Any],
    database: Database,
    change: dict[str, Any],
    field: str,
    code: str | None,
) -> None:
    answer = await user.put(f"{PATH}/{charger['id']}", json={"name": "New", **change})
    found = codes(answer)
    assert [loc for loc, _ in found] == [["body", field]]
    assert code is None or found[0][1] == code
    assert (await user.get(f"{PATH}/{charger['id']}")).json() == charger
    assert unsynced(database) == []


# --- delete ----------------------------------------------------------------------------------


async def test_a_deleted_charger_is_gone_at_once_and_leaves_its_host(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database
) -> None:
    url = f"{PATH}/{charger['id']}"
    answer = await user.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    for method, path, body in ROUTES:
        assert (await user.request(method, f"{url}{path}", json=body)).status_code == 404
    assert (await user.get(PATH)).json()["total"] == 0
    assert [(c.assignment.charger_id, c.gone) for c in unsynced(database)] == [
        (charger["id"], True)
    ]


async def test_a_charger_deleted_while_it_is_provisioned_is_never_run(
    user: httpx2.AsyncClient, database: Database, clock: FakeClock
) -> None:
    accepted = (await user.post(PATH, json=BODY)).json()
    assert (await user.delete(f"{PATH}/{accepted['charger_id']}")).status_code == 204
    builders.carry_out(database, accepted["workflow_run_id"], clock())
    assert unsynced(database) == []
    assert (await user.get(accepted["status_url"])).status_code == 404


# --- start, stop, reset ------------------------------------------------------------------------


async def test_stop_and_start_are_told_once(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database, clock: FakeClock
) -> None:
    url = f"{PATH}/{charger['id']}"
    stopped = await user.post(f"{url}/stop-charger")
    assert stopped.status_code == 202
    assert stopped.json() == {
        "id": charger["id"],
        "event_type": "stop_charger",
        "ocpp_version": "ocpp1.6",
        "payload": {
            "provider": "voltfleet",
            "runtime_kind": "host",
            "service_name": charger["id"],
            "desired_count": 0,
            "status": "ACTIVE",
        },
    }
    await user.post(f"{url}/stop-charger", json={})
    (told,) = unsynced(database)
    assert (told.assignment.running, told.assignment.generation) == (False, 2)
    builders.take_up(database, clock(), state=ConnectionState.STOPPED)
    assert (await user.get(url)).json()["connection"]["state"] == "stopped"
    started = await user.post(f"{url}/start-charger", json={"anything": 1})
    assert started.json()["payload"]["desired_count"] == 1
    (told,) = unsynced(database)
    assert (told.assignment.running, told.assignment.generation) == (True, 3)


async def test_each_reset_is_a_restart_and_starts_what_was_stopped(
    user: httpx2.AsyncClient, charger: dict[str, Any], database: Database
) -> None:
    url = f"{PATH}/{charger['id']}"
    await user.post(f"{url}/stop-charger")
    for generation in (3, 4):
        answer = await user.post(f"{url}/reset-charger", json={})
        assert (answer.status_code, answer.json()["event_type"]) == (202, "reset_charger")
        (told,) = unsynced(database)
        assert (told.assignment.running, told.assignment.generation) == (True, generation)


@pytest.mark.parametrize("verb", LIFECYCLE)
@pytest.mark.parametrize("body", ["[]", '"x"', "{"])
async def test_a_lifecycle_body_is_an_object_or_nothing(
    user: httpx2.AsyncClient, charger: dict[str, Any], verb: str, body: str
) -> None:
    answer = await user.post(
        f"{PATH}/{charger['id']}/{verb}", content=body, headers={"Content-Type": "application/json"}
    )
    assert codes(answer)[0][0][0] == "body"  # type: ignore[index]


# --- messages ----------------------------------------------------------------------------------


def log(frames: Database, charger_id: str, *entries: tuple[float, str]) -> None:
    with frames.writing() as connection:
        frame_log.append(
            connection,
            [FrameLog(charger_id, at, n % 2 == 0, a, "[2]") for n, (at, a) in enumerate(entries)],
        )


@pytest.fixture
def messages(charger: dict[str, Any], frames: Database, clock: FakeClock) -> str:
    """Where the messages of CP-1 are read: five of them, a second apart."""
    actions = [
        "BootNotification",
        "BootNotification",
        "Heartbeat",
        "Heartbeat",
        "StatusNotification",
    ]
    log(frames, charger["id"], *((clock() + n, action) for n, action in enumerate(actions)))
    log(frames, "another", (clock(), "Heartbeat"))
    return f"{PATH}/{charger['id']}/logs"


async def test_messages_are_read_oldest_first(user: httpx2.AsyncClient, messages: str) -> None:
    body = (await user.get(messages)).json()
    assert (body["total"], body["limit"], body["offset"]) == (5, 1000, 0)
    assert body["data"][1] == {
        "direction": "csms_to_cp",
        "action": "BootNotification",
        "message": "[2]",
        "timestamp": "2027-01-15T08:00:01Z",
    }
    assert body["data"][0]["direction"] == "cp_to_csms"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"start_date": "2027-01-15T08:00:02Z"}, 3),
        ({"end_date": "2027-01-15T08:00:02Z"}, 3),
        ({"start_date": "2027-01-15T08:00:01Z", "end_date": "2027-01-15T08:00:03Z"}, 3),
        ({"start_date": "2027-01-15T08:00:02"}, 3),  # no offset: UTC
        ({"start_date": "2027-01-15T10:00:02+02:00"}, 3),
        ({"start_date": "2027-01-15"}, 5),
        ({"start_date": "2027-01-16"}, 0),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, 5),
        ({"end_date": "9999-12-31T23:59:59-14:00"}, 5),
        ({"start_date": "2027-01-15T08:00:03Z", "end_date": "2027-01-15T08:00:01Z"}, 0),
        ({"event": "Heartbeat"}, 2),
        ({"event": "heartbeat"}, 0),
        ({"event": "心"}, 0),
        ({"event": ""}, 0),
        ({"limit": 2, "offset": 4}, 1),
        ({"offset": 2**53}, 0),
    ],
)
async def test_messages_are_narrowed(
    user: httpx2.AsyncClient, messages: str, query: dict[str, Any], found: int
) -> None:
    answer = await user.get(messages, params=query)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        (f"offset={2**53 + 1}", "offset"),
        ("start_date=yesterday", "start_date"),
        ("start_date=1700000000", "start_date"),
        ("end_date=2027-13-01", "end_date"),
        ("end_date=", "end_date"),
        ("event=%00", "event"),
    ],
)
async def test_a_query_that_cannot_be_is_named(
    user: httpx2.AsyncClient, messages: str, query: str, field: str
) -> None:
    assert codes(await user.get(f"{messages}?{query}"))[0][0] == ["query", field]


async def test_a_message_is_found_again_by_the_time_it_is_shown_with(
    user: httpx2.AsyncClient, charger: dict[str, Any], frames: Database, clock: FakeClock
) -> None:
    log(frames, charger["id"], *((clock() + n / 7, "Heartbeat") for n in range(50)))
    url = f"{PATH}/{charger['id']}/logs"
    for entry in (await user.get(url)).json()["data"]:
        shown = {"start_date": entry["timestamp"], "end_date": entry["timestamp"]}
        assert entry in (await user.get(url, params=shown)).json()["data"]
        at = datetime.fromisoformat(entry["timestamp"]).astimezone(UTC)
        assert at.microsecond % 1000 == 0


async def test_the_log_of_a_locked_database_is_503(
    user: httpx2.AsyncClient, messages: str, services: Services, frames: Database, app: Any
) -> None:
    away = Database("sqlite:////nowhere/at/all.db")
    app.state.services = replace(services, frames=away)
    answer = await user.get(messages)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    away.close()
