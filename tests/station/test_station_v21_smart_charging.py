"""OCPP 2.1, block K: what 2.1 added to charging profiles."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import ac_station, dc_station
from test_station_v2_smart_charging import offered, profile, put


def station(ac: int = 0) -> Bench2:
    return booted(ac_station(ac) if ac else dc_station(), bench_type=Bench21)


def one(**period: Any) -> list[dict[str, Any]]:
    return [{"startPeriod": 0, **period}]


def dynamic(id_: int = 1, **changes: Any) -> dict[str, Any]:
    return profile(id_, chargingProfileKind="Dynamic", **changes)


def update(bench: Bench2, id_: int = 1, **what: Any) -> str:
    answer = bench.ask("UpdateDynamicSchedule", chargingProfileId=id_, scheduleUpdate=what)
    return str(answer["status"])


def test_a_dynamic_profile_is_updated():
    bench = station()
    bench.charge()
    assert put(bench, dynamic()) == "Accepted"
    assert offered(bench) == 6000
    assert update(bench, limit=9000.0) == "Accepted"
    assert offered(bench) == 9000
    assert update(bench, 7, limit=1.0) == "Rejected"
    put(bench, profile(2, stackLevel=1))
    assert update(bench, 2, limit=1.0) == "Rejected"
    assert update(bench, limit=-5.0) == "Rejected"
    bench.ask("GetChargingProfiles", requestId=1, chargingProfile={"chargingProfileId": [1]})
    [told] = bench.calls("ReportChargingProfiles")[-1]["chargingProfile"]
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 9000
    assert told["dynUpdateTime"] == "2030-03-17T17:46:45.000Z"


def test_a_dynamic_profile_pulls_its_updates():
    bench = station()
    answer = {"status": "Accepted", "scheduleUpdate": {"limit": 7000.0}}
    bench.policies["PullDynamicScheduleUpdate"] = lambda _: answer
    bench.charge()
    put(bench, dynamic(dynUpdateInterval=60))
    bench.run(59)
    assert bench.calls("PullDynamicScheduleUpdate") == []
    bench.run(2)
    assert bench.calls("PullDynamicScheduleUpdate") == [{"chargingProfileId": 1}]
    assert offered(bench) == 7000
    bench.run(120)
    assert len(bench.calls("PullDynamicScheduleUpdate")) == 3
    bench.ask("ClearChargingProfile", chargingProfileId=1)
    bench.run(300)
    assert len(bench.calls("PullDynamicScheduleUpdate")) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        dynamic(chargingSchedulePeriod=[*one(limit=1.0), {"startPeriod": 5, "limit": 2.0}]),
        profile(chargingSchedulePeriod=one()),
        profile(chargingSchedulePeriod=one(operationMode="CentralFrequency", limit=5.0)),
        profile(chargingSchedulePeriod=one(operationMode="CentralSetpoint", setpoint=-5.0)),
        profile(chargingSchedulePeriod=one(operationMode="CentralSetpoint")),
    ],
)
def test_what_makes_no_sense(wrong):
    assert put(station(), wrong) == "Rejected"


def test_random_delays_are_for_transactions():
    bench = station()
    periods = [*one(limit=5000.0), {"startPeriod": 100, "limit": 9000.0}]
    late = profile(chargingSchedulePeriod=periods)
    late["chargingSchedule"][0]["randomizedDelay"] = 60
    assert put(bench, late | {"chargingProfilePurpose": "PriorityCharging"}) == "Rejected"
    assert put(bench, late) == "Accepted"
    bench.charge()
    bench.run(94)
    assert offered(bench) == 5000
    bench.run(62)
    assert offered(bench) == 9000


@pytest.mark.parametrize(
    ("period", "watts"),
    [
        ({"limit": 2000.0, "limit_L2": 1000.0, "limit_L3": 500.0}, 3500),
        ({"operationMode": "Idle"}, 0),
        ({"operationMode": "CentralSetpoint", "setpoint": 8000.0}, 8000),
        ({"operationMode": "CentralSetpoint", "setpoint": 8000.0, "limit": 7000.0}, 7000),
        ({"operationMode": "ChargingOnly", "limit": 4000.0, "dischargeLimit": -9.0}, 4000),
    ],
)
def test_what_a_period_may_say(period, watts):
    bench = station()
    bench.charge()
    assert put(bench, profile(chargingSchedulePeriod=one(**period))) == "Accepted"
    assert offered(bench) == watts
    bench.ask("GetChargingProfiles", requestId=1, chargingProfile={"stackLevel": 0})
    [told] = bench.calls("ReportChargingProfiles")[-1]["chargingProfile"]
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"] == one(**period)


def test_amperes_per_phase():
    bench = station(ac=1)
    given = profile(
        chargingRateUnit="A",
        chargingSchedulePeriod=one(limit=16.0, limit_L2=10.0, limit_L3=12.0),
    )
    assert put(bench, given) == "Accepted"
    answer = bench.ask("GetCompositeSchedule", duration=60, evseId=1, chargingRateUnit="A")
    assert answer["schedule"]["chargingSchedulePeriod"][0]["limit"] == 10.0


def test_local_time_disregards_the_zone():
    bench = station()
    schedule = [*one(limit=5000.0), {"startPeriod": 3600, "limit": 1000.0}]
    given = profile(startSchedule="2030-03-17T17:00:00+05:00", chargingSchedulePeriod=schedule)
    bench.charge()
    assert put(bench, given) == "Accepted"
    assert offered(bench) == 1000
    given["chargingSchedule"][0]["useLocalTime"] = True
    assert put(bench, given) == "Accepted"
    assert offered(bench) == 5000


def test_priority_charging():
    bench = station()
    bench.charge()
    transaction = bench.transaction

    def use(*, activate: bool, id_: str = transaction) -> str:
        answer = bench.ask("UsePriorityCharging", transactionId=id_, activate=activate)
        return str(answer["status"])

    assert use(activate=True) == "NoProfile"
    put(bench, profile(1))
    fast = profile(2, "PriorityCharging", chargingSchedulePeriod=one(limit=90_000.0))
    assert put(bench, fast, 0) == "Rejected"
    assert put(bench, fast) == "Accepted"
    assert offered(bench) == 6000
    assert use(activate=True, id_="none") == "Rejected"
    assert use(activate=True) == "Accepted"
    assert offered(bench) == 90_000
    assert use(activate=False) == "Accepted"
    assert offered(bench) == 6000
    use(activate=True)
    bench.ask("RequestStopTransaction", transactionId=transaction)
    bench.run(60)
    bench.charge()
    assert offered(bench) == 6000


def test_local_generation_adds_to_the_limit():
    bench = station()
    bench.charge()
    sun = profile(2, "LocalGeneration", chargingSchedulePeriod=one(limit=1500.0))
    assert put(bench, sun) == "Accepted"
    assert offered(bench) > 20_000
    put(bench, profile(1))
    assert offered(bench) == 7500


def test_a_limit_beyond_a_state_of_charge():
    bench = station()
    bench.charge()
    given = profile(chargingSchedulePeriod=one(limit=50_000.0))
    given["chargingSchedule"][0]["limitAtSoC"] = {"soc": 70, "limit": 3000.0}
    assert put(bench, given) == "Accepted"
    assert offered(bench) == 50_000
    evse = bench.station._ctx.hardware.evses[0]
    assert evse.ev is not None
    while evse.ev.soc < 0.69:
        bench.run(5)
        evse.advance(bench.now)
    assert offered(bench) == 50_000
    bench.run(600)
    assert offered(bench) == 3000
    assert 0.70 <= evse.ev.soc < 0.72


@pytest.mark.parametrize("for_good", [False, True])
def test_a_profile_that_is_not_valid_offline(for_good):
    bench = station()
    bench.charge()
    put(bench, profile(1))
    frail = profile(2, stackLevel=1, maxOfflineDuration=60, invalidAfterOfflineDuration=for_good)
    frail["chargingSchedule"][0]["chargingSchedulePeriod"] = one(limit=9000.0)
    assert put(bench, frail) == "Accepted"
    assert offered(bench) == 9000
    bench.disconnect()
    bench.run(59)
    assert offered(bench) == 9000
    bench.run(2)
    assert offered(bench) == 6000
    bench.connect()
    assert offered(bench) == (6000 if for_good else 9000)


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"limit": 1.0}}),
        ("UsePriorityCharging", {"transactionId": "x", "activate": True}),
    ],
)
def test_switched_off(action, payload):
    bench = station()
    bench.configure(SmartChargingCtrlr_Enabled=False)
    bench.ask(action, **payload)
    assert bench.errors[-1][0] == "NotSupported"
