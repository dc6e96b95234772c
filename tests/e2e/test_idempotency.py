"""One job for one Idempotency-Key, however often, by however many at once, over however bad a line
it is sent, and whoever dies meanwhile. ``make idempotency`` runs the full size."""

import asyncio
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.kills import LOCATION, Fleet
from support.processes import Csms
from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import chargers, jobs

pytestmark = pytest.mark.e2e

ROUNDS = int(os.environ.get("VOLTFLEET_IDEMPOTENCY_ROUNDS", "5"))
AT_ONCE = int(os.environ.get("VOLTFLEET_IDEMPOTENCY_AT_ONCE", "20"))
KILL_EVERY = 5
CUT_SHARE = 0.3
PATIENCE_SECONDS = 60.0
CHARGERS = 3
TENANTS = ("acme", "other")
GROUP = {
    "template": {
        "brand_slug": "wallbox",
        "model_slug": "wallbox-pulsar-plus",
        "connector_type": "Type2",
        "ws_url": "ws://127.0.0.1:9/ocpp",
    },
    "chargers_number": CHARGERS,  # the gateway draws their names: twice would be seen
}


@pytest.fixture
def fleet(database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    running = Fleet(tmp_path, Csms(9), "--database-url", database_url, "--hosts", "1")
    running.start()
    yield running
    running.stop()


def token(directory: Path, organization_id: str) -> str:
    signing = keys.load_or_create(directory / "data" / "keys")
    now = time.time()
    return jwt.issue(
        signing, role=Role.USER, organization_id=organization_id, ttl_seconds=86_400, now=now
    )


def request(path: str, bearer: str, body: object, *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {bearer}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


async def send(port: int, data: bytes, rng: random.Random, cut_share: float) -> tuple[int, Any]:
    """The answer, sent again until there is one; some attempts are cut off at any byte, some when
    all has been sent and nothing been read."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    if rng.random() < cut_share:
                        writer.write(data[: rng.choice([len(data), rng.randrange(len(data))])])
                        await asyncio.sleep(rng.uniform(0, 0.02))
                        continue
                    writer.write(data)
                    answer = await reader.read(-1)
                finally:
                    writer.transport.abort()
            except OSError:
                await asyncio.sleep(0.02)
                continue
            head, _, body = answer.partition(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1]) if head else 0
            if status and status != 503:
                return status, json.loads(body)


async def play(fleet: Fleet, rounds: int, tokens: dict[str, str], rng: random.Random) -> None:
    """Every round: one key, sent many times at once by each tenant; each gets one job."""
    paths = {}
    for tenant, bearer in tokens.items():
        made = await send(fleet.port, request("/ocpp/locations", bearer, LOCATION), rng, 0.0)
        paths[tenant] = f"/ocpp/locations/{made[1]['id']}/chargers"
    for number in range(rounds):
        header = f"Idempotency-Key: round-{number}"
        asks = [
            (tenant, request(paths[tenant], tokens[tenant], [GROUP], header))
            for tenant, times in zip(tokens, (AT_ONCE, AT_ONCE // 4), strict=True)
            for _ in range(times)
        ]
        rng.shuffle(asks)
        sending = [asyncio.create_task(send(fleet.port, data, rng, CUT_SHARE)) for _, data in asks]
        if number % KILL_EVERY == KILL_EVERY - 1:
            await asyncio.sleep(rng.uniform(0, 0.1))
            fleet.kill("gateway")
        answers = await asyncio.gather(*sending)
        told: dict[str, set[str]] = {tenant: set() for tenant in tokens}
        for (tenant, _), (status, answer) in zip(asks, answers, strict=True):
            assert status == 202, answer
            told[tenant].add(json.dumps(answer, sort_keys=True))
        assert {tenant: len(answers) for tenant, answers in told.items()} == dict.fromkeys(
            tokens, 1
        )
        assert len(set.union(*told.values())) == len(tokens)


def test_one_key_is_one_job(fleet: Fleet, database_url: str, tmp_path: Path) -> None:
    rng = random.Random(ROUNDS)  # noqa: S311
    tokens = {tenant: token(tmp_path, tenant) for tenant in TENANTS}
    asyncio.run(play(fleet, ROUNDS, tokens, rng))
    database = Database(database_url)
    with database.reading() as connection:
        rows = connection.execute(
            sa.select(jobs.c.organization_id, jobs.c.idempotency_key, jobs.c.id)
        ).all()
        of_jobs = {row.id for row in rows}
        most = connection.execute(
            sa.select(sa.func.count()).select_from(chargers).group_by(chargers.c.job_id)
        ).scalars()
        strays = connection.execute(
            sa.select(sa.func.count())
            .select_from(chargers)
            .where(chargers.c.job_id.not_in(of_jobs))
        ).scalar_one()
        assert max(most, default=0) <= CHARGERS
    database.close()
    assert sorted((row.organization_id, row.idempotency_key) for row in rows) == sorted(
        (tenant, f"round-{number}") for tenant in TENANTS for number in range(ROUNDS)
    )
    assert strays == 0
