"""The command routes: who may, what they take, what they answer; and a host that carries it out."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import builders
from support.callers import Api, codes
from support.clock import FakeClock
from voltfleet.api import dispatch
from voltfleet.domain.hosting import CommandOutcome
from voltfleet.fleet import chargers, delivery, provisioning
from voltfleet.storage.engine import Database

BARE = {
    "configuration",
    "cache/reset",
    "local-auth-list",
    "clear-local-auth-list",
    "inject-fault",
    "clear-fault",
}
EVENTS: dict[str, dict[str, Any]] = {
    "proxy-message": {"action": "heartbeat", "ocpp_version": "ocpp1.6", "payload": {}},
    "configuration": {"configuration": {"HeartbeatInterval": "60"}},
    "cache/reset": {},
    "local-auth-list": {"list_version": 1, "entries": [{"id_tag": "T"}]},
    "clear-local-auth-list": {},
    "inject-fault": {"fault_type": "OverCurrent", "connector_id": 1},
    "clear-fault": {},
    "plug-connector": {"evse_id": 1, "connector_id": 1},
    "unplug-connector": {},
    "unlock-connector": {},
    "start-transaction": {"id_tag": "T"},
    "stop-transaction": {"transaction_id": "1"},
    "start-session": {"id_tag": "T", "duration_seconds": 60, "target_energy_kwh": 1.5},
    "stop-session": {},
    "authorize-id-tag": {"id_tag": "T"},
    "ev-requests-energy": {},
    "ev-stops-energy": {},
    "power-update": {"power_w": 7000},
}
FLEET = sorted(EVENTS.keys() - BARE - {"proxy-message"})


class Host:
    """Answers commands at once, as ``outcome`` says; where it is None, it never answers."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self._database = database
        self._clock = clock
        self.outcome: tuple[str, str | None, dict[str, Any] | None] | None = ("applied", None, None)
        self.did: list[tuple[str, dict[str, Any]]] = []

    async def work(self) -> None:
        while True:
            await asyncio.sleep(0.01)
            self._turn()

    def _turn(self) -> None:
        now = self._clock()
        with self._database.writing() as connection:
            taken = delivery.take(connection, "local-0", "boot", now, again_before=0, limit=100)
            self.did += [(command.kind, command.payload) for command in taken]
            if self.outcome is not None:
                outcomes = [CommandOutcome(c.id, c.charger_id, *self.outcome) for c in taken]
                delivery.apply(connection, "local-0", outcomes, now)


@pytest.fixture
def charger_ids(database: Database, clock: FakeClock) -> list[str]:
    now = clock()
    builders.connect_host(database, now)
    job_id = builders.accept(database, builders.batch(3), now=now)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
        provisioning.register(connection, job_id, 3, now)
    builders.take_up(database, now)
    with database.reading() as connection:
        return [c.id for c in chargers.page(connection, builders.ACME, offset=0, limit=10)[0]]


@pytest.fixture
def host(
    database: Database, clock: FakeClock, charger_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    monkeypatch.setattr(dispatch, "ANSWER_SECONDS", 0.5)
    return Host(database, clock)


async def post(api: Api, host: Host, path: str, body: dict[str, Any], who: str = "user") -> Any:
    working = asyncio.create_task(host.work())
    try:
        async with api.as_(who) as client:
            return await client.post(f"/ocpp/commands/{path}", json=body)
    finally:
        working.cancel()


def test_there_are_eighteen() -> None:
    assert len(EVENTS) == 18


@pytest.mark.parametrize("path", EVENTS)
async def test_another_organizations_charger_is_not_there(
    api: Api, host: Host, charger_ids: list[str], path: str
) -> None:
    for charger_id in (charger_ids[0], "nobody", "\x00"):
        body = {"target": {"charger_id": charger_id}, "event": EVENTS[path]}
        answer = await post(api, host, path, body, "stranger")
        assert answer.status_code in ({404, 422} if charger_id == "\x00" else {404}), answer.text
    assert host.did == []


@pytest.mark.parametrize("path", FLEET)
async def test_a_fleet_command_is_queued_for_each(
    api: Api, host: Host, charger_ids: list[str], path: str
) -> None:
    targets = [
        ({"charger_id": charger_ids[0]}, 1, 0),
        ({"location_id": "loc"}, 3, 0),
        ({"location_id": "loc", "charger_ids": [charger_ids[1], "nobody"]}, 1, 1),
    ]
    for target, queued, failed in targets:
        answer = await post(api, host, path, {"target": target, "event": EVENTS[path]})
        assert answer.status_code == 202, answer.text
        told = answer.json()
        counts = (told["targeted_count"], told["queued_count"], told["failed_count"])
        assert counts == (queued + failed, queued, failed)
        for result in told["results"]:
            assert len(result["command"].pop("id")) == 12
            assert result["command"] == {
                "event_type": path.replace("-", "_"),
                "ocpp_version": "ocpp1.6",
                "payload": EVENTS[path],
            }
        if failed:
            assert told["failed"][0]["error"] == "No charger nobody at this location"


@pytest.mark.parametrize(
    "target",
    [{}, {"charger_id": "a", "location_id": "b"}, {"charger_id": "a", "charger_ids": ["a"]}, None],
)
async def test_a_target_that_contradicts_itself(
    api: Api, host: Host, target: dict[str, Any] | None
) -> None:
    answer = await post(api, host, "plug-connector", {"target": target, "event": {}})
    assert codes(answer)[0][0][:2] == ["body", "target"]


@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("plug-connector", {"connector_id": 0}),
        ("plug-connector", {"connector_id": "1"}),
        ("plug-connector", {"evse_id": 2**70}),
        ("start-session", {}),
        ("start-session", {"id_tag": ""}),
        ("start-session", {"id_tag": "T", "duration_seconds": 0}),
        ("start-session", {"id_tag": "T", "target_energy_kwh": 0}),
        ("power-update", {"power_w": -1}),
        ("power-update", {"power_w": 1.5}),
        ("configuration", {"configuration": {}}),
        ("configuration", {"configuration": {"a": 1}}),
        ("local-auth-list", {"list_version": 0, "entries": []}),
        ("local-auth-list", {"list_version": 1, "entries": [{"id_tag": "T", "expiry_date": 5}]}),
        ("proxy-message", {"action": "heartbeat", "ocpp_version": "1.6", "payload": {}}),
        ("proxy-message", {"action": "a", "ocpp_version": "ocpp1.6", "payload": {"n": 2**80}}),
        ("inject-fault", {"fault_type": "Gremlins"}),
        ("inject-fault", {"fault_type": "NetworkDrop", "value": -4}),
        ("inject-fault", {"fault_type": "OverVoltage", "value": 1}),
    ],
)
async def test_an_event_that_cannot_be(
    api: Api, host: Host, charger_ids: list[str], path: str, event: dict[str, Any]
) -> None:
    body = {"target": {"charger_id": charger_ids[0]}, "event": event}
    answer = await post(api, host, path, body)
    assert codes(answer)[0][0][:2] == ["body", "event"]
    assert host.did == []


async def test_proxy_messages_of_another_version_or_unknown(
    api: Api, host: Host, charger_ids: list[str]
) -> None:
    target = {"charger_id": charger_ids[0]}
    event = EVENTS["proxy-message"]
    fine = await post(api, host, "proxy-message", {"target": target, "event": event})
    assert (fine.status_code, fine.json()["payload"]) == (202, event)
    for change, code in (
        ({"ocpp_version": "ocpp2.0.1"}, "wrong_ocpp_version"),
        ({"action": "transaction_event"}, "unknown_action"),
    ):
        answer = await post(api, host, "proxy-message", {"target": target, "event": event | change})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    loose = event | {"action": "transaction_event", "strict": False}
    answer = await post(api, host, "proxy-message", {"target": target, "event": loose})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("path", "detail", "told"),
    [
        (
            "configuration",
            {"results": {"A": "Accepted", "B": "RebootRequired"}},
            {
                "status": "RebootRequired",
                "configured": ["A", "B"],
                "msg": "A: Accepted; B: RebootRequired",
            },
        ),
        (
            "configuration",
            {"results": {"A": "Accepted", "B": "NotSupported"}},
            {"status": "Rejected", "configured": ["A"], "msg": "A: Accepted; B: NotSupported"},
        ),
        (
            "cache/reset",
            {"cleared_entries": 3},
            {"msg": "The authorization cache is empty.", "cleared_entries": 3},
        ),
        (
            "local-auth-list",
            {"status": "Accepted", "list_version": 1},
            {
                "status": "Accepted",
                "list_version": 1,
                "entries_received": 1,
                "msg": None,
                "entries_deleted": None,
            },
        ),
        (
            "inject-fault",
            None,
            {
                "msg": "Fault injected.",
                "fault_type": "OverCurrentFailure",
                "evse_id": None,
                "connector_id": 1,
                "status": "Accepted",
            },
        ),
    ],
)
async def test_the_stations_answer_is_told(
    api: Api, host: Host, charger_ids: list[str], path: str, detail: Any, told: dict[str, Any]
) -> None:
    host.outcome = ("applied", None, detail)
    body = {"target": {"charger_id": charger_ids[0]}, "event": EVENTS[path]}
    answer = await post(api, host, path, body)
    assert (answer.status_code, answer.json()) == (200, told)


@pytest.mark.parametrize("path", ["cache/reset", "clear-local-auth-list"])
async def test_the_event_may_be_left_out_where_it_is_empty(
    api: Api, host: Host, charger_ids: list[str], path: str
) -> None:
    answer = await post(api, host, path, {"target": {"charger_id": charger_ids[0]}})
    assert answer.status_code == 200


async def test_a_date_reaches_the_station_in_utc(
    api: Api, host: Host, charger_ids: list[str]
) -> None:
    entry = {"id_tag": "T", "expiry_date": "2027-01-01T00:00:00+02:00"}
    event = {"list_version": 1, "entries": [entry]}
    await post(
        api, host, "local-auth-list", {"target": {"charger_id": charger_ids[0]}, "event": event}
    )
    [(_, payload)] = host.did
    assert payload["entries"] == [{"id_tag": "T", "expiry_date": "2026-12-31T22:00:00Z"}]


@pytest.mark.parametrize("path", sorted(BARE))
@pytest.mark.parametrize("state", ["rejected", "failed"])
async def test_a_refusal_without_an_answer_is_400_with_the_command(
    api: Api, host: Host, charger_ids: list[str], path: str, state: str
) -> None:
    host.outcome = (state, "there is no such place", None)
    body = {"target": {"charger_id": charger_ids[0]}, "event": EVENTS[path]}
    answer = await post(api, host, path, body)
    assert (answer.status_code, answer.json()["code"]) == (400, f"command_{state}")
    assert answer.json()["detail"].startswith("Charger CP0000: there is no such place (command ")


async def test_what_nobody_waits_for_any_more_is_not_done(
    api: Api, host: Host, charger_ids: list[str], database: Database
) -> None:
    with database.writing() as connection:
        chargers.restart(connection, builders.ACME, charger_ids[0], 0.0)
    body = {"target": {"charger_id": charger_ids[0]}}
    answer = await post(api, host, "cache/reset", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "command_expired")
    builders.take_up(database, 0.0)
    host._turn()
    assert host.did == []


async def test_what_is_on_its_way_may_still_be_done(
    api: Api, host: Host, charger_ids: list[str]
) -> None:
    host.outcome = None
    answer = await post(api, host, "cache/reset", {"target": {"charger_id": charger_ids[0]}})
    assert (answer.status_code, answer.json()["code"]) == (400, "command_sent")
    command_id = answer.json()["detail"].split("command ")[1][:12]
    async with api.as_("user") as client:
        command = (await client.get(f"/ocpp/commands/{command_id}")).json()
    assert (command["state"], command["event_type"]) == ("sent", "cache_reset")


async def test_a_commands_fate_is_its_owners_to_read(
    api: Api, host: Host, charger_ids: list[str]
) -> None:
    host.outcome = ("rejected", "no car is plugged in", None)
    body = {"target": {"charger_id": charger_ids[0]}, "event": {}}
    queued = (await post(api, host, "unplug-connector", body)).json()
    host._turn()
    command_id = queued["results"][0]["command"]["id"]
    urls = (f"/ocpp/commands/{command_id}", f"/ocpp/chargers/{charger_ids[0]}/commands")
    async with api.as_("user") as client:
        one, listed = [(await client.get(url)).json() for url in urls]
        assert (one["state"], one["reason"]) == ("rejected", "no car is plugged in")
        assert (listed["data"], listed["total"]) == ([one], 1)
        assert (await client.get("/ocpp/commands/000000000000")).status_code == 404
    async with api.as_("stranger") as client:
        assert [(await client.get(url)).status_code for url in urls] == [404, 404]


async def test_the_fault_types(api: Api) -> None:
    async with api.as_("user") as client:
        told = (await client.get("/ocpp/commands/fault-types")).json()
    assert told["total"] == len(told["data"]) >= 20
    drop = next(f for f in told["data"] if f["fault_type"] == "NetworkDrop")
    assert drop["value"]["default"] == 30
