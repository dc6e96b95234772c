"""What somebody who looks at chargers sees while they charge: through host, database and stream."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from support.kills import LOCATION
from support.processes import Csms, Gateway, running_csms, running_gateway, until

pytestmark = pytest.mark.e2e

VERSIONS = ("OCPP1.6", "OCPP2.0.1", "OCPP2.1")
PATIENCE_SECONDS = 60.0

Seen = dict[str, dict[str, Any]]
"""By version: what the charger's connector does."""


class Site:
    """A charger of each OCPP version, all online."""

    def __init__(self, gateway: Gateway, csms: Csms) -> None:
        self.gateway = gateway
        headers = {"Authorization": f"Bearer {gateway.token}"}
        self.api = httpx2.Client(base_url=gateway.url, headers=headers, timeout=20, trust_env=False)
        until(lambda: self.api.get("/health/ready").status_code == 200)
        self.location = self.call("POST", "/ocpp/locations", json=LOCATION)["id"]
        groups = [
            {
                "template": {
                    "brand_slug": "abb",
                    "model_slug": "terra-184",
                    "connector_type": "CCS2",
                    "ocpp_version": version,
                    "ws_url": csms.ws_url,
                    "identity_prefix": f"{version}-",
                },
                "charger_ids": ["1"],
            }
            for version in VERSIONS
        ]
        self.call("POST", f"/ocpp/locations/{self.location}/chargers", json=groups)
        until(lambda: [c["connection"]["state"] for c in self.chargers()] == ["online"] * 3)
        self.ids = {c["id"]: c["ocpp_version"] for c in self.chargers()}

    def call(self, method: str, path: str, **request: Any) -> Any:
        answer = self.api.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json()

    def chargers(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.call("GET", "/ocpp/chargers")["data"]
        return listed

    def order(self, command: str, **event: Any) -> None:
        body = {"target": {"location_id": self.location}, "event": event}
        self.call("POST", f"/ocpp/commands/{command}", json=body)

    def flows(self) -> set[tuple[bool, bool]]:
        """What the API says of whether the busy connectors charge, or are kept from it."""
        return {
            (c["connectors"][0]["charging"], c["connectors"][0]["suspended"])
            for c in self.chargers()
        }

    @contextmanager
    def looking(self) -> Iterator[Iterator[Seen]]:
        """All three, as a stream of theirs shows them."""
        query = {"frames": list(self.ids), "fleet": "false"}
        with self.api.stream("GET", "/live", params=query) as answer:
            assert answer.status_code == 200
            yield self._read(answer)

    def _read(self, answer: httpx2.Response) -> Iterator[Seen]:
        seen: Seen = {}
        event = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "details":
                for charger_id, _, connectors in json.loads(value)["rows"]:
                    seen[self.ids[charger_id]] = connectors[0][2]
                if len(seen) == len(self.ids):
                    yield dict(seen)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("details")
    with (
        running_csms(directory / "csms.log") as csms,
        running_gateway(directory / "data", "--hosts", "1") as gateway,
    ):
        yield Site(gateway, csms)


def see(eyes: Iterator[Seen], every: Callable[[dict[str, Any]], bool]) -> Seen:
    """The first sight in which that is so at every charger."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for seen in eyes:
        if all(every(about) for about in seen.values()):
            return seen
        assert time.monotonic() < deadline, seen
    raise AssertionError("there was nothing to see")


def test_a_session_from_start_to_unplugged(site: Site) -> None:
    with site.looking() as eyes:
        watch_a_session(site, eyes)


def watch_a_session(site: Site, eyes: Iterator[Seen]) -> None:
    before = see(eyes, lambda about: not about["plugged"])
    assert set(before) == set(VERSIONS)
    assert {about["charging_state"] for about in before.values()} == {None}
    site.order("start-session", id_tag="DRIVER")
    begun = see(eyes, lambda about: about["power_w"] > 0 and about["transaction_id"] is not None)
    for about in begun.values():
        assert (about["plugged"], about["id_token"]) == (True, "DRIVER")
        assert about["charging_state"] == "Charging"
        assert about["power_w"] <= about["offered_w"]
    assert len({about["transaction_id"] for about in begun.values()}) == 3
    until(lambda: site.flows() == {(True, False)})
    later = see(
        eyes,
        lambda about: about["energy_wh"] > max(a["energy_wh"] for a in begun.values()) + 100,
    )
    for version, about in later.items():
        assert about["soc_percent"] > begun[version]["soc_percent"]
        assert about["meter_wh"] > begun[version]["meter_wh"]
    site.order("stop-session")
    stopped = see(eyes, lambda about: about["transaction_id"] is None)
    assert {about["power_w"] for about in stopped.values()} == {0.0}
    gone = see(eyes, lambda about: not about["plugged"])
    assert {about["soc_percent"] for about in gone.values()} == {None}
    until(lambda: site.flows() == {(False, False)})
