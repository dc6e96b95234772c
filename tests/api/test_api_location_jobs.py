"""Polls are answered ahead of the framework, exactly as the framework would have."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete

import builders
from support.callers import Api
from support.clock import FakeClock
from voltfleet.api import location_jobs
from voltfleet.api.app import create_app
from voltfleet.api.deps import Services
from voltfleet.api.kept_answers import KeptAnswers
from voltfleet.auth.keys import LocalKeys
from voltfleet.domain.errors import Unavailable
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import job_results, jobs

NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"
CALLERS: list[tuple[str, dict[str, str]]] = [
    ("user", {}),
    ("user", {"X-Organization-Id": "acme"}),
    ("stranger", {}),
    ("admin", {}),
    ("admin", {"X-Organization-Id": "acme"}),
    ("admin", {"X-Organization-Id": "other"}),
    ("admin", {"X-Organization-Id": " "}),
    ("host", {}),
    ("anonymous", {}),
    ("anonymous", {"Authorization": "Bearer x"}),
    ("anonymous", {"Authorization": "Basic x"}),
]
NEVER = re.compile(r"(?P<location_id>x)(?P<job_id>y)z")


@pytest.fixture
def finished(database: Database, clock: FakeClock) -> str:
    job_id = builders.accept(database, builders.batch(3))
    builders.carry_out(database, job_id, clock())
    return job_id


@pytest.fixture
def waiting(database: Database) -> str:
    return builders.accept(database, builders.batch(2, prefix="W"))


def url(job_id: str, location_id: str = "loc") -> str:
    return f"/ocpp/locations/{location_id}/chargers/jobs/{job_id}"


async def told(api: Api, method: str, path: str) -> list[tuple[int, dict[str, str], bytes]]:
    """What each of the callers is told, headers and all."""
    answers = []
    for who, headers in CALLERS:
        given = headers | {"X-Request-Id": "the-same"}
        async with api.as_(who, **given) as client:
            answer = await client.request(method, path)
            answers.append((answer.status_code, dict(answer.headers), answer.content))
    return answers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
async def test_every_caller_is_told_what_the_framework_tells(
    api: Api, finished: str, waiting: str, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    paths = [url(finished)]
    if method == "GET":
        odd = ("a%20b", "x" * 65, "%0a", "%00", "é", "x/", "x/y")
        paths += [url(job_id) for job_id in (waiting, NOWHERE, *odd)]
        paths += [url(finished, "elsewhere"), url(finished, "%00"), f"{url(finished)}?a=b&a=c"]
    lean = [await told(api, method, path) for path in paths]
    monkeypatch.setattr(location_jobs, "_PATH", NEVER)
    assert lean == [await told(api, method, path) for path in paths]
    if method == "GET":
        assert [answer[0] for answer in lean[0]] == [
            200, 403, 404, 403, 200, 404, 403, 403, 401, 401, 401,
        ]  # fmt: skip


async def test_what_a_job_came_to_is_read_and_unpacked_once(
    api: Api, database: Database, finished: str
) -> None:
    async with api.as_("user", **{"X-Request-Id": "me"}) as user, api.as_("stranger") as stranger:
        first = await user.get(url(finished))
        with database.writing() as connection:
            connection.execute(delete(job_results))
        again = await user.get(url(finished))
        assert (again.content, again.headers) == (first.content, first.headers)
        assert len(again.json()["results"]["created"]) == 3
        assert (await stranger.get(url(finished))).status_code == 404
        with database.writing() as connection:
            connection.execute(delete(jobs))
        assert (await user.get(url(finished))).status_code == 404


async def test_an_answer_that_is_forgotten_meanwhile_is_still_whole(
    services: Services, signing_keys: LocalKeys, finished: str
) -> None:
    """Polls of many jobs at once, with room for one answer."""
    services = replace(services, kept_answers=KeptAnswers(most_bytes=1))
    api = Api(create_app(services), signing_keys, services.clock())
    async with api.as_("user") as user:
        answers = await asyncio.gather(*(user.get(url(finished)) for _ in range(20)))
    assert {len(answer.json()["results"]["created"]) for answer in answers} == {3}


async def test_a_database_away_is_said_as_ever(services: Services, signing_keys: LocalKeys) -> None:
    class Away:
        async def read_together(self, *_: object) -> None:
            raise Unavailable("The database cannot be reached.", code="database_unavailable")

    gone: Any = replace(services, db=Away())  # type: ignore[arg-type]
    api = Api(create_app(gone), signing_keys, services.clock())
    async with api.as_("user") as client:
        answer = await client.get(url(NOWHERE))
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_many_at_once_are_each_told_of_their_own(
    api: Api, database: Database, finished: str, waiting: str
) -> None:
    async def ask(client: httpx2.AsyncClient, job_id: str) -> tuple[int, str]:
        answer = await client.get(url(job_id))
        return answer.status_code, answer.json().get("job_id", answer.json().get("code"))

    wanted = [
        ("user", finished, (200, finished)),
        ("user", waiting, (200, waiting)),
        ("user", NOWHERE, (404, "job_not_found")),
        ("stranger", finished, (404, "job_not_found")),
    ] * 10
    async with api.as_("user") as user, api.as_("stranger") as stranger:
        clients = {"user": user, "stranger": stranger}
        answers = await asyncio.gather(*(ask(clients[who], job) for who, job, _ in wanted))
    assert answers == [answer for _, _, answer in wanted]
