"""OCPP-J 1.6 §4: whatever arrives gets its right answer, or its right silence."""

import pytest
from bench16 import Bench, ac_station, booted

from voltfleet.station.v16.types import MessageTrigger

TYPE, PROPERTY = "TypeConstraintViolation", "PropertyConstraintViolation"
OCCURENCE, FORMATION = "OccurenceConstraintViolation", "FormationViolation"  # 1.6 spells them so


@pytest.mark.parametrize(
    ("action", "payload", "code", "field"),
    [
        ("MakeCoffee", {}, "NotImplemented", None),
        ("StartTransaction", {}, "NotSupported", None),
        ("SetChargingProfile", {"connectorId": 1}, OCCURENCE, "csChargingProfiles"),
        ("BootNotification", {}, "NotSupported", None),
        ("Reset", {}, OCCURENCE, "type"),
        ("Reset", {"type": "Warm"}, PROPERTY, "type"),
        ("Reset", {"type": 5}, TYPE, "type"),
        ("Reset", {"type": "Soft", "now": True}, FORMATION, "now"),
        ("UnlockConnector", {"connectorId": "1"}, TYPE, "connectorId"),
        ("ChangeConfiguration", {"key": "k" * 51, "value": "v"}, PROPERTY, "key"),
        ("ChangeConfiguration", {"key": "k", "value": "v" * 501}, PROPERTY, "value"),
        ("GetConfiguration", {"key": [1]}, TYPE, "key[0]"),
        ("GetConfiguration", {"key": None}, TYPE, "key"),
        ("RemoteStartTransaction", {"idTag": "x" * 21}, PROPERTY, "idTag"),
        ("RemoteStartTransaction", {"idTag": "x", "chargingProfile": {}}, OCCURENCE, None),
        ("UnlockConnector", {"connectorId": 1.5}, TYPE, "connectorId"),
        ("ClearCache", {"x": 1}, FORMATION, "x"),
    ],
)  # fmt: skip
def test_each_fault_has_its_code_and_names_its_field(action, payload, code, field):
    bench = booted()
    bench.send(action, payload)
    assert bench.answers == []
    [(got, description, details)] = bench.errors
    assert got == code
    assert len(description) <= 255
    if field is not None:
        assert details["field"] == field


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{}",
        "[]",
        "[2]",
        "null",
        '[7,"a",{}]',
        '[6,"a","NotifyPeriodicEventStream",{}]',
        '[5,"a","InternalError","",{}]',
        '[3,"nobody",{}]',
        '[4,"nobody","InternalError","",{}]',
        '[2,17,"Reset",{"type":"Hard"}]',
        "[" * 100_000,
        "\ud800",
    ],
)  # fmt: skip
def test_garbage_is_met_with_silence(text):
    bench = booted()
    before = len(bench.log)
    bench.raw(text)
    assert (bench.answers, bench.errors, len(bench.log)) == ([], [], before)
    assert bench.ask("ClearCache") == {"status": "Accepted"}


@pytest.mark.parametrize("text", ['[2,"a","Reset"]', '[2,"a","Reset",[]]', '[2,"a",5,{}]'])
def test_a_broken_call_with_a_readable_id_gets_formation_violation(text):
    bench = booted()
    bench.raw(text)
    assert [code for code, _, _ in bench.errors] == ["FormationViolation"]


def test_answers_to_nothing_are_counted():
    bench = booted()
    bench.raw('[3,"nobody",{}]')
    assert bench.station._ctx.outbox.unexpected == 1


def test_a_broken_answer_ends_the_wait_of_its_call():
    bench = Bench()
    bench.policies["BootNotification"] = lambda _: None
    bench.connect()
    pending = bench.station._ctx.outbox._peer.pending
    assert pending is not None
    assert bench.raw(f'[3,"{pending.unique_id}",[]]') == "BootNotification"
    assert "FormationViolation" in (bench.registrations[-1].note or "")


def test_nothing_is_heard_or_said_without_a_socket():
    bench = Bench()
    assert bench.station.receive('[2,"a","ClearCache",{}]', bench.now) == ""
    assert bench.station.outgoing() == []


def test_data_transfer_of_a_vendor_nobody_knows():
    answer = booted().ask("DataTransfer", vendorId="com.example", messageId="m", data="d")
    assert answer == {"status": "UnknownVendorId"}


@pytest.mark.parametrize("message", list(MessageTrigger))
def test_trigger_message(message):
    bench = booted(ac_station(2))
    before = len(bench.log)
    answer = bench.ask("TriggerMessage", requestedMessage=message)
    sent = [action for _, action, _ in bench.log[before:]]
    expected = {
        MessageTrigger.DIAGNOSTICS_STATUS_NOTIFICATION: ["DiagnosticsStatusNotification"],
        MessageTrigger.FIRMWARE_STATUS_NOTIFICATION: ["FirmwareStatusNotification"],
        MessageTrigger.BOOT_NOTIFICATION: ["BootNotification"],
        MessageTrigger.HEARTBEAT: ["Heartbeat"],
        MessageTrigger.STATUS_NOTIFICATION: ["StatusNotification"] * 3,
        MessageTrigger.METER_VALUES: ["MeterValues"] * 2,
    }
    assert sent == expected[message]
    assert answer == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("message", "connector", "status"),
    [
        ("StatusNotification", 0, "Accepted"),
        ("StatusNotification", 1, "Accepted"),
        ("StatusNotification", 2, "Rejected"),
        ("MeterValues", 0, "Rejected"),
        ("MeterValues", 1, "Accepted"),
        ("MeterValues", -1, "Rejected"),
    ],
)
def test_trigger_message_of_one_connector(message, connector, status):
    bench = booted()
    before = len(bench.log)
    answer = bench.ask("TriggerMessage", requestedMessage=message, connectorId=connector)
    assert answer == {"status": status}
    sent = [(action, p["connectorId"]) for _, action, p in bench.log[before:]]
    assert sent == ([(message, connector)] if status == "Accepted" else [])


def test_the_answer_is_on_the_wire_before_what_was_triggered():
    bench = booted()
    station, now = bench.station, bench.now
    station.receive('[2,"a","TriggerMessage",{"requestedMessage":"Heartbeat"}]', now)
    assert [action for action, _ in station.outgoing()] == ["TriggerMessage", "Heartbeat"]
