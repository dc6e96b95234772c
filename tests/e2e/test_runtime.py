"""The runtime as its users and their CSMSs see it: processes are killed, chargers are moved."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from support import processes
from support.kills import LOCATION
from support.postgres import free_port
from support.processes import Csms, Gateway, running, running_csms, running_gateway, until

pytestmark = pytest.mark.e2e

CHARGERS = 30
KINDS = [
    ("wallbox", "wallbox-pulsar-plus", "Type2", "OCPP1.6"),
    ("abb", "terra-184", "CCS2", "OCPP2.0.1"),
]


class Fleet:
    """A location of chargers of both versions, and what is known of them on both sides."""

    def __init__(self, gateway: Gateway, csms: Csms) -> None:
        self.csms = csms
        self.process = psutil.Process(gateway.process.pid)
        headers = {"Authorization": f"Bearer {gateway.token}"}
        self.api = httpx2.Client(base_url=gateway.url, headers=headers, timeout=20, trust_env=False)
        location = self.call("POST", "/ocpp/locations", json=LOCATION)
        self.path = f"/ocpp/locations/{location['id']}/chargers"

    def call(self, method: str, path: str, **request: Any) -> Any:
        answer = self.api.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def create(self, ws_url: str, number: int, prefix: str, kinds: int = 2) -> dict[str, Any]:
        """The job of that many chargers of each kind, once it is over."""
        groups = [
            {
                "template": {
                    "brand_slug": brand,
                    "model_slug": model,
                    "connector_type": connector,
                    "ocpp_version": version,
                    "ws_url": ws_url,
                    "identity_prefix": f"{prefix}-{version[4:]}-",
                },
                "charger_ids": [f"{n:03}" for n in range(number)],
            }
            for brand, model, connector, version in KINDS[:kinds]
        ]
        url = self.call("POST", self.path, json=groups)["status_url"]
        job: dict[str, Any] = until(lambda: self._over(url))
        assert job["status"] == "READY"
        assert job["results"]["failed"] == []
        return job

    def _over(self, url: str) -> Any:
        job = self.call("GET", url)
        return job if job["status"] in ("READY", "FAILED") else None

    def chargers(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.call("GET", self.path, params={"limit": 100})["data"]
        return listed

    def charger(self, charger_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/ocpp/chargers/{charger_id}")
        return found

    def child(self, module: str) -> psutil.Process | None:
        """The gateway's process or the host's."""
        for process in self.process.children():
            try:
                if module in process.cmdline():
                    return process
            except psutil.Error:
                continue
        return None

    def kill(self, module: str) -> None:
        victim = self.child(module)
        assert victim is not None
        victim.send_signal(signal.SIGKILL)
        psutil.wait_procs([victim], timeout=10)

    def settled(self) -> bool:
        """Everything is online, by the API's word and the CSMS's."""
        try:
            states = {c["connection"]["state"] for c in self.chargers()}
        except httpx2.HTTPError:
            return False
        figures = self.csms.stats()
        return states == {"online"} and figures["booted"] == figures["connected"] == CHARGERS


def seen_by(csms: Csms, identity: str) -> dict[str, Any]:
    """What the CSMS knows of a charger; nothing if it has never been there."""
    url = f"http://127.0.0.1:{csms.port}/api/chargers"
    answer = httpx2.get(url, params={"identity": identity}, trust_env=False)
    found: dict[str, Any] = answer.json() if answer.is_success else {}
    return found


def watch(condition: Callable[[], bool], invariant: Callable[[], None]) -> None:
    """Waits for the condition; the invariant holds all the while."""

    def look() -> bool:
        invariant()
        return condition()

    until(look)


@pytest.fixture(scope="module")
def csms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Csms]:
    with running_csms(tmp_path_factory.mktemp("csms") / "csms.log") as started:
        yield started


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(tmp_path_factory.mktemp("runtime") / "data", "--hosts", "1") as started:
        yield started


@pytest.fixture(scope="module")
def fleet(gateway: Gateway, csms: Csms) -> Fleet:
    made = Fleet(gateway, csms)
    until(lambda: made.api.get("/health/ready").status_code == 200)
    made.create(csms.ws_url, CHARGERS // 2, "RT")
    until(made.settled)
    return made


def test_a_killed_host_is_restarted_and_gets_its_chargers_back(fleet: Fleet, csms: Csms) -> None:
    boots, doubles = csms.stats()["boots_total"], csms.stats()["double_sockets"]
    fleet.kill("voltfleet.host")
    until(lambda: csms.stats()["boots_total"] == boots + CHARGERS)
    until(fleet.settled)
    assert csms.stats()["double_sockets"] == doubles
    assert {charger["status"] for charger in fleet.chargers()} == {"READY"}


def test_a_killed_gateway_comes_back_and_no_charger_notices(fleet: Fleet, csms: Csms) -> None:
    before = csms.stats()
    first = fleet.child("voltfleet.cli.gateway")
    fleet.kill("voltfleet.cli.gateway")

    def unnoticed() -> None:
        now = csms.stats()
        for figure in ("connected", "boots_total", "connections_total"):
            assert now[figure] == before[figure], figure

    watch(lambda: fleet.child("voltfleet.cli.gateway") not in (None, first), unnoticed)
    watch(fleet.settled, unnoticed)
    # It is in command again: what is ordered now is done.
    charger = fleet.chargers()[0]
    fleet.call("POST", f"/ocpp/chargers/{charger['id']}/reset-charger", json={})
    until(lambda: csms.stats()["boots_total"] == before["boots_total"] + 1)
    until(fleet.settled)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_stop_start_and_reset_are_seen_at_the_csms(fleet: Fleet, csms: Csms, version: str) -> None:
    identity = f"RT-{version}-003"
    charger = next(c for c in fleet.chargers() if c["identity"] == identity)
    url = f"/ocpp/chargers/{charger['id']}"
    booted = seen_by(csms, identity)["booted_at"]

    fleet.call("POST", f"{url}/stop-charger", json={})
    until(lambda: not seen_by(csms, identity)["connected"])
    until(lambda: fleet.charger(charger["id"])["connection"]["state"] == "stopped")
    fleet.call("POST", f"{url}/start-charger", json={})
    until(lambda: seen_by(csms, identity)["connected"])
    until(fleet.settled)
    started = seen_by(csms, identity)["booted_at"]
    assert started > booted

    fleet.call("POST", f"{url}/reset-charger", json={})
    until(lambda: seen_by(csms, identity)["booted_at"] > started)
    until(fleet.settled)
    log = fleet.call("GET", f"{url}/logs", params={"event": "BootNotification"})
    assert log["total"] >= 6  # three boots, each with its answer
    assert {entry["direction"] for entry in log["data"]} == {"cp_to_csms", "csms_to_cp"}


def test_a_new_address_moves_a_charger_to_another_csms(
    fleet: Fleet, csms: Csms, tmp_path: Path
) -> None:
    charger = fleet.chargers()[5]
    url, identity = f"/ocpp/chargers/{charger['id']}", charger["identity"]
    with running_csms(tmp_path / "second.log") as second:
        fleet.call("PUT", url, json={"ws_url": second.ws_url})
        until(lambda: seen_by(second, identity).get("booted_at"))
        until(lambda: not seen_by(csms, identity)["connected"])
        until(lambda: fleet.charger(charger["id"])["connection"]["state"] == "online")
        assert second.stats()["connected"] == 1
        fleet.call("PUT", url, json={"ws_url": csms.ws_url})
        until(fleet.settled)


def test_a_csms_that_is_not_there_yet_is_understood_and_waited_for(
    fleet: Fleet, csms: Csms, tmp_path: Path
) -> None:
    port = free_port()
    job = fleet.create(f"ws://127.0.0.1:{port}/ocpp", 1, "LATE")
    ids = [charger["id"] for charger in job["results"]["created"]]

    def refused() -> bool:
        there = [fleet.charger(charger_id)["connection"] for charger_id in ids]
        return all(c["attempts"] and c["last_error"] for c in there)

    until(refused)
    for charger_id in ids:
        charger = fleet.charger(charger_id)
        assert charger["status"] == "READY"
        assert charger["connection"]["state"] in ("waiting", "connecting")
        assert f"refused by 127.0.0.1:{port}" in charger["connection"]["last_error"]
        assert "is the CSMS running there?" in charger["connection"]["last_error"]

    log = tmp_path / "late.log"
    with running([processes.VOLTFLEET, "csms", "--port", str(port)], log):
        late = Csms(port)
        until(lambda: processes.answers(f"http://127.0.0.1:{port}/"))
        until(lambda: late.stats()["booted"] == len(ids))
        until(lambda: all(fleet.charger(i)["connection"]["state"] == "online" for i in ids))
        for charger_id in ids:
            connection = fleet.charger(charger_id)["connection"]
            assert (connection["last_error"], connection["attempts"]) == (None, 0)
        done = fleet.call("DELETE", fleet.path, params={"charger_ids": ids})
        assert done["deleted_count"] == len(ids)
        until(lambda: late.stats()["connected"] == 0)
    until(fleet.settled)


def test_a_deleted_charger_disconnects_and_its_identity_can_be_used_at_once(
    fleet: Fleet, csms: Csms
) -> None:
    doubles = csms.stats()["double_sockets"]
    fleet.create(csms.ws_url, 1, "GONE", kinds=1)
    (charger,) = (c for c in fleet.chargers() if c["identity"] == "GONE-1.6-000")
    until(lambda: seen_by(csms, "GONE-1.6-000").get("booted_at"))
    fleet.call("DELETE", f"/ocpp/chargers/{charger['id']}")
    job = fleet.create(csms.ws_url, 1, "GONE", kinds=1)
    again = job["results"]["created"][0]
    assert again["id"] != charger["id"]
    until(lambda: fleet.charger(again["id"])["connection"]["state"] == "online")
    fleet.call("DELETE", f"/ocpp/chargers/{again['id']}")
    until(lambda: not seen_by(csms, "GONE-1.6-000")["connected"])
    assert csms.stats()["double_sockets"] == doubles
    until(fleet.settled)


def test_sigterm_closes_every_connection_properly(csms: Csms, tmp_path: Path) -> None:
    with ExitStack() as stack:
        gateway = stack.enter_context(running_gateway(tmp_path / "data"))
        csms = stack.enter_context(running_csms(tmp_path / "csms.log"))
        fleet = Fleet(gateway, csms)
        fleet.create(csms.ws_url, CHARGERS // 2, "TERM")
        until(fleet.settled)
        gateway.process.terminate()
        assert gateway.process.wait(20) == 0
        assert csms.stats()["connected"] == 0
        assert csms.stats()["problems"] == 0
        said = processes.tail(gateway.data_directory.with_suffix(".log"))
        assert f'"closed": {CHARGERS}, "forced": 0' in said
