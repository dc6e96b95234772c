"""Kill -9 in the middle of charging sessions: what a CSMS has been told is never forgotten."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import processes
from support.kills import LOCATION, Fleet
from support.long import LONG, LONG_RUN
from support.recording_csms import RecordingCsms, Transaction, recording_csms

EACH = 10
SETTLED_SECONDS = 60.0
V16 = [f"S16-{number}" for number in range(EACH)]
V201 = [f"S201-{number}" for number in range(EACH)]
EVERYBODY = [*V16, *V201]


def _group(csms: RecordingCsms, prefix: str, version: str) -> dict[str, Any]:
    return {
        "template": {
            "brand_slug": "wallbox",
            "model_slug": "wallbox-pulsar-plus",
            "connector_type": "Type2",
            "ws_url": csms.ws_url,
            "ocpp_version": version,
            "identity_prefix": prefix,
        },
        "charger_ids": [str(number) for number in range(EACH)],
    }


def _populate(fleet: Fleet, csms: RecordingCsms) -> str:
    location: str = fleet.call("POST", "/ocpp/locations", json=LOCATION)["id"]
    groups = [_group(csms, "S16-", "OCPP1.6"), _group(csms, "S201-", "OCPP2.0.1")]
    fleet.call("POST", f"/ocpp/locations/{location}/chargers", json=groups)
    _until(lambda: _available(csms) >= set(EVERYBODY))
    # Sent only once the gateway knows that they are online: what follows is sent at once, and not
    # to the process that comes after the kill.
    _command(fleet, location, "authorize-id-tag", id_tag="FIRST")
    _until(lambda: csms.authorized >= set(EVERYBODY))
    return location


def _available(csms: RecordingCsms) -> set[str]:
    """Who has told, last, that it is free."""
    told = {
        call.identity: call.payload.get("status") or call.payload.get("connectorStatus")
        for call in list(csms.calls)
        if call.action == "StatusNotification" and call.payload.get("connectorId") != 0
    }
    return {identity for identity, status in told.items() if status == "Available"}


def _until(condition: Callable[[], bool]) -> None:
    processes.until(condition, seconds=SETTLED_SECONDS)


def _command(fleet: Fleet, location: str, route: str, **event: Any) -> None:
    body = {"target": {"location_id": location}, "event": event}
    answer = fleet.call("POST", f"/ocpp/commands/{route}", json=body)
    assert answer["queued_count"] == len(EVERYBODY)


def _transactions(csms: RecordingCsms, identity: str) -> list[Transaction]:
    of = csms.transactions_v16 if identity in V16 else csms.transactions_v2
    return of(identity)


def _of(csms: RecordingCsms, id_token: str) -> list[Transaction]:
    """Everybody's transactions for that token."""
    everything = (t for identity in EVERYBODY for t in _transactions(csms, identity))
    return [transaction for transaction in everything if transaction.id_token == id_token]


def _charging(csms: RecordingCsms) -> bool:
    """Everybody has told of energy."""
    readings = (csms.registers(identity) for identity in EVERYBODY)
    return all(found and found[-1] > found[0] + 1 for found in readings)


def _starting(csms: RecordingCsms) -> bool:
    """Somebody has told of a transaction."""
    return bool(_of(csms, "KILLED"))


def _closed(csms: RecordingCsms, boots: dict[str, int]) -> bool:
    """Everybody is back, and has ended what was going on."""
    back = all(csms.boots[identity] > boots[identity] for identity in EVERYBODY)
    return back and all(transaction.ends for transaction in _of(csms, "KILLED"))


def _check(csms: RecordingCsms) -> None:
    """Each transaction has one beginning and one end, and all is told in order."""
    assert csms.doubled == set()
    assert {tuple(t.ends) for t in _of(csms, "KILLED")} == {("PowerLoss",)}
    for identity in EVERYBODY:
        registers = csms.registers(identity)
        assert registers == sorted(registers), identity
        for events in csms.events(identity).values():
            _check_order(events)


def _check_order(events: list[dict[str, Any]]) -> None:
    """OCPP 2.x: the events of one transaction, as they arrived."""
    kinds = [event["eventType"] for event in events]
    assert kinds == ["Started", *["Updated"] * (len(kinds) - 2), "Ended"]
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    stamps = [event["timestamp"] for event in events]
    assert stamps == sorted(stamps)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("target", "when"),
    [
        pytest.param("host", _charging, marks=LONG),
        ("everything", _charging),
        pytest.param("host", _starting, marks=LONG),
    ],
)
def test_a_killed_session_is_closed_once_and_its_energy_kept(
    tmp_path: Path, database_url: str, target: str, when: Callable[[RecordingCsms], bool]
) -> None:
    if "sqlite" not in database_url and not LONG_RUN:
        pytest.skip("long; `make long` runs it on Postgres too")
    with recording_csms() as csms:
        fleet = Fleet(tmp_path, csms, "--database-url", database_url)  # type: ignore[arg-type]
        fleet.start()
        try:
            location = _populate(fleet, csms)
            _command(fleet, location, "start-session", id_tag="KILLED")
            _until(lambda: when(csms))
            boots = dict(csms.boots)
            fleet.kill(target)
            _until(lambda: _closed(csms, boots))
            # Once more, and to a proper end: what came twice, or late, would come before it.
            _command(fleet, location, "unplug-connector")
            _until(lambda: _available(csms) >= set(EVERYBODY))
            _command(fleet, location, "start-session", id_tag="AGAIN")
            _until(lambda: len(_of(csms, "AGAIN")) == len(EVERYBODY))
            _command(fleet, location, "stop-session")
            _until(lambda: all(transaction.ends for transaction in _of(csms, "AGAIN")))
        finally:
            fleet.stop()
    _check(csms)
    assert {len(t.ends) for t in _of(csms, "AGAIN")} == {1}
    assert len(_of(csms, "KILLED")) == len(EVERYBODY) or when is _starting
