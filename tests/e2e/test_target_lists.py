"""Two organizations, one with a list of targets: judged by the sockets that come to a CSMS."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from support.fleets import token_for
from support.processes import Csms, Gateway, running_csms, running_gateway, until

pytestmark = pytest.mark.e2e

EACH = 10
SECONDS = 10.0
"""Within which a change of a list holds."""
LISTED = "is not on the list of targets that this organization's chargers may dial"


class Elsewhere:
    """A listener at 127.0.0.2, on the CSMS's port; it counts who comes."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.came = 0

    def run(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            self.came += 1
            visitor.close()


@contextmanager
def elsewhere(port: int) -> Iterator[Elsewhere]:
    with socket.create_server(("127.0.0.2", port)) as listener:
        there = Elsewhere(listener)
        thread = threading.Thread(target=there.run)
        thread.start()
        yield there
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


class Organization:
    """What its user sees and does; with an admin's token, what is done about it."""

    def __init__(self, gateway: Gateway, organization_id: str) -> None:
        self._id = organization_id
        self._user, self._admin = (
            httpx2.Client(
                base_url=gateway.url,
                headers={"Authorization": f"Bearer {token_for(gateway, whose)}"},
                trust_env=False,
            )
            for whose in (organization_id, None)
        )

    def create(self, identity: str, ws_url: str) -> str:
        asked = {
            "identity": identity,
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": ws_url,
        }
        answer = self._user.post("/ocpp/chargers", json=asked)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["charger_id"])

    def restart(self, charger_id: str) -> None:
        path = f"/ocpp/chargers/{charger_id}/reset-charger"
        self._user.post(path).raise_for_status()

    def connections(self) -> list[dict[str, Any]]:
        listed = self._user.get("/ocpp/chargers", params={"limit": 100}).json()["data"]
        return [charger["connection"] for charger in listed]

    def error(self, charger_id: str) -> str:
        shown = self._user.get(f"/ocpp/chargers/{charger_id}").json()
        return str(shown["connection"]["last_error"])

    def allow(self, *targets: str) -> None:
        path = f"/admin/organizations/{self._id}/targets"
        answer = self._admin.put(path, json={"targets": targets})
        assert answer.status_code == 200, answer.text

    def allow_all(self) -> None:
        self._admin.delete(f"/admin/organizations/{self._id}/targets").raise_for_status()

    def is_barred(self) -> bool:
        return all(
            c["state"] == "waiting" and LISTED in str(c["last_error"]) for c in self.connections()
        )


def connected(csms: Csms) -> int:
    return int(csms.stats()["connected"])


def test_a_list_holds_for_one_organization_and_while_its_chargers_run(tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("moves.example 127.0.0.1\n")
    with (
        running_csms(tmp_path / "csms.log") as csms,
        elsewhere(csms.port) as other_place,
        running_gateway(
            tmp_path / "data", VOLTFLEET_HOSTS="1", LOOPBACK_NAMES=str(names)
        ) as gateway,
    ):
        acme, globex = Organization(gateway, "acme"), Organization(gateway, "globex")
        for number in range(EACH - 1):
            acme.create(f"A{number}", csms.ws_url)
        moving = f"ws://moves.example:{csms.port}/ocpp"
        moves = acme.create("A-MOVES", moving)
        for number in range(EACH):
            globex.create(f"G{number}", csms.ws_url)
        until(lambda: connected(csms) == 2 * EACH)

        # Struck off: they leave, the others stay.
        acme.allow("csms.example", "192.0.2.0/24", f"127.0.0.1:{csms.port + 1}")
        until(lambda: connected(csms) == EACH, seconds=SECONDS)
        until(acme.is_barred, seconds=SECONDS)
        assert {c["state"] for c in globex.connections()} == {"online"}

        # A host that begins anew is told before it dials.
        sockets = csms.stats()["connections_total"]
        _kill_host(gateway)
        until(lambda: csms.stats()["connections_total"] >= sockets + EACH)
        until(lambda: connected(csms) == EACH)
        until(acme.is_barred, seconds=SECONDS)
        assert csms.stats()["connections_total"] == sockets + EACH

        # Allowed again: they come back by themselves, the name too, which leads there.
        acme.allow("127.0.0.1")
        until(lambda: connected(csms) == 2 * EACH, seconds=SECONDS)

        # Rebinding: the name leads elsewhere the next time.
        names.write_text("moves.example 127.0.0.2\n")
        acme.restart(moves)
        until(lambda: "moves.example leads to 127.0.0.2: " in acme.error(moves), seconds=SECONDS)
        assert LISTED in acme.error(moves)
        until(lambda: connected(csms) == 2 * EACH - 1)
        assert other_place.came == 0

        # Nobody else is held to that list, nor is acme without it.
        globex.create("G-MOVES", moving)
        until(lambda: other_place.came, seconds=SECONDS)
        came = other_place.came
        acme.allow_all()
        until(lambda: other_place.came > came, seconds=SECONDS)
        until(lambda: connected(csms) == 2 * EACH - 1)


def _kill_host(gateway: Gateway) -> None:
    family = psutil.Process(gateway.process.pid).children(recursive=True)
    (host,) = [process for process in family if "voltfleet.host" in process.cmdline()]
    host.kill()
    psutil.wait_procs([host], timeout=10)
