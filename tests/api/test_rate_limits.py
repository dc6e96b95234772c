"""Requests a second, by organization."""

import dataclasses
import math

import pytest
from fastapi import FastAPI

from support.callers import Api
from support.clock import FakeClock
from voltfleet.api import rate_limits
from voltfleet.api.app import create_app
from voltfleet.api.deps import Services
from voltfleet.api.rate_limits import Buckets, RateLimits
from voltfleet.domain.quota import Quota
from voltfleet.fleet import quotas
from voltfleet.fleet.scope import Tenant
from voltfleet.settings import Settings

LIST = "/ocpp/locations"


@pytest.fixture
def steady() -> FakeClock:
    """The limiter's own clock."""
    return FakeClock(0.0)


@pytest.fixture
def app(services: Services, steady: FakeClock) -> FastAPI:
    """An application whose organizations may send two requests a second."""
    settings = dataclasses.replace(services.settings, max_requests_per_second_per_org=2.0)
    limited = dataclasses.replace(services, settings=settings, rates=RateLimits(clock=steady))
    return create_app(limited)


@pytest.mark.parametrize(("per_second", "at_once"), [(1, 2), (2, 4), (100, 200), (0.1, 1), (3, 6)])
def test_a_bucket_holds_what_two_seconds_allow_and_one_at_least(
    per_second: float, at_once: int
) -> None:
    buckets = Buckets()
    assert [buckets.take("a", per_second, 5.0) for _ in range(at_once)] == [0.0] * at_once
    wait = buckets.take("a", per_second, 5.0)
    assert wait == pytest.approx(1 / per_second)
    assert buckets.take("b", per_second, 5.0) == 0.0
    assert buckets.take("a", per_second, 5.0 + wait * 0.99) > 0
    assert buckets.take("a", per_second, 5.0 + wait) == 0.0
    assert buckets.take("a", per_second, 5.0 + wait) > 0


def test_over_a_long_time_the_rate_is_what_was_chosen() -> None:
    buckets, clock = Buckets(), 0.0
    taken = 0
    while clock < 100:
        taken += buckets.take("a", 7.0, clock) == 0.0
        clock += 0.01
    assert taken == pytest.approx(700 + 14, abs=2)


def test_none_at_all_may_be_chosen() -> None:
    assert Buckets().take("a", 0.0, 1.0) == math.inf


def test_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_BUCKETS", 10)
    buckets = Buckets()
    for number in range(1000):
        assert buckets.take(f"o{number}", 1.0, float(number)) == 0.0
        assert len(buckets._full_at) <= 10


async def test_a_request_too_many_is_429_and_told_when_to_come_back(
    api: Api, steady: FakeClock, app: FastAPI
) -> None:
    async with api.as_("user") as user, api.as_("stranger") as stranger:
        answers = [(await user.get(LIST)).status_code for _ in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        refused = await user.get(LIST)
        assert refused.headers["retry-after"] == "1"
        assert refused.json() == {
            "detail": "The organization may send 2 requests a second.",
            "code": "rate_limited",
        }
        assert (await stranger.get(LIST)).status_code == 200
        steady.advance(0.5)
        assert (await user.get(LIST)).status_code == 200
        assert (await user.get(LIST)).status_code == 429
    described = app.openapi()["paths"][LIST]["get"]["responses"]["429"]
    assert "Retry-After" in described["headers"]


async def test_polls_of_jobs_count_too(api: Api, steady: FakeClock) -> None:
    poll = "/ocpp/locations/loc/chargers/jobs/none"
    async with api.as_("user") as user:
        answers = [(await user.get(poll)).status_code for _ in range(5)]
    assert answers == [404] * 4 + [429]


async def test_an_admin_spends_the_named_organizations_tokens(api: Api, steady: FakeClock) -> None:
    async with api.as_("admin", **{"X-Organization-Id": "acme"}) as admin:
        for _ in range(4):
            assert (await admin.get(LIST)).status_code == 200
    async with api.as_("user") as user:
        assert (await user.get(LIST)).status_code == 429
    async with api.as_("admin") as admin:
        for _ in range(9):
            assert (await admin.get("/admin/audit")).status_code == 200


async def test_a_bad_token_spends_nothing_and_no_token_is_told_401(
    api: Api, steady: FakeClock
) -> None:
    async with api.as_("anonymous", Authorization="Bearer a.b.c") as stranger:
        assert {(await stranger.get(LIST)).status_code for _ in range(9)} == {401}
    async with api.as_("user") as user:
        assert (await user.get(LIST)).status_code == 200


async def test_what_an_admin_chose_at_another_gateway_is_heard_of(
    services: Services, steady: FakeClock
) -> None:
    rates = RateLimits(clock=steady)
    default = Settings().quota_per_org
    rates.admit(services.db, "acme", default)
    with services.db.writing() as connection:
        quotas.choose(connection, Tenant("acme"), Quota(max_requests_per_second=0.0), 1.0)
    steady.advance(rate_limits.REFRESH_SECONDS + 1)
    rates.admit(services.db, "acme", default)
    assert rates._reading is not None
    await rates._reading
    with pytest.raises(Exception, match="0 requests a second"):
        rates.admit(services.db, "acme", default)
    rates.admit(services.db, "other", default)
