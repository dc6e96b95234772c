"""OCPP 2.1, block R: DER controls."""

from typing import Any

from bench2 import Bench2, Bench21, booted
from bench16 import dc_station
from test_station_v2_smart_charging import offered

NOW = "2030-03-17T17:46:40Z"
LATER = "2030-03-17T17:56:40Z"


def station() -> Bench2:
    return booted(dc_station(), bench_type=Bench21)


def curve(percent: float, priority: int = 1, **more: Any) -> dict[str, Any]:
    points = [{"x": 49.0, "y": percent}, {"x": 51.0, "y": percent}]
    return {"priority": priority, "yUnit": "PctMaxW", "curveData": points, **more}


def set_curve(
    bench: Bench2, id_: str, given: dict[str, Any], *, default: bool = True, kind: str = "FreqWatt"
) -> dict[str, Any]:
    return bench.ask(
        "SetDERControl", isDefault=default, controlId=id_, controlType=kind, curve=given
    )


def test_the_car_feels_a_curve_that_limits_power():
    bench = station()
    bench.charge()
    assert set_curve(bench, "a", curve(40.0)) == {"status": "Accepted"}
    assert offered(bench) == 60_000
    slope = {
        "priority": 0,
        "yUnit": "PctMaxW",
        "curveData": [{"x": 90.0, "y": 0.0}, {"x": 110.0, "y": 20.0}],
    }
    set_curve(bench, "v", slope, kind="VoltWatt")
    assert offered(bench) == 15_000
    assert bench.ask("ClearDERControl", isDefault=True, controlId="v") == {"status": "Accepted"}
    assert offered(bench) == 60_000
    assert bench.ask("ClearDERControl", isDefault=True)["status"] == "Accepted"
    assert offered(bench) == 150_000
    assert bench.ask("ClearDERControl", isDefault=True)["status"] == "NotFound"


def test_a_scheduled_control_starts_and_ends():
    bench = station()
    bench.charge()
    set_curve(bench, "base", curve(80.0))
    timed = curve(10.0, startTime=LATER, duration=300.0)
    assert set_curve(bench, "peak", timed, default=False)["status"] == "Accepted"
    assert offered(bench) == 120_000
    bench.run(600)
    assert offered(bench) == 15_000
    bench.run(300)
    assert offered(bench) == 120_000
    told = [(n["controlId"], n["started"]) for n in bench.calls("NotifyDERStartStop")]
    assert told == [("peak", True), ("peak", False)]
    found = bench.ask("GetDERControl", requestId=1, isDefault=False)
    assert found["status"] == "NotFound"


def test_the_higher_priority_goes_first():
    bench = station()
    bench.charge()
    span = {"startTime": NOW, "duration": 3600.0}
    set_curve(bench, "low", curve(50.0, 5, **span), default=False)
    assert set_curve(bench, "high", curve(20.0, 1, **span), default=False) == {
        "status": "Accepted",
        "supersededIds": ["low"],
    }
    assert offered(bench) == 30_000
    assert bench.calls("NotifyDERStartStop")[-1]["supersededIds"] == ["low"]
    assert "supersededIds" not in set_curve(bench, "none", curve(90.0, 9, **span), default=False)
    assert offered(bench) == 30_000
    assert bench.ask("GetDERControl", requestId=7)["status"] == "Accepted"
    [report] = bench.calls("ReportDERControl")
    assert report["requestId"] == 7
    assert {c["id"]: c["isSuperseded"] for c in report["curve"]} == {
        "low": True,
        "high": False,
        "none": True,
    }
    assert report["curve"][0]["curve"] == curve(50.0, 5, **span)


def test_all_kinds_that_are_kept_are_reported():
    bench = station()
    service = {
        "priority": 1,
        "highVoltage": 110.0,
        "lowVoltage": 90.0,
        "highFreq": 51.0,
        "lowFreq": 49.0,
    }
    gradient = {"priority": 1, "gradient": 10.0, "softGradient": 5.0}
    limit = {"priority": 1, "pctMaxDischargePower": 50.0}
    for id_, kind, name, given in (
        ("s", "EnterService", "enterService", service),
        ("g", "Gradients", "gradient", gradient),
        ("l", "LimitMaxDischarge", "limitMaxDischarge", limit),
    ):
        told = {"isDefault": True, "controlId": id_, "controlType": kind, name: given}
        assert bench.ask("SetDERControl", **told) == {"status": "Accepted"}
    bench.ask("GetDERControl", requestId=1)
    [report] = bench.calls("ReportDERControl")
    assert report["enterService"] == [{"id": "s", "enterService": service}]
    assert report["gradient"] == [{"id": "g", "gradient": gradient}]
    assert report["limitMaxDischarge"][0]["limitMaxDischarge"] == limit
    modes = bench.get("ACDERCtrlr", "ModesSupported")
    assert modes == "FreqWatt,VoltWatt,EnterService,Gradients,LimitMaxDischarge"


def test_what_cannot_be():
    bench = station()
    assert set_curve(bench, "x", curve(1.0), kind="VoltVar")["status"] == "NotSupported"
    assert bench.ask("GetDERControl", requestId=1, controlType="VoltVar") == {
        "status": "NotSupported"
    }
    told = {"isDefault": False, "controlId": "x", "controlType": "VoltVar"}
    assert bench.ask("ClearDERControl", **told)["status"] == "NotSupported"
    empty = {"isDefault": True, "controlId": "x", "controlType": "FreqWatt"}
    assert bench.ask("SetDERControl", **empty)["status"] == "Rejected"
    assert set_curve(bench, "x", curve(1.0), default=False)["status"] == "Rejected"
    past = curve(1.0, startTime="2030-01-01T00:00:00Z", duration=5.0)
    assert set_curve(bench, "x", past, default=False)["status"] == "Rejected"
    for n in range(24):
        assert set_curve(bench, str(n), curve(50.0))["status"] == "Accepted"
    assert set_curve(bench, "25", curve(50.0))["status"] == "Rejected"


def test_controls_survive_a_reset():
    bench = station()
    set_curve(bench, "a", curve(10.0))
    timed = curve(5.0, 0, startTime=LATER, duration=3000.0)
    set_curve(bench, "b", timed, default=False)
    bench.ask("Reset", type="Immediate")
    bench.run(30)
    bench.charge()
    assert offered(bench) == 15_000
    bench.run(600)
    assert offered(bench) == 7500
