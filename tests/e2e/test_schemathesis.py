"""Nobody can send the API anything that it answers with a 5xx or with what it does not document.

schemathesis reads our own ``/openapi.json`` and makes requests from it, good ones and bad ones, the
same on every run. The gateway is a real one; it takes small batches only, because schemathesis
likes large numbers, and its hosts reach nothing but this machine.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.long import LONG
from support.processes import VOLTFLEET, Gateway, running_gateway, until

FEWEST_CASES = int(os.environ.get("VOLTFLEET_API_CASES", "1000"))
"""`make api` asks for 20,000."""
EXAMPLES = 3 + (FEWEST_CASES - 1_000) // 50
"""Of each operation, beside those that cover its schema."""
SEED = "20261122"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "unsupported_method,ignored_auth"
)
IN_ORDINARY_USE = {
    "POST /ocpp/chargers",
    "POST /ocpp/locations/{location_id}/chargers",
    "POST /ocpp/locations",
    "GET /ocpp/locations/{location_id}",
    "GET /ocpp/locations/{location_id}/chargers",
    "GET /ocpp/locations/{location_id}/chargers/jobs/{job_id}",
    "GET /ocpp/chargers/{charger_id}",
    "GET /ocpp/chargers/{charger_id}/status",
    "GET /ocpp/chargers/{charger_id}/logs",
    "POST /ocpp/chargers/{charger_id}/start-charger",
    "POST /ocpp/commands/plug-connector",
    "POST /ocpp/commands/start-session",
    "POST /ocpp/commands/cache/reset",
}

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300 + FEWEST_CASES // 5)]


@pytest.fixture
def gateway(tmp_path: Path, database_url: str) -> Iterator[Gateway]:
    """A gateway that takes batches of fifty; each test on the other database, for its traps."""
    settings = {"VOLTFLEET_MAX_BATCH": "50", "VOLTFLEET_HOSTS": "1"}
    settings["VOLTFLEET_DATABASE_URL"] = database_url
    with running_gateway(tmp_path / "data", **settings) as started:
        yield started


@pytest.fixture
def real_ids(gateway: Gateway) -> dict[str, str]:
    """A location, a finished job and a charger that requests can be about."""
    http = httpx2.Client(
        base_url=gateway.url, headers={"Authorization": f"Bearer {gateway.token}"}, timeout=10
    )
    location = {"name": "x", "address": "x", "city": "x", "country": "NO"}
    there = {"coordinates": {"latitude": 59.9, "longitude": 10.7}}
    location_id = http.post("/ocpp/locations", json=location | there).json()["id"]
    template = {"brand_slug": "abb", "model_slug": "terra-184", "connector_type": "CCS2"}
    group = {"template": template | {"ws_url": "ws://127.0.0.1:9/"}, "chargers_number": 3}
    job = http.post(f"/ocpp/locations/{location_id}/chargers", json=[group]).json()

    def created() -> list[dict[str, str]]:
        results: dict[str, list[dict[str, str]]] = http.get(job["status_url"]).json()["results"]
        return results["created"] if results else []

    made = until(created)
    ids = {"location_id": location_id, "job_id": job["job_id"], "charger_id": made[0]["id"]}
    return ids | {"brand_slug": "abb", "model_slug": "terra-184"}


def run(
    gateway: Gateway, folder: Path, config: str, *options: str, **variables: str
) -> dict[str, Any]:
    """schemathesis' report of one run, in which it found nothing."""
    hooks = Path(__file__).with_name("schemathesis_hooks.py")
    (folder / "schemathesis.toml").write_text(f'hooks = "{hooks}"\n{config}')
    command = [str(VOLTFLEET.with_name("st")), "--config-file", "schemathesis.toml", "run"]
    target = [f"{gateway.url}/openapi.json", "--header", f"Authorization:Bearer {gateway.token}"]
    settings = ["--seed", SEED, "--checks", CHECKS, "--no-shrink", "--request-timeout", "20"]
    report = ["--report", "json", "--report-json-path", "report.json", "--warnings", "off"]
    done = subprocess.run(
        [*command, *target, *settings, *report, *options],
        cwd=folder,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    told = "\n".join(line[:500] for line in done.stdout.splitlines()[-400:])
    assert done.returncode == 0, told + done.stderr[-2_000:]
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    assert found["complete"]
    assert found["operations"]["errored"] == 0
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_requests_that_schemathesis_invents(gateway: Gateway, tmp_path: Path) -> None:
    """Ids, too, but for those that it finds in answers and uses in what it sends next."""
    report = run(gateway, tmp_path, "", "--max-examples", str(EXAMPLES))
    assert report["test_cases"]["generated"] >= FEWEST_CASES
    assert report["operations"]["tested"] == report["operations"]["total"] >= 20


@LONG
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_requests_about_what_exists(
    gateway: Gateway, tmp_path: Path, real_ids: dict[str, str]
) -> None:
    """Made-up ids only ever meet a 404. Nothing is deleted or stopped, or others soon would too."""
    lines = [f'"path.{name}" = "{value}"' for name, value in real_ids.items()]
    config = "\n".join(["[parameters]", *lines])
    options = ["--exclude-method", "DELETE", "--exclude-path-regex", "stop-charger$"]
    options += ["--mode", "positive", "--phases", "examples,coverage,fuzzing"]
    options += ["--max-examples", "6"]
    report = run(gateway, tmp_path, config, *options, REAL_IDS=json.dumps(real_ids))
    accepted = {
        operation
        for operation, phases in report["valid_rates"].items()
        if any(phase["accepted"] for phase in phases.values())
    }
    assert accepted >= IN_ORDINARY_USE
