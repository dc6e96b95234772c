"""OCPP 2.x N02 to N06: monitors are set, reported and cleared; N07, N08: each is triggered when it
should be, and only then."""

from itertools import pairwise
from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import ac_station, dc_station

from voltfleet.station.connector import Fault

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE = POWER | {"variable": {"name": "AvailabilityState"}}
REGISTER = {
    "component": {"name": "FiscalMetering", "evse": {"id": 1}},
    "variable": {"name": "EnergyImportRegister"},
}
CACHE = {"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "LifeTime"}}
FACTORY = [(1, "UpperThreshold", 85.0, 1), (2, "UpperThreshold", 70.0, 6)]


def item(
    where: dict[str, Any], kind: str, value: float, severity: int = 5, **more: Any
) -> dict[str, Any]:
    return {**where, "type": kind, "value": value, "severity": severity, **more}


def results(bench: Bench2, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = bench.ask("SetVariableMonitoring", setMonitoringData=list(items))
    found: list[dict[str, Any]] = answer["setMonitoringResult"]
    return found


def put(bench: Bench2, *args: Any, **more: Any) -> int:
    """Set a monitor; returns its id."""
    [result] = results(bench, item(*args, **more))
    assert result["status"] == "Accepted", result
    return int(result["id"])


def refused(bench: Bench2, *args: Any, **more: Any) -> str:
    [result] = results(bench, item(*args, **more))
    assert "id" not in result
    return str(result["status"])


def report(bench: Bench2, **criteria: Any) -> list[tuple[int, str, float, int]]:
    """What is installed, as (id, type, value, severity)."""
    before = len(bench.calls("NotifyMonitoringReport"))
    status = bench.ask("GetMonitoringReport", requestId=4, **criteria)["status"]
    pages = bench.calls("NotifyMonitoringReport")[before:]
    assert status == ("Accepted" if pages else "EmptyResultSet")
    assert [(p["requestId"], p["seqNo"]) for p in pages] == [(4, n) for n in range(len(pages))]
    assert [p.get("tbc", False) for p in pages] == [True] * (len(pages) - 1) + [False] * bool(pages)
    told = [v for p in pages for data in p["monitor"] for v in data["variableMonitoring"]]
    return [(v["id"], v["type"], v["value"], v["severity"]) for v in told]


def events(bench: Bench2, monitor: int | None = None) -> list[dict[str, Any]]:
    told = [e for call in bench.calls("NotifyEvent") for e in call["eventData"]]
    return [e for e in told if monitor is None or e.get("variableMonitoringId") == monitor]


def story(bench: Bench2, monitor: int) -> list[tuple[str, str, bool]]:
    return [
        (e["trigger"], e["actualValue"], e.get("cleared", False)) for e in events(bench, monitor)
    ]


# --- N04: setting --------------------------------------------------------------------------------


def test_one_result_per_item_in_order():
    bench = booted()
    nowhere = {"component": {"name": "EVSE", "evse": {"id": 9}}, "variable": {"name": "Power"}}
    found = results(
        bench,
        item(POWER, "UpperThreshold", 1000),
        item(nowhere, "UpperThreshold", 1000),
        item(POWER | {"variable": {"name": "Nonsense"}}, "Delta", 1, 3),
        item(STATE, "LowerThreshold", 1),
    )
    assert [r["status"] for r in found] == [
        "Accepted",
        "UnknownComponent",
        "UnknownVariable",
        "UnsupportedMonitorType",
    ]
    assert [(r["variable"]["name"], r["type"], r["severity"]) for r in found] == [
        ("Power", "UpperThreshold", 5),
        ("Power", "UpperThreshold", 5),
        ("Nonsense", "Delta", 3),
        ("AvailabilityState", "LowerThreshold", 5),
    ]
    assert found[0]["id"] == 3


@pytest.mark.parametrize(
    ("where", "kind", "value", "severity"),
    [
        (POWER, "UpperThreshold", 22_001, 5),
        (POWER, "LowerThreshold", -1, 5),
        (CACHE, "UpperThreshold", 1e300, 5),
        (POWER, "Delta", -0.1, 5),
        (STATE, "Delta", -1, 5),
        (POWER, "Periodic", 0, 5),
        (POWER, "PeriodicClockAligned", 1e300, 5),
        (POWER, "UpperThreshold", 1000, 10),
        (POWER, "UpperThreshold", 1000, -1),
    ],
)
def test_a_value_that_makes_no_sense_is_rejected(where, kind, value, severity):
    bench = booted()
    assert refused(bench, where, kind, value, severity) == "Rejected"
    assert report(bench) == FACTORY


def test_what_cannot_be_monitored_says_so():
    bench = booted()
    for component, variable in (
        ("SmartChargingCtrlr", "Available"),
        ("ClockCtrlr", "DateTime"),
        ("SecurityCtrlr", "Identity"),
    ):
        where = {"component": {"name": component}, "variable": {"name": variable}}
        assert refused(bench, where, "Delta", 1) == "UnsupportedMonitorType"
        assert supports(bench, component)[variable] is False
    assert supports(bench, "AuthCacheCtrlr")["LifeTime"] is True
    assert supports(bench, "EVSE")["Power"] is True


def supports(bench: Bench2, component: str) -> dict[str, bool]:
    before = len(bench.calls("NotifyReport"))
    bench.ask("GetReport", requestId=1, componentVariable=[{"component": {"name": component}}])
    data = [d for page in bench.calls("NotifyReport")[before:] for d in page["reportData"]]
    return {d["variable"]["name"]: d["variableCharacteristics"]["supportsMonitoring"] for d in data}


def test_every_variable_that_can_be_monitored_can():
    """What supportsMonitoring promises holds: a Delta monitor is accepted everywhere it is true."""
    bench = booted()
    bench.ask("GetBaseReport", requestId=1, reportBase="FullInventory")
    for page in bench.calls("NotifyReport"):
        for data in page["reportData"]:
            where = {"component": data["component"], "variable": data["variable"]}
            [result] = results(bench, item(where, "Delta", 1))
            promised = data["variableCharacteristics"]["supportsMonitoring"]
            assert (result["status"] == "Accepted") is promised, where
            if promised:
                bench.ask("ClearVariableMonitoring", id=[result["id"]])


def test_a_second_of_the_same_type_and_severity_is_a_duplicate():
    bench = booted()
    first = put(bench, POWER, "UpperThreshold", 1000)
    assert refused(bench, POWER, "UpperThreshold", 2000) == "Duplicate"
    second = put(bench, POWER, "UpperThreshold", 2000, 4)
    put(bench, POWER, "LowerThreshold", 2000)
    assert refused(bench, POWER, "UpperThreshold", 3000, 4, id=first) == "Duplicate"
    assert put(bench, POWER, "UpperThreshold", 3000, 4, id=second) == second


def test_an_id_replaces_the_monitor_and_nothing_else():
    bench = booted()
    first = put(bench, POWER, "UpperThreshold", 1000)
    assert put(bench, POWER, "Delta", 50, 2, id=first) == first
    assert report(bench) == [*FACTORY, (first, "Delta", 50.0, 2)]
    assert refused(bench, POWER, "Delta", 50, id=77) == "Rejected"
    assert refused(bench, STATE, "Delta", 50, id=first) == "Rejected"
    nowhere = POWER | {"variable": {"name": "Nonsense"}}
    assert refused(bench, nowhere, "Delta", 50, id=first) == "Rejected"
    sensor = {
        "component": {"name": "TemperatureSensor", "evse": {"id": 1}},
        "variable": {"name": "Temperature"},
    }
    assert refused(bench, sensor, "UpperThreshold", 60, id=1) == "Rejected"
    assert put(bench, sensor, "UpperThreshold", 60, id=2) == 2
    assert report(bench)[:2] == [FACTORY[0], (2, "UpperThreshold", 60.0, 5)]


@pytest.mark.parametrize(
    ("action", "field", "one"),
    [
        ("SetVariableMonitoring", "setMonitoringData", item(POWER, "Delta", 1)),
        ("ClearVariableMonitoring", "id", 1),
    ],
)
def test_more_items_than_announced_are_an_occurrence_violation(action, field, one):
    bench = booted()
    most = int(bench.get("MonitoringCtrlr", "ItemsPerMessage", action) or 0)
    assert len(next(iter(bench.ask(action, **{field: [one] * most}).values()))) == most
    bench.ask(action, **{field: [one] * (most + 1)})
    assert bench.errors[-1][0] == "OccurrenceConstraintViolation"
    assert bench.errors[-1][2] == {"field": field}


def test_there_is_an_end_to_it():
    bench = booted(ac_station(12))
    wheres = [
        {"component": {"name": "EVSE", "evse": {"id": n}}, "variable": {"name": "Power"}}
        for n in range(1, 12)
    ]
    places = [(where, severity) for where in wheres for severity in range(10)]
    ids = [put(bench, where, "Delta", 1, severity) for where, severity in places[:100]]
    assert refused(bench, wheres[-1], "Delta", 1, 9) == "Rejected"
    bench.ask("ClearVariableMonitoring", id=ids[:1])
    put(bench, wheres[-1], "Delta", 1, 9)


def test_types_of_21():
    old, new = booted(), Bench21(ac_station())
    new.connect()
    old.ask("SetVariableMonitoring", setMonitoringData=[item(POWER, "TargetDelta", 1)])
    assert old.errors
    for kind in ("TargetDelta", "TargetDeltaRelative"):
        assert refused(new, POWER, kind, 1) == "UnsupportedMonitorType"
    stream = {"interval": 5}
    assert refused(new, POWER, "Delta", 60, periodicEventStream=stream) == "Rejected"
    put(new, POWER, "Delta", 1, 7)
    report(new)
    page = new.calls("NotifyMonitoringReport")[-1]
    told = [v["eventNotificationType"] for d in page["monitor"] for v in d["variableMonitoring"]]
    assert told == ["HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"]
    new.charge()
    assert events(new)[-1]["severity"] == 7


# --- N06: clearing -------------------------------------------------------------------------------


def test_clearing():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 1000)
    answer = bench.ask("ClearVariableMonitoring", id=[own, 1, 2, 99, own])
    told = [(r["id"], r["status"]) for r in answer["clearMonitoringResult"]]
    assert told == [
        (own, "Accepted"),
        (1, "Rejected"),
        (2, "Accepted"),
        (99, "NotFound"),
        (own, "NotFound"),
    ]
    assert report(bench) == FACTORY[:1]


# --- N02: reports --------------------------------------------------------------------------------


def test_reports_by_kind_and_by_variable():
    bench = booted(ac_station(2))
    upper = put(bench, POWER, "UpperThreshold", 1000)
    delta = put(bench, POWER, "Delta", 10)
    periodic = put(bench, POWER, "Periodic", 60)
    aligned = put(bench, CACHE, "PeriodicClockAligned", 900)

    def ids(**criteria: Any) -> list[int]:
        return [found[0] for found in report(bench, **criteria)]

    assert len(ids()) == 8
    assert ids(monitoringCriteria=["DeltaMonitoring"]) == [delta]
    assert sorted(ids(monitoringCriteria=["PeriodicMonitoring"])) == [periodic, aligned]
    both = ["ThresholdMonitoring", "DeltaMonitoring"]
    assert sorted(ids(monitoringCriteria=both)) == [1, 2, 3, 4, upper, delta]
    assert ids(componentVariable=[{"component": {"name": "EVSE"}}]) == [upper, delta, periodic]
    sensor = {"component": {"name": "TemperatureSensor", "evse": {"id": 2}}}
    assert ids(componentVariable=[sensor]) == [3, 4]
    assert ids(componentVariable=[POWER], monitoringCriteria=["DeltaMonitoring"]) == [delta]
    assert ids(componentVariable=[sensor], monitoringCriteria=["DeltaMonitoring"]) == []
    bench.ask("GetMonitoringReport", requestId=1, componentVariable=[POWER] * 21)
    assert bench.errors[-1][0] == "OccurrenceConstraintViolation"


def test_a_report_that_just_fits_is_one_page():
    bench = booted(ac_station(20))
    assert len(report(bench)) == 40
    assert len(bench.calls("NotifyMonitoringReport")) == 1


def test_a_long_report_comes_in_pages_one_at_a_time():
    bench = booted(ac_station(30))
    assert len(report(bench)) == 60
    assert [len(p["monitor"]) for p in bench.calls("NotifyMonitoringReport")] == [20, 10]
    bench.policies["NotifyMonitoringReport"] = lambda _: None
    assert bench.ask("GetMonitoringReport", requestId=1)["status"] == "Accepted"
    assert bench.ask("GetMonitoringReport", requestId=2)["status"] == "Rejected"
    del bench.policies["NotifyMonitoringReport"]
    bench.disconnect()
    bench.connect()
    assert len(report(bench)) == 60


# --- N03, N05: base and level --------------------------------------------------------------------


def test_bases():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 1000)
    custom = (own, "UpperThreshold", 1000.0, 5)

    def base(name: str) -> list[tuple[int, str, float, int]]:
        assert bench.ask("SetMonitoringBase", monitoringBase=name) == {"status": "Accepted"}
        assert bench.get("MonitoringCtrlr", "ActiveMonitoringBase") == name
        return report(bench)

    assert bench.get("MonitoringCtrlr", "ActiveMonitoringBase") == "All"
    bench.ask("ClearVariableMonitoring", id=[2])
    assert base("All") == [*FACTORY, custom]
    assert base("FactoryDefault") == FACTORY
    put(bench, POWER, "UpperThreshold", 1000)
    assert base("HardWiredOnly") == FACTORY[:1]
    assert base("All") == FACTORY


def test_a_monitor_that_is_gone_does_not_tick():
    bench = booted()
    for gone in (
        lambda id_: bench.ask("ClearVariableMonitoring", id=[id_]),
        lambda _: bench.ask("SetMonitoringBase", monitoringBase="FactoryDefault"),
        lambda id_: put(bench, POWER, "Delta", 1, id=id_),
    ):
        gone(put(bench, POWER, "Periodic", 60))
        bench.run(600)
    assert events(bench) == []


def test_the_level_decides_what_is_told():
    bench = booted()
    loud = put(bench, POWER, "UpperThreshold", 1000, 4)
    quiet = put(bench, POWER, "UpperThreshold", 1000, 5)
    assert bench.ask("SetMonitoringLevel", severity=4) == {"status": "Accepted"}
    assert bench.get("MonitoringCtrlr", "ActiveMonitoringLevel") == "4"
    for wrong in (10, -1):
        assert bench.ask("SetMonitoringLevel", severity=wrong)["status"] == "Rejected"
    bench.charge()
    assert [e["variableMonitoringId"] for e in events(bench)] == [loud]
    bench.ask("SetMonitoringLevel", severity=9)
    assert [e["variableMonitoringId"] for e in events(bench)] == [loud, quiet]


def test_switched_off_nothing_is_told_and_switched_on_what_holds_then():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 1000)
    put(bench, POWER, "Periodic", 60)
    bench.configure(MonitoringCtrlr_Enabled=False)
    bench.charge()
    bench.run(600)
    assert events(bench) == []
    bench.configure(MonitoringCtrlr_Enabled=True)
    assert len(story(bench, own)) == 1


# --- N07, N08: triggers --------------------------------------------------------------------------


def test_an_upper_threshold_is_exceeded_and_cleared_once():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 5000)
    bench.charge()
    [(trigger, value, cleared)] = story(bench, own)
    assert (trigger, cleared) == ("Alerting", False)
    assert float(value) > 5000
    [event] = events(bench)
    assert event["eventNotificationType"] == "CustomMonitor"
    assert event["transactionId"] == bench.transaction
    assert (event["component"], event["variable"]) == (POWER["component"], POWER["variable"])
    bench.run(60)
    assert len(story(bench, own)) == 1
    bench.command("power-update", power_w=5000)
    assert story(bench, own)[1:] == [("Alerting", "5000.0", True)]
    bench.command("power-update", power_w=5001)
    assert len(story(bench, own)) == 3


def test_a_lower_threshold_holds_at_once_and_not_on_the_threshold():
    bench = booted()
    own = put(bench, POWER, "LowerThreshold", 1000)
    assert story(bench, own) == [("Alerting", "0.0", False)]
    bench.charge()
    assert len(story(bench, own)) == 2
    bench.command("power-update", power_w=1000)
    assert len(story(bench, own)) == 2
    bench.command("power-update", power_w=999)
    assert story(bench, own)[2:] == [("Alerting", "999.0", False)]


def test_a_new_threshold_clears_the_old_one_or_is_exceeded_itself():
    bench = booted()
    bench.charge()
    bench.command("power-update", power_w=3000)
    own = put(bench, POWER, "UpperThreshold", 2000)
    put(bench, POWER, "UpperThreshold", 2500, id=own)
    assert story(bench, own) == [("Alerting", "3000.0", False)]
    put(bench, POWER, "UpperThreshold", 3500, id=own)
    assert story(bench, own)[1:] == [("Alerting", "3000.0", True)]
    put(bench, POWER, "UpperThreshold", 1000, id=own)
    assert len(story(bench, own)) == 3
    bench.ask("ClearVariableMonitoring", id=[own])
    bench.command("power-update", power_w=500)
    assert len(story(bench, own)) == 3


def test_a_delta_counts_from_what_was_told_last():
    bench = booted()
    bench.charge()
    bench.command("power-update", power_w=3000)
    own = put(bench, POWER, "Delta", 500)
    for watts in (3400, 2600, 3500, 3501, 3900, 3001, 3000):
        bench.command("power-update", power_w=watts)
    assert [value for _, value, _ in story(bench, own)] == ["3501.0", "3000.0"]
    assert {trigger for trigger, _, _ in story(bench, own)} == {"Delta"}


def test_a_delta_of_what_is_no_number_is_any_change():
    bench = booted()
    own = put(bench, STATE, "Delta", 1)
    other = put(bench, CACHE, "Delta", 10)
    bench.command("plug-connector")
    assert story(bench, own) == [("Delta", "Occupied", False)]
    bench.command("unplug-connector")
    assert story(bench, own)[1:] == [("Delta", "Available", False)]
    bench.configure(AuthCacheCtrlr_LifeTime=2_592_010)
    assert events(bench, other) == []
    bench.configure(AuthCacheCtrlr_LifeTime=2_592_011)
    assert story(bench, other) == [("Delta", "2592011", False)]


def test_what_changes_by_itself_is_seen_while_energy_flows():
    bench = booted()
    before = float(bench.get("FiscalMetering", "EnergyImportRegister", id=1) or 0)
    own = put(bench, REGISTER, "UpperThreshold", before + 1000)
    step = put(bench, REGISTER, "Delta", 500)
    bench.charge()
    evse = bench.station._ctx.hardware.evses[0]
    bench.run(1000 / evse.power_w() * 3600 - 10)
    assert story(bench, own) == []
    bench.run(20)
    [(trigger, value, _)] = story(bench, own)
    assert trigger == "Alerting"
    assert 1000 < float(value) - before < 1000 + evse.power_w() * 5.1 / 3600
    bench.run(3600)
    told = [float(value) for _, value, _ in story(bench, step)]
    assert len(told) > 5
    assert all(500 < b - a < 600 for a, b in pairwise([before, *told]))


def test_nothing_ticks_without_need():
    bench = booted()
    idle = bench.station.next_deadline()
    own = put(bench, POWER, "UpperThreshold", 1000)
    assert bench.station.next_deadline() == idle
    bench.charge()
    bench.run(60)
    bench.command("ev-stops-energy")
    bench.run(60)
    assert not bench.station._ctx.timers.running(("sample-monitors", 0))
    bench.ask("ClearVariableMonitoring", id=[own])
    bench.ask("SetMonitoringBase", monitoringBase="FactoryDefault")
    assert bench.station._ctx.on_settled is None


def test_a_periodic_monitor_ticks_from_when_it_was_set():
    bench = booted()
    bench.run(17)
    start = bench.now
    own = put(bench, POWER, "Periodic", 60)
    bench.run(59)
    assert events(bench) == []
    bench.run(121)
    times = [at - start for at, action, _ in bench.log if action == "NotifyEvent"]
    assert times == pytest.approx([60, 120, 180])
    assert story(bench, own) == [("Periodic", "0.0", False)] * 3


def test_an_aligned_one_ticks_with_the_clock():
    bench = booted()
    own = put(bench, POWER, "PeriodicClockAligned", 900)
    bench.run(3600)
    times = [at % 900 for at, action, _ in bench.log if action == "NotifyEvent"]
    assert len(times) == len(story(bench, own)) == 4
    assert times == pytest.approx([0] * 4)


def test_one_for_transactions_only_looks_while_there_is_one():
    bench = booted(ac_station(2))
    other = {"component": {"name": "EVSE", "evse": {"id": 2}}, "variable": {"name": "Power"}}
    station = {"component": {"name": "ChargingStation"}, "variable": {"name": "AvailabilityState"}}
    low = put(bench, POWER, "LowerThreshold", 22_000, transaction=True)
    elsewhere = put(bench, other, "LowerThreshold", 22_000, transaction=True)
    tick = put(bench, POWER, "Periodic", 60, transaction=True)
    whole = put(bench, station, "Periodic", 60, transaction=True)
    bench.run(300)
    assert events(bench) == []
    bench.charge()
    bench.run(120)
    assert len(story(bench, low)) == 1
    assert len(story(bench, tick)) == len(story(bench, whole)) == 2
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    bench.run(600)
    assert len(story(bench, low)) == 1
    assert story(bench, elsewhere) == []
    assert len(story(bench, tick)) == 2


def test_what_was_told_is_cleared_after_the_transaction_too():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 1000, transaction=True)
    bench.charge()
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    assert [cleared for _, _, cleared in story(bench, own)] == [False, True]


# --- over a reset --------------------------------------------------------------------------------


def test_monitors_survive_a_reset():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 1000)
    tick = put(bench, POWER, "Periodic", 600)
    bench.charge()
    assert len(story(bench, own)) == 1
    before = report(bench)
    bench.policies["NotifyEvent"] = lambda _: {}
    assert bench.ask("Reset", type="Immediate")["status"] == "Accepted"
    bench.run(60)
    assert report(bench) == before
    # The power is gone with the transaction: told, over the reset (N07.FR.14).
    assert [cleared for _, _, cleared in story(bench, own)] == [False, True]
    bench.run(600)
    assert len(story(bench, tick)) == 1


def test_dc_has_its_own_variables():
    bench = booted(dc_station())
    bench.charge()
    volts = float(bench.get("EVSE", "DCVoltage", id=1) or 0)
    amps = float(bench.get("EVSE", "DCCurrent", id=1) or 0)
    assert bench.get("EVSE", "ACCurrent", id=1) is None
    assert volts * amps == pytest.approx(float(bench.get("EVSE", "Power", id=1) or 0), rel=0.01)
    warm = float(bench.get("TemperatureSensor", "Temperature", id=1) or 0)
    assert 25 < warm <= 65


def test_the_temperature_follows_the_power():
    bench = booted()
    assert bench.get("TemperatureSensor", "Temperature", id=1) == "25.0"
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[0], Fault.HIGH_TEMPERATURE)
    assert bench.get("TemperatureSensor", "Temperature", id=1) == "95.0"


def test_monitors_survive_the_death_of_the_host():
    bench = booted()
    own = put(bench, POWER, "UpperThreshold", 1000)
    put(bench, STATE, "Delta", 1, 4, transaction=True)
    tick = put(bench, POWER, "Periodic", 600)
    gone = put(bench, CACHE, "Delta", 1)
    bench.ask("ClearVariableMonitoring", id=[gone, 2])
    bench.charge()
    before = report(bench)
    last = events(bench)[-1]["eventId"]
    bench.kill()
    bench.run(60)
    assert report(bench) == before
    assert [cleared for _, _, cleared in story(bench, own)] == [False, True]
    assert events(bench)[-1]["eventId"] > last
    assert put(bench, CACHE, "Delta", 1) == gone + 1
    bench.run(600)
    assert len(story(bench, tick)) == 1


def test_a_number_that_is_none_is_rejected():
    bench = booted()
    data = '{"component":{"name":"EVSE","evse":{"id":1}},"variable":{"name":"Power"},'
    data += '"type":"Delta","severity":5,"value":1e999}'
    bench.raw(f'[2,"x","SetVariableMonitoring",{{"setMonitoringData":[{data}]}}]')
    assert report(bench) == FACTORY
