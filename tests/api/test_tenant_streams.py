"""The tenant matrix's columns on what is no plain request: the host link, and the live stream.

An event stream that appears is a new column here: the test of `STREAMS` in test_tenant_matrix.py
fails until it has one.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

import builders
from support.callers import Api
from support.clock import FakeClock
from support.forged_tokens import forged
from support.live_reader import Reader, watching
from support.tenant_rows import HOST_LINKS
from support.tenants import Things, furnish
from voltfleet.api import live_hub
from voltfleet.api.deps import Services
from voltfleet.auth import keys
from voltfleet.auth.principal import Role
from voltfleet.domain.hosting import FrameLog
from voltfleet.fleet import audit, chargers, frame_log, live_details, news
from voltfleet.storage.engine import Database


@pytest.fixture
async def base(app: FastAPI, services: Services) -> AsyncIterator[str]:
    """The address of a server that runs on this loop."""
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
    await services.live.stop("the test is over", within_seconds=5)
    server.should_exit = True
    await serving
    listener.close()


async def refused(url: str, token: str | None, **headers: str) -> int:
    """The status that the handshake is refused with."""
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    with pytest.raises(InvalidStatus) as error:
        await connect(url, additional_headers=headers, proxy=None)
    return error.value.response.status_code


@pytest.mark.parametrize("path", sorted(HOST_LINKS))
async def test_only_a_good_host_token_opens_the_host_link(
    api: Api,
    services: Services,
    base: str,
    signing_keys: keys.LocalKeys,
    tmp_path: Path,
    clock: FakeClock,
    path: str,
) -> None:
    organization = {"X-Organization-Id": "acme"}
    assert await refused(base + path, None) == 401
    for name, token in forged(signing_keys, tmp_path, Role.HOST, clock()).items():
        assert await refused(base + path, token) == 401, name
    for who in ("user", "stranger", "admin"):
        assert await refused(base + path, api.token(who)) == 403, who
        assert await refused(base + path, api.token(who), **organization) == 403, who
    assert services.links.connected == 0
    await services.audit.flush(services.db)
    with services.db.reading() as connection:
        lines, _ = audit.page(connection, audit.Wanted(), offset=0, limit=100)
    assert {line.operation for line in lines} == {"host_link"}
    assert {line.role for line in lines} == {None, "user", "admin"}
    assert sum(line.times for line in lines) == 1 + len(_names(signing_keys, tmp_path, clock)) + 6
    assert {line.remote for line in lines} == {"127.0.0.1"}


def _names(signing: keys.LocalKeys, directory: Path, clock: FakeClock) -> list[str]:
    return list(forged(signing, directory, Role.HOST, clock()))


# --- the live stream ---------------------------------------------------------------------------


@pytest.fixture
def two(database: Database, frames: Database, clock: FakeClock) -> tuple[Things, Things]:
    """Two organizations with one of everything."""
    mine, theirs = (
        furnish(database, frames, tenant, clock()) for tenant in (builders.ACME, builders.OTHER)
    )
    return mine, theirs


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams are looked after more often than needed."""
    monkeypatch.setattr(live_hub, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live_hub, "SECOND", 0.1)
    monkeypatch.setattr(live_hub, "RELOAD_SECONDS", 0.0)


def events(base: str) -> str:
    """Where the stream is."""
    return base.replace("ws://", "http://") + "/live"


async def settled(reader: Reader) -> None:
    """Until all that was written before has been told."""
    for _ in range(4):
        await reader.until("rates")


def happens(database: Database, frames: Database, things: Things, now: float) -> None:
    """Something of every kind that a stream tells of, at that organization's charger."""
    tenant = next(
        each
        for each in (builders.ACME, builders.OTHER)
        if each.organization_id == things.organization_id
    )
    with database.writing() as connection:
        chargers.update(connection, tenant, things.charger_id, {"name": "Renamed"}, now)
        news.changed(connection, now, [things.charger_id], organization_id=None)
        told = (things.charger_id, now, '[[1,1,{"power_w":1234}]]')
        live_details.publish(connection, "local-0", [told])
    builders.accept(
        database,
        builders.batch(1, prefix=f"{things.organization_id}-new"),
        tenant=tenant,
        location_id=f"loc-{things.organization_id}",
        now=now,
    )
    with frames.writing() as connection:
        text = f'[2,"{things.organization_id}","Heartbeat",{{}}]'
        frame_log.append(
            connection, [FrameLog(things.charger_id, now, True, "Heartbeat", text)] * 3
        )


def shows(reader: Reader, things: Things) -> bool:
    """Whether anything of the organization's was told."""
    marks = (things.organization_id, things.location_id, things.charger_id, things.job_id)
    text = repr(reader.told)
    return any(f"'{mark}" in text or f'"{mark}"' in text for mark in marks)


async def test_a_stream_tells_nothing_of_anybody_else_s(
    api: Api,
    base: str,
    database: Database,
    frames: Database,
    clock: FakeClock,
    two: tuple[Things, Things],
) -> None:
    """Its owner asks, and an admin who names the owner; with the other's ids, with every charger's
    messages, and with what the other's stream was last told."""
    mine, theirs = two
    as_admin = {"X-Organization-Id": "acme"}
    async with watching(events(base), api.token("stranger")) as reader:
        await reader.snapshot()
        last = (await reader.until("rates")).id
    clock.advance(30)
    happens(database, frames, theirs, clock())
    for who, headers in (("user", {}), ("admin", as_admin)):
        for query in ("", "?frames=*", f"?frames={theirs.charger_id}&frames={mine.charger_id}"):
            for since in (None, last):
                url = events(base) + query
                async with watching(url, api.token(who), last=since, **headers) as reader:
                    await settled(reader)
                    happens(database, frames, theirs, clock())
                    await settled(reader)
                    assert not shows(reader, theirs)
                    rates = [e.data for e in reader.told if e.name == "rates"]
                    assert sum(each["messages"] for each in rates) == 0
                    names = {e.name for e in reader.told[1:]}
                    assert since is not None or names >= {"chargers", "jobs"}
                    happens(database, frames, mine, clock())
                    await settled(reader)
                    assert shows(reader, mine)
                    assert not shows(reader, theirs)


async def test_what_a_stream_last_told_names_nothing_of_others(
    api: Api,
    base: str,
    database: Database,
    frames: Database,
    clock: FakeClock,
    two: tuple[Things, Things],
) -> None:
    """However much happens elsewhere, an organization's cursor moves with its own frames only."""
    async with watching(f"{events(base)}?frames=*", api.token("user")) as reader:
        await settled(reader)
        happens(database, frames, two[0], clock())
        await reader.until("frames")
        await settled(reader)
        before = reader.told[-1].id
        happens(database, frames, two[1], clock())
        await settled(reader)
        assert reader.told[-1].id == before


async def test_who_may_not_watch(
    api: Api, base: str, signing_keys: keys.LocalKeys, tmp_path: Path, clock: FakeClock
) -> None:
    async def status(token: str, **headers: str) -> int:
        headers["Authorization"] = f"Bearer {token}"
        async with httpx2.AsyncClient(trust_env=False, headers=headers) as client:
            return (await client.get(events(base))).status_code

    for token in forged(signing_keys, tmp_path, Role.USER, clock()).values():
        assert await status(token) == 401
    assert await status(api.token("host")) == 403
    assert await status(api.token("admin")) == 403
    assert await status(api.token("user"), **{"X-Organization-Id": "acme"}) == 403
