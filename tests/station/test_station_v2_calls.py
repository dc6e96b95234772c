"""Whatever CALL arrives at a 2.x station: its answer, or the right error with the field named."""

import pytest
from bench2 import Bench2, Bench21, booted

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.station.v2.engine import _TABLE
from voltfleet.station.v2.v21.engine import _ADDED

NAMELESS = {"component": {}, "variable": {"name": "A"}}
NAMELESS_FIELD = "getVariableData[0].component.name"


OCCURRENCE, TYPE = "OccurrenceConstraintViolation", "TypeConstraintViolation"
PROPERTY, FORMAT = "PropertyConstraintViolation", "FormatViolation"
TEXT_ID = {"operationalStatus": "Operative", "evse": {"id": "1"}}
HALF = {"requestId": 1.5, "reportBase": "FullInventory"}


@pytest.mark.parametrize(
    ("action", "payload", "code", "field"),
    [
        ("Nonsense", {}, "NotImplemented", None),
        ("RemoteStartTransaction", {}, "NotImplemented", None),
        ("AFRRSignal", {}, "NotImplemented", None),
        ("BootNotification", {}, "NotSupported", None),
        ("Reset", {}, OCCURRENCE, "type"),
        ("Reset", {"type": 1}, TYPE, "type"),
        ("Reset", {"type": "Hard"}, PROPERTY, "type"),
        ("Reset", {"type": "Immediate", "why": 1}, FORMAT, "why"),
        ("ChangeAvailability", TEXT_ID, TYPE, "evse.id"),
        ("GetVariables", {"getVariableData": []}, OCCURRENCE, "getVariableData"),
        ("GetVariables", {"getVariableData": [NAMELESS]}, OCCURRENCE, NAMELESS_FIELD),
        ("RequestStopTransaction", {"transactionId": "x" * 37}, PROPERTY, "transactionId"),
        ("GetBaseReport", HALF, TYPE, "requestId"),
    ],
)
def test_errors(action, payload, code, field):
    bench = booted()
    before = len(bench.log)
    assert bench.ask(action, **payload) == {}
    [(told, description, details)] = bench.errors
    assert told == code
    assert description
    assert details.get("field") == field
    assert bench.log[before:] == []


def test_custom_data_is_welcome_anywhere():
    custom = {"vendorId": "Acme", "anything": [1, {"x": None}]}
    bench = booted()
    answer = bench.ask("ClearCache", customData=custom)
    assert answer == {"status": "Accepted"}
    evse = {"id": 1, "customData": custom}
    bench.ask("ChangeAvailability", operationalStatus="Operative", evse=evse)
    assert bench.answers[-1] == {"status": "Accepted"}


def test_other_vendors_messages_are_unknown():
    bench = booted()
    answer = bench.ask("DataTransfer", vendorId="Acme", messageId="m", data={"any": "thing"})
    assert answer == {"status": "UnknownVendorId"}


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_every_handler_is_for_an_action_of_the_standard(version):
    assert set(_TABLE) <= schemas.actions(version)
    assert set(_ADDED) <= schemas.actions(OcppVersion.V21)


def test_21_knows_actions_that_201_does_not():
    for bench, code in ((Bench2(), "NotImplemented"), (Bench21(), OCCURRENCE)):
        bench.connect()
        bench.ask("AFRRSignal")
        assert bench.errors[-1][0] == code
    assert "AFRRSignal" in _ADDED


def test_a_send_of_21_is_taken_and_nothing_comes_back():
    bench = Bench21()
    bench.connect()
    before = len(bench.log)
    action = bench.raw('[6,"x","NotifyPeriodicEventStream",{"id":1}]')
    assert action == "NotifyPeriodicEventStream"
    assert bench.log[before:] == []
    assert bench.errors == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{}", ("RpcFrameworkError", "the text is not a JSON array")),
        ('[9,"x"]', ("MessageTypeNotSupported", "the message type number is unknown")),
        ('[2,"x","Reset",[]]', ("FormatViolation", "the payload is not a JSON object")),
    ],
)
def test_broken_frames(text, error):
    bench = booted()
    assert bench.raw(text) == ""
    assert bench.errors == [(*error, {})]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("GetVariables", {"getVariableData": []}),
        ("SetVariables", {"setVariableData": []}),
        ("GetReport", {"requestId": 1}),
        ("SendLocalList", {"versionNumber": 1, "updateType": "Full"}),
        ("SetVariableMonitoring", {"setMonitoringData": []}),
        ("ClearVariableMonitoring", {"id": []}),
    ],
)
def test_a_request_longer_than_bytes_per_message_is_refused(action, payload):
    bench = Bench2()
    bench.connect()
    owner = {"SendLocalList": "LocalAuthListCtrlr"}.get(action, "DeviceDataCtrlr")
    owner = "MonitoringCtrlr" if action.endswith("Monitoring") else owner
    instance = () if action == "SendLocalList" else (action,)
    most = int(bench.get(owner, "BytesPerMessage", *instance) or 0)
    padded = payload | {"customData": {"vendorId": "x", "padding": "y" * (most + 1)}}
    bench.ask(action, **padded)
    assert bench.errors[-1][0] in {"FormatViolation", "FormationViolation"}
    assert f"{most} bytes" in bench.errors[-1][1]
