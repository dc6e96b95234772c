"""OCPP 2.x B08 (custom reports), N09 and N10 (customers)."""

import pytest
from bench2 import Bench2, booted
from bench16 import ac_station

from voltfleet.station.connector import Fault

TOKEN = {"idToken": "TAG", "type": "ISO14443"}


def report(bench: Bench2, **request: object) -> list[tuple[str, int, str]]:
    before = len(bench.calls("NotifyReport"))
    answer = bench.ask("GetReport", requestId=1, **request)
    data = [d for page in bench.calls("NotifyReport")[before:] for d in page["reportData"]]
    assert answer["status"] == ("Accepted" if data else "EmptyResultSet")
    return [
        (d["component"]["name"], d["component"].get("evse", {}).get("id", 0), d["variable"]["name"])
        for d in data
    ]


def named(component: str, variable: str | None = None, **more: object) -> dict[str, object]:
    item: dict[str, object] = {"component": {"name": component} | more}
    return item if variable is None else item | {"variable": {"name": variable}}


def test_components_and_variables_by_name():
    bench = booted(ac_station(2))
    both = [("EVSE", 1, "Power"), ("EVSE", 2, "Power")]
    assert report(bench, componentVariable=[named("evse", "power")]) == both
    assert report(bench, componentVariable=[named("EVSE", "Power", evse={"id": 2})]) == both[1:]
    assert len(report(bench, componentVariable=[named("EVSE", evse={"id": 2})])) == 9
    where = {"id": 1, "connectorId": 1}
    found = report(bench, componentVariable=[named("Connector", evse=where), named("TxCtrlr")])
    assert {name for name, _, _ in found} == {"Connector", "TxCtrlr"}
    assert report(bench, componentVariable=[named("Nonsense")]) == []
    assert report(bench, componentVariable=[named("EVSE", "Nonsense")]) == []


def test_more_variables_than_announced_are_an_occurrence_violation():
    bench = booted()
    most = int(bench.get("DeviceDataCtrlr", "ItemsPerMessage", "GetReport") or 0)
    assert report(bench, componentVariable=[named("EVSE", "Power")] * most)
    bench.ask("GetReport", requestId=1, componentVariable=[named("EVSE", "Power")] * (most + 1))
    assert bench.errors[-1][0] == "OccurrenceConstraintViolation"


def test_instances():
    bench = booted()
    asked = {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
    assert len(report(bench, componentVariable=[asked])) == 3
    asked["variable"]["instance"] = "GetReport"
    assert len(report(bench, componentVariable=[asked])) == 1


def test_components_by_criteria():
    bench = booted(ac_station(2))
    assert report(bench, componentCriteria=["Problem"]) == []
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[1], Fault.GROUND_FAILURE)
    found = report(bench, componentCriteria=["Problem"])
    assert {(name, evse) for name, evse, _ in found} == {
        ("ChargingStation", 0),
        ("EVSE", 2),
        ("Connector", 2),
    }
    bench.configure(SmartChargingCtrlr_Enabled=False)
    owners = {name for name, _, _ in report(bench, componentCriteria=["Enabled"])}
    assert "SmartChargingCtrlr" not in owners
    assert {"TxCtrlr", "AuthCtrlr"} <= owners
    both = report(
        bench, componentCriteria=["Problem", "Enabled"], componentVariable=[named("EVSE", "Power")]
    )
    assert len(both) == 2


def test_one_report_at_a_time():
    bench = booted()
    bench.policies["NotifyReport"] = lambda _: None
    bench.ask("GetReport", requestId=1)
    assert bench.ask("GetReport", requestId=2)["status"] == "Rejected"


def information(bench: Bench2, **request: object) -> tuple[str, list[str]]:
    before = len(bench.calls("NotifyCustomerInformation"))
    request = {"requestId": 3, "report": True, "clear": False} | request
    status = bench.ask("CustomerInformation", **request)["status"]
    told = bench.calls("NotifyCustomerInformation")[before:]
    return status, [t["data"] for t in told]


def test_customers():
    bench = booted()
    bench.command("authorize-id-tag", id_tag="TAG")
    line = {"idToken": TOKEN, "idTokenInfo": {"status": "Blocked"}}
    request = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [line]}
    bench.ask("SendLocalList", **request)
    both = "local authorization list: Blocked\nauthorization cache: Accepted"
    assert information(bench, idToken=TOKEN, clear=True) == ("Accepted", [both])
    left = ("Accepted", ["local authorization list: Blocked"])
    assert information(bench, idToken=TOKEN) == left
    assert information(bench, idToken=TOKEN, report=False, clear=True) == ("Accepted", [""])
    assert information(bench, customerIdentifier="Jane") == ("Accepted", [""])


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, "Invalid"),
        ({"idToken": TOKEN, "customerIdentifier": "Jane"}, "Invalid"),
        ({"idToken": TOKEN, "report": False}, "Rejected"),
    ],
)
def test_what_is_asked_of_nobody_or_for_nothing(request_, status):
    assert information(booted(), **request_) == (status, [])
