"""OCPP 2.x A01, A05, B09, B10: passwords, security profiles, network profiles, another CSMS."""

from typing import Any

import msgspec
import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import START
from cryptography import x509
from signing import RSA_KEY, certificate

from voltfleet.station.reports import DialFailure, DialSettings
from voltfleet.station.station import ChargingStation

HERE, THERE = "ws://here.example/ocpp", "ws://there.example/ocpp"
SAFE = "wss://there.example/ocpp"
PASSWORD = "0123456789abcdef"


def created(profile: int = 0, bench_type: type[Bench2] = Bench2, **more: Any) -> Bench2:
    """A bench whose station was created with that address and security profile."""
    bench = bench_type()
    dial = DialSettings(security_profile=profile, csms_url=HERE, **more)
    spec = bench.station._ctx.spec
    bench.station = ChargingStation(
        spec, bench.version, identity="CP-1", seed=1, now=START, dial=dial
    )
    bench.connect()
    return bench


def profile(bench: Bench2, slot: int = 2, url: str = THERE, level: int = 0, **more: Any) -> str:
    """Set a network profile; the status, or the reason code of a refusal."""
    version = "OCPP21" if isinstance(bench, Bench21) else "OCPP20"
    data = {
        "ocppVersion": version,
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": level,
        "ocppInterface": "Wired0",
        **more,
    }
    answer = bench.ask("SetNetworkProfile", configurationSlot=slot, connectionData=data)
    info = answer.get("statusInfo")
    assert (answer["status"] == "Accepted") is (info is None)
    return str(answer["status"] if info is None else info["reasonCode"])


def prefer(bench: Bench2, *slots: int) -> str:
    value = ",".join(map(str, slots))
    return bench.set("OCPPCommCtrlr", "NetworkConfigurationPriority", value)


def priority(bench: Bench2) -> str | None:
    return bench.get("OCPPCommCtrlr", "NetworkConfigurationPriority")


def active(bench: Bench2) -> tuple[str | None, str | None]:
    """The slot in use, and its security profile."""
    return (
        bench.get("OCPPCommCtrlr", "ActiveNetworkProfile"),
        bench.get("SecurityCtrlr", "SecurityProfile"),
    )


def reset(bench: Bench2) -> None:
    assert bench.ask("Reset", type="Immediate")["status"] == "Accepted"
    bench.run(30)


def fail(bench: Bench2, times: int) -> list[str | None]:
    """Let dials fail; where the station was told to dial after each."""
    went = []
    for _ in range(times):
        bench.station.dial_failed(bench.now, DialFailure.OTHER, "refused")
        bench.settle()
        went.append(bench.station._ctx.dial.csms_url)
    return went


# --- A01 --------------------------------------------------------------------------------------


def test_a_new_password_is_dialled_with_at_once_and_never_told():
    bench = created(1, authorization_key=b"old-old-old-old-old")
    bench.charge()
    sent = len(bench.log)
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    assert [d.authorization_key for d in bench.dials] == [PASSWORD.encode()]
    assert not bench.connected
    bench.run(1)
    assert bench.connected
    assert "BootNotification" not in bench.actions()[sent:]
    assert bench.get("SecurityCtrlr", "BasicAuthPassword") is None
    assert PASSWORD not in repr(bench.dials)
    log = bench.station._engine._security.lines()
    assert log[-1].endswith("ReconfigurationOfSecurityParameters BasicAuthPassword")


@pytest.mark.parametrize("level", [0, 3])
def test_a_password_that_is_not_used_is_kept_without_a_new_connection(level):
    bench = created(level)
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    assert bench.connected
    assert bench.dials[-1].authorization_key == PASSWORD.encode()


@pytest.mark.parametrize("password", ["short", "x" * 15, "x" * 41, "new\nline and enough"])
def test_what_is_no_password_is_rejected(password):
    bench = created(1)
    assert bench.set("SecurityCtrlr", "BasicAuthPassword", password) == "Rejected"
    assert bench.dials == []


# --- B09 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bench_type", [Bench2, Bench21])
def test_a_profile_is_used_after_a_reset(bench_type):
    bench = created(bench_type=bench_type)
    assert active(bench) == ("1", "0")
    assert profile(bench) == "Accepted"
    reset(bench)
    assert bench.dials == []
    assert prefer(bench, 2, 1) == "Accepted"
    assert bench.dials == []
    reset(bench)
    assert [d.csms_url for d in bench.dials] == [THERE]
    assert active(bench) == ("2", "0")


@pytest.mark.parametrize(
    ("slot", "more", "reason"),
    [
        (4, {}, "InvalidConfSlot"),
        (0, {}, "InvalidConfSlot"),
        (2, {"ocppTransport": "SOAP"}, "InvalidNetworkConf"),
        (2, {"ocppVersion": "OCPP16"}, "InvalidNetworkConf"),
        (2, {"ocppCsmsUrl": "http://there.example"}, "InvalidNetworkConf"),
        (2, {"ocppCsmsUrl": "ws://"}, "InvalidNetworkConf"),
        (2, {"ocppCsmsUrl": "ws://there.example:port/"}, "InvalidNetworkConf"),
        (2, {"ocppCsmsUrl": "ws://[/"}, "InvalidNetworkConf"),
        (2, {"securityProfile": 2}, "InvalidNetworkConf"),
        (2, {"securityProfile": 4, "ocppCsmsUrl": SAFE}, "InvalidNetworkConf"),
        (2, {"apn": {"apn": "x", "apnAuthentication": "NONE"}}, "InvalidNetworkConf"),
        (2, {"securityProfile": 0}, "NoSecurityDowngrade"),
    ],
)
def test_what_cannot_be_dialled_is_not_kept(slot, more, reason):
    bench = created(1)
    assert profile(bench, slot, **{"securityProfile": 1, **more}) == reason
    assert prefer(bench, 2, 1) == "Rejected"


def test_of_21_a_profile_may_bring_a_password_but_no_identity():
    bench = created(1, Bench21, authorization_key=b"old-old-old-old-old")
    assert profile(bench, level=1, identity="CP-2") == "InvalidNetworkConf"
    assert profile(bench, level=1, basicAuthPassword="short") == "InvalidNetworkConf"
    assert profile(bench, level=1, identity="CP-1", basicAuthPassword=PASSWORD) == "Accepted"
    prefer(bench, 2, 1)
    reset(bench)
    [dial] = bench.dials
    assert (dial.csms_url, dial.authorization_key) == (THERE, PASSWORD.encode())
    bench.disconnect()
    assert fail(bench, 3)[-1] == HERE
    assert bench.dials[-1].authorization_key == b"old-old-old-old-old"


# --- A05 --------------------------------------------------------------------------------------


def test_only_filled_slots_can_be_preferred():
    bench = created()
    profile(bench)
    assert prefer(bench, 3, 2) == "Rejected"
    assert priority(bench) == "1"
    assert prefer(bench, 2) == "Accepted"


def test_a_higher_security_profile_needs_what_it_is_made_of():
    bench = created()
    profile(bench, 2, THERE, 1)
    assert prefer(bench, 2, 1) == "Rejected"
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    assert prefer(bench, 2, 1) == "Accepted"
    profile(bench, 3, SAFE, 3)
    assert prefer(bench, 3, 1) == "Rejected"
    root = certificate(RSA_KEY)
    bench.ask("InstallCertificate", certificateType="CSMSRootCertificate", certificate=root)
    assert prefer(bench, 3, 1) == "Rejected"
    profile(bench, 3, SAFE, 2)
    assert prefer(bench, 3, 1) == "Accepted"
    reset(bench)
    dial = bench.dials[-1]
    assert (dial.csms_url, dial.security_profile, dial.ca_certificates) == (SAFE, 2, (root,))


def test_once_a_higher_security_profile_works_there_is_no_way_back():
    bench = created(authorization_key=PASSWORD.encode())
    profile(bench, level=1)
    prefer(bench, 2, 1)
    reset(bench)
    assert active(bench) == ("2", "1")
    assert priority(bench) == "2"
    assert prefer(bench, 2, 1) == "Rejected"
    assert profile(bench, 1, HERE, 0) == "NoSecurityDowngrade"
    log = bench.station._engine._security.lines()
    assert any(line.endswith("Parameters SecurityProfile 1") for line in log)


def test_a_security_profile_that_does_not_work_is_left_again():
    bench = created(authorization_key=PASSWORD.encode())
    profile(bench, level=1)
    prefer(bench, 2, 1)
    bench.ask("Reset", type="Immediate")
    bench.offline = True
    bench.run(30)
    assert fail(bench, 3) == [THERE, THERE, HERE]
    bench.connect()
    assert active(bench) == ("1", "0")
    assert priority(bench) == "2,1"


# --- B10 --------------------------------------------------------------------------------------


def test_the_next_slot_comes_after_so_many_attempts_and_round_again():
    bench = created()
    profile(bench)
    profile(bench, 3, "ws://third.example")
    prefer(bench, 1, 3, 2)
    bench.configure(OCPPCommCtrlr_NetworkProfileConnectionAttempts=2)
    bench.disconnect()
    third = "ws://third.example"
    assert fail(bench, 7) == [HERE, third, third, THERE, THERE, HERE, HERE]


def test_a_connection_starts_the_count_anew():
    bench = created()
    profile(bench)
    prefer(bench, 1, 2)
    for _ in range(3):
        bench.disconnect()
        assert fail(bench, 2) == [HERE, HERE]
        bench.connect()


def test_another_csms_hears_of_a_boot_and_of_everything():
    bench = created()
    profile(bench)
    prefer(bench, 1, 2)
    bench.disconnect()
    fail(bench, 3)
    bench.accepted = False
    sent = len(bench.log)
    bench.connect()
    assert bench.actions()[sent:] == ["BootNotification", "StatusNotification"]
    assert active(bench)[0] == "2"
    bench.disconnect()
    sent = len(bench.log)
    bench.connect()
    assert bench.actions()[sent:] == []


def test_with_one_profile_a_failed_dial_changes_nothing():
    bench = booted()
    bench.disconnect()
    assert fail(bench, 10) == [None] * 10
    assert bench.dials == []


# --- its host dies ----------------------------------------------------------------------------


def test_what_the_csms_changed_outlives_its_host():
    bench = booted()
    profile(bench)
    assert prefer(bench, 2, 1) == "Accepted"
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    bench.kill(5)
    dial = bench.station._ctx.dial
    assert (dial.authorization_key, dial.csms_url) == (PASSWORD.encode(), THERE)
    assert bench.dials[-1].csms_url == THERE
    bench.kill(5)
    assert bench.station._ctx.dial == dial
    bench.connect()
    assert active(bench)[0] == "2"


def test_what_its_user_changed_since_goes_before_what_the_csms_changed():
    bench = booted()
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    for key, expected in ((None, PASSWORD.encode()), (b"given by the user", b"given by the user")):
        station = ChargingStation(
            bench.station._ctx.spec,
            bench.version,
            identity="CP-1",
            seed=1,
            now=bench.now,
            memory=bench.newest_memory,
            dial=DialSettings(authorization_key=key),
        )
        assert station._ctx.dial.authorization_key == expected


def rebuilt(bench: Any, dial: DialSettings) -> ChargingStation:
    """The station after a power cut, as its user wants it to dial now."""
    return ChargingStation(
        bench.station._ctx.spec,
        bench.version,
        identity="CP-1",
        seed=1,
        now=bench.now,
        memory=bench.newest_memory,
        dial=dial,
    )


def test_a_key_that_the_user_writes_again_is_the_newest():
    user = DialSettings(b"the user's first key", 1, HERE, revision="1")
    bench = created(1, authorization_key=user.authorization_key, revision="1")
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    assert rebuilt(bench, user)._ctx.dial.authorization_key == PASSWORD.encode()
    again = msgspec.structs.replace(user, revision="2")
    assert rebuilt(bench, again)._ctx.dial == again


def test_where_the_user_sends_it_its_newest_key_goes_along_and_no_network_profile():
    bench = created(1, Bench21, authorization_key=b"the user's first key", revision="1")
    bench.configure(SecurityCtrlr_BasicAuthPassword=PASSWORD)
    bench.run(1)
    profile(bench, level=1, basicAuthPassword="of that other slot!")
    assert prefer(bench, 2, 1) == "Accepted"
    reset(bench)
    assert bench.station._ctx.dial.csms_url == THERE
    moved = DialSettings(b"the user's first key", 1, "ws://moved.example", revision="1")
    station = rebuilt(bench, moved)
    assert station._ctx.dial.csms_url == "ws://moved.example"
    bench.station = station
    bench.connect()
    assert active(bench) == ("1", "1")
    assert priority(bench) == "1"


def test_slots_that_were_never_used_do_not_lead_back_to_where_the_user_left():
    bench = created()
    profile(bench)
    moved = DialSettings(security_profile=0, csms_url="ws://moved.example")
    assert rebuilt(bench, moved)._ctx.dial == moved


def test_a_certificate_that_the_user_gives_goes_before_the_signed_one():
    bench = created(3, client_certificate="first", client_key="first", revision="1")
    bench.ask("TriggerMessage", requestedMessage="SignChargingStationCertificate")
    csr = bench.calls("SignCertificate")[-1]["csr"]
    key = x509.load_pem_x509_csr(csr.encode()).public_key()

    class Signed:
        def public_key(self) -> Any:
            return key

    signed = certificate(Signed(), 5, signer=RSA_KEY)  # type: ignore[arg-type]
    assert bench.ask("CertificateSigned", certificateChain=signed)["status"] == "Accepted"
    user = DialSettings(None, 3, HERE, "first", "first", None, "1")
    assert rebuilt(bench, user)._ctx.dial.client_certificate == signed
    newer = msgspec.structs.replace(user, client_certificate="2", client_key="2", revision="2")
    station = rebuilt(bench, newer)
    assert station._ctx.dial == newer
    assert station._engine._certificates.own is None
