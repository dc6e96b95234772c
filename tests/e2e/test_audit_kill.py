"""What a gateway has acknowledged is in the audit log, also when it is killed right then."""

import os
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from support.processes import VOLTFLEET, running_gateway, until

LOCATION = {
    "name": "Hub",
    "address": "2 Side Street",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.0, "longitude": 5.0},
}

pytestmark = pytest.mark.e2e


def test_no_acknowledged_change_is_missing_after_a_kill(tmp_path: Path) -> None:
    with running_gateway(tmp_path / "data", VOLTFLEET_HOSTS="1") as gateway:
        mine = {"Authorization": f"Bearer {gateway.token}"}
        made = []
        with httpx2.Client(base_url=gateway.url, timeout=10, headers=mine) as user:
            for _ in range(20):
                answer = user.post("/ocpp/locations", json=LOCATION)
                assert answer.status_code == 201
                made.append(answer.json()["id"])
        find = ["pgrep", "-P", str(gateway.process.pid), "-f", "voltfleet.cli.gateway"]
        found = subprocess.run(find, capture_output=True, text=True, check=True).stdout
        os.kill(int(found), signal.SIGKILL)
        create = [VOLTFLEET, "token", "create", "--role", "admin", "--data-dir", tmp_path / "data"]
        token = subprocess.run(create, capture_output=True, text=True, check=True).stdout.strip()

        def audited() -> list[str] | None:
            headers = {"Authorization": f"Bearer {token}"}
            try:
                answer = httpx2.get(f"{gateway.url}/admin/audit", headers=headers, timeout=10)
            except httpx2.HTTPError:
                return None  # the connection was the dead gateway's
            return [
                line["targets"]["location_id"] for line in answer.raise_for_status().json()["data"]
            ]

        assert until(audited) == made[::-1]
