"""What a 1.6 station remembers across a power cut, and how its transactions end with one."""

from collections.abc import Callable

import pytest
from bench16 import Bench, Doom, ac_station, booted, lives
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import EC_KEY, certificate
from test_v16_lives import (
    Life,
    assert_energy_never_runs_backwards,
    assert_every_transaction_is_told_to_its_end,
    assert_statuses_follow_the_table,
    charging_profile,
    local_list,
    reserve,
)

from voltfleet.domain.timestamps import rfc3339


def restarted(bench: Bench, seconds: float = 100.0) -> Bench:
    bench.kill(seconds)
    bench.connect()
    bench.run(2)
    return bench


def transaction_calls(bench: Bench) -> list[str]:
    kinds = {"StartTransaction", "MeterValues", "StopTransaction"}
    return [action for action in bench.actions() if action in kinds]


# --- transactions --------------------------------------------------------------------------------


def test_a_transaction_ends_with_the_power():
    bench = booted()
    number = bench.charge()
    bench.run(150)
    [*_, last] = bench.calls("MeterValues")
    restarted(bench)
    [stop] = bench.calls("StopTransaction")
    assert stop["transactionId"] == number
    assert stop["reason"] == "PowerLoss"
    [register] = [
        int(v["value"]) for v in last["meterValue"][0]["sampledValue"] if v.get("unit") == "Wh"
    ]
    assert stop["meterStop"] >= register
    assert stop["timestamp"] > last["meterValue"][0]["timestamp"]
    assert stop["timestamp"] < rfc3339(bench.now - 50)
    assert bench.actions()[-4:-2] == ["BootNotification", "StopTransaction"]


def test_what_waits_for_the_link_goes_out_in_order_with_its_times():
    bench = booted()
    bench.configure(MeterValueSampleInterval=60, LocalPreAuthorize=True)
    bench.configure(AllowOfflineTxForUnknownId=True)
    bench.disconnect()
    at = bench.now
    bench.command("start-session", id_tag="TAG")
    bench.run(130)
    restarted(bench, 1000)
    assert transaction_calls(bench) == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
    ]
    [start], [stop] = bench.calls("StartTransaction"), bench.calls("StopTransaction")
    assert start["timestamp"] < rfc3339(at + 5)
    times = [m["meterValue"][0]["timestamp"] for m in bench.calls("MeterValues")]
    assert [start["timestamp"], *times, stop["timestamp"]] == sorted(
        [start["timestamp"], *times, stop["timestamp"]]
    )
    assert stop["timestamp"] < rfc3339(at + 140)
    assert {m["transactionId"] for m in bench.calls("MeterValues")} == {stop["transactionId"]}


@pytest.mark.parametrize("doom", [*Doom, None])
def test_a_start_without_an_answer_is_told_first_and_stopped_with_its_number(doom):
    bench = booted()
    bench.policies["StartTransaction"] = lambda _: None
    bench.command("start-session", id_tag="TAG")
    bench.run(4)
    [unanswered] = bench.calls("StartTransaction")
    bench.policies.clear()
    bench.doom = doom
    restarted(bench)
    if not bench.connected:
        bench.connect()
        bench.run(2)
    assert set(transaction_calls(bench)[-2:]) == {"StartTransaction", "StopTransaction"}
    assert {tuple(sorted(c.items())) for c in bench.calls("StartTransaction")} == {
        tuple(sorted(unanswered.items()))
    }
    [stop] = bench.calls("StopTransaction")
    assert stop["transactionId"] == bench.transaction_id == 1


def test_the_number_of_a_transaction_is_urgent():
    """Lost, the transaction would be started once more at a CSMS that does not recognize it."""
    bench = booted()
    bench.command("plug-connector")
    bench.command("start-transaction", id_tag="TAG")
    assert bench.station._engine._availability.bays[0].transaction.number == 1
    bench.kill(keep=False)
    bench.connect()
    bench.run(2)
    assert len(bench.calls("StartTransaction")) == 1
    assert len(bench.calls("StopTransaction")) == 1


def test_an_unanswered_stop_is_repeated_word_for_word():
    bench = booted()
    bench.configure(StopTxnSampledData="Energy.Active.Import.Register")
    bench.charge()
    bench.run(100)
    bench.policies["StopTransaction"] = lambda _: None
    bench.command("stop-session")
    bench.run(3)
    bench.policies.clear()
    restarted(bench)
    first, second = bench.calls("StopTransaction")
    assert first == second
    assert first["reason"] == "Local"
    assert len(first["transactionData"]) >= 2
    restarted(bench)
    assert len(bench.calls("StopTransaction")) == 2


def test_power_loss_by_command_and_by_death_tell_the_same():
    def stop_of(lose: Callable[[Bench], None]) -> dict[str, object]:
        bench = booted()
        bench.charge()
        bench.run(55)
        lose(bench)
        bench.run(300)
        [stop] = bench.calls("StopTransaction")
        return stop

    def fault(bench: Bench) -> None:
        bench.command("inject-fault", fault_type="power_loss", value=30)

    def death(bench: Bench) -> None:
        bench.kill(30)
        bench.connect()

    assert stop_of(fault).keys() == stop_of(death).keys()
    assert stop_of(fault)["reason"] == stop_of(death)["reason"] == "PowerLoss"


# --- the rest ------------------------------------------------------------------------------------


def look_at_reservation(bench: Bench) -> object:
    return bench.ask("CancelReservation", reservationId=1)


def settings_of(bench: Bench) -> object:
    keys = ["ConnectionTimeOut", "WebSocketPingInterval", "TransactionMessageRetryInterval"]
    answer = bench.ask("GetConfiguration", key=keys)
    outbox = bench.station._ctx.outbox
    return answer, bench.station.ping_seconds, outbox.retry_seconds


def composite(bench: Bench) -> object:
    answer = bench.ask("GetCompositeSchedule", connectorId=1, duration=100)
    return answer["chargingSchedule"]["chargingSchedulePeriod"][0]


def authorized_offline(bench: Bench) -> object:
    bench.disconnect()
    outcome = bench.command("start-session", id_tag="TAG")
    bench.connect()
    return outcome


DURABLE: dict[str, tuple[Callable[[Life], object], Callable[[Bench], object]]] = {
    "settings": (
        lambda life: life.bench.configure(
            ConnectionTimeOut=7, WebSocketPingInterval=11, TransactionMessageRetryInterval=5
        ),
        settings_of,
    ),
    "availability of a connector": (
        lambda life: life.ask("ChangeAvailability", connectorId=1, type="Inoperative"),
        lambda bench: bench.told(1)[-1],
    ),
    "availability of the station": (
        lambda life: life.ask("ChangeAvailability", connectorId=0, type="Inoperative"),
        lambda bench: (bench.told(0)[-1], bench.told(1)[-1], bench.told(2)[-1]),
    ),
    "local list": (
        lambda life: local_list(life, 7, "Accepted", "Full"),
        lambda bench: bench.ask("GetLocalListVersion"),
    ),
    "authorization cache": (
        lambda life: life.command("authorize-id-tag", id_tag="TAG"),
        lambda bench: bench.station._engine._authorization._cache,
    ),
    "reservation": (lambda life: reserve(life, "TAG", 1, 5000), look_at_reservation),
    "reservation of any connector": (
        lambda life: reserve(life, "TAG", 0, 5000),
        lambda bench: bench.ask("CancelReservation", reservationId=0),
    ),
    "charging profiles": (
        lambda life: charging_profile(life, "TxDefaultProfile", "Absolute", 1, 10),
        lambda bench: bench.station._engine._smart_charging.memory(),
    ),
    "the limit of the profiles": (
        lambda life: charging_profile(life, "ChargePointMaxProfile", "Recurring", 0, 7000),
        lambda bench: bench.station._engine._smart_charging.memory(),
    ),
    "root certificates": (
        lambda life: life.ask(
            "InstallCertificate",
            certificateType="CentralSystemRootCertificate",
            certificate=certificate(EC_KEY),
        ),
        lambda bench: bench.ask(
            "GetInstalledCertificateIds", certificateType="CentralSystemRootCertificate"
        ),
    ),
    "firmware": (
        lambda life: (
            setattr(life.bench.station._engine._registration, "firmware_version", "9.9"),
            life.command("plug-connector"),
        ),
        lambda bench: (
            bench.calls("BootNotification")[-1]["firmwareVersion"]
            if len(bench.calls("BootNotification")) > 1
            else "9.9"
        ),
    ),
}


@pytest.mark.parametrize("name", DURABLE)
def test_it_is_found_again(name):
    do, look = DURABLE[name]
    untouched, twin = Life(ac_station(2), 1), Life(ac_station(2), 1)
    untouched.bench.connect()
    twin.bench.connect()
    do(twin)
    expected = look(twin.bench)
    life = Life(ac_station(2), 1)
    life.bench.connect()
    do(life)
    restarted(life.bench)
    found = look(life.bench)
    assert found == expected
    if name != "firmware":
        assert found != look(untouched.bench)


def test_a_reservation_expires_while_the_power_is_off():
    life = Life(ac_station(), 1)
    life.bench.connect()
    reserve(life, "TAG", 1, 500)
    restarted(life.bench, 1000)
    assert life.bench.told(1)[-1] == "Available"


def test_the_profile_of_a_transaction_ends_with_it():
    life = Life(ac_station(), 1)
    life.bench.connect()
    life.bench.charge()
    charging_profile(life, "TxProfile", "Absolute", 1, 10)
    restarted(life.bench)
    assert life.bench.station._engine._smart_charging.memory() == ()


# --- random lives --------------------------------------------------------------------------------

Step = Callable[[Life], None]
kills: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda s, k: lambda life: life.bench.kill(s, keep=k),
        st.sampled_from([0.1, 0.5, 3.0, 60.0]),
        st.booleans(),
    ),
    st.sampled_from(Doom).map(lambda d: lambda life: setattr(life.bench, "doom", d)),
)
steps: st.SearchStrategy[Step] = st.one_of(
    kills,
    st.floats(0.05, 200).map(lambda s: lambda life: life.bench.run(s)),
    st.just(Life.toggle_link),
    st.just(lambda life: life.command("start-session", id_tag="TAG", duration_seconds=60)),
    st.just(lambda life: life.command("start-session", id_tag="OTHER")),
    st.just(lambda life: life.command("stop-session")),
    st.just(lambda life: life.command("unplug-connector")),
    st.sampled_from(["StartTransaction", "StopTransaction", "MeterValues"]).map(
        lambda a: lambda life: life.bench.policies.__setitem__(a, lambda _: None)
    ),
    st.just(lambda life: life.bench.policies.clear()),
)


@settings(max_examples=lives(100), derandomize=True, deadline=None)
@given(st.integers(0, 1000), st.lists(steps, min_size=5, max_size=40))
def test_whenever_the_host_dies_the_books_balance(seed, script):
    life = Life(ac_station(2), seed)
    life.bench.connect()
    life.bench.configure(
        MeterValueSampleInterval=7,
        AllowOfflineTxForUnknownId=True,
        TransactionMessageRetryInterval=1,
        StopTxnSampledData="Energy.Active.Import.Register",
    )
    for step in script:
        step(life)
    life.finish()
    assert_statuses_follow_the_table(life)
    assert_energy_never_runs_backwards(life)
    assert_every_transaction_is_told_to_its_end(life)
    assert_repetitions_are_the_same(life.bench)
    assert_messages_are_in_order(life.bench)


def assert_repetitions_are_the_same(bench: Bench) -> None:
    stops: dict[int, dict[str, object]] = {}
    for stop in bench.calls("StopTransaction"):
        assert stops.setdefault(stop["transactionId"], stop) == stop
    assert len(bench.started) == len({repr(start) for start in bench.started.values()})


def assert_messages_are_in_order(bench: Bench) -> None:
    """Of one transaction: its start is told first; its end last, and not before it was."""
    for number, start in bench.started.items():
        of_it = [
            (action, payload)
            for _, action, payload in bench.log
            if payload.get("transactionId") == number
        ]
        times = [
            payload["timestamp"] if action == "StopTransaction" else value["timestamp"]
            for action, payload in of_it
            for value in payload.get("meterValue", [{}])
        ]
        stop = of_it[-1][1]
        assert of_it[-1][0] == "StopTransaction"
        assert start["timestamp"] <= min(times)
        assert max(times) <= stop["timestamp"]
        assert stop["meterStop"] >= start["meterStart"]
