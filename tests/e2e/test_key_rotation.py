"""``voltfleet keys rotate`` while a gateway answers: nobody is turned away."""

import subprocess
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest

from support.processes import VOLTFLEET, Gateway, environment, running_gateway, until
from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(tmp_path_factory.mktemp("keys") / "data", "--hosts", "1") as started:
        yield started


def voltfleet(gateway: Gateway, *arguments: str) -> str:
    command = [VOLTFLEET, *arguments, "--data-dir", gateway.data_directory]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def new_token(gateway: Gateway) -> str:
    return jwt.issue(
        keys.load_or_create(gateway.data_directory / "keys"),
        role=Role.USER,
        organization_id="default",
        ttl_seconds=600,
        now=time.time(),
    )


def answer(gateway: Gateway, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{gateway.url}/ocpp/locations"
    return httpx2.get(url, headers=headers, timeout=20, trust_env=False).status_code


def published(gateway: Gateway) -> list[str]:
    url = f"{gateway.url}/.well-known/jwks.json"
    return [key["kid"] for key in httpx2.get(url, trust_env=False).json()["keys"]]


def test_a_key_is_rotated_under_load_and_retired(gateway: Gateway) -> None:
    (first,) = published(gateway)
    tokens = [gateway.token]
    statuses: list[int] = []
    over = threading.Event()

    def load() -> None:
        with httpx2.Client(base_url=gateway.url, timeout=20, trust_env=False) as client:
            while not over.is_set():
                for token in tokens[:]:
                    header = {"Authorization": f"Bearer {token}"}
                    status = client.get("/ocpp/locations", headers=header).status_code
                    statuses.append(status)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    shown = voltfleet(gateway, "keys", "rotate").splitlines()
    assert [line.split()[1] for line in shown] == ["signs", "verifies"]
    fresh = new_token(gateway)
    # Not one request with it is refused, though its key is seconds old.
    until(lambda: published(gateway)[1:] == [first])
    tokens.append(fresh)
    enough = len(statuses) + 50
    until(lambda: len(statuses) >= enough)
    over.set()
    for thread in threads:
        thread.join(20)
    assert set(statuses) == {200}
    assert answer(gateway, gateway.token) == 200
    # Retired: what the gateway has not verified yet is refused from then on.
    unseen = new_token(gateway)
    second = published(gateway)[0]
    keys.rotate(gateway.data_directory / "keys")
    keys.retire(gateway.data_directory / "keys", second)
    until(lambda: second not in published(gateway))
    assert answer(gateway, unseen) == 401
