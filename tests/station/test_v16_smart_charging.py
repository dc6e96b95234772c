"""OCPP 1.6 §3.13, §5.5, §5.7, §5.16: what the Central System allows is what the meter shows."""

from typing import Any

import pytest
from bench16 import START, Bench, ac_station, booted, dc_station

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.ev import CARS, Ev

THREE_PHASES = CARS[1]
"""22 kW on three phases: what such a car draws is what it is offered."""


def at(seconds: float) -> str:
    return rfc3339(START + seconds)


def profile(*periods: tuple[int, float], **fields: Any) -> dict[str, Any]:
    """A TxDefaultProfile of watts from now on; ``schedule`` and ``phases`` change its schedule."""
    phases = fields.pop("phases", None)
    extra = {} if phases is None else {"numberPhases": phases}
    schedule = {
        "chargingRateUnit": fields.pop("unit", "W"),
        "chargingSchedulePeriod": [{"startPeriod": s, "limit": w, **extra} for s, w in periods],
        **fields.pop("schedule", {"startSchedule": at(0)}),
    }
    purpose = fields.pop("purpose", "TxDefault")
    return {
        "chargingProfileId": fields.pop("id_", 1),
        "stackLevel": fields.pop("stack", 0),
        "chargingProfilePurpose": f"{purpose}Profile",
        "chargingProfileKind": fields.pop("kind", "Absolute"),
        "chargingSchedule": schedule,
        **fields,
    }


def install(bench: Bench, given: dict[str, Any], connector: int = 1) -> str:
    answer = bench.ask("SetChargingProfile", connectorId=connector, csChargingProfiles=given)
    return str(answer.get("status"))


def charging(bench: Bench, *connectors: int) -> Bench:
    """Cars that take what they get are charging there."""
    bench.configure(MeterValueSampleInterval=10, MeterValuesSampledData="Power.Active.Import")
    hardware = bench.station._ctx.hardware
    for number in connectors:
        connector = hardware.connectors[number - 1]
        car = Ev(THREE_PHASES, connector.spec.current_type, 10_000)
        hardware.plug_in(connector, bench.now, car)
        bench.ask("RemoteStartTransaction", idTag="T", connectorId=number)
    return bench


def metered(bench: Bench, connector: int = 1) -> float:
    """What the connector's next meter value says, in watts."""
    bench.run(10)
    values = [v for v in bench.calls("MeterValues") if v["connectorId"] == connector]
    return float(values[-1]["meterValue"][0]["sampledValue"][0]["value"])


def composite(bench: Bench, connector: int, duration: int, **unit: str) -> list[tuple[int, float]]:
    answer = bench.ask("GetCompositeSchedule", connectorId=connector, duration=duration, **unit)
    assert answer["status"] == "Accepted"
    assert answer["chargingSchedule"]["duration"] == duration
    periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
    return [(p["startPeriod"], p["limit"]) for p in periods]


# --- the car feels it ----------------------------------------------------------------------------


def test_the_meter_follows_the_schedule():
    bench = charging(booted(), 1)
    assert metered(bench) == 22_000
    assert install(bench, profile((0, 11_000), (60, 5_000), (120, 0))) == "Accepted"
    assert metered(bench) == 11_000
    bench.run(40)
    assert metered(bench) == 5_000
    assert bench.told()[-1] == "Charging"
    bench.run(60)
    assert metered(bench) == 0
    assert bench.told()[-1] == "SuspendedEVSE"
    assert bench.ask("ClearChargingProfile") == {"status": "Accepted"}
    assert bench.told()[-1] == "Charging"
    assert metered(bench) == 22_000


def test_energy_is_the_sum_of_what_was_allowed():
    bench = charging(booted(), 1)
    install(bench, profile((0, 6_000), (1800, 12_000)))
    bench.run(3600)
    bench.ask("RemoteStopTransaction", transactionId=1)
    [start], [stop] = bench.calls("StartTransaction"), bench.calls("StopTransaction")
    assert stop["meterStop"] - start["meterStart"] == pytest.approx(9_000, abs=1)


@pytest.mark.parametrize(("phases", "power"), [(None, 6_900), (3, 6_900), (2, 4_600), (1, 2_300)])
def test_amperes_are_per_phase(phases, power):
    bench = charging(booted(), 1)
    install(bench, profile((0, 10), unit="A", phases=phases))
    assert metered(bench) == power


def test_on_one_phase_the_meter_shows_one_phase():
    bench = charging(booted(), 1)
    bench.configure(MeterValuesSampledData="Current.Import")
    install(bench, profile((0, 10), unit="A", phases=1))
    bench.run(10)
    values = bench.calls("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    assert [(v["phase"], v["value"]) for v in values] == [("L1", "10.00")]


def test_the_stations_maximum_is_shared():
    bench = charging(booted(ac_station(3)), 1, 2)
    install(bench, profile((0, 22_000), purpose="ChargePointMax"), 0)
    assert metered(bench, 1) + metered(bench, 2) == 22_000
    assert metered(bench, 1) == 11_000
    bench.ask("RemoteStopTransaction", transactionId=1)
    assert metered(bench, 2) == 22_000


def test_what_one_does_not_take_the_other_gets():
    bench = charging(booted(ac_station(2)), 1, 2)
    install(bench, profile((0, 20_000), purpose="ChargePointMax"), 0)
    install(bench, profile((0, 3_000), id_=2), 2)
    assert (metered(bench, 1), metered(bench, 2)) == (17_000, 3_000)
    bench.command("ev-stops-energy", connector_id=1)
    bench.command("ev-requests-energy", connector_id=1)
    assert (metered(bench, 1), metered(bench, 2)) == (17_000, 3_000)


def test_a_car_that_comes_later_does_not_break_the_stations_maximum():
    bench = charging(booted(ac_station(2)), 1)
    install(bench, profile((0, 20), unit="A", purpose="ChargePointMax"), 0)
    assert metered(bench, 1) == 20 * 690
    charging(bench, 2)
    assert (metered(bench, 1), metered(bench, 2)) == (6_900, 6_900)


def test_a_default_for_all_and_one_of_its_own():
    bench = charging(booted(ac_station(2)), 1, 2)
    install(bench, profile((0, 4_000), id_=1), 0)
    install(bench, profile((0, 8_000), id_=2), 2)
    assert (metered(bench, 1), metered(bench, 2)) == (4_000, 8_000)


def test_a_transactions_profile_ends_with_it():
    bench = charging(booted(), 1)
    given = profile((0, 5_000), purpose="Tx", transactionId=1)
    assert install(bench, given) == "Accepted"
    assert metered(bench) == 5_000
    bench.ask("RemoteStopTransaction", transactionId=1)
    assert bench.ask("ClearChargingProfile") == {"status": "Unknown"}


def test_a_profile_that_comes_with_the_start():
    bench = booted()
    bench.configure(MeterValueSampleInterval=10, MeterValuesSampledData="Power.Offered")
    given = profile((0, 5_000), (30, 2_000), purpose="Tx", kind="Relative", schedule={})
    answer = bench.ask("RemoteStartTransaction", idTag="T", chargingProfile=given)
    assert answer == {"status": "Accepted"}
    bench.run(5)
    assert metered(bench) == 5_000
    bench.run(30)
    assert metered(bench) == 2_000


@pytest.mark.parametrize("wrong", [{"purpose": "TxDefault"}, {"purpose": "Tx", "transactionId": 1}])
def test_a_start_with_a_profile_that_cannot_be_is_rejected(wrong):
    given = profile((0, 5_000), **wrong)
    answer = booted().ask("RemoteStartTransaction", idTag="T", chargingProfile=given)
    assert answer == {"status": "Rejected"}


def test_relative_defaults_begin_anew_with_each_transaction():
    bench = booted(ac_station(2))
    install(bench, profile((0, 5_000), (60, 2_000), kind="Relative", schedule={}), 0)
    charging(bench, 1)
    bench.run(40)
    charging(bench, 2)
    assert (metered(bench, 1), metered(bench, 2)) == (5_000, 5_000)
    assert (metered(bench, 1), metered(bench, 2)) == (2_000, 5_000)
    bench.run(40)
    assert (metered(bench, 1), metered(bench, 2)) == (2_000, 2_000)


def test_a_daily_profile():
    bench = charging(booted(), 1)
    daily = profile(
        (0, 4_000),
        kind="Recurring",
        recurrencyKind="Daily",
        schedule={"startSchedule": at(-86_400 * 3 + 60), "duration": 60},
    )
    assert install(bench, daily) == "Accepted"
    assert metered(bench) == 22_000
    bench.run(50)
    assert metered(bench) == 4_000
    bench.run(60)
    assert metered(bench) == 22_000
    found = composite(bench, 1, 86_400, chargingRateUnit="W")
    assert found == [(0, 22_000), (86_320, 4_000), (86_380, 22_000)]


def test_profiles_survive_a_reset_but_those_of_transactions_do_not():
    bench = charging(booted(), 1)
    install(bench, profile((0, 5_000), id_=1))
    install(bench, profile((0, 3_000), id_=2, purpose="Tx"))
    bench.ask("Reset", type="Hard")
    bench.run(10)
    bench.ask("RemoteStartTransaction", idTag="T", connectorId=1)
    assert metered(bench) == 5_000


def test_the_schedule_goes_on_offline():
    bench = charging(booted(), 1)
    install(bench, profile((0, 10_000), (3600, 1_000)))
    bench.disconnect()
    bench.run(3700)
    assert bench.station._ctx.hardware.evses[0].power_w() == 1_000


# --- what is accepted ----------------------------------------------------------------------------

GOOD = profile((0, 5_000))


@pytest.mark.parametrize(
    ("given", "connector"),
    [
        (GOOD, 2),
        (GOOD, -1),
        (profile((0, 1), purpose="ChargePointMax"), 1),
        (profile((0, 1), purpose="ChargePointMax", kind="Relative"), 0),
        (profile((0, 1), purpose="Tx"), 1),
        (profile((0, 1), purpose="Tx"), 0),
        (profile((5, 1)), 1),
        (profile((0, 1), (0, 2)), 1),
        (profile((0, 1), (9, 2), (5, 3)), 1),
        (profile(), 1),
        (profile(*((n, 1) for n in range(25))), 1),
        (profile((0, -1)), 1),
        (profile((0, 1), phases=4), 1),
        (profile((0, 1), phases=0), 1),
        (profile((0, 1), stack=11), 1),
        (profile((0, 1), stack=-1), 1),
        (profile((0, 1), kind="Recurring"), 1),
        (profile((0, 1), kind="Recurring", recurrencyKind="Daily", schedule={}), 1),
        (profile((0, 1), schedule={"duration": 0}), 1),
        (profile((0, 1), validTo=at(-1)), 1),
        (profile((0, 1), validFrom=at(20), validTo=at(10)), 1),
    ],
)
def test_what_cannot_be_is_rejected(given, connector):
    bench = booted()
    assert install(bench, given, connector) == "Rejected"
    assert bench.ask("ClearChargingProfile") == {"status": "Unknown"}


def test_a_profile_of_another_transaction_is_rejected():
    bench = charging(booted(), 1)
    given = profile((0, 5_000), purpose="Tx", transactionId=7)
    assert install(bench, given) == "Rejected"


def test_a_dc_station_promises_power_only():
    bench = booted(dc_station())
    assert install(bench, profile((0, 100), unit="A")) == "Rejected"
    assert install(bench, profile((0, 100))) == "Accepted"
    answer = bench.ask("GetCompositeSchedule", connectorId=1, duration=9, chargingRateUnit="A")
    assert answer == {"status": "Rejected"}
    [key] = bench.ask("GetConfiguration", key=["ChargingScheduleAllowedChargingRateUnit"])[
        "configurationKey"
    ]
    assert key["value"] == "Power"


def test_dates_that_are_none():
    bench = booted()
    given = profile((0, 1), validFrom="soon")
    bench.send("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": given})
    assert bench.errors[-1][0] == "TypeConstraintViolation"
    assert install(bench, profile((0, 1), validTo="9999-12-31T23:59:59Z")) == "Accepted"


def test_there_is_room_for_so_many_and_the_same_again():
    bench = booted(ac_station(3))
    for n in range(20):
        given = profile((0, 1), id_=n, stack=n % 10)
        assert install(bench, given, 1 + n // 10) == "Accepted"
    assert install(bench, profile((0, 1), id_=99), 3) == "Rejected"
    assert install(bench, profile((0, 2), id_=5, stack=5)) == "Accepted"  # the same id
    assert install(bench, profile((0, 2), id_=99, stack=6)) == "Accepted"  # the same slot


# --- clearing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({}, set()),
        ({"id": 2}, {1, 3}),
        ({"id": 2, "connectorId": 7}, {1, 3}),
        ({"connectorId": 0}, {2, 3}),
        ({"connectorId": 1}, {1, 2}),
        ({"stackLevel": 1}, {1, 3}),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, {1}),
        ({"chargingProfilePurpose": "TxDefaultProfile", "connectorId": 2}, {1, 3}),
        ({"stackLevel": 5}, {1, 2, 3}),
        ({"id": 9}, {1, 2, 3}),
    ],
)
def test_clear_charging_profile(criteria, left):
    bench = booted(ac_station(2))
    install(bench, profile((0, 1), id_=1, purpose="ChargePointMax"), 0)
    install(bench, profile((0, 1), id_=2, stack=1), 2)
    install(bench, profile((0, 1), id_=3), 1)
    answer = bench.ask("ClearChargingProfile", **criteria)
    assert answer == {"status": "Accepted" if len(left) < 3 else "Unknown"}
    cleared = {
        n for n in (1, 2, 3) if bench.ask("ClearChargingProfile", id=n)["status"] == "Accepted"
    }
    assert cleared == left


# --- composite -----------------------------------------------------------------------------------


def test_a_composite_schedule_of_a_connector():
    bench = booted()
    assert composite(bench, 1, 60) == [(0, 31.8)]  # 22 kW on three phases
    assert composite(bench, 1, 60, chargingRateUnit="W") == [(0, 22_000)]
    install(bench, profile((0, 6_900), (30, 2_300)))
    assert composite(bench, 1, 60) == [(0, 10), (30, 3.3)]
    assert composite(bench, 1, 30, chargingRateUnit="W") == [(0, 6_900)]
    bench.command("power-update", power_w=5_000)
    assert composite(bench, 1, 60, chargingRateUnit="W") == [(0, 5_000), (30, 2_300)]


def test_a_composite_schedule_of_the_station():
    bench = booted(ac_station(2))
    assert composite(bench, 0, 60, chargingRateUnit="W") == [(0, 44_000)]
    given = profile((0, 30_000), purpose="ChargePointMax", schedule={"duration": 40})
    install(bench, given, 0)
    install(bench, profile((0, 1_000), id_=2), 1)
    assert composite(bench, 0, 60, chargingRateUnit="W") == [(0, 23_000)]
    install(bench, profile((0, 20_000), id_=2), 1)
    assert composite(bench, 0, 60, chargingRateUnit="W") == [(0, 30_000), (40, 42_000)]


@pytest.mark.parametrize("request_", [{"connectorId": 2}, {"connectorId": 1, "duration": -1}])
def test_a_composite_schedule_that_cannot_be_told(request_):
    answer = booted().ask("GetCompositeSchedule", **{"duration": 60, **request_})
    assert answer == {"status": "Rejected"}
