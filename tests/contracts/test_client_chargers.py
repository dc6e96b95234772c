"""The public client stands up one charger, follows it, changes it, and takes it away."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import ocpplab
import pytest
from ocpplab.errors import NotFoundError, UnprocessableEntityError

from support.processes import Csms

NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"
Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def charger(
    client: ocpplab.OcpplabSDK,
    csms: Csms,
    location: ocpplab.LocationResponse,
    eventually: Eventually,
) -> ocpplab.ChargerResponse:
    """A charger that is READY, pointed at the CSMS."""
    accepted = create(client, f"ONE-{location.id[-12:]}", csms.ws_url, location_id=location.id)
    eventually(lambda: client.chargers.get_status(accepted.charger_id).status == "READY")
    return client.chargers.get(accepted.charger_id)


def create(
    client: ocpplab.OcpplabSDK, identity: str, ws_url: str, **more: str
) -> ocpplab.ChargerAcceptedResponse:
    """A Pulsar Plus."""
    return client.chargers.create(
        identity=identity,
        brand_slug="wallbox",
        model_slug="wallbox-pulsar-plus",
        connector_type="Type2",
        ws_url=ws_url,
        **more,
    )


def actions(client: ocpplab.OcpplabSDK, charger_id: str, **query: Any) -> list[str]:
    """What the charger's log says was sent."""
    return [entry.action for entry in client.chargers.get_logs(charger_id, **query).data]


def test_one_charger_is_accepted_and_becomes_ready(
    client: ocpplab.OcpplabSDK,
    csms: Csms,
    location: ocpplab.LocationResponse,
    eventually: Eventually,
) -> None:
    accepted = create(client, "CLIENT-1", csms.ws_url, location_id=location.id)
    assert accepted.identity == "CLIENT-1"
    assert accepted.status in ("PENDING", "PROVISIONING")
    assert accepted.status_url == f"/ocpp/chargers/{accepted.charger_id}/status"

    def ready() -> ocpplab.ChargerStatusResponse | None:
        status = client.chargers.get_status(accepted.charger_id)
        return status if status.status == "READY" else None

    status = eventually(ready)
    assert status.error is None
    assert status.provisioned_at is not None
    assert status.provisioned_at.tzinfo is not None


def test_a_charger_tells_what_it_is(
    client: ocpplab.OcpplabSDK, charger: ocpplab.ChargerResponse, csms: Csms
) -> None:
    assert charger.vendor_name == "Wallbox"
    assert charger.model == "Pulsar Plus"
    assert charger.ocpp_version == "OCPP1.6"
    assert charger.connector_type == "Type2"
    assert charger.number_of_connectors == 1
    assert charger.max_charging_power == 22_000
    assert charger.created_at is not None
    everywhere = {c.id for c in client.chargers.list(limit=100).data}
    here = [c.id for c in client.chargers.list(location_id=charger.location_id).data]
    assert charger.id in everywhere
    assert here == [charger.id]


def test_a_charger_is_changed_in_part(
    client: ocpplab.OcpplabSDK, charger: ocpplab.ChargerResponse
) -> None:
    changed = client.chargers.update(charger.id, charge_point_name="Bay 7")
    assert changed.name == "Bay 7"
    assert changed.identity == charger.identity
    again = client.chargers.update(charger.id, ocpp_version="OCPP2.0.1")
    assert (again.name, again.ocpp_version) == ("Bay 7", "OCPP2.0.1")


def test_a_deleted_charger_is_gone(
    client: ocpplab.OcpplabSDK, charger: ocpplab.ChargerResponse
) -> None:
    client.chargers.delete(charger.id)
    for read in (client.chargers.get, client.chargers.get_status, client.chargers.delete):
        with pytest.raises(NotFoundError):
            read(charger.id)


def test_the_runtime_stops_starts_and_restarts(
    client: ocpplab.OcpplabSDK, charger: ocpplab.ChargerResponse, eventually: Eventually
) -> None:
    def boots() -> int:
        return actions(client, charger.id, event="BootNotification").count("BootNotification")

    eventually(lambda: boots() >= 1)
    stopped = client.chargers.stop_runtime(charger.id, request={})
    assert stopped.event_type == "stop_charger"
    assert stopped.ocpp_version == "ocpp1.6"
    eventually(lambda: connection(client, charger.id) == "stopped")

    before = boots()
    assert client.chargers.start_runtime(charger.id, request={}).event_type == "start_charger"
    eventually(lambda: boots() > before)
    eventually(lambda: connection(client, charger.id) == "online")

    before = boots()
    assert client.chargers.reset_runtime(charger.id, request={}).event_type == "reset_charger"
    eventually(lambda: boots() > before)


def connection(client: ocpplab.OcpplabSDK, charger_id: str) -> str:
    """The state of the charger's connection, which the client hands through untyped."""
    state: str = (client.chargers.get(charger_id).model_extra or {})["connection"]["state"]
    return state


def test_the_log_holds_the_frames_of_both_directions(
    client: ocpplab.OcpplabSDK, charger: ocpplab.ChargerResponse, eventually: Eventually
) -> None:
    eventually(lambda: "StatusNotification" in actions(client, charger.id))
    log = client.chargers.get_logs(charger.id)
    assert {entry.direction for entry in log.data} == {"cp_to_csms", "csms_to_cp"}
    boots = client.chargers.get_logs(charger.id, event="BootNotification")
    assert {entry.action for entry in boots.data} == {"BootNotification"}
    assert any((entry.message or "").startswith('[2,"') for entry in boots.data)
    assert len(client.chargers.get_logs(charger.id, limit=1, offset=1).data) == 1

    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert client.chargers.get_logs(charger.id, start_date=tomorrow).total == 0
    assert client.chargers.get_logs(charger.id, end_date=tomorrow).total >= log.total


def test_a_number_is_no_date(client: ocpplab.OcpplabSDK, charger: ocpplab.ChargerResponse) -> None:
    options: Any = {"additional_query_parameters": {"start_date": "0.5"}}
    with pytest.raises(UnprocessableEntityError):
        client.chargers.get_logs(charger.id, request_options=options)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("brand_slug", "no-such-brand"),
        ("model_slug", "no-such-model"),
        ("connector_type", "NACS"),
        ("ocpp_version", "OCPP1.5"),
        ("ws_url", "https://127.0.0.1/"),
        ("identity", "a charger"),
        ("identity", "A" * 49),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    client: ocpplab.OcpplabSDK, field: str, value: str
) -> None:
    wish = {
        "identity": "CLIENT-2",
        "brand_slug": "wallbox",
        "model_slug": "wallbox-pulsar-plus",
        "connector_type": "Type2",
        "ws_url": "ws://127.0.0.1:9/",
    }
    with pytest.raises(UnprocessableEntityError) as answer:
        client.chargers.create(**(wish | {field: value}))  # type: ignore[arg-type]
    assert [error["loc"][-1] for error in answer.value.body["detail"]] == [field]


def test_a_missing_charger_is_not_found(client: ocpplab.OcpplabSDK) -> None:
    with pytest.raises(NotFoundError):
        client.chargers.update(NOWHERE, name="x")
    for command in (
        client.chargers.start_runtime,
        client.chargers.stop_runtime,
        client.chargers.reset_runtime,
    ):
        with pytest.raises(NotFoundError):
            command(NOWHERE, request={})
