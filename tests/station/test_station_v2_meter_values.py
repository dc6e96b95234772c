"""OCPP 2.x J01 and J02: meter values, sampled and aligned with the clock."""

from typing import Any

import pytest
from bench2 import Bench2, booted
from bench16 import START, ac_station, dc_station

ALL = (
    "Current.Import,Current.Offered,Energy.Active.Import.Register,Frequency,"
    "Power.Active.Import,Power.Offered,SoC,Voltage"
)


def shown(event: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [
        (v["measurand"], v.get("phase"), v["unitOfMeasure"]["unit"])
        for value in event["meterValue"]
        for v in value["sampledValue"]
    ]


def contexts(event: dict[str, Any]) -> list[str]:
    return [v["context"] for value in event["meterValue"] for v in value["sampledValue"]]


def periodic(bench: Bench2) -> list[dict[str, Any]]:
    return [e for e in bench.events() if e["triggerReason"] == "MeterValuePeriodic"]


def test_every_measurand_of_an_ac_station():
    bench = booted(seed=3)
    bench.configure(SampledDataCtrlr_TxUpdatedMeasurands=ALL)
    bench.charge()
    bench.run(60)
    values = shown(periodic(bench)[0])
    lines = len([v for v in values if v[0] == "Voltage"])
    assert values == [
        *[("Current.Import", f"L{n}", "A") for n in range(1, lines + 1)],
        ("Current.Offered", None, "A"),
        ("Energy.Active.Import.Register", None, "Wh"),
        ("Frequency", None, "Hz"),
        ("Power.Active.Import", None, "W"),
        ("Power.Offered", None, "W"),
        *[v for v in values if v[0] == "SoC"],
        *[("Voltage", f"L{n}-N", "V") for n in range(1, lines + 1)],
    ]


def test_every_measurand_of_a_dc_station():
    bench = booted(dc_station())
    bench.configure(SampledDataCtrlr_TxUpdatedMeasurands=ALL)
    bench.charge()
    bench.run(60)
    assert shown(periodic(bench)[0]) == [
        ("Current.Import", None, "A"),
        ("Current.Offered", None, "A"),
        ("Energy.Active.Import.Register", None, "Wh"),
        ("Power.Active.Import", None, "W"),
        ("Power.Offered", None, "W"),
        ("SoC", None, "Percent"),
        ("Voltage", None, "V"),
    ]


def test_samples_at_their_interval():
    bench = booted()
    bench.configure(SampledDataCtrlr_TxUpdatedInterval=20)
    bench.command("plug-connector")
    bench.run(70)
    times = [at - START for at, a, p in bench.log if a == "TransactionEvent" and p["seqNo"]]
    assert times == [20, 40, 60]
    assert {c for e in periodic(bench) for c in contexts(e)} == {"Sample.Periodic"}
    bench.configure(SampledDataCtrlr_TxUpdatedInterval=5)
    bench.run(6)
    assert len(periodic(bench)) == 4
    bench.configure(SampledDataCtrlr_TxUpdatedInterval=0)
    bench.run(1000)
    assert len(periodic(bench)) == 4


def test_begin_and_end():
    bench = booted()
    bench.charge()
    bench.run(600)
    bench.command("unplug-connector")
    first, ended = bench.events()[0], bench.events()[-1]
    assert contexts(first) == ["Transaction.Begin"]
    assert contexts(ended) == ["Transaction.Begin", "Transaction.End"]
    begin, end = [m["sampledValue"][0]["value"] for m in ended["meterValue"]]
    assert begin == first["meterValue"][0]["sampledValue"][0]["value"]
    assert end > begin + 100
    times = [m["timestamp"] for m in ended["meterValue"]]
    assert times == [first["timestamp"], ended["timestamp"]]


def test_what_is_put_aside_for_the_end():
    bench = booted()
    bench.configure(
        SampledDataCtrlr_TxEndedInterval=30,
        AlignedDataCtrlr_TxEndedInterval=50,
        AlignedDataCtrlr_TxEndedMeasurands="Voltage",
    )
    bench.command("plug-connector")
    bench.run(95)
    bench.command("unplug-connector")
    ended = bench.events()[-1]
    kinds = [(m["timestamp"][14:19], m["sampledValue"][0]["context"]) for m in ended["meterValue"]]
    assert kinds == [
        ("46:40", "Transaction.Begin"),
        ("47:10", "Sample.Periodic"),
        ("47:30", "Sample.Clock"),
        ("47:40", "Sample.Periodic"),
        ("48:10", "Sample.Periodic"),
        ("48:15", "Transaction.End"),
    ]


def test_what_is_put_aside_has_an_end():
    bench = booted()
    bench.configure(SampledDataCtrlr_TxEndedInterval=1, SampledDataCtrlr_TxUpdatedInterval=0)
    bench.command("plug-connector")
    bench.run(2000)
    bench.command("unplug-connector")
    values = bench.events()[-1]["meterValue"]
    assert len(values) <= 502
    assert contexts({"meterValue": values})[0] == "Transaction.Begin"


def test_nothing_asked_for_nothing_sent():
    bench = booted()
    bench.configure(SampledDataCtrlr_Enabled=False)
    bench.command("plug-connector")
    bench.run(200)
    bench.command("unplug-connector")
    assert [e["eventType"] for e in bench.events()] == ["Started", "Ended"]
    assert not any("meterValue" in e for e in bench.events())


# --- aligned -------------------------------------------------------------------------------------


def test_aligned_without_a_transaction():
    bench = booted(ac_station(2))
    bench.configure(AlignedDataCtrlr_Interval=900)
    bench.run(3600)
    values = bench.calls("MeterValues")
    assert [p["evseId"] for p in values] == [1, 2] * 4
    stamps = {p["meterValue"][0]["timestamp"][11:19] for p in values}
    assert stamps == {"18:00:00", "18:15:00", "18:30:00", "18:45:00"}
    assert set(contexts(values[0])) == {"Sample.Clock"}


@pytest.mark.parametrize("idle_only", [False, True])
def test_aligned_with_a_transaction(idle_only):
    bench = booted(ac_station(2))
    bench.configure(
        AlignedDataCtrlr_Interval=900,
        AlignedDataCtrlr_SendDuringIdle=idle_only,
        SampledDataCtrlr_TxUpdatedInterval=0,
    )
    bench.charge(connector=1)
    bench.run(900)
    clock = [e for e in bench.events() if e["triggerReason"] == "MeterValueClock"]
    assert len(clock) == (0 if idle_only else 1)
    assert [p["evseId"] for p in bench.calls("MeterValues")] == [2]


def test_aligned_can_be_switched_off():
    bench = booted()
    bench.configure(AlignedDataCtrlr_Interval=900)
    bench.configure(AlignedDataCtrlr_Enabled=False)
    bench.run(1000)
    assert bench.calls("MeterValues") == []
    bench.configure(AlignedDataCtrlr_Enabled=True, AlignedDataCtrlr_Interval=0)
    bench.run(1000)
    assert bench.calls("MeterValues") == []


def test_the_clock_goes_on_after_a_reset_and_starts_anew_at_midnight():
    bench = booted()
    bench.configure(AlignedDataCtrlr_Interval=50_000)
    bench.ask("Reset", type="Immediate")
    bench.run(86_400)
    stamps = [p["meterValue"][0]["timestamp"][11:19] for p in bench.calls("MeterValues")]
    assert stamps == ["00:00:00", "13:53:20"]
