"""Which targets an organization's chargers may dial: chosen by admins, held against requests."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

import builders
from support.callers import Api, codes
from voltfleet.api.deps import Services
from voltfleet.domain.target_policy import Targets
from voltfleet.settings import Settings
from voltfleet.storage.engine import Database

PATH = "/admin/organizations/acme/targets"
KIND = {
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
}
BULK = "/ocpp/locations/loc/chargers"


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    """Both databases."""
    return current_database_url


@pytest.fixture
def targets() -> Targets:
    return Targets.ANY


@pytest.fixture
async def services(services: Services, database: Database, targets: Targets) -> Services:
    with database.writing() as connection:
        connection.execute(builders.locations_table.insert(), builders.LOCATION)
    return replace(services, settings=Settings(targets=targets))


async def choose(api: Api, *entries: str) -> httpx2.Response:
    async with api.as_("admin") as admin:
        return await admin.put(PATH, json={"targets": entries})


def charger(url: str, identity: str = "CP1") -> dict[str, Any]:
    return {**KIND, "ws_url": url, "identity": identity}


def groups(*urls: str) -> list[dict[str, Any]]:
    return [
        {"template": {**KIND, "ws_url": url}, "charger_ids": [f"G{number}"]}
        for number, url in enumerate(urls)
    ]


# --- the list -----------------------------------------------------------------------------------


async def test_a_list_is_chosen_shown_and_lifted(api: Api) -> None:
    none = {"organization_id": "acme", "targets": None, "operator": "any"}
    listed = ["csms.example.com", "*.xn--bcher-kva.example:443", "10.0.0.0/8", "[::1]:9000"]
    async with api.as_("admin") as admin:
        assert (await admin.get(PATH)).json() == none
        answer = await choose(
            api,
            *("CSMS.example.com.", "*.bücher.example:0443", "10.0.0.0/8", "[0:0::1]:9000"),
            "csms.example.com",
        )
        assert answer.status_code == 200, answer.text
        assert answer.json() == none | {"targets": listed}
        assert (await admin.get(PATH)).json() == none | {"targets": listed}
        other = "/admin/organizations/other/targets"
        assert (await admin.get(other)).json()["targets"] is None
        assert (await choose(api, "127.0.0.1")).json()["targets"] == ["127.0.0.1"]
        for _ in range(2):
            assert (await admin.delete(PATH)).status_code == 204
            assert (await admin.get(PATH)).json() == none
        lines = (await admin.get("/admin/audit")).json()["data"]
    told = [(line["operation"], line["organization_id"], line["targets"]) for line in lines]
    named = {"organization_id": "acme"}
    assert told == [
        ("delete_targets", "acme", named | {"allowed": None}),
        ("delete_targets", "acme", named | {"allowed": None}),
        ("set_targets", "acme", named | {"allowed": ["127.0.0.1"]}),
        ("set_targets", "acme", named | {"allowed": listed}),
    ]
    assert {line["role"] for line in lines} == {"admin"}


async def test_what_is_no_entry_is_named_with_its_remedy(api: Api) -> None:
    answer = await choose(
        api,
        "csms.example",
        "ws://a.example",
        "10.0.0.1/8",
        "\ud800".encode("utf-8", "replace").decode(),
        "169.254.0.0/16",
    )
    assert codes(answer) == [
        (["body", "targets", index], "invalid_target") for index in (1, 2, 3, 4)
    ]
    messages = [problem["msg"] for problem in answer.json()["detail"]]
    assert "'ws://a.example': Write the host alone" in messages[0]
    assert (
        "Entry 2, '10.0.0.1/8': It has bits set behind the first 8: write 10.0.0.0/8."
        in messages[1]
    )
    assert "for nobody" in messages[3]
    async with api.as_("admin") as admin:
        assert (await admin.get(PATH)).json()["targets"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"targets": None},
        {"targets": []},
        {"targets": "csms.example"},
        {"targets": [7]},
        {"targets": ["a"] * 101},
        {"targets": ["a" * 301]},
        [],
    ],
)
async def test_a_list_has_entries_and_not_too_many(api: Api, body: Any) -> None:
    """An empty one would allow nothing, or everything: whoever means that deletes it."""
    await choose(api, "csms.example")
    async with api.as_("admin") as admin:
        assert (await admin.put(PATH, json=body)).status_code == 422
        assert (await admin.get(PATH)).json()["targets"] == ["csms.example"]
        longest = ".".join(["a" * 50] * 4)
        many = [f"{number}.{longest}" for number in range(100)]
        answer = await admin.put(PATH, json={"targets": many})
        assert answer.json()["targets"] == [f"{n}.{longest}" for n in range(100)]


async def test_only_admins_see_and_choose_it(api: Api) -> None:
    async with api.as_("user") as user:
        assert (await user.get(PATH)).status_code == 403
        assert (await user.put(PATH, json={"targets": ["a.example"]})).status_code == 403
        assert (await user.delete(PATH)).status_code == 403
    async with api.as_("admin") as admin:
        bad = "/admin/organizations/a%20b/targets"
        assert (await admin.put(bad, json={"targets": ["a.example"]})).status_code == 404


# --- what is written ------------------------------------------------------------------------------


async def test_a_charger_is_created_only_with_what_is_on_the_list(api: Api) -> None:
    await choose(api, "csms.example:9000", "10.0.0.0/8")
    async with api.as_("user") as user, api.as_("stranger") as stranger:
        off = await user.post("/ocpp/chargers", json=charger("ws://other.example/ocpp"))
        assert codes(off) == [(["body", "ws_url"], "target_not_allowed")]
        [problem] = off.json()["detail"]
        assert problem["msg"] == (
            "other.example:80 is not on the list of targets that this organization's chargers may "
            "dial (csms.example:9000, 10.0.0.0/8): use one that is, or have an admin add it (PUT "
            "/admin/organizations/{organization_id}/targets)."
        )
        for number, url in enumerate(("ws://CSMS.example.:9000/x", "wss://10.1.2.3", "ws://0xa.1")):
            made = await user.post("/ocpp/chargers", json=charger(url, f"CP{number}"))
            assert made.status_code == 202, made.text
        theirs = await stranger.post("/ocpp/chargers", json=charger("ws://other.example/ocpp"))
        assert theirs.status_code == 202


async def test_a_batch_with_an_address_off_the_list_is_refused_whole(api: Api) -> None:
    await choose(api, "*.example")
    async with api.as_("user") as user:
        batch = groups("ws://a.example", "ws://a.test", "ws://b.example", "ws://10.0.0.1")
        answer = await user.post(BULK, json=batch)
        assert codes(answer) == [
            (["body", index, "template", "ws_url"], "target_not_allowed") for index in (1, 3)
        ]
        assert answer.json()["detail"][0]["msg"].startswith("Group 1: a.test:80 is not on the list")
        assert (await user.get(BULK)).json()["total"] == 0
        assert (await user.post(BULK, json=batch[:1])).status_code == 202


async def test_a_request_that_repeats_an_accepted_one_is_answered_with_its_job(api: Api) -> None:
    async with api.as_("user") as user:
        key = {"Idempotency-Key": "once"}
        first = await user.post(BULK, json=groups("ws://a.test"), headers=key)
        await choose(api, "*.example")
        again = await user.post(BULK, json=groups("ws://a.test"), headers=key)
        assert again.status_code == 202
        assert again.json()["job_id"] == first.json()["job_id"]
        anew = await user.post(BULK, json=groups("ws://a.test"))
        assert anew.status_code == 422


async def test_an_address_is_changed_only_to_one_on_the_list(api: Api, database: Database) -> None:
    async with api.as_("user") as user:
        job = (await user.post(BULK, json=groups("ws://a.test", "ws://b.test"))).json()["job_id"]
        builders.carry_out(database, job, 1.0)
        one, two = [c["id"] for c in (await user.get(BULK)).json()["data"]]
        await choose(api, "*.example")
        path = f"/ocpp/chargers/{one}"
        off = await user.put(path, json={"ws_url": "ws://c.test"})
        assert codes(off) == [(["body", "ws_url"], "target_not_allowed")]
        # Its address is off the list: what is not about the address can be changed all the same.
        renamed = await user.put(path, json={"name": "Bay"})
        assert (renamed.status_code, renamed.json()["ws_url"]) == (200, "ws://a.test")
        changes = [
            {"charger_id": one, "ws_url": "ws://c.test"},
            {"charger_id": two, "ws_url": "ws://c.example"},
        ]
        done = (await user.put(BULK, json={"chargers": changes})).json()
        assert [c["id"] for c in done["updated"]] == [two]
        assert "c.test:80 is not on the list" in done["failed"][0]["error"]


@pytest.mark.parametrize("targets", [Targets.PUBLIC])
async def test_a_list_never_widens_what_the_operator_allows(api: Api) -> None:
    answer = await choose(api, "10.0.0.0/8", "csms.internal")
    assert answer.json()["operator"] == "public"
    async with api.as_("user") as user:
        for url in ("ws://10.0.0.1/", "ws://csms.internal/"):
            refused = await user.post("/ocpp/chargers", json=charger(url))
            assert codes(refused) == [(["body", "ws_url"], "invalid_ws_url")]
            assert "VOLTFLEET_TARGETS=any" in refused.text
