"""The tenant matrix's columns on what is no plain request: the host link.

An event stream that appears (issue 5) is a new column here: the test of `STREAMS` in
test_tenant_matrix.py fails until it has one.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from support.callers import Api
from support.clock import FakeClock
from support.forged_tokens import forged
from support.tenant_rows import HOST_LINKS
from voltfleet.api.deps import Services
from voltfleet.auth import keys
from voltfleet.auth.principal import Role
from voltfleet.fleet import audit


@pytest.fixture
async def base(app: FastAPI) -> AsyncIterator[str]:
    """The address of a server that runs on this loop."""
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
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
