"""Security events of dials that failed: logged, told, and not repeated without end."""

from typing import Any

import pytest
from bench2 import Bench2
from bench16 import START, Bench

from voltfleet.station.reports import DialFailure, DialSettings
from voltfleet.station.station import ChargingStation

TOLD_16 = {
    DialFailure.CSMS_CERTIFICATE: "InvalidCentralSystemCertificate",
    DialFailure.TLS_VERSION: "InvalidTLSVersion",
    DialFailure.CIPHER_SUITE: "InvalidTLSCipherSuite",
}
TOLD_2 = TOLD_16 | {DialFailure.CSMS_CERTIFICATE: "InvalidCsmsCertificate"}


def secured(bench: Bench, profile: int) -> Any:
    """A bench whose station was created with that security profile, not yet connected."""
    bench.station = ChargingStation(
        bench.station._ctx.spec,
        bench.version,
        identity="CP-1",
        seed=1,
        now=START,
        dial=DialSettings(security_profile=profile),
    )
    return bench


def events(bench: Any) -> list[tuple[str, str | None]]:
    told = bench.calls("SecurityEventNotification")
    return [(e["type"], e.get("techInfo")) for e in told if e["type"] != "StartupOfTheDevice"]


def logged(bench: Any) -> list[str]:
    engine = bench.station._engine
    block = engine._security if isinstance(bench, Bench2) else engine._events
    return [line.split(" ", 2)[1] for line in block.lines()]


@pytest.mark.parametrize("failure", TOLD_16)
@pytest.mark.parametrize(("kind", "names"), [(Bench, TOLD_16), (Bench2, TOLD_2)])
def test_it_is_told_once_the_station_is_online(kind: Any, names: Any, failure: DialFailure) -> None:
    bench = secured(kind(), 2)
    for _ in range(100):
        bench.station.dial_failed(START, failure, "why it failed")
    bench.connect()
    assert events(bench) == [(names[failure], "why it failed")]
    bench.disconnect()
    bench.station.dial_failed(bench.now, failure, "again")
    bench.connect()
    assert events(bench)[1:] == [(names[failure], "again")]


@pytest.mark.parametrize("kind", [Bench, Bench2])
def test_credentials_turned_down_are_only_logged(kind: Any) -> None:
    bench = secured(kind(), 2)
    bench.station.dial_failed(START, DialFailure.CREDENTIALS, "HTTP 401")
    bench.connect()
    assert events(bench) == []
    name = "FailedToAuthenticateAtC"
    assert [line for line in logged(bench) if line.startswith(name)]


@pytest.mark.parametrize("kind", [Bench, Bench2])
def test_other_failures_are_no_events(kind: Any) -> None:
    bench = secured(kind(), 2)
    bench.station.dial_failed(START, DialFailure.OTHER, "connection refused")
    bench.connect()
    assert events(bench) == []
    assert set(logged(bench)) <= {"StartupOfTheDevice"}


def test_a_central_system_that_asked_for_no_profile_is_told_nothing() -> None:
    bench = secured(Bench(), 0)
    bench.station.dial_failed(START, DialFailure.CSMS_CERTIFICATE, "expired")
    bench.connect()
    assert events(bench) == []
    assert logged(bench) == ["InvalidCentralSystemCertificate"]
