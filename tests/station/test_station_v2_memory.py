"""What a 2.x station remembers across a power cut, and how its transactions end with one."""

from collections.abc import Callable

import pytest
from bench2 import Bench2, Bench21
from bench16 import Bench, Doom, ac_station, lives
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import EC_KEY, certificate
from test_station_v2_lives import (
    Life,
    assert_a_transaction_is_told_whole,
    assert_energy_never_runs_backwards,
    assert_one_transaction_at_a_time,
    by_transaction,
)

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.v2.authorization import Authorization

ROOT = certificate(EC_KEY)
BENCHES = [Bench2, Bench21]
both = pytest.mark.parametrize("bench_type", BENCHES)


def lived(bench_type: type[Bench2], connectors: int = 2) -> Life:
    life = Life(bench_type(ac_station(connectors)))
    life.bench.connect()
    return life


def restarted(bench: Bench2, seconds: float = 100.0) -> Bench2:
    bench.kill(seconds)
    bench.connect()
    bench.run(2)
    return bench


# --- transactions --------------------------------------------------------------------------------


@both
def test_a_transaction_ends_with_the_power(bench_type):
    bench = lived(bench_type).bench
    bench.charge()
    bench.run(180)
    before = bench.events()[-1]
    restarted(bench)
    boot, event = bench.calls("BootNotification")[-1], bench.events()[-1]
    assert boot["reason"] == "PowerUp"
    assert event["eventType"] == "Ended"
    assert event["triggerReason"] == "AbnormalCondition"
    assert event["transactionInfo"]["stoppedReason"] == "PowerLoss"
    assert event["transactionInfo"]["transactionId"] == before["transactionInfo"]["transactionId"]
    assert event["seqNo"] == before["seqNo"] + 1
    assert event["offline"] is True
    assert before["timestamp"] < event["timestamp"] < rfc3339(bench.now - 50)
    assert event["transactionInfo"]["timeSpentCharging"] >= 150
    readings = event["meterValue"]
    assert readings[0]["sampledValue"][0]["context"] == "Transaction.Begin"
    assert readings[-1]["sampledValue"][0]["context"] == "Transaction.End"


@both
def test_what_waits_for_the_link_goes_out_in_order_with_its_times(bench_type):
    bench = lived(bench_type).bench
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.disconnect()
    at = bench.now
    bench.command("start-session", id_tag="TAG")
    bench.run(130)
    assert bench.events() == []
    restarted(bench, 1000)
    events = bench.events()
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert [events[0]["eventType"], events[-1]["eventType"]] == ["Started", "Ended"]
    assert all(event["offline"] for event in events)
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert times[-1] < rfc3339(at + 140)


@both
def test_an_unanswered_event_is_repeated_word_for_word(bench_type):
    bench = lived(bench_type).bench
    bench.charge()
    bench.policies["TransactionEvent"] = lambda _: None
    bench.command("stop-session")
    bench.run(3)
    bench.policies.clear()
    unanswered = bench.events()[-1]
    restarted(bench)
    assert bench.events().count(unanswered) == 2
    numbers = {event["seqNo"]: event for event in bench.events()}
    assert all(numbers[event["seqNo"]] == event for event in bench.events())
    before = len(bench.events())
    restarted(bench)
    assert len(bench.events()) == before


@both
def test_what_the_csms_says_of_a_token_then_is_learned(bench_type):
    bench = lived(bench_type).bench
    bench.configure(AuthCtrlr_OfflineTxForUnknownIdEnabled=True)
    bench.disconnect()
    bench.command("start-session", id_tag="TAG")
    bench.run(30)
    bench.token_info = {"status": "Blocked"}
    restarted(bench)
    [(info, _)] = bench.station._engine._find(Authorization).cache.entries.values()
    assert info.status == "Blocked"


@both
def test_a_reset_that_is_killed_is_over(bench_type):
    bench = lived(bench_type).bench
    bench.charge()
    assert bench.ask("Reset", type="OnIdle")["status"] == "Scheduled"
    restarted(bench)
    assert bench.start("OTHER", evseId=2)["status"] == "Accepted"


# --- the rest ------------------------------------------------------------------------------------


def settings_of(bench: Bench2) -> object:
    outbox = bench.station._ctx.outbox
    timeout = bench.get("TxCtrlr", "EVConnectionTimeOut")
    return timeout, bench.station.ping_seconds, outbox.retry_seconds


def reserve(life: Life, **evse: int) -> None:
    life.ask(
        "ReserveNow",
        id=1,
        idToken={"idToken": "TAG", "type": "ISO14443"},
        expiryDateTime=rfc3339(life.bench.now + 5000),
        **evse,
    )


def list_version(bench: Bench2) -> object:
    return bench.ask("GetLocalListVersion")


def display(life: Life) -> None:
    content = {"format": "ASCII", "content": "Hello"}
    life.ask("SetDisplayMessage", message={"id": 1, "priority": "NormalCycle", "message": content})


def profiles(bench: Bench2) -> object:
    bench.ask("GetChargingProfiles", requestId=1, chargingProfile={})
    bench.run(1)
    reports = bench.calls("ReportChargingProfiles")
    return reports[-1]["chargingProfile"] if reports else None


DURABLE: dict[str, tuple[Callable[[Life], object], Callable[[Bench2], object]]] = {
    "settings": (
        lambda life: life.bench.configure(
            TxCtrlr_EVConnectionTimeOut=7,
            OCPPCommCtrlr_WebSocketPingInterval=11,
            OCPPCommCtrlr_MessageAttemptInterval_TransactionEvent=5,
        ),
        settings_of,
    ),
    "availability of an EVSE": (
        lambda life: life.ask(
            "ChangeAvailability", operationalStatus="Inoperative", evse={"id": 1}
        ),
        lambda bench: (bench.told(1)[-1], bench.told(2)[-1]),
    ),
    "availability of the station": (
        lambda life: life.ask("ChangeAvailability", operationalStatus="Inoperative"),
        lambda bench: (bench.told(1)[-1], bench.told(2)[-1]),
    ),
    "local list": (
        lambda life: life.ask(
            "SendLocalList",
            versionNumber=7,
            updateType="Full",
            localAuthorizationList=[
                {
                    "idToken": {"idToken": "TAG", "type": "ISO14443"},
                    "idTokenInfo": {"status": "Accepted"},
                }
            ],
        ),
        list_version,
    ),
    "authorization cache": (
        lambda life: life.command("authorize-id-tag", id_tag="TAG"),
        lambda bench: bench.station._engine._find(Authorization).cache.entries,
    ),
    "reservation of an EVSE": (
        lambda life: reserve(life, evseId=1),
        lambda bench: bench.told(1)[-1],
    ),
    "reservation of any EVSE": (
        reserve,
        lambda bench: bench.ask("CancelReservation", reservationId=1)["status"],
    ),
    "charging profiles": (
        lambda life: life.profile(1, "TxDefaultProfile", 0, 1, 5000, 100),
        profiles,
    ),
    "profiles of the station": (
        lambda life: life.profile(1, "ChargingStationMaxProfile", 0, 0, 5000, 100),
        profiles,
    ),
    "root certificates": (
        lambda life: life.ask(
            "InstallCertificate", certificateType="CSMSRootCertificate", certificate=ROOT
        ),
        lambda bench: bench.ask("GetInstalledCertificateIds"),
    ),
    "network profiles": (
        lambda life: life.ask(
            "SetNetworkProfile",
            configurationSlot=2,
            connectionData={
                "ocppVersion": "OCPP21" if isinstance(life.bench, Bench21) else "OCPP20",
                "ocppTransport": "JSON",
                "ocppCsmsUrl": "wss://other.example/ocpp",
                "messageTimeout": 30,
                "securityProfile": 0,
                "ocppInterface": "Wired0",
            },
        ),
        lambda bench: bench.station._engine._network.slots,
    ),
    "display messages": (
        display,
        lambda bench: bench.ask("GetDisplayMessages", requestId=1)["status"],
    ),
}


@both
@pytest.mark.parametrize("name", DURABLE)
def test_it_is_found_again(bench_type, name):
    do, look = DURABLE[name]
    untouched, twin, life = lived(bench_type), lived(bench_type), lived(bench_type)
    do(twin)
    expected = look(twin.bench)
    do(life)
    restarted(life.bench)
    found = look(life.bench)
    assert found == expected
    assert found != look(untouched.bench)


@both
def test_a_reservation_expires_while_the_power_is_off(bench_type):
    life = lived(bench_type)
    reserve(life, evseId=1)
    restarted(life.bench, 6000)
    assert life.bench.told(1)[-1] == "Available"


@both
def test_the_profile_of_a_transaction_ends_with_it(bench_type):
    life = lived(bench_type)
    life.bench.charge()
    life.profile(1, "TxProfile", 0, 1, 5000, 100)
    assert profiles(life.bench)
    before = len(life.bench.calls("ReportChargingProfiles"))
    restarted(life.bench)
    profiles(life.bench)
    assert len(life.bench.calls("ReportChargingProfiles")) == before


@both
def test_a_car_that_waited_for_a_token_may_still_have_one(bench_type):
    """And where a car makes a transaction, it makes another after the boot."""
    life = lived(bench_type)
    life.set("TxCtrlr", "TxStartPoint", "EVConnected")
    life.set("TxCtrlr", "TxStopPoint", "EVConnected")
    life.command("plug-connector", connector_id=1)
    first = life.bench.transaction
    restarted(life.bench)
    assert life.bench.transaction != first
    assert life.bench.events()[-1]["eventType"] == "Started"


# --- random lives --------------------------------------------------------------------------------

Step = Callable[[Life], None]


def kill(seconds: float, *, keep: bool) -> Step:
    return lambda life: Bench.kill(life.bench, seconds, keep=keep)


steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda s, k: kill(s, keep=k), st.sampled_from([0.1, 0.5, 60.0]), st.booleans()),
    st.sampled_from(Doom).map(lambda d: lambda life: setattr(life.bench, "doom", d)),
    st.floats(0.05, 200).map(lambda s: lambda life: life.bench.run(s)),
    st.just(Life.toggle_link),
    st.just(lambda life: life.command("start-session", id_tag="TAG", duration_seconds=60)),
    st.just(lambda life: life.command("start-session", id_tag="OTHER")),
    st.just(lambda life: life.start("TAG", 1)),
    st.just(lambda life: life.command("stop-session")),
    st.just(lambda life: life.command("unplug-connector")),
    st.sampled_from(["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"]).map(
        lambda p: lambda life: life.set("TxCtrlr", "TxStartPoint", p)
    ),
    st.just(lambda life: life.bench.policies.__setitem__("TransactionEvent", lambda _: None)),
    st.just(lambda life: life.bench.policies.clear()),
)


@settings(max_examples=lives(100), derandomize=True, deadline=None)
@given(st.sampled_from(BENCHES), st.lists(steps, min_size=5, max_size=40))
def test_whenever_the_host_dies_the_books_balance(bench_type, script):
    life = lived(bench_type)
    life.bench.configure(
        AuthCtrlr_OfflineTxForUnknownIdEnabled=True,
        SampledDataCtrlr_TxUpdatedInterval=7,
        OCPPCommCtrlr_MessageAttemptInterval_TransactionEvent=1,
    )
    for step in script:
        step(life)
    life.finish()
    transactions = by_transaction(life.bench)
    for events in transactions.values():
        assert_a_transaction_is_told_whole(events)
    assert_one_transaction_at_a_time(transactions)
    assert_energy_never_runs_backwards(life.bench, transactions)
    assert not life.bench.station._ctx.outbox.transactions_waiting
