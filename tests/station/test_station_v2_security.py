"""OCPP 2.x block A: security events, passwords, and what a station knows of its security."""

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import START

from voltfleet.station.v2.security_events import SecurityEvent

NOTIFICATION = "SecurityEventNotification"


def events(bench: Bench2) -> list[str]:
    return [p["type"] for p in bench.calls(NOTIFICATION)]


def happen(bench: Bench2, event: SecurityEvent, what: str | None = None) -> None:
    bench.station._engine._security.happened(event, what)
    bench.station.tick(bench.now)
    bench.settle()


@pytest.mark.parametrize("bench_type", [Bench2, Bench21])
def test_startup_and_reset_are_told(bench_type):
    bench = booted(bench_type=bench_type)
    [start] = bench.calls(NOTIFICATION)
    assert start == {"type": "StartupOfTheDevice", "timestamp": "2030-03-17T17:46:40.000Z"}
    assert bench.ask("Reset", type="Immediate")["status"] == "Accepted"
    bench.run(60)
    assert events(bench)[1:] == ["ResetOrReboot", "StartupOfTheDevice"]
    assert bench.calls(NOTIFICATION)[1]["techInfo"] == "RemoteReset"


def test_a_clock_that_is_set_far_is_told():
    bench = Bench2()
    bench.boot["currentTime"] = "2030-03-17T17:46:43Z"
    bench.connect()
    assert events(bench) == ["StartupOfTheDevice"]
    bench.policies["Heartbeat"] = lambda _: {"currentTime": "2030-03-17T19:46:40Z"}
    bench.run(3601)
    [told] = bench.calls(NOTIFICATION)[1:]
    assert (told["type"], told["techInfo"]) == ("SettingSystemTime", "by +3600 s")
    bench.policies["Heartbeat"] = lambda _: {"currentTime": "2030-03-17T20:46:40Z"}
    bench.run(3600)
    assert len(events(bench)) == 2


def test_what_happens_offline_is_told_later_in_order():
    bench = booted()
    bench.disconnect()
    happen(bench, SecurityEvent.INVALID_FIRMWARE_SIGNATURE, "x" * 300)
    happen(bench, SecurityEvent.FIRMWARE_UPDATED)
    assert events(bench) == ["StartupOfTheDevice"]
    bench.run(50)
    bench.connect()
    assert events(bench)[1:] == ["InvalidFirmwareSignature", "FirmwareUpdated"]
    told = bench.calls(NOTIFICATION)[1]
    assert (told["timestamp"], told["techInfo"]) == ("2030-03-17T17:46:40.000Z", "x" * 255)
    bench.disconnect()
    bench.connect()
    assert len(events(bench)) == 3


def test_it_is_told_again_until_the_csms_answers():
    bench = booted()
    bench.policies[NOTIFICATION] = lambda _: None
    happen(bench, SecurityEvent.FIRMWARE_UPDATED)
    bench.run(100)
    del bench.policies[NOTIFICATION]
    bench.run(200)
    assert events(bench)[1:] == ["FirmwareUpdated"] * 3
    bench.policies[NOTIFICATION] = lambda _: "NotImplemented"
    happen(bench, SecurityEvent.FIRMWARE_UPDATED)
    bench.run(1000)
    assert events(bench)[4:] == ["FirmwareUpdated"]


def test_what_is_not_critical_is_only_logged_and_the_log_is_bounded():
    bench = booted()
    event = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
    for number in range(60):
        happen(bench, event, str(number))
    assert events(bench) == ["StartupOfTheDevice"]
    security = bench.station._engine._security
    assert len(security.lines()) == 50
    assert security.lines()[-1] == f"2030-03-17T17:46:40.000Z {event.value} 59"
    assert security.lines(lambda at: at > START) == []
