"""OCPP 2.x block K: profiles that the car feels."""

from typing import Any

import pytest
from bench2 import Bench2, booted
from bench16 import ac_station, dc_station

PERIOD = [{"startPeriod": 0, "limit": 6000.0}]


def profile(id_: int = 1, purpose: str = "TxDefaultProfile", **changes: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": PERIOD}
    for key in ("chargingRateUnit", "chargingSchedulePeriod", "startSchedule", "duration"):
        if key in changes:
            schedule[key] = changes.pop(key)
    kind = "Absolute" if "startSchedule" in schedule else "Relative"
    return {
        "id": id_,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    } | changes


def periods(*limits: float) -> list[dict[str, Any]]:
    return [{"startPeriod": n * 100, "limit": limit} for n, limit in enumerate(limits)]


def put(bench: Bench2, given: dict[str, Any], evse: int = 1) -> str:
    return str(bench.ask("SetChargingProfile", evseId=evse, chargingProfile=given)["status"])


def offered(bench: Bench2, evse: int = 1) -> float:
    bench.run(0)
    return bench.station._ctx.hardware.evses[evse - 1].offered_w()


NOW = "2030-03-17T17:46:40Z"


def test_the_car_feels_it_and_the_meter_shows_it():
    bench = booted(dc_station())
    bench.configure(SampledDataCtrlr_TxUpdatedMeasurands="Power.Active.Import,Power.Offered")
    bench.charge()
    assert put(bench, profile()) == "Accepted"
    assert bench.events()[-1]["triggerReason"] == "ChargingRateChanged"
    bench.run(61)
    [value] = bench.events()[-1]["meterValue"]
    assert {v["value"] for v in value["sampledValue"]} == {6000.0}


def test_no_power_suspends():
    bench = booted()
    bench.charge()
    put(bench, profile(chargingSchedulePeriod=periods(0, 6000)))
    assert bench.story()[-1][1:] == ("ChargingStateChanged", "SuspendedEVSE")
    bench.run(100)
    assert bench.story()[-1][1:] == ("ChargingStateChanged", "Charging")


def test_periods_count_from_the_start_of_the_transaction():
    bench = booted(dc_station())
    put(bench, profile(chargingSchedulePeriod=periods(5000, 7000, 9000)))
    bench.charge()
    assert offered(bench) == 5000
    bench.run(95)
    assert offered(bench) == 7000
    bench.run(100)
    assert offered(bench) == 9000


def test_insignificant_changes_are_not_told():
    bench = booted(dc_station())
    bench.configure(SmartChargingCtrlr_LimitChangeSignificance=10)
    bench.charge()
    put(bench, profile(chargingSchedulePeriod=periods(10_000, 10_900, 11_000)))
    told = len(bench.story())
    bench.run(95)
    assert (offered(bench), len(bench.story())) == (10_900, told)
    bench.run(100)
    assert (offered(bench), len(bench.story())) == (11_000, told)
    bench.command("power-update", power_w=8999)
    assert bench.story()[told:] == [("Updated", "ChargingRateChanged", "Charging")]


def test_a_transactions_own_profile_goes_before_and_ends_with_it():
    bench = booted(dc_station())
    put(bench, profile(1))
    bench.charge()
    own = profile(2, "TxProfile", chargingSchedulePeriod=periods(9000))
    assert put(bench, own) == "Rejected"
    assert put(bench, own | {"transactionId": "x"}) == "Rejected"
    assert put(bench, own | {"transactionId": bench.transaction}) == "Accepted"
    assert offered(bench) == 9000
    assert bench.get("SmartChargingCtrlr", "Entries", "ChargingProfiles") == "2"
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    bench.run(10)
    assert bench.get("SmartChargingCtrlr", "Entries", "ChargingProfiles") == "1"
    assert bench.events()[-1]["triggerReason"] == "RemoteStop"


@pytest.mark.parametrize("points", ["EVConnected,Authorized", "EnergyTransfer"])
def test_a_profile_with_the_request_to_start(points):
    bench = booted(dc_station())
    bench.configure(TxCtrlr_TxStartPoint=points)
    own = profile(2, "TxProfile", chargingSchedulePeriod=periods(9000))
    assert bench.start(chargingProfile=own)["status"] == "Accepted"
    bench.run(5)
    assert offered(bench) == 9000
    bench.ask("GetChargingProfiles", requestId=4, chargingProfile={"chargingProfileId": [2]})
    [report] = bench.calls("ReportChargingProfiles")
    assert report["chargingProfile"][0]["transactionId"] == bench.transaction


@pytest.mark.parametrize(
    "wrong",
    [profile(), profile(2, "TxProfile", transactionId="x"), profile(2, "TxProfile", stackLevel=99)],
)
def test_a_wrong_profile_with_the_request_to_start(wrong):
    bench = booted()
    assert bench.start(chargingProfile=wrong)["status"] == "Rejected"
    bench.configure(SmartChargingCtrlr_Enabled=False)
    assert bench.start(chargingProfile=wrong)["status"] == "Accepted"


def test_the_stations_limit_is_shared():
    bench = booted(ac_station(2))
    whole = profile(1, "ChargingStationMaxProfile", startSchedule=NOW)
    assert put(bench, whole, 0) == "Accepted"
    bench.charge("A", 1)
    assert offered(bench, 1) == 6000
    bench.charge("B", 2)
    assert offered(bench, 1) == offered(bench, 2) == 3000
    bench.command("stop-session", connector_id=1)
    assert offered(bench, 2) == 6000


@pytest.mark.parametrize(
    ("given", "evse"),
    [
        (profile(), 9),
        (profile(purpose="ChargingStationExternalConstraints"), 0),
        (profile(purpose="ChargingStationMaxProfile"), 0),
        (profile(purpose="ChargingStationMaxProfile", startSchedule=NOW), 1),
        (profile(stackLevel=51), 1),
        (profile(chargingSchedulePeriod=periods(-1)), 1),
        (profile(chargingSchedulePeriod=[{"startPeriod": 5, "limit": 1}]), 1),
        (profile(chargingSchedulePeriod=PERIOD * 2), 1),
        (profile(chargingSchedulePeriod=[PERIOD[0] | {"numberPhases": 4}]), 1),
        (profile(chargingSchedulePeriod=[PERIOD[0] | {"numberPhases": 1, "phaseToUse": 2}]), 1),
        (profile(duration=0), 1),
        (profile(chargingProfileKind="Absolute"), 1),
        (profile(chargingProfileKind="Recurring"), 1),
        (profile(chargingProfileKind="Recurring", startSchedule=NOW), 1),
        (profile(startSchedule=NOW, chargingProfileKind="Relative"), 1),
        (profile(validTo="2030-03-17T17:00:00Z"), 1),
        (profile(chargingSchedule=profile()["chargingSchedule"] * 2), 1),
    ],
)
def test_what_makes_no_sense_is_rejected(given, evse):
    bench = booted()
    assert put(bench, given, evse) == "Rejected"
    assert bench.answers[-1]["statusInfo"]["reasonCode"] == "InvalidProfile"


def test_a_direct_current_station_promises_power_only():
    bench = booted(dc_station())
    assert put(bench, profile(chargingRateUnit="A")) == "Rejected"
    assert bench.get("SmartChargingCtrlr", "RateUnit") == "W"
    assert booted().get("SmartChargingCtrlr", "RateUnit") == "A,W"


def test_two_cannot_speak_for_one_time():
    bench = booted(ac_station(2))
    assert put(bench, profile(1)) == "Accepted"
    assert put(bench, profile(2)) == "Rejected"
    assert put(bench, profile(2), 0) == "Rejected"
    assert put(bench, profile(2), 2) == "Accepted"
    assert put(bench, profile(3, stackLevel=1)) == "Accepted"
    assert put(bench, profile(1, stackLevel=2)) == "Accepted"
    assert put(bench, profile(4, validTo="2030-03-18T00:00:00Z")) == "Accepted"
    assert put(bench, profile(5, validFrom="2030-03-18T00:00:00Z")) == "Accepted"
    assert bench.get("SmartChargingCtrlr", "Entries", "ChargingProfiles") == "5"


def test_recurring():
    bench = booted(dc_station())
    daily = profile(
        chargingProfileKind="Recurring", recurrencyKind="Daily", startSchedule=NOW, duration=3600
    )
    assert put(bench, daily) == "Accepted"
    bench.charge()
    assert offered(bench) == 6000
    bench.run(3600)
    assert offered(bench) in {0.0, 150_000.0}


def test_get_and_clear():
    bench = booted(ac_station(2))
    put(bench, profile(1), 1)
    put(bench, profile(2), 2)
    put(bench, profile(3, stackLevel=1), 2)

    def get(criterion: dict[str, Any], **place: int) -> list[tuple[int, list[int], bool]]:
        before = len(bench.calls("ReportChargingProfiles"))
        answer = bench.ask("GetChargingProfiles", requestId=1, chargingProfile=criterion, **place)
        reports = bench.calls("ReportChargingProfiles")[before:]
        assert answer["status"] == ("Accepted" if reports else "NoProfiles")
        return [
            (r["evseId"], [p["id"] for p in r["chargingProfile"]], r.get("tbc", False))
            for r in reports
        ]

    assert get({"chargingProfilePurpose": "TxDefaultProfile"}) == [
        (1, [1], True),
        (2, [2, 3], False),
    ]
    assert get({"stackLevel": 1}) == [(2, [3], False)]
    assert get({"chargingProfileId": [1, 9]}) == [(1, [1], False)]
    assert get({"stackLevel": 0}, evseId=2) == [(2, [2], False)]
    assert get({"chargingLimitSource": ["EMS"]}) == []
    assert bench.calls("ReportChargingProfiles")[0]["chargingProfile"] == [profile(1)]

    def clear(**which: Any) -> str:
        return str(bench.ask("ClearChargingProfile", **which)["status"])

    assert clear(chargingProfileId=9) == "Unknown"
    assert clear(chargingProfileId=1) == "Accepted"
    assert clear(chargingProfileCriteria={"evseId": 1}) == "Unknown"
    assert clear(chargingProfileCriteria={"evseId": 2, "stackLevel": 1}) == "Accepted"
    assert clear(chargingProfileCriteria={"chargingProfilePurpose": "TxProfile"}) == "Unknown"
    assert clear() == "Accepted"
    assert get({"stackLevel": 0}) == []


def test_composite_schedule():
    bench = booted(ac_station(2))
    put(bench, profile(chargingSchedulePeriod=periods(5000, 7000)))
    answer = bench.ask("GetCompositeSchedule", duration=300, evseId=1, chargingRateUnit="W")
    assert answer["schedule"] == {
        "evseId": 1,
        "duration": 300,
        "scheduleStart": "2030-03-17T17:46:40.000Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 5000.0, "numberPhases": 3},
            {"startPeriod": 100, "limit": 7000.0, "numberPhases": 3},
        ],
    }
    free = bench.ask("GetCompositeSchedule", duration=300, evseId=2)["schedule"]
    assert (free["chargingRateUnit"], free["chargingSchedulePeriod"][0]["limit"]) == ("A", 31.8)
    for wrong in ({"evseId": 3}, {"duration": -1}):
        request = {"evseId": 1, "duration": 60} | wrong
        assert bench.ask("GetCompositeSchedule", **request)["status"] == "Rejected"
    dc = booted(dc_station())
    request = {"evseId": 1, "duration": 60, "chargingRateUnit": "A"}
    assert dc.ask("GetCompositeSchedule", **request)["status"] == "Rejected"


def test_a_limit_that_is_not_the_csmss():
    bench = booted()
    bench.charge()
    bench.command("power-update", power_w=4000)
    bench.command("power-update", power_w=4000)
    bench.command("power-update", power_w=99_000)
    assert bench.calls("NotifyChargingLimit") == [
        {"evseId": 1, "chargingLimit": {"chargingLimitSource": "Other"}}
    ]
    assert bench.calls("ClearedChargingLimit") == [{"evseId": 1, "chargingLimitSource": "Other"}]


def test_a_limit_that_is_not_the_csmss_with_its_schedule():
    bench = booted(ac_station(2))
    bench.configure(SmartChargingCtrlr_NotifyChargingLimitWithSchedules=True)
    bench.command("power-update", power_w=4000, evse_id=2)
    [schedule] = bench.calls("NotifyChargingLimit")[-1]["chargingSchedule"]
    assert (schedule["chargingRateUnit"], schedule["chargingSchedulePeriod"]) == (
        "W",
        [{"startPeriod": 0, "limit": 4000.0}],
    )


@pytest.mark.parametrize(
    ("criterion", "place", "sources"),
    [
        ({"chargingProfilePurpose": "ChargingStationExternalConstraints"}, {}, ["Other"]),
        ({"chargingLimitSource": ["Other"]}, {}, ["Other"]),
        ({"chargingLimitSource": ["CSO"]}, {}, ["CSO"]),
        ({"chargingLimitSource": ["EMS", "SO"]}, {}, []),
        ({"stackLevel": 0}, {}, ["CSO", "Other"]),
        ({"stackLevel": 0}, {"evseId": 1}, ["CSO"]),
        ({"chargingProfileId": [-2]}, {}, ["Other"]),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, {}, ["CSO"]),
    ],
)
def test_limits_of_others_are_reported_as_profiles(criterion, place, sources):
    bench = booted(ac_station(2))
    put(bench, profile(1), 1)
    bench.command("power-update", power_w=4000, evse_id=2)
    bench.ask("GetChargingProfiles", requestId=1, chargingProfile=criterion, **place)
    reports = bench.calls("ReportChargingProfiles")
    assert [r["chargingLimitSource"] for r in reports] == sources
    assert [r.get("tbc", False) for r in reports] == [True] * (len(reports) - 1) + [False] * (
        len(reports) > 0
    )
    for report in reports:
        if report["chargingLimitSource"] == "Other":
            assert report["evseId"] == 2
            [told] = report["chargingProfile"]
            assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 4000


def test_the_csms_neither_replaces_nor_clears_the_limits_of_others():
    bench = booted()
    bench.command("power-update", power_w=4000)
    assert put(bench, profile(-1)) == "Rejected"
    assert bench.ask("ClearChargingProfile", chargingProfileId=-1) == {"status": "Unknown"}
    bench.charge()
    assert offered(bench) == 4000


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("SetChargingProfile", {"evseId": 1, "chargingProfile": profile()}),
        ("ClearChargingProfile", {}),
        ("GetChargingProfiles", {"requestId": 1, "chargingProfile": {"stackLevel": 1}}),
        ("GetCompositeSchedule", {"evseId": 1, "duration": 1}),
    ],
)
def test_switched_off(action, request_):
    bench = booted()
    bench.configure(SmartChargingCtrlr_Enabled=False)
    bench.ask(action, **request_)
    assert bench.errors[-1][0] == "NotSupported"


def test_profiles_survive_a_reset():
    bench = booted(dc_station())
    put(bench, profile())
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    bench.charge()
    assert offered(bench) == 6000
