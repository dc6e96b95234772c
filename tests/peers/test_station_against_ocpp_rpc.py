"""Our stations in our host, over real sockets, against the npm package `ocpp-rpc` in strict mode.

Every CALL and every answer of the stations passes the package's own schemas.
"""

import itertools
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rpc_csms
from rpc_csms import RpcCsms

from voltfleet.domain.commands import CommandKind
from voltfleet.domain.hosting import Assignment, Command
from voltfleet.host.connection import Timeouts
from voltfleet.host.host import Host, HostOptions
from voltfleet.host.wheel import start_clock

VERSIONS_2 = ["OCPP2.0.1", "OCPP2.1"]
VERSIONS = ["OCPP1.6", *VERSIONS_2]
MODEL = ("wallbox", "wallbox-pulsar-plus", "Type2")
STEP_SECONDS = 14.0
ME = "CP-1"
TOKEN = {"idToken": "TAG", "type": "Central"}


class Site:
    """One charger of ours and the CSMS that judges it."""

    def __init__(self, csms: RpcCsms, host: Host) -> None:
        self.csms = csms
        self.host = host
        self._ids = itertools.count(1)

    async def plug_in(self, version: str) -> None:
        """It dials, and has booted."""
        self.host.assign(Assignment(ME, 1, ME, self.csms.url, version, *MODEL, True, 7))
        await self.hear("StatusNotification")

    async def ask(self, action: str, **payload: Any) -> dict[str, Any]:
        return await self.csms.ask(ME, action, **payload)

    async def hear(self, action: str, times: int = 1) -> dict[str, Any]:
        return await self.csms.hear(ME, action, times)

    def said(self, action: str) -> list[dict[str, Any]]:
        return self.csms.said(ME, action)

    def command(self, kind: CommandKind, **payload: Any) -> None:
        self.host.command(Command(f"c-{next(self._ids)}", ME, kind.value, payload))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A clock that runs ahead when it is quiet, and nothing to object to in the end."""
    clock, ahead = start_clock(), [0.0]

    def later() -> None:
        ahead[0] += STEP_SECONDS

    host = Host(
        HostOptions(10, timeouts=Timeouts(ping_interval=1e9), seed=1),
        lambda: clock() + ahead[0],
        tls=ssl.create_default_context(),
    )
    host.lease.link_up(host.clock(), 1e9)
    host.start()
    async with rpc_csms.running() as csms:
        csms.on_quiet = later
        yield Site(csms, host)
        await host.drain()
        host.stop()
    assert csms.violations == []


def at(seconds: float) -> str:
    """An instant so far from now, as payloads write it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def test_a_session_1_6(site: Site) -> None:
    await site.plug_in("OCPP1.6")
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}],
        },
    }
    await site.ask("RemoteStartTransaction", idTag="TAG", connectorId=1, chargingProfile=profile)
    await site.hear("StartTransaction")
    values = await site.hear("MeterValues", 3)
    assert await site.ask("GetCompositeSchedule", connectorId=1, duration=600)
    stop = await site.ask("RemoteStopTransaction", transactionId=values["transactionId"])
    assert stop == {"status": "Accepted"}
    assert (await site.hear("StopTransaction"))["reason"] == "Remote"


@pytest.mark.parametrize("version", VERSIONS_2)
async def test_a_session_2(site: Site, version: str) -> None:
    await site.plug_in(version)
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}],
    }
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }
    await site.ask(
        "RequestStartTransaction", idToken=TOKEN, remoteStartId=1, evseId=1, chargingProfile=profile
    )
    event = await site.hear("TransactionEvent", 6)
    assert await site.ask("GetCompositeSchedule", evseId=1, duration=600)
    transaction_id = event["transactionInfo"]["transactionId"]
    await site.ask("RequestStopTransaction", transactionId=transaction_id)
    await site.csms.until(lambda: site.said("TransactionEvent")[-1]["eventType"] == "Ended")


ASKED_16: list[tuple[str, dict[str, Any]]] = [
    ("GetConfiguration", {}),
    ("GetConfiguration", {"key": ["HeartbeatInterval", "Nothing"]}),
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "30"}),
    ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}),
    ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
    ("ClearCache", {}),
    ("UnlockConnector", {"connectorId": 1}),
    ("DataTransfer", {"vendorId": "com.example"}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
    ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"}),
    ("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}),
    ("GetLocalListVersion", {}),
    (
        "SendLocalList",
        {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": [{"idTag": "TAG", "idTagInfo": {"status": "Accepted"}}],
        },
    ),
    ("ReserveNow", {"connectorId": 1, "expiryDate": at(600), "idTag": "T", "reservationId": 1}),
    ("CancelReservation", {"reservationId": 1}),
    ("ClearChargingProfile", {}),
    ("GetDiagnostics", {"location": "ftp://127.0.0.1/x"}),
    ("UpdateFirmware", {"location": "ftp://127.0.0.1/x", "retrieveDate": at(0)}),
    ("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"}),
    (
        "GetLog",
        {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "ftp://127.0.0.1/x"}},
    ),
    ("Reset", {"type": "Soft"}),
]
PROFILE_2 = {
    "id": 3,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [
        {
            "id": 1,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5000.0}],
        }
    ],
}
INTERVAL = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
MONITOR = {
    "value": 1000,
    "type": "UpperThreshold",
    "severity": 5,
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "Power"},
}
ASKED_2: list[tuple[str, dict[str, Any]]] = [
    ("GetVariables", {"getVariableData": [INTERVAL, {**INTERVAL, "attributeType": "MaxSet"}]}),
    ("SetVariables", {"setVariableData": [{**INTERVAL, "attributeValue": "30"}]}),
    ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
    ("GetReport", {"requestId": 2, "componentCriteria": ["Problem"]}),
    ("SetMonitoringBase", {"monitoringBase": "All"}),
    ("SetMonitoringLevel", {"severity": 8}),
    ("SetVariableMonitoring", {"setMonitoringData": [MONITOR]}),
    ("GetMonitoringReport", {"requestId": 3}),
    ("ClearVariableMonitoring", {"id": [1, 99]}),
    ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}),
    ("ChangeAvailability", {"operationalStatus": "Operative"}),
    ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 1}}),
    ("ClearCache", {}),
    ("UnlockConnector", {"evseId": 1, "connectorId": 1}),
    ("DataTransfer", {"vendorId": "com.example"}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("TriggerMessage", {"requestedMessage": "MeterValues"}),
    ("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}),
    ("TriggerMessage", {"requestedMessage": "LogStatusNotification"}),
    ("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}),
    ("GetLocalListVersion", {}),
    (
        "SendLocalList",
        {
            "versionNumber": 1,
            "updateType": "Full",
            "localAuthorizationList": [{"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}}],
        },
    ),
    ("ReserveNow", {"id": 1, "expiryDateTime": at(600), "idToken": TOKEN, "evseId": 1}),
    ("CancelReservation", {"reservationId": 1}),
    ("SetChargingProfile", {"evseId": 0, "chargingProfile": PROFILE_2}),
    ("GetChargingProfiles", {"requestId": 4, "chargingProfile": {}}),
    ("ClearChargingProfile", {"chargingProfileId": 3}),
    ("GetTransactionStatus", {}),
    ("CostUpdated", {"totalCost": 1.5, "transactionId": "nobody's"}),
    (
        "SetDisplayMessage",
        {
            "message": {
                "id": 1,
                "priority": "NormalCycle",
                "message": {"format": "UTF8", "content": "Hello"},
            }
        },
    ),
    ("GetDisplayMessages", {"requestId": 5}),
    ("ClearDisplayMessage", {"id": 1}),
    ("CustomerInformation", {"requestId": 6, "report": True, "clear": False, "idToken": TOKEN}),
    (
        "UpdateFirmware",
        {
            "requestId": 7,
            "firmware": {"location": "ftp://127.0.0.1/x", "retrieveDateTime": at(0)},
        },
    ),
    (
        "GetLog",
        {"logType": "SecurityLog", "requestId": 8, "log": {"remoteLocation": "ftp://127.0.0.1/x"}},
    ),
    ("GetInstalledCertificateIds", {}),
    ("Reset", {"type": "Immediate"}),
]


@pytest.mark.parametrize(
    ("version", "asked"), [("OCPP1.6", ASKED_16), *((v, ASKED_2) for v in VERSIONS_2)]
)
async def test_everything_it_is_asked(
    site: Site, version: str, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    await site.plug_in(version)
    for action, payload in asked:
        await site.ask(action, **payload)
    # It comes back from the Reset, and whatever it was asked for has been sent by then.
    await site.hear("BootNotification", 2)
    await site.hear("Heartbeat", 4)


COMMANDS: list[tuple[CommandKind, dict[str, Any]]] = [
    (CommandKind.LOCAL_AUTH_LIST, {"list_version": 5, "entries": [{"id_tag": "TAG"}]}),
    (CommandKind.CLEAR_LOCAL_AUTH_LIST, {}),
    (CommandKind.CACHE_RESET, {}),
    (CommandKind.AUTHORIZE_ID_TAG, {"id_tag": "TAG"}),
    (CommandKind.PLUG_CONNECTOR, {}),
    (CommandKind.START_TRANSACTION, {"id_tag": "TAG"}),
    (CommandKind.POWER_UPDATE, {"power_w": 5000}),
    (CommandKind.EV_STOPS_ENERGY, {}),
    (CommandKind.EV_REQUESTS_ENERGY, {}),
    (CommandKind.STOP_TRANSACTION, {}),
    (CommandKind.UNLOCK_CONNECTOR, {}),
    (CommandKind.UNPLUG_CONNECTOR, {}),
    (CommandKind.START_SESSION, {"id_tag": "TAG", "target_energy_kwh": 0.5}),
    (CommandKind.STOP_SESSION, {}),
    (CommandKind.INJECT_FAULT, {"fault_type": "GroundFailure"}),
    (CommandKind.CLEAR_FAULT, {}),
]


@pytest.mark.parametrize("version", VERSIONS)
async def test_everything_its_user_does(site: Site, version: str) -> None:
    await site.plug_in(version)
    for number, (kind, payload) in enumerate(COMMANDS, 1):
        site.command(kind, **payload)
        await site.hear("Heartbeat", number)
    ended = "StopTransaction" if version == "OCPP1.6" else "TransactionEvent"
    await site.hear(ended)
