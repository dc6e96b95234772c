"""OCPP 2.1, N11 to N15: periodic event streams."""

from typing import Any

from bench2 import Bench2, Bench21, booted
from test_station_v2_monitoring import POWER, events, put


def stream(bench: Bench2, seconds: int = 10, **params: int) -> int:
    return put(bench, POWER, "Periodic", seconds, periodicEventStream=params)


def station() -> Bench2:
    return booted(bench_type=Bench21)


def told(bench: Bench2) -> list[dict[str, Any]]:
    return [payload for _, action, payload in bench.sent if action == "NotifyPeriodicEventStream"]


def test_values_go_out_in_batches():
    bench = station()
    id_ = stream(bench, values=3)
    [opened] = bench.calls("OpenPeriodicEventStream")
    assert opened["constantStreamData"] == {
        "id": id_,
        "params": {"values": 3},
        "variableMonitoringId": id_,
    }
    bench.run(61)
    assert events(bench, id_) == []
    assert [(n["id"], len(n["data"]), n["pending"]) for n in told(bench)] == [(id_, 3, 0)] * 2
    assert [element["t"] for element in told(bench)[0]["data"]] == [0, 10, 20]
    assert told(bench)[0]["basetime"] == "2030-03-17T17:46:50.000Z"


def test_at_the_latest_after_an_interval():
    bench = station()
    stream(bench, interval=35)
    bench.run(36)
    assert [len(n["data"]) for n in told(bench)] == [3]


def test_the_csms_adjusts_and_looks():
    bench = station()
    assert bench.ask("GetPeriodicEventStream") == {}
    id_ = stream(bench, values=2)
    answer = bench.ask("AdjustPeriodicEventStream", id=id_, params={"interval": 35})
    assert answer == {"status": "Accepted"}
    [found] = bench.ask("GetPeriodicEventStream")["constantStreamData"]
    assert found == {"id": id_, "params": {"interval": 35}, "variableMonitoringId": id_}
    bench.run(36)
    assert [len(n["data"]) for n in told(bench)] == [3]
    unknown = bench.ask("AdjustPeriodicEventStream", id=99, params={"interval": 1})
    assert unknown == {"status": "Rejected"}


def test_it_ends_with_its_monitor():
    bench = station()
    id_ = stream(bench, values=100)
    bench.run(25)
    bench.ask("ClearVariableMonitoring", id=[id_])
    assert bench.calls("ClosePeriodicEventStream") == [{"id": id_}]
    assert [len(n["data"]) for n in told(bench)] == [2]
    bench.run(100)
    assert len(told(bench)) == 1
    assert bench.ask("GetPeriodicEventStream") == {}


def test_a_stream_that_the_csms_refuses_leaves_events():
    bench = station()
    bench.policies["OpenPeriodicEventStream"] = lambda _: {"status": "Rejected"}
    id_ = stream(bench, values=1)
    bench.run(21)
    assert told(bench) == []
    assert len(events(bench, id_)) == 2
    assert bench.ask("GetPeriodicEventStream") == {}


def test_values_survive_a_reset():
    bench = station()
    id_ = stream(bench, interval=20)
    bench.ask("Reset", type="Immediate")
    bench.run(100)
    assert told(bench)[-1]["id"] == id_
    assert len(bench.calls("OpenPeriodicEventStream")) == 1
