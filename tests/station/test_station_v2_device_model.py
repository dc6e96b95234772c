"""OCPP 2.x B05 to B07: variables, and the reports of them."""

from typing import Any

import pytest
from bench2 import Bench2, booted
from bench16 import SOCKET, ac_station, dc_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.station.v2.device_model.model import definitions_of

TWIN = StationSpec("Acme", "Twin", "1", (EvseSpec((SOCKET, SOCKET)), EvseSpec((SOCKET,))))


def item(component: str, variable: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


def get(bench: Bench2, *items: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = bench.ask("GetVariables", getVariableData=list(items))[
        "getVariableResult"
    ]
    return results


def set_(bench: Bench2, *items: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = bench.ask("SetVariables", setVariableData=list(items))[
        "setVariableResult"
    ]
    return results


def report(bench: Bench2, base: str = "FullInventory") -> list[dict[str, Any]]:
    before = len(bench.calls("NotifyReport"))
    answer = bench.ask("GetBaseReport", requestId=5, reportBase=base)
    assert answer == {"status": "Accepted"}
    return bench.calls("NotifyReport")[before:]


# --- B06 -----------------------------------------------------------------------------------------


def test_one_result_per_item_in_order():
    bench = booted()
    results = get(
        bench,
        item("OCPPCommCtrlr", "HeartbeatInterval"),
        item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Actual"),
        item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Target"),
        item("OCPPCommCtrlr", "Nonsense"),
        item("Nonsense", "HeartbeatInterval"),
    )
    assert [r["attributeStatus"] for r in results] == [
        "Accepted",
        "Accepted",
        "NotSupportedAttributeType",
        "UnknownVariable",
        "UnknownComponent",
    ]
    assert [r.get("attributeValue") for r in results] == ["3600", "3600", None, None, None]
    assert [r.get("attributeType") for r in results] == [None, "Actual", "Target", None, None]


def test_names_are_case_insensitive_and_instances_matter():
    bench = booted()
    assert bench.get("ocppcommctrlr", "MESSAGEATTEMPTS", "transactionevent") == "3"
    assert bench.get("OCPPCommCtrlr", "MessageAttempts") is None


def test_components_of_evses_and_connectors():
    bench = booted(TWIN)
    assert bench.get("Connector", "ConnectorType", id=1, connectorId=2) == "cType2"
    assert bench.get("EVSE", "SupplyPhases", id=2) == "3"
    assert bench.get("EVSE", "SupplyPhases", id=3) is None
    assert bench.get("EVSE", "SupplyPhases") is None
    assert bench.get("ChargingStation", "SerialNumber") == "CP-1"
    assert bench.get("SecurityCtrlr", "Identity") == "CP-1"
    assert booted(dc_station()).get("Connector", "ConnectorType", id=1, connectorId=1) == "cCCS2"


def test_the_power_of_an_evse_is_read_from_its_meter():
    bench = booted()
    assert bench.get("EVSE", "Power", id=1) == "0.0"
    bench.charge()
    assert float(bench.get("EVSE", "Power", id=1) or 0) > 1000
    power = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    [most] = get(bench, {**power, "attributeType": "MaxSet"})
    assert most["attributeValue"] == "22000"
    [refused] = set_(bench, {**power, "attributeType": "MaxSet", "attributeValue": "1"})
    assert refused["attributeStatus"] == "Rejected"
    [unknown] = set_(bench, {**power, "attributeType": "MinSet", "attributeValue": "1"})
    assert unknown["attributeStatus"] == "NotSupportedAttributeType"


@pytest.mark.parametrize(
    ("action", "field"), [("GetVariables", "getVariableData"), ("SetVariables", "setVariableData")]
)
def test_more_items_than_announced_are_an_occurrence_violation(action, field):
    bench = booted()
    most = int(bench.get("DeviceDataCtrlr", "ItemsPerMessage", action) or 0)
    more = {"attributeValue": "1"} if action == "SetVariables" else {}
    items = [item("OCPPCommCtrlr", "HeartbeatInterval", **more)] * most
    assert len(next(iter(bench.ask(action, **{field: items}).values()))) == most
    bench.ask(action, **{field: [*items, items[0]]})
    assert bench.errors[-1][0] == "OccurrenceConstraintViolation"
    assert bench.errors[-1][2] == {"field": field}


# --- B05 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("component", "variable", "value", "status"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval", "60", "Accepted"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "060", "Accepted"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "0", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "-1", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "1.5", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "٦", "Rejected"),
        ("OCPPCommCtrlr", "HeartbeatInterval", "9" * 999, "Rejected"),
        ("OCPPCommCtrlr", "NetworkConfigurationPriority", "1", "Accepted"),
        ("OCPPCommCtrlr", "NetworkConfigurationPriority", "2", "Rejected"),
        ("OCPPCommCtrlr", "ActiveNetworkProfile", "1", "Rejected"),
        ("AuthCtrlr", "AuthorizeRemoteStart", "TRUE", "Accepted"),
        ("AuthCtrlr", "AuthorizeRemoteStart", "yes", "Rejected"),
        ("TxCtrlr", "TxStartPoint", "Authorized, EVConnected", "Accepted"),
        ("TxCtrlr", "TxStartPoint", "Authorized,Authorized", "Rejected"),
        ("TxCtrlr", "TxStartPoint", "ParkingBayOccupancy", "Rejected"),
        ("TxCtrlr", "TxStartPoint", "", "Rejected"),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "", "Accepted"),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Voltage", "Accepted"),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "Energy.Apparent.Net", "Rejected"),
        ("SecurityCtrlr", "OrganizationName", "Acme", "Accepted"),
        ("SecurityCtrlr", "OrganizationName", "A" * 101, "Rejected"),
        ("SecurityCtrlr", "Nonsense", "A", "UnknownVariable"),
        ("Nonsense", "A", "A", "UnknownComponent"),
    ],
)
def test_what_can_be_set(component, variable, value, status):
    bench = booted()
    before = bench.get(component, variable)
    [result] = set_(bench, item(component, variable, attributeValue=value))
    assert result["attributeStatus"] == status
    if status != "Accepted":
        assert bench.get(component, variable) == before


def test_why_a_value_was_rejected():
    bench = booted()
    read_only, invalid = set_(
        bench,
        item("OCPPCommCtrlr", "ActiveNetworkProfile", attributeValue="2"),
        item("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="x"),
    )
    assert read_only["attributeStatusInfo"] == {"reasonCode": "ReadOnly"}
    assert invalid["attributeStatusInfo"] == {"reasonCode": "InvalidValue"}


def test_values_are_normalised_and_survive_a_reset():
    bench = booted()
    bench.configure(AuthCtrlr_AuthorizeRemoteStart="TRUE", TxCtrlr_EVConnectionTimeOut="007")
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    assert bench.get("AuthCtrlr", "AuthorizeRemoteStart") == "true"
    assert bench.get("TxCtrlr", "EVConnectionTimeOut") == "7"


def test_stations_of_one_model_share_definitions_but_not_values():
    one, two = booted(), booted()
    one.configure(TxCtrlr_EVConnectionTimeOut=5)
    assert two.get("TxCtrlr", "EVConnectionTimeOut") == "60"
    assert two.station._engine._model.definitions is one.station._engine._model.definitions
    one.configure(TxCtrlr_EVConnectionTimeOut=60)
    assert set(one.station._engine._model._changed or {}) == set(
        two.station._engine._model._changed or {}
    )


def test_how_often_transaction_messages_are_tried_is_for_the_csms_to_say():
    bench = booted()
    bench.configure(
        OCPPCommCtrlr_MessageAttempts_TransactionEvent=2,
        OCPPCommCtrlr_MessageAttemptInterval_TransactionEvent=7,
    )
    bench.policies["TransactionEvent"] = lambda _: "InternalError"
    bench.command("plug-connector")
    bench.run(50)
    times = [at for at, action, _ in bench.log if action == "TransactionEvent"]
    assert len(times) == 2
    assert times[1] - times[0] == 7


# --- B07 -----------------------------------------------------------------------------------------


def test_the_full_inventory_comes_in_pages():
    bench = booted(TWIN)
    pages = report(bench)
    assert [p["seqNo"] for p in pages] == list(range(len(pages)))
    assert [p.get("tbc", False) for p in pages] == [True] * (len(pages) - 1) + [False]
    assert {p["requestId"] for p in pages} == {5}
    assert all(len(p["reportData"]) <= 20 for p in pages)
    told = [data for p in pages for data in p["reportData"]]
    assert len(told) == len(definitions_of(TWIN))
    hidden = [d["variable"]["name"] for d in told if "value" not in d["variableAttribute"][0]]
    assert hidden == ["BasicAuthPassword"]


def test_what_is_reported_is_what_can_be_read():
    bench = booted()
    for page in report(bench):
        for data in page["reportData"]:
            [result] = get(bench, {k: data[k] for k in ("component", "variable")})
            attribute = data["variableAttribute"][0]
            hidden = attribute["mutability"] == "WriteOnly"
            assert result["attributeStatus"] == ("Rejected" if hidden else "Accepted")
            assert result.get("attributeValue") == attribute.get("value")


def test_the_configuration_inventory_is_what_can_be_set():
    bench = booted()
    told = [d for p in report(bench, "ConfigurationInventory") for d in p["reportData"]]
    assert len(told) > 25
    for data in told:
        attribute = data["variableAttribute"][0]
        assert attribute["persistent"] is True
        if attribute["mutability"] == "WriteOnly":
            continue
        assert attribute["mutability"] == "ReadWrite"
        parts = {k: data[k] for k in ("component", "variable")}
        [result] = set_(bench, {**parts, "attributeValue": attribute["value"]})
        assert result["attributeStatus"] == "Accepted", data


def test_the_summary_is_about_states_and_problems():
    bench = booted(TWIN)
    [page] = report(bench, "SummaryInventory")
    names = {d["variable"]["name"] for d in page["reportData"]}
    assert names == {"AvailabilityState", "Problem"}
    assert len(page["reportData"]) == 2 * (1 + 2 + 3)


def test_one_report_at_a_time():
    bench = booted()
    bench.policies["NotifyReport"] = lambda _: None
    report(bench)
    answer = bench.ask("GetBaseReport", requestId=6, reportBase="FullInventory")
    assert answer["status"] == "Rejected"
    bench.policies.clear()
    bench.run(31)  # the page times out, and the report with it
    assert len(report(bench)) > 1


@pytest.mark.parametrize("cut", ["link", "reset"])
def test_a_report_ends_with_the_link_or_the_power(cut):
    bench = booted()
    bench.policies["NotifyReport"] = lambda _: None
    assert len(report(bench)) == 1
    if cut == "link":
        bench.disconnect()
        bench.connect()
    else:
        bench.ask("Reset", type="Immediate")
        bench.run(20)
    bench.policies.clear()
    assert len(report(bench)) > 1


def test_an_unknown_base_is_a_property_violation():
    bench = booted()
    bench.ask("GetBaseReport", requestId=6, reportBase="Everything")
    assert bench.errors[-1][0] == "PropertyConstraintViolation"


# Part 2 Appendix 3.1, what it marks as required of the controllers that the station has.
REQUIRED = """
AlignedDataCtrlr: Interval Measurands TxEndedInterval TxEndedMeasurands
AuthCtrlr: AuthorizeRemoteStart LocalAuthorizeOffline LocalPreAuthorize
ClockCtrlr: DateTime TimeSource
DeviceDataCtrlr: BytesPerMessage/GetReport BytesPerMessage/GetVariables BytesPerMessage/SetVariables
DeviceDataCtrlr: ItemsPerMessage/GetReport ItemsPerMessage/GetVariables ItemsPerMessage/SetVariables
OCPPCommCtrlr: FileTransferProtocols MessageAttemptInterval/TransactionEvent
OCPPCommCtrlr: MessageAttempts/TransactionEvent MessageTimeout/Default NetworkConfigurationPriority
OCPPCommCtrlr: NetworkProfileConnectionAttempts OfflineThreshold ResetRetries
OCPPCommCtrlr: RetryBackOffRandomRange RetryBackOffRepeatTimes RetryBackOffWaitMinimum
OCPPCommCtrlr: UnlockOnEVSideDisconnect WebSocketPingInterval
SampledDataCtrlr: TxEndedInterval TxEndedMeasurands TxStartedMeasurands TxUpdatedInterval
SampledDataCtrlr: TxUpdatedMeasurands
SecurityCtrlr: CertificateEntries OrganizationName SecurityProfile
TxCtrlr: EVConnectionTimeOut StopTxOnEVSideDisconnect StopTxOnInvalidId TxStartPoint TxStopPoint
ChargingStation: AvailabilityState Available SupplyPhases
EVSE@1: AvailabilityState Available Power SupplyPhases
Connector@1.1: AvailabilityState Available ConnectorType SupplyPhases
"""


def test_every_required_variable_is_there():
    bench = booted()
    for line in REQUIRED.split("\n")[1:-1]:
        owner, _, names = line.partition(": ")
        name, _, place = owner.partition("@")
        ids = dict(
            zip(("id", "connectorId"), map(int, filter(None, place.split("."))), strict=False)
        )
        for variable in names.split():
            assert bench.get(name, *variable.split("/"), **ids) is not None, (owner, variable)


def test_definitions_are_made_once_per_model():
    assert definitions_of(ac_station()) is definitions_of(ac_station())
