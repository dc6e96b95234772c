"""Random lives of a 2.x station with monitors: what the CSMS hears of them stays consistent."""

from collections import defaultdict
from typing import Any

from bench2 import Bench2, Bench21
from bench16 import lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_station_v2_lives import SPECS, Life, Step, steps

EVSE = {"name": "EVSE", "evse": {"id": 1}}
SENSOR = {"name": "TemperatureSensor", "evse": {"id": 1}}
WHERES = [
    (EVSE, "Power"),
    (EVSE, "AvailabilityState"),
    (SENSOR, "Temperature"),
    ({"name": "Connector", "evse": {"id": 1, "connectorId": 1}}, "Problem"),
    ({"name": "FiscalMetering", "evse": {"id": 1}}, "EnergyImportRegister"),
    ({"name": "AuthCacheCtrlr"}, "LifeTime"),
]
KINDS = ["UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned"]

monitors = st.builds(
    lambda where, kind, value, severity, transaction: {
        "component": where[0],
        "variable": {"name": where[1]},
        "type": kind,
        "value": value,
        "severity": severity,
        "transaction": transaction,
    },
    st.sampled_from(WHERES),
    st.sampled_from(KINDS),
    st.sampled_from([0, 1, 40, 300, 2000]),
    st.integers(0, 9),
    st.booleans(),
)
watching: st.SearchStrategy[Step] = st.one_of(
    monitors.map(lambda m: lambda life: life.ask("SetVariableMonitoring", setMonitoringData=[m])),
    st.builds(
        lambda m, n: (
            lambda life: life.ask("SetVariableMonitoring", setMonitoringData=[m | {"id": n}])
        ),
        monitors,
        st.integers(5, 9),
    ),
    st.integers(0, 9).map(lambda n: lambda life: life.ask("ClearVariableMonitoring", id=[n])),
    st.integers(0, 9).map(lambda n: lambda life: life.ask("SetMonitoringLevel", severity=n)),
    st.sampled_from(["true", "false"]).map(
        lambda flag: lambda life: life.set("MonitoringCtrlr", "Enabled", flag)
    ),
    st.integers(0, 9).map(
        lambda n: lambda life: life.set("MonitoringCtrlr", "OfflineQueuingSeverity", str(n))
    ),
    st.just(lambda life: life.ask("GetMonitoringReport", requestId=8)),
)


@settings(
    max_examples=lives(40),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.sampled_from([Bench2, Bench21]),
    st.sampled_from(SPECS),
    st.lists(monitors, max_size=5),
    st.lists(steps | watching, min_size=5, max_size=40),
)
def test_what_is_told_of_monitors_is_consistent(bench_type, spec, first, script):
    bench: Bench2 = bench_type(spec)
    bench.connect()
    life = Life(bench)
    for monitor in first:
        life.ask("SetVariableMonitoring", setMonitoringData=[monitor])
    for step in script:
        step(life)
    life.finish()
    life.ask("SetMonitoringLevel", severity=9)
    life.set("MonitoringCtrlr", "Enabled", "true")
    told = [event for call in bench.calls("NotifyEvent") for event in call["eventData"]]
    each_id_is_one_event(told)
    if not bench.cuts:
        alerts_and_their_ends_take_turns(told)
    assert_nothing_is_left(bench)


def each_id_is_one_event(told: list[dict[str, Any]]) -> None:
    """It may be told again when the link was lost, but then it is the same."""
    seen: dict[int, dict[str, Any]] = {}
    for event in told:
        assert seen.setdefault(event["eventId"], event) == event


def alerts_and_their_ends_take_turns(told: list[dict[str, Any]]) -> None:
    stories = defaultdict(list)
    for event in sorted({e["eventId"]: e for e in told}.values(), key=lambda e: e["eventId"]):
        if event["trigger"] == "Alerting" and "techCode" in event:
            where = event["component"]["evse"]
            key = (where["id"], where["connectorId"], event["techCode"])
            stories[key].append(event.get("cleared", False))
    for story in stories.values():
        assert story == [False, True] * (len(story) // 2)


def assert_nothing_is_left(bench: Bench2) -> None:
    """No fault is open, and nothing waits."""
    watch = bench.station._engine._watch
    assert not watch._told
    assert not watch._events.waiting
