"""The OCPP 1.6 security whitepaper: certificates, security events, extended trigger, keys."""

from typing import Any

import msgspec
import pytest
from bench16 import START, Bench, booted
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from signing import EC_KEY, RSA_KEY, certificate

from voltfleet.station.certificates import key_from_pem
from voltfleet.station.reports import DialSettings
from voltfleet.station.station import ChargingStation

TYPE = "CentralSystemRootCertificate"


def install(bench: Bench, pem: str, type_: str = TYPE) -> str:
    answer = bench.ask("InstallCertificate", certificateType=type_, certificate=pem)
    return str(answer["status"])


def installed(bench: Bench, type_: str = TYPE) -> list[dict[str, Any]]:
    answer = bench.ask("GetInstalledCertificateIds", certificateType=type_)
    assert (answer["status"] == "Accepted") is ("certificateHashData" in answer)
    found: list[dict[str, Any]] = answer.get("certificateHashData", [])
    return found


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY])
def test_root_certificates_come_and_go(key):
    bench = booted()
    pem = certificate(key)
    assert installed(bench) == []
    assert install(bench, pem) == install(bench, pem) == "Accepted"
    [data] = installed(bench)
    root = x509.load_pem_x509_certificate(pem.encode())
    oracle = ocsp.OCSPRequestBuilder().add_certificate(root, root, hashes.SHA256()).build()
    assert data == {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": oracle.issuer_name_hash.hex(),
        "issuerKeyHash": oracle.issuer_key_hash.hex(),
        "serialNumber": "abc123",
    }
    assert installed(bench, "ManufacturerRootCertificate") == []
    wrong = data | {"serialNumber": "1"}
    assert bench.ask("DeleteCertificate", certificateHashData=wrong) == {"status": "NotFound"}
    assert bench.ask("DeleteCertificate", certificateHashData=data) == {"status": "Accepted"}
    assert installed(bench) == []


@pytest.mark.parametrize(
    "pem",
    ["nonsense", certificate(days=-5), certificate(issuer="Else", signer=RSA_KEY)],
    ids=["nonsense", "expired", "not self-signed"],
)
def test_what_is_no_valid_root_is_rejected(pem):
    assert install(booted(), pem) == "Rejected"


def test_the_store_is_full_some_time():
    bench = booted()
    answers = [install(bench, certificate(days=n)) for n in range(1, 12)]
    assert answers == ["Accepted"] * 10 + ["Rejected"]


def sign(bench: Bench) -> x509.CertificateSigningRequest:
    bench.triggered.add("SignCertificate")
    trigger = "SignChargePointCertificate"
    assert bench.ask("ExtendedTriggerMessage", requestedMessage=trigger) == {"status": "Accepted"}
    return x509.load_pem_x509_csr(bench.calls("SignCertificate")[-1]["csr"].encode())


def signed_for(csr: x509.CertificateSigningRequest, days: int = 10) -> str:
    public: Any = csr.public_key()

    class Key:
        def public_key(self) -> Any:
            return public

    return certificate(Key(), days, signer=RSA_KEY)  # type: ignore[arg-type]


def test_a_certificate_is_asked_for_and_taken():
    bench = booted()
    bench.configure(CpoName="Operator")
    csr = sign(bench)
    assert csr.is_signature_valid
    assert csr.subject.rfc4514_string() == "O=Operator,CN=CP-1"
    answer = bench.ask("CertificateSigned", certificateChain=signed_for(csr))
    assert answer == {"status": "Accepted"}
    again = bench.ask("CertificateSigned", certificateChain=signed_for(csr))
    assert again == {"status": "Rejected"}


@pytest.mark.parametrize("profile", [0, 2, 3])
def test_what_was_signed_is_dialled_with_and_at_once_where_it_is_shown(profile):
    bench = Bench()
    dial = DialSettings(security_profile=profile)
    spec = bench.station._ctx.spec
    bench.station = ChargingStation(
        spec, bench.version, identity="CP-1", seed=1, now=START, dial=dial
    )
    bench.connect()
    csr = sign(bench)
    pem, sent = signed_for(csr), len(bench.log)
    assert bench.ask("CertificateSigned", certificateChain=pem) == {"status": "Accepted"}
    [told] = bench.dials
    assert told.client_certificate == pem
    assert key_from_pem(told.client_key or "").public_key() == csr.public_key()
    assert bench.connected is (profile < 3)
    bench.run(1)
    assert bench.connected
    assert "BootNotification" not in bench.actions()[sent:]


def test_a_request_that_brings_nothing_is_repeated_and_given_up():
    bench = booted()
    sign(bench)
    bench.run(10_000)
    asked = [at - START for at, action, _ in bench.log if action == "SignCertificate"]
    assert asked == [0, 60, 180, 420]


def test_a_root_joins_the_authorities_and_the_last_one_stays():
    root = certificate()
    bench = Bench()
    dial = DialSettings(security_profile=2, ca_certificates=(certificate(RSA_KEY),))
    spec = bench.station._ctx.spec
    bench.station = ChargingStation(
        spec, bench.version, identity="CP-1", seed=1, now=START, dial=dial
    )
    bench.connect()
    install(bench, root)
    install(bench, certificate(RSA_KEY))
    assert bench.dials[-1].ca_certificates == (certificate(RSA_KEY), root)
    ours, theirs = installed(bench)
    assert bench.ask("DeleteCertificate", certificateHashData=ours) == {"status": "Accepted"}
    assert bench.ask("DeleteCertificate", certificateHashData=theirs) == {"status": "Failed"}


@pytest.mark.parametrize(
    "chain", [lambda csr: "nonsense", lambda csr: certificate(), lambda csr: signed_for(csr, -5)]
)
def test_a_wrong_certificate_is_rejected_and_told(chain):
    bench = booted()
    csr = sign(bench)
    assert bench.ask("CertificateSigned", certificateChain=chain(csr)) == {"status": "Rejected"}
    events = [e["type"] for e in bench.calls("SecurityEventNotification")]
    assert events == ["InvalidChargePointCertificate"]


def test_an_installed_root_must_have_issued_it():
    bench = booted()
    install(bench, certificate())
    csr = sign(bench)
    answer = bench.ask("CertificateSigned", certificateChain=signed_for(csr))
    assert answer == {"status": "Rejected"}
    install(bench, certificate(RSA_KEY))
    answer = bench.ask("CertificateSigned", certificateChain=signed_for(csr))
    assert answer == {"status": "Accepted"}


def test_security_events_of_offline_times_are_told_later():
    bench = booted()
    bench.ask("ChangeConfiguration", key="AuthorizationKey", value="00" * 16)
    assert len(bench.calls("SecurityEventNotification")) == 1
    bench.disconnect()
    bench.station._engine.answer(
        "ChangeConfiguration", b'{"key":"AuthorizationKey","value":"1111111111111111"}'
    )
    assert len(bench.calls("SecurityEventNotification")) == 1
    bench.connect()
    types = [e["type"] for e in bench.calls("SecurityEventNotification")]
    assert types == ["ReconfigurationOfSecurityParameters"] * 2


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("AB" * 8, "Accepted"),
        ("ab" * 20, "Accepted"),
        ("AB" * 7, "Rejected"),
        ("x" * 16, "Rejected"),
    ],
)
def test_the_authorization_key_is_written_and_never_read(value, status):
    bench = booted()
    answer = bench.ask("ChangeConfiguration", key="AuthorizationKey", value=value)
    assert answer == {"status": status}
    [key] = bench.ask("GetConfiguration", key=["AuthorizationKey"])["configurationKey"]
    assert key == {"key": "AuthorizationKey", "readonly": False, "value": ""}


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("BootNotification", "BootNotification"),
        ("Heartbeat", "Heartbeat"),
        ("StatusNotification", "StatusNotification"),
        ("MeterValues", "MeterValues"),
        ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
        ("LogStatusNotification", "LogStatusNotification"),
    ],
)
def test_extended_trigger(message, sent):
    bench = booted()
    before = len(bench.log)
    answer = bench.ask("ExtendedTriggerMessage", requestedMessage=message)
    assert answer == {"status": "Accepted"}
    assert sent in bench.actions()[before:]


def test_extended_trigger_of_a_connector_that_is_not_there():
    answer = booted().ask("ExtendedTriggerMessage", requestedMessage="MeterValues", connectorId=5)
    assert answer == {"status": "Rejected"}


def test_of_the_keys_of_user_and_csms_the_newest_counts():
    bench = Bench()
    spec = bench.station._ctx.spec
    user = DialSettings(b"the user's first key", 1, "ws://here.example", revision="1")

    def powered_up(dial, memory=None):
        return ChargingStation(
            spec, bench.version, identity="CP-1", seed=1, now=bench.now, memory=memory, dial=dial
        )

    bench.station = powered_up(user)
    bench.connect()
    bench.ask("ChangeConfiguration", key="AuthorizationKey", value="ab" * 16)
    memory = bench.newest_memory
    assert powered_up(user, memory)._ctx.dial.authorization_key == b"\xab" * 16
    again = msgspec.structs.replace(user, revision="2")
    assert powered_up(again, memory)._ctx.dial == again
    moved = msgspec.structs.replace(user, csms_url="ws://moved.example")
    assert powered_up(moved, memory)._ctx.dial == msgspec.structs.replace(
        moved, authorization_key=b"\xab" * 16
    )
