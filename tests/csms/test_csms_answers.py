"""Every message that a station may send gets the answer that the standard wants."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from csms_peer import BOOT_2, BOOT_16, Station, request_name, running, schema, station, validator

from voltfleet.csms.options import BootStatus, CsmsOptions
from voltfleet.csms.server import Csms

# From the standards' own tables of messages by sender, not from the code under test.
FROM_STATION = {
    "ocpp1.6": """Authorize BootNotification DataTransfer DiagnosticsStatusNotification
        FirmwareStatusNotification Heartbeat LogStatusNotification MeterValues
        SecurityEventNotification SignCertificate SignedFirmwareStatusNotification StartTransaction
        StatusNotification StopTransaction""",
    "ocpp2.0.1": """Authorize BootNotification ClearedChargingLimit DataTransfer
        FirmwareStatusNotification Get15118EVCertificate GetCertificateStatus Heartbeat
        LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
        NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
        NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification
        ReportChargingProfiles ReservationStatusUpdate SecurityEventNotification SignCertificate
        StatusNotification TransactionEvent""",
}
FROM_STATION["ocpp2.1"] = f"""{FROM_STATION["ocpp2.0.1"]} BatterySwap ClosePeriodicEventStream
    GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop NotifyPriorityCharging
    NotifySettlement OpenPeriodicEventStream PullDynamicScheduleUpdate ReportDERControl
    VatNumberValidation"""
FROM_CSMS = {
    "ocpp1.6": "Reset RemoteStartTransaction GetConfiguration TriggerMessage SetChargingProfile",
    "ocpp2.0.1": "Reset RequestStartTransaction GetVariables TriggerMessage SetChargingProfile",
    "ocpp2.1": "Reset RequestStartTransaction SetDERControl UsePriorityCharging",
}
VERSIONS = list(FROM_STATION)


def example(node: Any, definitions: Any) -> Any:
    """The least value that a schema allows."""
    if "$ref" in node:
        return example(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    if "enum" in node:
        return node["enum"][0]
    return plain_example(node, definitions)


def plain_example(node: Any, definitions: Any) -> Any:
    match node.get("type"):
        case "object" | None:
            properties = node.get("properties", {})
            return {n: example(properties[n], definitions) for n in node.get("required", ())}
        case "array":
            return [example(node["items"], definitions) for _ in range(node.get("minItems", 0))]
        case "boolean":
            return False
        case "integer" | "number":
            return 1
    return "2026-01-01T00:00:00Z" if node.get("format") == "date-time" else "1"


def least_request(version: str, action: str) -> dict[str, Any]:
    node = schema(version, request_name(version, action))
    payload = example(node, node.get("definitions", {}))
    validator(version, request_name(version, action)).validate(payload)
    return payload


@pytest.mark.parametrize(
    ("version", "action"), [(v, a) for v in VERSIONS for a in FROM_STATION[v].split()]
)
async def test_every_message_of_a_station_is_answered(
    csms: Csms, port: int, version: str, action: str
) -> None:
    async with station(port, version=version) as cp:
        await cp.call(action, least_request(version, action))
    assert csms.stats().problems == 0
    assert csms.stats().messages_out == 1


@pytest.mark.parametrize(
    ("version", "action"), [(v, a) for v in VERSIONS for a in FROM_CSMS[v].split()]
)
async def test_a_message_that_only_a_csms_sends_is_not_supported(
    port: int, version: str, action: str
) -> None:
    async with station(port, version=version) as cp:
        answer = await cp.try_call(action, least_request(version, action))
    assert answer[0] == 4
    assert answer[2] == "NotSupported"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_unknown_action_is_not_implemented(port: int, version: str) -> None:
    async with station(port, version=version) as cp:
        answer = await cp.try_call("MakeCoffee", {})
    assert answer[0] == 4
    assert answer[2] == "NotImplemented"
    assert isinstance(answer[3], str)
    assert isinstance(answer[4], dict)


@pytest.mark.parametrize("version", VERSIONS)
async def test_boot_is_accepted_with_the_heartbeat_interval(version: str) -> None:
    csms = Csms(CsmsOptions(heartbeat_interval=45))
    async with running(csms) as port, station(port, version=version) as cp:
        answer = await cp.boot()
    assert answer["status"] == "Accepted"
    assert answer["interval"] == 45
    moment = datetime.fromisoformat(answer["currentTime"])
    assert abs(moment.timestamp() - datetime.now(moment.tzinfo).timestamp()) < 60


async def test_boot_details_are_kept(csms: Csms, port: int) -> None:
    async with station(port, "A%2F1", "ocpp2.0.1") as cp:
        await cp.boot()
        charger = csms.charger("A/1")
    assert charger is not None
    assert (charger["vendor"], charger["model"]) == ("Volt", "Two")
    assert charger["firmware_version"] == "2.0"
    assert charger["registration"] == "Accepted"
    assert charger["booted_at"] is not None
    assert charger["ocpp_version"] == "OCPP2.0.1"
    assert charger["last_action"] == "BootNotification"


@pytest.mark.parametrize("version", VERSIONS)
async def test_heartbeat_tells_the_time(port: int, version: str) -> None:
    async with station(port, version=version) as cp:
        answer = await cp.call("Heartbeat", {})
    assert datetime.fromisoformat(answer["currentTime"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("token", "status"),
    [("CAR-1", "Accepted"), ("INVALID-1", "Invalid"), ("blocked", "Blocked"), ("", "Accepted")],
)
async def test_tokens(port: int, token: str, status: str) -> None:
    async with station(port) as cp:
        answer = await cp.call("Authorize", {"idTag": token})
        assert answer == {"idTagInfo": {"status": status}}
    async with station(port, "CP-2", "ocpp2.0.1") as cp:
        answer = await cp.call("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}})
        assert answer == {"idTokenInfo": {"status": status}}


# --- malformed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "payload", "code"),
    [
        ("ocpp1.6", {"chargePointVendor": "V"}, "OccurenceConstraintViolation"),
        ("ocpp1.6", BOOT_16 | {"chargePointVendor": 1}, "TypeConstraintViolation"),
        ("ocpp1.6", BOOT_16 | {"chargePointVendor": "V" * 21}, "PropertyConstraintViolation"),
        ("ocpp1.6", BOOT_16 | {"color": "red"}, "FormationViolation"),
        ("ocpp1.6", [], "FormationViolation"),
        ("ocpp2.0.1", {"reason": "PowerUp"}, "OccurrenceConstraintViolation"),
        ("ocpp2.0.1", BOOT_2 | {"reason": "Bored"}, "PropertyConstraintViolation"),
        ("ocpp2.0.1", BOOT_2 | {"reason": 1}, "TypeConstraintViolation"),
        ("ocpp2.0.1", BOOT_2 | {"color": "red"}, "FormatViolation"),
        ("ocpp2.0.1", "text", "FormatViolation"),
    ],
)
async def test_a_payload_against_the_schema_gets_the_right_error(
    csms: Csms, port: int, version: str, payload: Any, code: str
) -> None:
    async with station(port, version=version) as cp:
        answer = await cp.try_call("BootNotification", payload)
        assert answer[0] == 4
        assert answer[2] == code
        await cp.boot()
    assert csms.stats().problems == 1
    assert csms.stats().errors_answered == 1
    assert csms.problems()[0]["identity"] == "CP-1"


BROKEN_2 = [
    ("{", "-1", "RpcFrameworkError"),
    ("[]", "-1", "RpcFrameworkError"),
    ('{"a":1}', "-1", "RpcFrameworkError"),
    ('[2,"7","Heartbeat"]', "7", "RpcFrameworkError"),
    ('[2,"7",5,{}]', "7", "RpcFrameworkError"),
    ('[9,"7","Heartbeat",{}]', "7", "MessageTypeNotSupported"),
    ("[" * 5000, "-1", "RpcFrameworkError"),
]


@pytest.mark.parametrize(("text", "unique_id", "code"), BROKEN_2)
async def test_a_broken_frame_is_answered_as_2_0_1_says(
    csms: Csms, port: int, text: str, unique_id: str, code: str
) -> None:
    async with station(port, version="ocpp2.0.1") as cp:
        await cp.say(text)
        answer = await cp.hear()
        assert answer[:3] == [4, unique_id, code]
        await cp.boot()
    assert csms.stats().problems == 1


@pytest.mark.parametrize("text", ["{", "[]", '[9,"7","Heartbeat",{}]', '[6,"7","Heartbeat",{}]'])
async def test_1_6_has_no_answer_to_what_cannot_be_read(csms: Csms, port: int, text: str) -> None:
    async with station(port) as cp:
        await cp.say(text)
        await cp.boot()  # the next frame heard is the answer to this
    assert csms.stats().problems == 1


async def test_1_6_answers_a_broken_call_whose_id_is_readable(port: int) -> None:
    async with station(port) as cp:
        await cp.say('[2,"7","Heartbeat"]')
        assert (await cp.hear())[:3] == [4, "7", "FormationViolation"]


async def test_a_broken_answer_is_not_answered(csms: Csms, port: int) -> None:
    async with station(port, version="ocpp2.0.1") as cp:
        for text in (
            '[3,"7"]',
            '[4,"7"]',
            '[3,"nobody-asked",{}]',
            '[4,"7","InternalError","",{}]',
        ):
            await cp.say(text)
        await cp.boot()
    assert csms.stats().problems == 4
    assert csms.stats().messages_out == 1


async def test_a_send_of_2_1_is_taken_in_silence(csms: Csms, port: int) -> None:
    stream = {
        "id": 1,
        "pending": 0,
        "basetime": "2026-01-01T00:00:00Z",
        "data": [{"t": 0, "v": "1"}],
    }
    async with station(port, version="ocpp2.1") as cp:
        await cp.say(_frame(6, "s1", "NotifyPeriodicEventStream", stream))
        await cp.boot()
        assert csms.stats().problems == 0
        await cp.say(_frame(6, "s2", "NotifyPeriodicEventStream", {"id": 1}))
        await cp.say(_frame(5, "s3", "FormatViolation", "cannot read your answer"))
        await cp.boot()
    assert csms.stats().problems == 2


def _frame(*parts: Any) -> str:
    return json.dumps(parts)


# --- Pending and Rejected ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [BootStatus.PENDING, BootStatus.REJECTED])
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_boot_can_be_put_off(version: str, status: BootStatus) -> None:
    csms = Csms(CsmsOptions(boot_status=status, boot_interval=7))
    async with running(csms) as port, station(port, version=version) as cp:
        answer = await cp.boot()
        assert (answer["status"], answer["interval"]) == (status, 7)
        assert csms.stats().booted == csms.stats().boots_total == 0
        csms.answer_boots_with(BootStatus.ACCEPTED)
        assert (await cp.boot())["status"] == "Accepted"
        assert csms.stats().booted == csms.stats().boots_total == 1
        await cp.call("Heartbeat", {})


@pytest.mark.parametrize("status", [BootStatus.PENDING, BootStatus.REJECTED])
async def test_a_2_0_1_station_not_accepted_may_not_speak(status: BootStatus) -> None:
    """B02.FR.09, B03.FR.07."""
    async with running(Csms(CsmsOptions(boot_status=status))) as port:
        async with station(port, version="ocpp2.0.1") as cp:
            await cp.boot()
            answer = await cp.try_call("Heartbeat", {})
            assert answer[2] == "SecurityError"
        async with station(port, "CP-2") as cp:
            await cp.boot()
            await cp.call("Heartbeat", {})  # 1.6 knows no such rule


async def test_a_station_that_booted_elsewhere_may_speak(csms: Csms, port: int) -> None:
    async with station(port, version="ocpp2.0.1") as cp:
        await cp.call("Heartbeat", {})
    assert csms.stats().problems == 0


async def test_a_pending_station_may_send_what_it_was_asked_for() -> None:
    csms = Csms(CsmsOptions(boot_status=BootStatus.PENDING))
    async with running(csms) as port, station(port, version="ocpp2.0.1") as cp:
        await cp.boot()
        await _ask(csms, cp, "TriggerMessage", {"requestedMessage": "Heartbeat"})
        await cp.call("Heartbeat", {})
        await _ask(csms, cp, "GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
        await cp.call("NotifyReport", least_request("ocpp2.0.1", "NotifyReport"))
        answer = await cp.try_call("MeterValues", least_request("ocpp2.0.1", "MeterValues"))
        assert answer[2] == "SecurityError"


async def _ask(csms: Csms, cp: Station, action: str, payload: dict[str, Any]) -> None:
    asking = asyncio.ensure_future(csms.call("CP-1", action, payload))
    unique_id, asked, _ = await cp.asked()
    assert asked == action
    await cp.answer(unique_id, {"status": "Accepted"})
    assert await asking == {"status": "Accepted"}
