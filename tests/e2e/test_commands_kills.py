"""Kill -9 while a fleet is told what to do: no command is forgotten, and none is done twice. The
short chaos of `make test` judges a few; these are a hundred at once."""

import time
from pathlib import Path
from typing import Any

import pytest

from support import processes
from support.kills import LOCATION, Fleet
from support.long import LONG

CHARGERS = 100
SETTLED_SECONDS = 60.0


def _populate(fleet: Fleet) -> str:
    location: str = fleet.call("POST", "/ocpp/locations", json=LOCATION)["id"]
    group = {
        "template": {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": fleet.csms.ws_url,
            "identity_prefix": "CMD-",
        },
        "chargers_number": CHARGERS,
    }
    fleet.call("POST", f"/ocpp/locations/{location}/chargers", json=[group])
    processes.until(lambda: fleet.csms.stats()["booted"] == CHARGERS, seconds=SETTLED_SECONDS)
    return location


def _fates(fleet: Fleet, accepted: dict[str, Any]) -> list[str] | None:
    """How the commands ended, once all have."""
    states = [
        fleet.call("GET", f"/ocpp/commands/{result['command']['id']}")["state"]
        for result in accepted["results"]
    ]
    return None if {"queued", "sent"} & set(states) else states


@LONG
@pytest.mark.e2e
@pytest.mark.parametrize("target", ["gateway", "host", "everything"])
def test_every_command_has_one_end(tmp_path: Path, target: str) -> None:
    with processes.running_csms(tmp_path / "csms.log") as csms:
        fleet = Fleet(tmp_path, csms)
        fleet.start()
        try:
            location = _populate(fleet)
            before = csms.stats()["transactions_total"]
            body = {"target": {"location_id": location}, "event": {"id_tag": "KILL"}}
            accepted = fleet.call("POST", "/ocpp/commands/start-session", json=body)
            assert accepted["queued_count"] == CHARGERS
            time.sleep(0.2)
            fleet.kill(target)
            states = processes.until(lambda: _fates(fleet, accepted), seconds=SETTLED_SECONDS)
            begun = csms.stats()["transactions_total"] - before
        finally:
            fleet.stop()
    assert begun <= CHARGERS
    if target == "gateway":
        assert states == ["applied"] * CHARGERS
        assert begun == CHARGERS
    else:
        assert set(states) <= {"applied", "failed", "expired"}
        assert begun >= states.count("applied")
