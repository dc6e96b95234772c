"""Security profiles as users ask for them: what is refused, what is kept, what is never shown."""

from typing import Any

import pytest
import sqlalchemy as sa

import builders
from support.authorities import Authority
from support.callers import Api, codes
from support.clock import FakeClock
from voltfleet.domain.hosting import DialSecurity
from voltfleet.fleet import hosts, placement, provisioning
from voltfleet.storage import tables
from voltfleet.storage.engine import Database

AUTHORITY = Authority()
CERTIFICATE, CLIENT_KEY = AUTHORITY.issue("CP1")
KEY = "an-unusual-secret"
PLACE: dict[str, Any] = {
    "name": "Depot",
    "address": "1 Main Street",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.1, "longitude": 5.1},
}
BODY: dict[str, Any] = {
    "identity": "CP1",
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
}
WS, WSS = {"ws_url": "ws://127.0.0.1:9/ocpp"}, {"ws_url": "wss://127.0.0.1:9/ocpp"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (WS | {"security_profile": 4}, "security_profile"),
        (WS | {"security_profile": 1}, "authorization_key"),
        (WSS | {"security_profile": 1, "authorization_key": KEY}, "security_profile"),
        (WS | {"security_profile": 2, "authorization_key": KEY}, "security_profile"),
        (WSS | {"security_profile": 2}, "authorization_key"),
        (WS | {"authorization_key": KEY}, "authorization_key"),
        (WS | {"security_profile": 1, "authorization_key": "fifteen-bytes-x"}, "authorization_key"),
        (WS | {"security_profile": 1, "authorization_key": "x" * 41}, "authorization_key"),
        (WS | {"security_profile": 1, "authorization_key": "hex:00g0"}, "authorization_key"),
        (
            WSS | {"security_profile": 2, "authorization_key": KEY, "ca_certificate": "none"},
            "ca_certificate",
        ),
    ],
)
async def test_a_wrong_combination_names_field_and_shows_no_key(
    api: Api, changes: dict[str, Any], field: str
) -> None:
    async with api.as_("user") as client:
        answer = await client.post("/ocpp/chargers", json=BODY | changes)
    ((where, what),) = codes(answer)
    assert (where[-1], what) == (field, f"invalid_{field}")
    assert changes.get("authorization_key", "\0") not in answer.text


@pytest.mark.parametrize("key", ["x" * 300, 12345678901234567890])
async def test_a_key_of_a_wrong_type_or_length_is_not_repeated(api: Api, key: object) -> None:
    async with api.as_("user") as client:
        answer = await client.post("/ocpp/chargers", json=BODY | WS | {"authorization_key": key})
    assert answer.status_code == 422
    assert str(key) not in answer.text


async def test_the_key_is_kept_goes_to_the_host_and_is_shown_nowhere(
    api: Api, database: Database, clock: FakeClock
) -> None:
    async with api.as_("user") as client:
        asked = BODY | WS | {"security_profile": 1, "authorization_key": KEY}
        created = await client.post("/ocpp/chargers", json=asked)
        path = f"/ocpp/chargers/{created.json()['charger_id']}"
        answers = [created, await client.get(path), await client.get("/ocpp/chargers")]
        found = answers[1].json()
        job = created.json()["workflow_run_id"]
        builders.connect_host(database, clock())
        with database.writing() as connection:
            provisioning.begin(connection, job, clock())
            placement.place(connection, job, clock())
            (change,) = hosts.changes(connection, "local-0", 10)
        sent = change.assignment.security
        assert sent.revision
        assert sent == DialSecurity(1, KEY.encode(), revision=sent.revision)
        assert KEY not in repr(change)
        changed = await client.put(path, json={"ws_url": "wss://127.0.0.1:9/ocpp"})
        assert changed.status_code == 422
        raised = await client.put(path, json=WSS | {"security_profile": 2})
        lowered = await client.put(path, json=WS | {"security_profile": 0})
    assert found["security_profile"] == 1
    assert raised.json()["security_profile"] == 2
    assert lowered.json()["security_profile"] == 0
    for answer in [*answers, changed, raised, lowered]:
        assert KEY not in answer.text


async def test_a_batch_shares_its_certificates_and_says_nothing_of_them(
    api: Api, database: Database, clock: FakeClock
) -> None:
    template = {
        **{name: value for name, value in BODY.items() if name != "identity"},
        **WSS,
        "security_profile": 3,
        "client_certificate": CERTIFICATE,
        "client_key": CLIENT_KEY,
    }
    _, stranger = AUTHORITY.issue("CP2")
    async with api.as_("user") as client:
        location = await client.post("/ocpp/locations", json=PLACE)
        path = f"/ocpp/locations/{location.json()['id']}/chargers"
        unfit = [{"template": template | {"client_key": stranger}, "chargers_number": 1}]
        ((where, what),) = codes(await client.post(path, json=unfit))
        assert (where, what) == (["body", 0, "template", "client_key"], "invalid_client_key")
        accepted = await client.post(path, json=[{"template": template, "chargers_number": 3}])
        assert accepted.status_code == 202, accepted.text
    with database.reading() as connection:
        (request,) = connection.execute(sa.select(tables.jobs.c.request)).scalars()
        assert connection.execute(sa.select(sa.func.count(tables.credentials.c.id))).scalar() == 1
    assert "PRIVATE" not in request
    builders.carry_out(database, accepted.json()["job_id"], clock())
    async with api.as_("user") as client:
        poll = await client.get(accepted.json()["status_url"])
        listed = await client.get(path)
    assert poll.json()["status"] == "READY"
    assert [charger["security_profile"] for charger in listed.json()["data"]] == [3, 3, 3]
    assert "PRIVATE" not in poll.text + listed.text
