"""Strict checks against the standard's schemas: code and field of each kind of violation."""

import json
from importlib.machinery import ModuleSpec

import msgspec
import pytest

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.ocppj.schemas import Kind

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
REQUEST, RESPONSE = Kind.REQUEST, Kind.RESPONSE


def violation(version: OcppVersion, kind: Kind, action: str, payload: object) -> RpcError:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(RpcError) as caught:
        schemas.check(version, kind, action, body)
    return caught.value


def item(**changes: object) -> dict[str, object]:
    item = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "HeartbeatInterval"},
        "attributeValue": "60",
    }
    return {"setVariableData": [item | changes]}


def charging_profile(limit: object) -> dict[str, object]:
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        },
    }


def test_every_action_has_a_request_and_a_response_that_compile():
    for version, count in ((V16, 39), (V201, 64), (V21, 91)):
        known = schemas.actions(version)
        assert len(known) == count
        for action in known - {"NotifyPeriodicEventStream"}:
            for kind in Kind:
                try:
                    schemas.check(version, kind, action, b"{}")
                except RpcError as error:
                    assert error.code is RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION  # noqa: PT017


def test_a_good_payload_comes_back_as_values():
    payload = b'{"currentTime":"2024-01-01T00:00:00.000Z","interval":300,"status":"Accepted"}'
    for version in OcppVersion:
        assert schemas.check(version, RESPONSE, "BootNotification", payload)["interval"] == 300
        raw = msgspec.Raw(payload)
        assert schemas.check(version, RESPONSE, "BootNotification", raw)["interval"] == 300


def test_unknown_actions_are_not_implemented():
    assert violation(V16, REQUEST, "GetVariables", {}).code is RpcErrorCode.NOT_IMPLEMENTED
    assert violation(V201, REQUEST, "AFRRSignal", {}).code is RpcErrorCode.NOT_IMPLEMENTED
    assert violation(V21, REQUEST, "x" * 1000, {}).description.startswith("xxx")
    stream_has_no_answer = violation(V21, RESPONSE, "NotifyPeriodicEventStream", {})
    assert stream_has_no_answer.code is RpcErrorCode.NOT_IMPLEMENTED


OCCURRENCE = RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
TYPE = RpcErrorCode.TYPE_CONSTRAINT_VIOLATION
PROPERTY = RpcErrorCode.PROPERTY_CONSTRAINT_VIOLATION
FORMAT = RpcErrorCode.FORMAT_VIOLATION

ITEM = "setVariableData[0]"
X_FIELD = f"{ITEM}.component.x"
EVSE_MINUS_1 = {"name": "A", "evse": {"id": -1}}


@pytest.mark.parametrize(
    ("version", "action", "payload", "code", "field"),
    [
        (V16, "ChangeAvailability", {"type": "Operative"}, OCCURRENCE, "connectorId"),
        (V16, "ChangeAvailability", {"type": "Operative", "connectorId": "1"}, TYPE, "connectorId"),
        (V16, "ChangeAvailability", {"type": "On", "connectorId": 1}, PROPERTY, "type"),
        (V16, "RemoteStartTransaction", {"idTag": "x" * 21}, PROPERTY, "idTag"),
        (V16, "ClearCache", {"why": 1}, FORMAT, "why"),
        (V201, "SetVariables", {}, OCCURRENCE, "setVariableData"),
        (V201, "SetVariables", {"setVariableData": []}, OCCURRENCE, "setVariableData"),
        (V201, "SetVariables", item(attributeValue=60), TYPE, f"{ITEM}.attributeValue"),
        (V201, "SetVariables", item(attributeValue="x" * 1001), PROPERTY, f"{ITEM}.attributeValue"),
        (V201, "SetVariables", item(attributeType="Now"), PROPERTY, f"{ITEM}.attributeType"),
        (V201, "SetVariables", item(component={"name": "A", "x": 1}), FORMAT, X_FIELD),
        (V201, "SetVariables", item(variable={}), OCCURRENCE, f"{ITEM}.variable.name"),
        (V21, "SetVariables", item(component=EVSE_MINUS_1), PROPERTY, f"{ITEM}.component.evse.id"),
    ],
)  # fmt: skip
def test_a_violation_has_its_code_and_names_the_field(version, action, payload, code, field):
    error = violation(version, REQUEST, action, payload)
    assert (error.code, error.details["field"]) == (code, field)
    assert error.description.startswith(field)


def test_a_date_that_is_none_is_a_type_violation():
    payload = {"currentTime": "yesterday", "interval": 300, "status": "Accepted"}
    error = violation(V201, RESPONSE, "BootNotification", payload)
    assert (error.code, error.details) == (TYPE, {"field": "currentTime", "constraint": "format"})


def test_a_payload_that_is_no_object_is_a_format_violation():
    assert violation(V16, REQUEST, "ClearCache", []).code is FORMAT


@pytest.mark.parametrize("limit", [0.3, 6, 6.0, 16.1, 16.3, 21.4, 32.7, 1_234_567.8])
def test_one_decimal_is_a_multiple_of_a_tenth_whatever_binary_floats_say(limit):
    body = json.dumps(charging_profile(limit)).encode()
    assert schemas.check(V16, REQUEST, "SetChargingProfile", body)


def test_two_decimals_are_not():
    error = violation(V16, REQUEST, "SetChargingProfile", charging_profile(16.15))
    assert (error.code, error.details["constraint"]) == (PROPERTY, "multipleOf")


def test_max_length_counts_characters():
    assert schemas.check(
        V16, REQUEST, "RemoteStartTransaction", '{"idTag":"ääääääääääääääääääää"}'.encode()
    )


@pytest.mark.parametrize(
    "inside",
    [
        b"1e999",
        b"1" * 5000,
        b"[" * 400 + b"]" * 400,
        b"[" * 60_000 + b"]" * 60_000,
        b'"\xff"',
        b"nul",
    ],
)
def test_what_no_decoder_reads_is_a_format_violation(inside):
    body = b'{"customData":{"vendorId":"a","x":' + inside + b'},"y":' + inside + b"}"
    assert violation(V201, REQUEST, "Heartbeat", body).code is FORMAT


def test_a_long_value_is_not_repeated_in_the_description():
    error = violation(V16, REQUEST, "RemoteStartTransaction", {"idTag": "x" * 5000})
    assert error.description == "idTag: violates maxLength"


def test_without_the_distribution_that_carries_the_schemas_it_says_so(monkeypatch):
    monkeypatch.setattr(schemas, "find_spec", lambda _: ModuleSpec("ocpp", None))
    with pytest.raises(ModuleNotFoundError, match="install the 'ocpp' distribution"):
        schemas._folder(V16)
