"""OCPP 1.6 §3.7, §4.8, §4.10, §5.11, §5.12, §5.18: transactions, from token to last message."""

from itertools import pairwise
from typing import Any

import pytest
from bench16 import START, Bench, ac_station, booted, dc_station

from voltfleet.domain.specs import EvseSpec, StationSpec
from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.connector import Fault


def break_(bench: Bench, fault: Fault | None) -> None:
    """The first connector gets a fault, or loses it."""
    hardware = bench.station._ctx.hardware
    hardware.set_fault(hardware.connectors[0], fault)


def energy(message: dict[str, Any]) -> list[int]:
    return [
        int(value["value"])
        for meter_value in message["meterValue"]
        for value in meter_value["sampledValue"]
        if value["measurand"] == "Energy.Active.Import.Register"
    ]


def test_a_whole_transaction_driven_by_the_central_system():
    bench = booted()
    bench.run(60)
    assert bench.ask("RemoteStartTransaction", idTag="TAG") == {"status": "Accepted"}
    assert bench.told() == ["Available", "Preparing"]
    bench.run(1200)
    assert bench.ask("RemoteStopTransaction", transactionId=1) == {"status": "Accepted"}
    bench.run(5)
    expected = ["Available", "Preparing", "Charging", "Finishing", "Available"]
    assert bench.told() == expected
    [start], [stop] = bench.calls("StartTransaction"), bench.calls("StopTransaction")
    assert (start["connectorId"], start["idTag"]) == (1, "TAG")
    assert stop["reason"] == "Remote"
    assert stop["transactionId"] == 1
    assert "transactionData" not in stop
    readings = [wh for message in bench.calls("MeterValues") for wh in energy(message)]
    assert len(readings) == 19
    every = [start["meterStart"], *readings, stop["meterStop"]]
    assert every == sorted(every)
    power = float(bench.calls("MeterValues")[0]["meterValue"][0]["sampledValue"][1]["value"])
    assert {b - a for a, b in pairwise(readings)} <= {int(power / 60), int(power / 60) + 1}
    assert {m["transactionId"] for m in bench.calls("MeterValues")} == {1}


def test_the_driver_comes_in_one_to_three_and_leaves_in_two_to_five_seconds():
    waits, stays = set(), set()
    for seed in range(30):
        bench = booted(seed=seed)
        bench.ask("RemoteStartTransaction", idTag="T")
        bench.run(100)
        bench.ask("RemoteStopTransaction", transactionId=1)
        stopped = bench.now
        bench.run(10)
        started = next(at for at, action, _ in bench.log if action == "StartTransaction")
        waits.add(started - START)
        stays.add(bench.log[-1][0] - stopped)
    assert 1 <= min(waits) < max(waits) <= 3
    assert 2 <= min(stays) < max(stays) <= 5


def test_the_same_seed_lives_the_same_life():
    lives = []
    for _ in range(2):
        bench = booted(seed=42)
        bench.charge()
        bench.run(600)
        lives.append(bench.log)
    assert lives[0] == lives[1]


def test_a_car_that_is_there_already_starts_at_once():
    bench = booted()
    bench.command("plug-connector")
    assert bench.told()[-1] == "Preparing"
    bench.ask("RemoteStartTransaction", idTag="TAG")
    assert bench.told()[-1] == "Charging"
    bench.run(50)
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(600)
    assert bench.told()[-1] == "Finishing"  # nobody told its driver to go
    bench.command("unplug-connector")
    assert bench.told()[-1] == "Available"


@pytest.mark.parametrize(
    ("prepare", "request_"),
    [
        (lambda b: None, {"connectorId": 0}),
        (lambda b: None, {"connectorId": 2}),
        (lambda b: b.charge(), {"connectorId": 1}),
        (lambda b: b.charge(), {}),
        (lambda b: b.ask("RemoteStartTransaction", idTag="other"), {}),
        (lambda b: b.ask("ChangeAvailability", connectorId=1, type="Inoperative"), {}),
        (lambda b: b.ask("ChangeAvailability", connectorId=0, type="Inoperative"), {}),
        (lambda b: break_(b, Fault.GROUND_FAILURE), {}),
    ],
)  # fmt: skip
def test_remote_start_is_rejected_where_nothing_can_start(prepare, request_):
    bench = booted()
    prepare(bench)
    answer = bench.ask("RemoteStartTransaction", idTag="T", **request_)
    assert answer == {"status": "Rejected"}


def test_without_a_connector_the_one_with_a_car_is_chosen():
    bench = booted(ac_station(3))
    bench.command("plug-connector", connector_id=2)
    bench.ask("RemoteStartTransaction", idTag="T")
    assert bench.calls("StartTransaction")[0]["connectorId"] == 2


def test_an_evse_with_two_connectors_charges_one_car():
    one = ac_station().evses[0].connectors[0]
    bench = booted(StationSpec("A", "B", "1", (EvseSpec((one, one)),)))
    bench.charge(connector=2)
    assert bench.ask("RemoteStartTransaction", idTag="T", connectorId=1) == {"status": "Rejected"}


def test_a_token_that_authorize_refuses_does_not_charge():
    bench = booted()
    bench.configure(AuthorizeRemoteTxRequests=True)
    bench.tag_status = "Blocked"
    assert bench.ask("RemoteStartTransaction", idTag="T") == {"status": "Accepted"}
    bench.run(30)
    assert bench.told() == ["Available"]
    assert "StartTransaction" not in bench.actions()


def test_a_token_that_start_transaction_refuses_is_stopped():
    bench = booted()
    bench.tag_status = "Invalid"
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.run(10)
    assert [s["reason"] for s in bench.calls("StopTransaction")] == ["DeAuthorized"]
    assert bench.told()[-1] == "Available"


def test_a_refused_token_gets_no_energy_where_the_transaction_may_go_on():
    bench = booted()
    bench.configure(StopTransactionOnInvalidId=False, MeterValueSampleInterval=1)
    bench.command("plug-connector")
    bench.tag_status = "Expired"
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.run(100)
    assert bench.told()[-1] == "SuspendedEVSE"
    readings = [wh for message in bench.calls("MeterValues") for wh in energy(message)]
    assert len(set(readings)) == 1
    bench.ask("RemoteStopTransaction", transactionId=1)
    assert bench.calls("StopTransaction")[0]["reason"] == "Remote"


def test_a_full_battery_suspends_and_its_driver_comes_back():
    bench = booted(dc_station())
    bench.charge()
    bench.run(4 * 3600)
    expected = ["Available", "Preparing", "Charging", "SuspendedEV", "Finishing", "Available"]
    assert bench.told() == expected
    [stop] = bench.calls("StopTransaction")
    assert (stop["reason"], stop["idTag"]) == ("Local", "TAG")
    last = bench.calls("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    soc = next(float(v["value"]) for v in last if v["measurand"] == "SoC")
    assert soc > 95


def test_pulling_the_plug_ends_the_transaction():
    bench = booted()
    bench.charge()
    bench.command("unplug-connector")
    [stop] = bench.calls("StopTransaction")
    assert stop["reason"] == "EVDisconnected"
    assert bench.told()[-1] == "Available"


def test_pulling_the_plug_only_suspends_where_so_configured():
    bench = booted()
    bench.configure(StopTransactionOnEVSideDisconnect=False)
    bench.charge()
    bench.command("unplug-connector")
    assert bench.told()[-1] == "SuspendedEV"
    assert "StopTransaction" not in bench.actions()
    bench.run(60)
    bench.command("plug-connector")
    assert bench.told()[-1] == "Charging"
    assert bench.ask("RemoteStopTransaction", transactionId=1) == {"status": "Accepted"}
    assert bench.told()[-1] == "Finishing"


def test_remote_stop_of_a_transaction_that_is_not_there():
    bench = booted()
    bench.charge()
    assert bench.ask("RemoteStopTransaction", transactionId=99) == {"status": "Rejected"}


def test_transaction_data_where_configured():
    bench = booted()
    bench.configure(
        StopTxnSampledData="Energy.Active.Import.Register",
        StopTxnAlignedData="Voltage",
        ClockAlignedDataInterval=600,
        MeterValueSampleInterval=300,
    )
    bench.charge()
    bench.run(900)
    bench.ask("RemoteStopTransaction", transactionId=1)
    [stop] = bench.calls("StopTransaction")
    data = stop["transactionData"]
    contexts = [value["context"] for entry in data for value in entry["sampledValue"]]
    assert contexts[0] == "Transaction.Begin"
    assert contexts[-1] == "Transaction.End"
    assert "Sample.Periodic" in contexts
    assert "Sample.Clock" in contexts
    assert data[-1]["sampledValue"][0]["value"] == str(stop["meterStop"])
    stamps = [entry["timestamp"] for entry in data]
    assert stamps == sorted(stamps)


def test_the_interval_measurand_adds_up_to_the_register():
    bench = booted()
    both = "Energy.Active.Import.Interval,Energy.Active.Import.Register"
    bench.configure(MeterValuesSampledData=both, MeterValueSampleInterval=7)
    bench.charge()
    bench.run(700)
    [start] = bench.calls("StartTransaction")
    total = start["meterStart"]
    for message in bench.calls("MeterValues"):
        interval, register = message["meterValue"][0]["sampledValue"]
        total += int(interval["value"])
        assert total == int(register["value"])


@pytest.mark.parametrize("measurands", ["Power.Active.Import.L2", "Voltage.L2-N,Current.Import.L2"])
def test_a_phase_can_be_picked_where_it_exists(measurands):
    """Over twenty seeds there are cars of one and of three phases."""
    counts = set()
    for seed in range(20):
        bench = booted(seed=seed)
        bench.configure(MeterValuesSampledData=measurands)
        bench.charge()
        bench.run(61)
        counts.add(len(bench.calls("MeterValues")))
    assert counts == {0, 1}


def test_values_of_all_phases_multiply_to_the_power():
    bench = booted()
    bench.configure(
        MeterValuesSampledData="Power.Active.Import,Current.Import,Voltage,Frequency,"
        "Power.Offered,Current.Offered,Power.Active.Import.L1"
    )
    bench.charge()
    bench.run(60)
    [message] = bench.calls("MeterValues")
    values = message["meterValue"][0]["sampledValue"]
    amounts: dict[str, list[float]] = {}
    for value in values:
        amounts.setdefault(value["measurand"], []).append(float(value["value"]))
    total, *per_phase = amounts["Power.Active.Import"]
    pairs = zip(amounts["Voltage"], amounts["Current.Import"], strict=True)
    assert sum(volts * amps for volts, amps in pairs) == pytest.approx(total, rel=1e-3)
    assert per_phase[0] * len(amounts["Voltage"]) == pytest.approx(total, rel=1e-3)
    assert amounts["Frequency"] == [50.0]


def test_power_update_is_seen_in_the_meter_and_zero_suspends():
    bench = booted()
    bench.configure(MeterValuesSampledData="Power.Active.Import", MeterValueSampleInterval=10)
    bench.charge()
    bench.command("power-update", power_w=3000)
    bench.run(10)
    assert bench.calls("MeterValues")[-1]["meterValue"][0]["sampledValue"][0]["value"] == "3000.0"
    bench.command("power-update", power_w=0)
    assert bench.told()[-1] == "SuspendedEVSE"
    bench.command("power-update", power_w=22_000)
    assert bench.told()[-1] == "Charging"
    outcome = bench.command("power-update", power_w=-1)
    assert outcome is not None
    assert outcome.state == "rejected"


def test_a_fault_stops_the_transaction_and_is_told():
    bench = booted()
    bench.charge()
    break_(bench, Fault.GROUND_FAILURE)
    bench.run(10)
    [stop] = bench.calls("StopTransaction")
    assert stop["reason"] == "Other"
    assert bench.calls("StatusNotification")[-1]["errorCode"] == "GroundFailure"
    break_(bench, Fault.OVER_VOLTAGE)
    bench.run(1)
    assert bench.calls("StatusNotification")[-1]["errorCode"] == "OverVoltage"
    break_(bench, None)
    bench.run(1)
    assert bench.calls("StatusNotification")[-1]["errorCode"] == "NoError"
    assert bench.told()[-1] == "Available"


# --- UnlockConnector -----------------------------------------------------------------------------


def test_unlock_stops_the_transaction_first():
    bench = booted()
    bench.charge()
    assert bench.ask("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
    assert bench.calls("StopTransaction")[0]["reason"] == "UnlockCommand"


@pytest.mark.parametrize("connector", [0, 2])
def test_unlock_of_a_connector_that_is_not_there(connector):
    assert booted().ask("UnlockConnector", connectorId=connector) == {"status": "NotSupported"}


def test_a_fixed_cable_has_no_lock():
    assert booted(dc_station()).ask("UnlockConnector", connectorId=1) == {"status": "NotSupported"}


def test_a_broken_lock_does_not_open():
    bench = booted()
    break_(bench, Fault.CONNECTOR_LOCK_FAILURE)
    assert bench.ask("UnlockConnector", connectorId=1) == {"status": "UnlockFailed"}


# --- offline -------------------------------------------------------------------------------------


def test_a_transaction_goes_on_offline_and_is_told_in_order_with_its_own_times():
    bench = booted()
    bench.charge()
    bench.run(100)
    bench.disconnect()
    bench.run(300)
    bench.command("stop-session")
    stopped_at = bench.now
    bench.run(100)
    before = len(bench.log)
    bench.connect()
    sent = bench.log[before:]
    *queued, status = sent
    assert [action for _, action, _ in queued] == ["MeterValues"] * 5 + ["StopTransaction"]
    assert status[2]["status"] == "Available"
    stamps = [p["meterValue"][0]["timestamp"] for _, a, p in sent if a == "MeterValues"]
    stop = queued[-1][2]
    assert [*stamps, stop["timestamp"]] == sorted([*stamps, stop["timestamp"]])
    assert len(set(stamps)) == 5
    assert stop["timestamp"] == rfc3339(stopped_at)


def test_a_whole_transaction_offline_is_told_after_the_reconnect():
    bench = booted()
    bench.configure(AllowOfflineTxForUnknownId=True)
    bench.disconnect()
    bench.command("start-session", id_tag="T", duration_seconds=150)
    bench.run(300)
    before = len(bench.log)
    bench.connect()
    sent = bench.log[before:]
    actions = ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    assert [action for _, action, _ in sent] == actions
    assert {p["transactionId"] for _, _, p in sent[1:]} == {1}


def test_a_start_that_was_cut_off_is_sent_again():
    bench = booted()
    bench.policies["StartTransaction"] = lambda _: None
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.run(5)
    bench.disconnect()
    bench.policies.clear()
    bench.run(5)
    bench.connect()
    bench.run(60)
    starts = bench.calls("StartTransaction")
    assert len(starts) == 2
    assert starts[0] == starts[1]
    assert bench.calls("MeterValues")[0]["transactionId"] == 1


def test_a_transaction_without_a_number_is_never_told():
    bench = booted()
    bench.configure(TransactionMessageAttempts=1)
    bench.policies["StartTransaction"] = lambda _: "InternalError"
    outcome = bench.command("start-session", id_tag="T", duration_seconds=90)
    bench.run(600)
    assert bench.told()[-1] == "Available"
    assert "StopTransaction" not in bench.actions()
    assert all("transactionId" not in m for m in bench.calls("MeterValues"))
    outcome = bench.outcomes[-1]
    assert outcome.state == "rejected"
    assert "StartTransaction" in (outcome.reason or "")


def test_the_status_of_while_it_was_offline_is_told_once():
    bench = booted()
    bench.disconnect()
    bench.command("plug-connector")
    bench.command("unplug-connector")
    bench.command("plug-connector")
    bench.connect()
    assert bench.told() == ["Available", "Preparing"]


def test_a_notification_that_was_cut_off_is_made_up_for():
    bench = booted()
    bench.policies["StatusNotification"] = lambda _: None
    bench.command("plug-connector")
    bench.disconnect()
    bench.policies.clear()
    bench.connect()
    assert bench.told() == ["Available", "Preparing", "Preparing"]


def test_a_barred_token_gets_no_energy_by_plugging_in_again():
    bench = booted()
    bench.configure(StopTransactionOnInvalidId=False, StopTransactionOnEVSideDisconnect=False)
    bench.command("plug-connector")
    bench.tag_status = "Expired"
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.command("unplug-connector")
    bench.command("plug-connector")
    bench.run(600)
    assert bench.told()[-1] == "SuspendedEVSE"
    bench.ask("RemoteStopTransaction", transactionId=1)
    [start], [stop] = bench.calls("StartTransaction"), bench.calls("StopTransaction")
    assert start["meterStart"] == stop["meterStop"]


def test_a_transaction_goes_on_while_the_csms_takes_its_acceptance_back():
    bench = booted()
    bench.charge()
    bench.boot = {"status": "Pending", "interval": 600}
    bench.ask("TriggerMessage", requestedMessage="BootNotification")
    assert bench.ask("RemoteStopTransaction", transactionId=1) == {"status": "Rejected"}
    before = len(bench.log)
    bench.run(599)
    assert len(bench.log) == before
    bench.boot["status"] = "Accepted"
    bench.run(1)
    assert bench.actions()[before] == "BootNotification"
    assert bench.actions()[before + 1 :].count("MeterValues") == 10


def test_a_token_is_asked_about_but_the_connector_is_taken_meanwhile():
    bench = booted()
    bench.policies["Authorize"] = lambda _: None
    bench.command("start-session", id_tag="A")
    bench.command("start-session", id_tag="B")
    bench.policies.clear()
    pending = bench.station._ctx.outbox._peer.pending
    assert pending is not None
    bench.raw(f'[3,"{pending.unique_id}",{{"idTagInfo":{{"status":"Accepted"}}}}]')
    assert [o.reason for o in bench.outcomes] == ["connector 1 was taken meanwhile"]
    bench.run(10)
    assert bench.calls("StartTransaction")[0]["idTag"] == "A"


@pytest.mark.parametrize("answer", ["InternalError", None])
def test_a_csms_that_fails_to_authorize_does_not_let_anybody_charge(answer):
    bench = booted()
    bench.policies["Authorize"] = lambda _: answer
    bench.command("start-session", id_tag="A")
    bench.run(31)
    [outcome] = bench.outcomes
    assert outcome.state == "rejected"
    assert "the CSMS" in (outcome.reason or "")


def test_a_token_that_was_being_asked_about_is_judged_offline_when_the_link_goes():
    bench = booted()
    bench.configure(AllowOfflineTxForUnknownId=True)
    bench.policies["Authorize"] = lambda _: None
    bench.command("start-session", id_tag="A")
    bench.disconnect()
    bench.run(10)
    assert bench.statuses[-1].status == "Charging"
    [outcome] = bench.outcomes
    assert outcome.state == "applied"


def test_what_stop_transaction_carries_is_bounded():
    bench = booted()
    bench.configure(StopTxnSampledData="Energy.Active.Import.Register", MeterValueSampleInterval=1)
    bench.charge()
    bench.run(2000)
    bench.ask("RemoteStopTransaction", transactionId=1)
    data = bench.calls("StopTransaction")[0]["transactionData"]
    assert 200 <= len(data) <= 501
    contexts = [entry["sampledValue"][0]["context"] for entry in data]
    assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")


def test_the_cache_of_tokens_is_bounded():
    bench = booted()
    bench.configure(AuthorizeRemoteTxRequests=True, LocalPreAuthorize=True)
    for n in range(501):
        bench.command("authorize-id-tag", id_tag=f"T{n}")
    before = len(bench.calls("Authorize"))
    bench.charge("T500")
    assert len(bench.calls("Authorize")) == before
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(10)
    bench.charge("T0")
    assert len(bench.calls("Authorize")) == before + 1
