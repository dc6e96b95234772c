"""The founding document's request bodies, as they stand in it, do what it says they do.

``data/founding_*.json`` and ``data/founding_openapi.yaml`` are copied from it byte for byte. The
CSMS that it names cannot be reached from here (``loopback_only``), as it cannot from a reader's
machine: that must not keep a job from becoming READY.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import ocpplab
import pytest

from support.shared_gateway import SharedGateway

DATA = Path(__file__).with_name("data")
Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="module")
def http(gateway: SharedGateway) -> httpx2.Client:
    """Requests with the header that the document's examples send."""
    return httpx2.Client(
        base_url=gateway.url, headers={"Authorization": f"Bearer {gateway.token}"}, timeout=10
    )


@pytest.fixture
def post(
    http: httpx2.Client, location: ocpplab.LocationResponse, eventually: Eventually
) -> Callable[[str], dict[str, Any]]:
    """Posts one of the bodies and returns the finished job."""

    def send(name: str) -> dict[str, Any]:
        accepted = http.post(
            f"/ocpp/locations/{location.id}/chargers",
            content=(DATA / f"founding_{name}.json").read_bytes(),
            headers={"Content-Type": "application/json"},
        )
        assert accepted.status_code == 202, accepted.text
        assert accepted.json()["status"] in ("PENDING", "PROVISIONING")
        assert accepted.headers["Location"] == accepted.json()["status_url"]
        assert int(accepted.headers["Retry-After"]) >= 1

        def over() -> dict[str, Any] | None:
            job: dict[str, Any] = http.get(accepted.json()["status_url"]).json()
            return job if job["status"] in ("READY", "FAILED") else None

        job: dict[str, Any] = eventually(over)
        return job

    return send


def made(job: dict[str, Any]) -> list[tuple[str, str]]:
    """Identity and name of every charger that a job created."""
    return sorted((charger["identity"], charger["name"]) for charger in job["results"]["created"])


def test_ids_are_padded_to_the_number(post: Callable[[str], dict[str, Any]]) -> None:
    job = post("ids_padded_to_a_number")
    assert job["status"] == "READY"
    assert job["results"]["failed"] == []
    chargers = made(job)
    assert len({identity for identity, _ in chargers}) == 5
    assert {("SITE_A_001", "Charger 001"), ("SITE_A_002", "Charger 002")} < set(chargers)
    padded = [identity for identity, _ in chargers if not re.fullmatch(r"SITE_A_00[12]", identity)]
    assert all(re.fullmatch(r"SITE_A_[0-9a-f]+", identity) for identity in padded)


def test_two_groups_go_in_one_request(post: Callable[[str], dict[str, Any]]) -> None:
    job = post("two_groups")
    assert job["status"] == "READY"
    by_prefix = [identity[:7] for identity, _ in made(job)]
    assert by_prefix == ["SITE_A_"] * 3 + ["SITE_B_"] * 2
    models = {charger["identity"][:7]: charger["model"] for charger in job["results"]["created"]}
    assert models["SITE_B_"] == "Pulsar Plus"


def test_ids_alone_create_exactly_those(
    post: Callable[[str], dict[str, Any]], http: httpx2.Client, eventually: Eventually
) -> None:
    job = post("ids_only")
    assert made(job) == [
        ("SITE_A_001", "Bay 001"),
        ("SITE_A_002", "Bay 002"),
        ("SITE_A_003", "Bay 003"),
    ]
    charger = f"/ocpp/chargers/{job['results']['created'][0]['id']}"
    why = eventually(lambda: http.get(charger).json()["connection"]["last_error"])
    assert "ocpp.ocpplab.com" in why  # which also shows that nobody else's CSMS was dialled
