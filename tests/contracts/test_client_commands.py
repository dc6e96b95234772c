"""The public client drives every command; what it does is seen in the messages at the CSMS."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import ocpplab
import pytest
from ocpplab.errors import BadRequestError, NotFoundError, UnprocessableEntityError

from support.processes import Csms
from support.shared_gateway import SharedGateway

Eventually = Callable[[Callable[[], Any]], Any]
Seen = Callable[..., Any]
VERSIONS = ("OCPP1.6", "OCPP2.0.1", "OCPP2.1")
NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"


class Bay:
    """One charger of the test's own, and what its CSMS hears of it."""

    def __init__(
        self,
        client: ocpplab.OcpplabSDK,
        gateway: SharedGateway,
        charger: Any,
        eventually: Eventually,
    ) -> None:
        self.id: str = charger.charger_id
        self.client = client
        self.eventually = eventually
        self.one = ocpplab.ChargerCommandTarget(charger_id=self.id)
        self.target = ocpplab.CommandTarget(charger_id=self.id)
        self._http = httpx2.Client(
            base_url=gateway.url, headers={"Authorization": f"Bearer {gateway.token}"}
        )

    def get(self, path: str) -> Any:
        answer = self._http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def heard(self, action: str, **holds: Any) -> dict[str, Any]:
        """The payload of a message of that kind, once the CSMS has heard one that says so."""
        [found] = self.eventually(lambda: self._find(action, holds))
        payload: dict[str, Any] = found
        return payload

    def _find(self, action: str, holds: dict[str, Any]) -> list[dict[str, Any]]:
        for entry in reversed(self.client.chargers.get_logs(self.id, event=action).data):
            frame = json.loads(entry.message or "[]")
            if frame[0] == 2 and entry.direction == "cp_to_csms":
                payload: dict[str, Any] = frame[3]
                if holds.items() <= payload.items():
                    return [payload]
        return []

    def fate(self, accepted: Any) -> dict[str, Any]:
        """What became of the command in the end."""
        [result] = accepted.results
        assert (accepted.targeted_count, accepted.queued_count, accepted.failed_count) == (1, 1, 0)
        assert result.charger_id == self.id
        return self.settled(result.command.id)

    def settled(self, command_id: str) -> dict[str, Any]:
        path = f"/ocpp/commands/{command_id}"
        open_ = ("queued", "sent")
        command: dict[str, Any] = self.eventually(
            lambda: None if (c := self.get(path))["state"] in open_ else c
        )
        return command

    def applied(self, accepted: Any) -> dict[str, Any]:
        command = self.fate(accepted)
        assert command["state"] == "applied", command
        return command


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def bay(
    client: ocpplab.OcpplabSDK,
    gateway: SharedGateway,
    csms: Csms,
    eventually: Eventually,
    version: str,
    request: pytest.FixtureRequest,
) -> Iterator[Bay]:
    name = f"{version[-3:]}-{abs(hash(request.node.name)) % 10**8}"
    made = client.chargers.create(
        identity=name,
        brand_slug="wallbox",
        model_slug="wallbox-pulsar-plus",
        connector_type="Type2",
        ws_url=csms.ws_url,
        ocpp_version=version,
    )
    bay = Bay(client, gateway, made, eventually)
    eventually(lambda: bay.get(f"/ocpp/chargers/{bay.id}")["connection"]["state"] == "online")
    yield bay
    client.chargers.delete(bay.id)


def is_16(version: str) -> bool:
    return version == "OCPP1.6"


def test_a_transaction_step_by_step(bay: Bay, version: str) -> None:
    do, place = bay.client.commands, ocpplab.ConnectorCommandEvent(connector_id=1)
    key, busy = ("status", "Preparing") if is_16(version) else ("connectorStatus", "Occupied")
    accepted = do.plug_connector(target=bay.target, event=place)
    assert accepted.results[0].command.event_type == "plug_connector"
    assert accepted.results[0].command.ocpp_version == version.lower()
    assert accepted.results[0].command.payload == {"connector_id": 1}
    bay.applied(accepted)
    bay.heard("StatusNotification", **{key: busy})

    start = ocpplab.StartTransactionCommandEvent(id_tag="TAG-1", connector_id=1)
    bay.applied(do.start_transaction(target=bay.target, event=start))
    if is_16(version):
        assert bay.heard("StartTransaction")["idTag"] == "TAG-1"
    else:
        begun = bay.heard("TransactionEvent", eventType="Started")
        assert begun["triggerReason"] in ("Authorized", "CablePluggedIn")
    bay.applied(do.ev_stops_energy(target=bay.target, event=place))
    bay.applied(do.ev_requests_energy(target=bay.target, event=place))
    limit = ocpplab.PowerUpdateCommandEvent(power_w=1_400)
    bay.applied(do.power_update(target=bay.target, event=limit))
    if is_16(version):
        bay.heard("StatusNotification", status="SuspendedEV")
        bay.heard("StatusNotification", status="Charging")

    stop = ocpplab.StopTransactionCommandEvent()
    stopped = bay.applied(do.stop_transaction(target=bay.target, event=stop))
    assert stopped["detail"]["transactionId"]
    if is_16(version):
        assert bay.heard("StopTransaction")["reason"] == "Local"
    bay.applied(do.unlock_connector(target=bay.target, event=place))
    bay.applied(do.unplug_connector(target=bay.target, event=place))
    if not is_16(version):
        assert bay.heard("TransactionEvent", eventType="Ended")
    bay.heard("StatusNotification", **{key: "Available"})
    again = bay.fate(do.unplug_connector(target=bay.target, event=place))
    assert again["state"] == "rejected"
    assert again["reason"]


def test_a_session_in_one_go(bay: Bay, version: str) -> None:
    do = bay.client.commands
    event = ocpplab.StartSessionCommandEvent(id_tag="TAG-2", duration_seconds=3_600)
    begun = bay.applied(do.start_session(target=bay.target, event=event))
    assert begun["event_type"] == "start_session"
    assert begun["payload"] == {"id_tag": "TAG-2", "duration_seconds": 3_600}
    if is_16(version):
        bay.heard("StartTransaction", idTag="TAG-2")
    else:
        bay.heard("TransactionEvent", eventType="Started")
    bay.applied(do.stop_session(target=bay.target, event=ocpplab.StopSessionCommandEvent()))
    if is_16(version):
        bay.heard("StopTransaction", idTag="TAG-2")
    else:
        bay.heard("TransactionEvent", eventType="Ended")
    listed = bay.get(f"/ocpp/chargers/{bay.id}/commands")
    assert [c["event_type"] for c in listed["data"]] == ["stop_session", "start_session"]
    assert {c["state"] for c in listed["data"]} == {"applied"}


def test_authorize_and_proxy_messages_bring_the_csms_answer(bay: Bay, version: str) -> None:
    do = bay.client.commands
    ask = ocpplab.AuthorizeIdTagCommandEvent(id_tag="TAG-3")
    asked = bay.applied(do.authorize_id_tag(target=bay.target, event=ask))
    assert "Accepted" in json.dumps(asked["detail"])
    bay.heard("Authorize")

    def proxy(action: str, payload: dict[str, Any], **more: Any) -> Any:
        event = ocpplab.ProxyMessageEvent(
            action=action, ocpp_version=version.lower(), payload=payload, **more
        )
        return do.proxy_message(target=bay.one, event=event)

    queued = proxy("data_transfer", {"vendor_id": "com.example", "data": "x"})
    assert (queued.event_type, queued.ocpp_version) == ("proxy_message", version.lower())
    told = bay.settled(queued.id)
    assert told["state"] == "applied", told
    assert "status" in told["detail"]["response"]
    bay.heard("DataTransfer", vendorId="com.example", data="x")

    wrong = bay.settled(proxy("data_transfer", {"vendorId": 5}).id)
    assert (wrong["state"], "vendorId" in wrong["reason"]) == ("rejected", True)
    sent = bay.settled(proxy("data_transfer", {"vendorId": 5}, strict=False).id)
    assert sent["state"] != "expired"
    bay.heard("DataTransfer", vendorId=5)
    other = "stop_transaction" if not is_16(version) else "transaction_event"
    with pytest.raises(BadRequestError, match="sends no"):
        proxy(other, {})


def test_settings_lists_and_cache(bay: Bay, version: str) -> None:
    do = bay.client.commands
    key = "HeartbeatInterval" if is_16(version) else "OCPPCommCtrlr.HeartbeatInterval"
    change = ocpplab.ConfigurationUpdateEvent(configuration={key: "1"})
    done = do.set_configuration(target=bay.one, event=change)
    assert (done.status, done.configured, done.msg) == ("Accepted", [key], f"{key}: Accepted")
    bay.heard("Heartbeat")
    change = ocpplab.ConfigurationUpdateEvent(configuration={key: "never", "No.Such": "1"})
    done = do.set_configuration(target=bay.one, event=change)
    assert (done.status, done.configured) == ("Rejected", [])

    entries = [ocpplab.LocalAuthListEntry(id_tag=f"LOCAL-{n}") for n in range(2)]
    update = ocpplab.LocalAuthListEvent(list_version=4, entries=entries)
    listed = do.send_local_list(target=bay.one, event=update)
    assert (listed.status, listed.list_version, listed.entries_received) == ("Accepted", 4, 2)
    stale = do.send_local_list(target=bay.one, event=update)
    assert (stale.status, stale.list_version) == ("VersionMismatch", 4)
    cleared = do.clear_local_list(target=bay.one, event=ocpplab.EmptyEvent())
    assert cleared.entries_deleted == 2

    bay.applied(
        do.authorize_id_tag(
            target=bay.target, event=ocpplab.AuthorizeIdTagCommandEvent(id_tag="TAG-4")
        )
    )
    emptied = do.reset_auth_cache(target=bay.one, event=ocpplab.EmptyEvent())
    assert emptied.cleared_entries == 1
    assert do.reset_auth_cache(target=bay.one, event=ocpplab.EmptyEvent()).cleared_entries == 0


def test_faults_come_and_go(bay: Bay, version: str) -> None:
    do = bay.client.commands
    key = "status" if is_16(version) else "connectorStatus"
    event = ocpplab.InjectFaultEvent(fault_type="OverCurrent", connector_id=1)
    broken = do.inject_fault(target=bay.one, event=event)
    assert (broken.fault_type, broken.connector_id) == ("OverCurrentFailure", 1)
    assert broken.msg == "OverCurrentFailure at connector 1"
    told = bay.heard("StatusNotification", **{key: "Faulted"})
    if is_16(version):
        assert told["errorCode"] == "OverCurrentFailure"
    mended = do.clear_fault(target=bay.one, event=ocpplab.ClearFaultEvent())
    assert mended.msg == "mended: OverCurrentFailure at connector 1"
    bay.eventually(lambda: bay.heard("StatusNotification")[key] == "Available")

    drop = ocpplab.InjectFaultEvent(fault_type="NetworkDrop", value=1)
    do.inject_fault(target=bay.one, event=drop)
    path = f"/ocpp/chargers/{bay.id}"
    bay.eventually(lambda: bay.get(path)["connection"]["state"] == "waiting")
    assert "injected fault" in bay.get(path)["connection"]["last_error"]
    bay.eventually(lambda: bay.get(path)["connection"]["state"] == "online")
    with pytest.raises(UnprocessableEntityError, match="fault-types"):
        do.inject_fault(target=bay.one, event=ocpplab.InjectFaultEvent(fault_type="Gremlins"))
    assert bay.get("/ocpp/commands/fault-types")["total"] >= 20


def test_a_charger_that_is_stopped_or_not_there(bay: Bay) -> None:
    do = bay.client.commands
    bay.client.chargers.stop_runtime(bay.id, request={})
    change = ocpplab.ConfigurationUpdateEvent(configuration={"HeartbeatInterval": "60"})
    with pytest.raises(BadRequestError, match="is stopped"):
        do.set_configuration(target=bay.one, event=change)
    place = ocpplab.ConnectorCommandEvent()
    refused = do.plug_connector(target=bay.target, event=place)
    assert (refused.targeted_count, refused.queued_count, refused.failed_count) == (1, 0, 1)
    assert "is stopped" in refused.failed[0].error
    with pytest.raises(NotFoundError):
        do.plug_connector(target=ocpplab.CommandTarget(charger_id=NOWHERE), event=place)
    with pytest.raises(UnprocessableEntityError):
        do.plug_connector(target=ocpplab.CommandTarget(), event=place)


def test_a_whole_location_at_once(
    client: ocpplab.OcpplabSDK,
    csms: Csms,
    location: ocpplab.LocationResponse,
    eventually: Eventually,
) -> None:
    template = ocpplab.ChargerTemplate(
        brand_slug="wallbox",
        model_slug="wallbox-pulsar-plus",
        connector_type="Type2",
        ws_url=csms.ws_url,
        identity_prefix="CMD-",
    )
    group = ocpplab.ChargerGroup(template=template, chargers_number=20)
    job = client.location_chargers.create(location.id, request=[group])
    eventually(
        lambda: client.location_chargers.get_bulk_job(location.id, job.job_id).status == "READY"
    )
    target = ocpplab.CommandTarget(location_id=location.id)
    event = ocpplab.StartSessionCommandEvent(id_tag="FLEET")
    begun = client.commands.start_session(target=target, event=event)
    assert (begun.targeted_count, begun.queued_count) == (20, 20)
    assert len({result.command.id for result in begun.results}) == 20
    eventually(lambda: csms.stats()["transactions_active"] >= 20)
    some = ocpplab.CommandTarget(
        location_id=location.id,
        charger_ids=[r.charger_id for r in begun.results[:5]] + [NOWHERE],
    )
    stopped = client.commands.stop_session(target=some, event=ocpplab.StopSessionCommandEvent())
    assert (stopped.targeted_count, stopped.queued_count, stopped.failed_count) == (6, 5, 1)
    eventually(lambda: csms.stats()["transactions_active"] <= 15)
