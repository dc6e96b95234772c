"""``voltfleet backup`` of a running fleet and ``voltfleet restore`` to another place."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

import builders
from support import durable_half, postgres
from support.durability import in_full
from support.kills import LOCATION
from support.processes import Gateway, running_csms, running_gateway, until
from voltfleet.auth import keys
from voltfleet.cli import app as cli
from voltfleet.storage import migrate
from voltfleet.storage.engine import Database, frames_url

CHARGERS = 15
MOST_ORDERS = 50


@pytest.fixture
def voltfleet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a command in this process and returns what it said, on either output."""

    def run(*arguments: str | Path, expected: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["voltfleet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = "".join(capsys.readouterr())
        assert ended.value.code == expected, said
        return said

    return run


class Caller:
    """Calls a gateway with a token."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx2.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        )

    def call(self, method: str, path: str, **request: Any) -> Any:
        answer = self._client.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json()

    def order(self, location: str, ws_url: str, prefix: str, count: int = 1) -> dict[str, Any]:
        """A job of ``count`` chargers."""
        group = {
            "template": {
                "brand_slug": "wallbox",
                "model_slug": "wallbox-pulsar-plus",
                "connector_type": "Type2",
                "ws_url": ws_url,
                "identity_prefix": prefix,
            },
            "charger_ids": [f"{n:04}" for n in range(count)],
        }
        accepted: dict[str, Any] = self.call(
            "POST", f"/ocpp/locations/{location}/chargers", json=[group]
        )
        return accepted

    def ready(self, job: dict[str, Any]) -> bool:
        status = self.call("GET", job["status_url"])["status"]
        assert status != "FAILED"
        return bool(status == "READY")

    def chargers(self) -> dict[str, Any]:
        found = self.call("GET", "/ocpp/chargers?limit=100")["data"]
        return {charger["identity"]: charger for charger in found}


KINDS = ("sqlite", "postgres")
EVERY_WAY = [
    pytest.param((source, target), id=f"{source} to {target}")
    for source in KINDS
    for target in KINDS
]


@pytest.fixture(params=EVERY_WAY)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Two empty databases: of a fleet, and of the one that it is restored to."""
    with ExitStack() as databases:
        found = []
        for directory, kind in zip(("data", "second"), request.param, strict=True):
            if kind == "sqlite":
                found.append(f"sqlite:///{tmp_path / directory / 'voltfleet.db'}")
            else:
                name = postgres.create_database()
                databases.callback(postgres.drop_database, name)
                found.append(postgres.server().url(name))
        yield found


@contextmanager
def load(gateway: Gateway, location: str, ws_url: str) -> Iterator[list[dict[str, Any]]]:
    """Orders chargers one by one until the end of the block; yields what was acknowledged."""
    acknowledged: list[dict[str, Any]] = []
    ending = threading.Event()

    def order() -> None:
        caller = Caller(gateway.url, gateway.token)
        for number in range(MOST_ORDERS):
            if ending.is_set():
                return
            acknowledged.append(caller.order(location, ws_url, f"L{number}-"))

    thread = threading.Thread(target=order)
    thread.start()
    try:
        yield acknowledged
    finally:
        ending.set()
        thread.join()


@in_full
@pytest.mark.e2e
def test_a_running_fleet_is_restored_to_an_identical_one(
    tmp_path: Path, urls: list[str], voltfleet: Callable[..., str]
) -> None:
    first, second, file = tmp_path / "data", tmp_path / "second", tmp_path / "fleet.backup"
    here = ("--data-dir", str(first), "--database-url", urls[0])
    there = ("--data-dir", str(second), "--database-url", urls[1])
    with running_csms(tmp_path / "csms.log") as csms:
        with running_gateway(first, "--database-url", urls[0]) as gateway:
            caller = Caller(gateway.url, gateway.token)
            location = caller.call("POST", "/ocpp/locations", json=LOCATION)["id"]
            jobs = [caller.order(location, csms.ws_url, "A", CHARGERS)]
            until(lambda: csms.stats()["connected"] == CHARGERS)
            with load(gateway, location, csms.ws_url) as acknowledged:
                until(lambda: len(acknowledged) > 2)
                jobs += [*acknowledged, caller.order(location, csms.ws_url, "B", CHARGERS)]
                voltfleet("backup", file, *here)
            until(lambda: all(caller.ready(job) for job in [*jobs, *acknowledged]))
            before = caller.chargers()
            assert "stop" in voltfleet("restore", file, *here, "--force", expected=2)
            assert caller.chargers() == before
        said = voltfleet("restore", file, *there)
        assert " chargers" in said
        assert (second / "token").read_text() == (first / "token").read_text()
        with running_gateway(
            second, "--database-url", urls[1], VOLTFLEET_LEASE_SECONDS="5"
        ) as gateway:
            caller = Caller(gateway.url, (first / "token").read_text().strip())
            until(lambda: all(caller.ready(job) for job in jobs))
            now = caller.chargers()
            assert {f"{kind}{n:04}" for kind in "AB" for n in range(CHARGERS)} <= now.keys()
            assert {k: _made(now[k]) for k in now} == {k: _made(before[k]) for k in now}
            assert now["A0000"]["created_at"] == before["A0000"]["created_at"]
            until(lambda: csms.stats()["connected"] == len(now))
            assert csms.stats()["double_sockets"] == 0


def _made(charger: dict[str, Any]) -> dict[str, Any]:
    """What its job says of it, also when the job went on after the restore."""
    names = ("id", "name", "model", "ws_url", "location_id", "ocpp_version")
    return {name: charger[name] for name in names}


def test_a_job_goes_on_after_a_restore_without_the_engines_notes(
    tmp_path: Path, voltfleet: Callable[..., str]
) -> None:
    first, second, file = tmp_path / "data", tmp_path / "second", tmp_path / "fleet.backup"
    here, there = ("--data-dir", str(first)), ("--data-dir", str(second))
    signing = keys.load_or_create(first / "keys").signing_key
    database = builders.open_database(f"sqlite:///{first / 'voltfleet.db'}")
    frames = Database(frames_url(database.url))
    migrate.upgrade(frames, "frames")
    frames.close()
    builders.accept(database, builders.batch(CHARGERS))
    voltfleet("backup", file, *here)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in voltfleet("backup", file, *here, expected=2)
    database.close()

    assert "0 chargers" in voltfleet("restore", file, *there)
    assert "is there already" in voltfleet("restore", file, *there, expected=2)
    assert "What was there is in" in voltfleet("restore", file, *there, "--force")
    assert len(list(second.glob("before-restore-*/voltfleet.db"))) == 1
    assert keys.load_or_create(second / "keys").signing_key.kid == signing.kid
    restored = f"sqlite:///{second / 'voltfleet.db'}"
    ended = durable_half.run(restored, second)
    assert ended.stdout.split() == ["up", "READY"], ended.stderr


def test_what_cannot_be_backed_up_or_restored_is_said_in_one_line(
    tmp_path: Path, voltfleet: Callable[..., str]
) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    assert "There is no fleet in" in voltfleet("backup", tmp_path / "x", *where, expected=2)
    (tmp_path / "x").write_text("no zip")
    assert "is not a backup" in voltfleet("restore", tmp_path / "x", *where, expected=2)
    assert "No such file" in voltfleet("restore", tmp_path / "y", *where, expected=2)
    away = ("--database-url", "postgresql://nobody:secret@127.0.0.1:1/none")
    (tmp_path / "data" / "keys").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "keys" / "signing-keys.json").write_text("{}")
    said = voltfleet("backup", tmp_path / "z", *where, *away, expected=2)
    assert "cannot be used" in said
    assert "secret" not in said
    assert not (tmp_path / "z").exists()
