"""A new AuthorizationKey and a higher SecurityProfile (1.6 security whitepaper A01, A05)."""

import pytest
from bench16 import Bench, booted
from signing import certificate

from voltfleet.station.reports import DialFailure, DialSettings
from voltfleet.station.v16.security_profile import ATTEMPTS

KEY = "00ff" * 10


def change(bench: Bench, key: str, value: object) -> str:
    return str(bench.ask("ChangeConfiguration", key=key, value=str(value))["status"])


def told(bench: Bench, key: str) -> dict[str, object]:
    [setting] = bench.ask("GetConfiguration", key=[key])["configurationKey"]
    return dict(setting)


def given(bench: Bench, **settings: object) -> None:
    """As if it had been created so."""
    bench.station._ctx.dial = DialSettings(**settings)  # type: ignore[arg-type]


def test_a_new_key_is_dialled_with_at_once_under_profile_1() -> None:
    bench = booted()
    given(bench, security_profile=1, authorization_key=b"0123456789abcdef")
    assert change(bench, "AuthorizationKey", KEY) == "Accepted"
    assert bench.dials[-1] == DialSettings(authorization_key=bytes.fromhex(KEY))
    assert not bench.station.link_wanted
    assert not bench.connected
    bench.run(60)
    assert bench.connected
    assert bench.calls("SecurityEventNotification")[-1]["techInfo"] == "AuthorizationKey"


def test_a_key_for_later_does_not_cut_the_connection() -> None:
    bench = booted()
    assert change(bench, "AuthorizationKey", KEY) == "Accepted"
    assert bench.station.link_wanted
    assert bench.dials[-1] == DialSettings(authorization_key=bytes.fromhex(KEY))
    assert told(bench, "AuthorizationKey")["value"] == ""


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, "1"),  # A05.FR.02: no key
        ({"authorization_key": b"k" * 16}, "2"),  # A05.FR.03: no root certificate
        ({"ca_certificates": ("pem",)}, "3"),  # A05.FR.04: no certificate of its own
        ({"security_profile": 1, "authorization_key": b"k" * 16}, "1"),  # A05.FR.01
        ({"security_profile": 2, "authorization_key": b"k" * 16}, "1"),
        ({"security_profile": 1, "authorization_key": b"k" * 16}, "0"),
        ({"authorization_key": b"k" * 16}, "4"),
        ({"authorization_key": b"k" * 16}, "one"),
    ],
)
def test_a_profile_that_is_not_higher_or_lacks_something(
    settings: dict[str, object], wanted: str
) -> None:
    bench = booted()
    given(bench, **settings)
    before = len(bench.dials)
    assert change(bench, "SecurityProfile", wanted) == "Rejected"
    assert len(bench.dials) == before
    assert bench.station.link_wanted


def test_up_from_0_to_1_by_messages_alone() -> None:
    bench = booted()
    assert told(bench, "SecurityProfile") == {
        "key": "SecurityProfile",
        "readonly": False,
        "value": "0",
    }
    change(bench, "AuthorizationKey", KEY)
    assert change(bench, "SecurityProfile", 1) == "Accepted"
    assert bench.dials[-1].security_profile == 1
    assert not bench.station.link_wanted


def test_up_to_2_with_the_root_that_was_installed() -> None:
    bench = booted()
    pem = certificate()
    bench.ask("InstallCertificate", certificateType="CentralSystemRootCertificate", certificate=pem)
    change(bench, "AuthorizationKey", KEY)
    assert change(bench, "SecurityProfile", 2) == "Accepted"
    assert bench.dials[-1].security_profile == 2
    assert bench.dials[-1].ca_certificates == (pem,)


def raised() -> Bench:
    bench = booted()
    given(bench, authorization_key=b"k" * 16)
    assert change(bench, "SecurityProfile", 1) == "Accepted"
    assert not bench.connected
    return bench


def fail(bench: Bench, times: int) -> list[DialSettings]:
    for _ in range(times):
        bench.station.dial_failed(bench.now, DialFailure.OTHER, "refused")
    return [report for report in bench.station.reports() if isinstance(report, DialSettings)]


def test_a_profile_that_does_not_work_is_given_up_again() -> None:
    bench = raised()
    assert fail(bench, ATTEMPTS - 1) == []
    assert fail(bench, 1) == [DialSettings(security_profile=0)]
    assert fail(bench, 10) == []


def test_a_profile_that_has_worked_once_is_never_given_up() -> None:
    bench = raised()
    bench.run(60)
    assert bench.connected
    bench.disconnect()
    assert fail(bench, 10 * ATTEMPTS) == []


def test_the_key_survives_a_power_cut() -> None:
    bench = booted()
    change(bench, "AuthorizationKey", KEY)
    bench.kill()
    assert bench.station._ctx.dial.authorization_key == bytes.fromhex(KEY)
