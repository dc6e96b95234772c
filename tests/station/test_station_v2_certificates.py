"""OCPP 2.x blocks A and M: certificates of the station, and the roots that it trusts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import START
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from signing import EC_KEY, RSA_KEY, certificate

from voltfleet.station.certificates import key_from_pem, read_chain
from voltfleet.station.reports import DialSettings
from voltfleet.station.station import ChargingStation

CSMS = "CSMSRootCertificate"
DAY = 86_400


def install(bench: Bench2, pem: str, type_: str = CSMS) -> str:
    answer = bench.ask("InstallCertificate", certificateType=type_, certificate=pem)
    return str(answer["status"])


def installed(bench: Bench2, *types: str) -> list[tuple[str, dict[str, Any]]]:
    criteria = {"certificateType": list(types)} if types else {}
    answer = bench.ask("GetInstalledCertificateIds", **criteria)
    found = answer.get("certificateHashDataChain", [])
    assert answer["status"] == ("Accepted" if found else "NotFound")
    return [(f["certificateType"], f["certificateHashData"]) for f in found]


def trigger(bench: Bench2, message: str = "SignChargingStationCertificate") -> str:
    bench.triggered.add("SignCertificate")
    return str(bench.ask("TriggerMessage", requestedMessage=message)["status"])


def sign(bench: Bench2) -> x509.CertificateSigningRequest:
    assert trigger(bench) == "Accepted"
    return requests(bench)[-1]


def requests(bench: Bench2) -> list[x509.CertificateSigningRequest]:
    return [x509.load_pem_x509_csr(c["csr"].encode()) for c in bench.calls("SignCertificate")]


def signed_for(csr: x509.CertificateSigningRequest, days: int = 10) -> str:
    public: Any = csr.public_key()

    class Key:
        def public_key(self) -> Any:
            return public

    return certificate(Key(), days, signer=RSA_KEY)  # type: ignore[arg-type]


def events(bench: Bench2) -> list[str]:
    return [p["type"] for p in bench.calls("SecurityEventNotification")][1:]


def secured(profile: int, **more: Any) -> Bench2:
    """A bench whose station was created with a security profile."""
    bench = Bench2()
    dial = DialSettings(security_profile=profile, **more)
    spec = bench.station._ctx.spec
    bench.station = ChargingStation(
        spec, bench.version, identity="CP-1", seed=1, now=START, dial=dial
    )
    bench.connect()
    return bench


# --- M: roots ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY])
def test_roots_come_and_go(key):
    bench = booted()
    pem = certificate(key)
    assert installed(bench) == []
    assert install(bench, pem) == install(bench, pem) == "Accepted"
    assert install(bench, pem, "MORootCertificate") == "Accepted"
    root = x509.load_pem_x509_certificate(pem.encode())
    oracle = ocsp.OCSPRequestBuilder().add_certificate(root, root, hashes.SHA256()).build()
    data = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": oracle.issuer_name_hash.hex(),
        "issuerKeyHash": oracle.issuer_key_hash.hex(),
        "serialNumber": "abc123",
    }
    assert installed(bench) == [(CSMS, data), ("MORootCertificate", data)]
    assert installed(bench, "MORootCertificate") == [("MORootCertificate", data)]
    assert installed(bench, "V2GRootCertificate", "V2GCertificateChain") == []
    assert bench.get("SecurityCtrlr", "CertificateEntries") == "2"
    wrong = data | {"serialNumber": "1"}
    assert bench.ask("DeleteCertificate", certificateHashData=wrong) == {"status": "NotFound"}
    assert bench.ask("DeleteCertificate", certificateHashData=data) == {"status": "Accepted"}
    assert (installed(bench), bench.get("SecurityCtrlr", "CertificateEntries")) == ([], "0")


@pytest.mark.parametrize(
    "pem",
    ["nonsense", certificate(days=-5), certificate(issuer="Else", signer=RSA_KEY)],
    ids=["nonsense", "expired", "not self-signed"],
)
def test_what_is_no_valid_root_is_rejected(pem):
    assert install(booted(), pem) == "Rejected"


def test_the_store_is_full_some_time():
    bench = booted()
    answers = [install(bench, certificate(days=n)) for n in range(1, 23)]
    assert answers == ["Accepted"] * 20 + ["Rejected"] * 2


def test_with_the_additional_check_a_root_is_replaced_by_one_that_it_signed():
    bench = booted()
    bench.configure(SecurityCtrlr_AdditionalRootCertificateCheck=True)
    assert install(bench, certificate()) == "Accepted"
    assert install(bench, certificate(RSA_KEY)) == "Rejected"
    assert install(bench, certificate(RSA_KEY), "MORootCertificate") == "Accepted"
    assert install(bench, certificate(days=20)) == "Accepted"
    assert len(installed(bench, CSMS)) == 1
    assert install(bench, certificate(days=20)) == "Accepted"


def test_a_root_for_the_csms_is_trusted_where_the_world_is_not():
    ours, theirs = certificate(RSA_KEY), certificate()
    bench = secured(2, ca_certificates=(ours,))
    install(bench, theirs, "MORootCertificate")
    assert bench.dials == []
    install(bench, theirs)
    assert [d.ca_certificates for d in bench.dials] == [(ours, theirs)]
    [_, (_, data)] = installed(bench)
    assert bench.ask("DeleteCertificate", certificateHashData=data)["status"] == "Accepted"
    assert bench.dials[-1].ca_certificates == (ours,)
    world = secured(2)
    install(world, theirs)
    assert world.dials == []


def test_the_last_root_that_checks_the_csms_stays():
    root = certificate()
    bench = secured(2, ca_certificates=(root,))
    install(bench, root)
    [(_, data)] = installed(bench)
    assert bench.ask("DeleteCertificate", certificateHashData=data)["status"] == "Failed"
    assert len(installed(bench)) == 1


# --- A02, A03: the station's own --------------------------------------------------------------


def test_a_certificate_is_asked_for_and_taken():
    bench = booted()
    bench.configure(SecurityCtrlr_OrganizationName="Operator")
    csr = sign(bench)
    assert csr.is_signature_valid
    assert csr.subject.rfc4514_string() == "O=Operator,CN=CP-1"
    [request] = bench.calls("SignCertificate")
    assert (request["certificateType"], "requestId" in request) == (
        "ChargingStationCertificate",
        False,
    )
    pem = signed_for(csr)
    assert bench.ask("CertificateSigned", certificateChain=pem) == {"status": "Accepted"}
    [dial] = bench.dials
    assert dial.client_certificate == pem
    assert key_from_pem(dial.client_key or "").public_key() == csr.public_key()
    assert bench.connected, "below security profile 3 it is not shown"
    assert bench.ask("CertificateSigned", certificateChain=pem)["status"] == "Rejected"
    assert "PRIVATE" not in str(bench.log)


def test_with_security_profile_3_it_connects_anew_at_once():
    bench = secured(3)
    csr = sign(bench)
    sent = len(bench.log)
    assert bench.ask("CertificateSigned", certificateChain=signed_for(csr))["status"] == "Accepted"
    assert not bench.connected
    bench.run(1)
    assert bench.connected
    assert bench.actions()[sent:] == [], "nothing has changed: no boot, no status"


def test_the_own_certificate_is_not_deleted():
    bench = booted()
    pem = signed_for(sign(bench))
    bench.ask("CertificateSigned", certificateChain=pem)
    [leaf] = read_chain(pem)
    issuer = read_chain(certificate(RSA_KEY))[0]
    oracle = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build()
    data = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": oracle.issuer_name_hash.hex(),
        "issuerKeyHash": oracle.issuer_key_hash.hex(),
        "serialNumber": "abc123",
    }
    assert bench.ask("DeleteCertificate", certificateHashData=data)["status"] == "Failed"


@pytest.mark.parametrize(
    "chain", [lambda csr: "nonsense", lambda csr: certificate(), lambda csr: signed_for(csr, -5)]
)
def test_a_wrong_certificate_is_rejected_and_told(chain):
    bench = booted()
    csr = sign(bench)
    answer = bench.ask("CertificateSigned", certificateChain=chain(csr))
    assert answer["status"] == "Rejected"
    assert events(bench) == ["InvalidChargingStationCertificate"]
    bench.run(1000)
    assert len(requests(bench)) == 1


def test_an_installed_root_must_have_issued_it():
    bench = booted()
    install(bench, certificate())
    csr = sign(bench)
    assert bench.ask("CertificateSigned", certificateChain=signed_for(csr))["status"] == "Rejected"
    install(bench, certificate(RSA_KEY))
    assert bench.ask("CertificateSigned", certificateChain=signed_for(csr))["status"] == "Accepted"


def test_a_request_is_repeated_with_new_keys_after_waits_that_double():
    bench = booted()
    bench.configure(SecurityCtrlr_CertSigningWaitMinimum=10, SecurityCtrlr_CertSigningRepeatTimes=2)
    first = sign(bench)
    bench.run(10_000)
    asked = [at - START for at, action, _ in bench.log if action == "SignCertificate"]
    assert asked == [0, 10, 30]
    assert len({csr.public_key().public_numbers() for csr in requests(bench)}) == 3
    assert (
        bench.ask("CertificateSigned", certificateChain=signed_for(first))["status"] == "Rejected"
    )
    sign(bench)
    bench.run(10)
    assert len(requests(bench)) == 5


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, "NotImplemented"])
def test_a_csms_that_signs_nothing_is_not_asked_again(answer):
    bench = booted()
    bench.policies["SignCertificate"] = lambda _: answer
    csr = sign(bench)
    bench.run(10_000)
    assert len(requests(bench)) == 1
    assert bench.ask("CertificateSigned", certificateChain=signed_for(csr))["status"] == "Rejected"


def test_it_is_renewed_before_it_expires():
    bench = booted()
    pem = signed_for(sign(bench), days=90)
    bench.ask("CertificateSigned", certificateChain=pem)
    bench.ask("Reset", type="Immediate")
    bench.run(59 * DAY)
    assert len(requests(bench)) == 1
    bench.run(2 * DAY)
    assert len(requests(bench)) > 1
    until = read_chain(pem)[0].not_valid_after_utc
    assert datetime.fromtimestamp(bench.now, UTC) < until


def test_of_21_the_request_has_a_number():
    bench = booted(bench_type=Bench21)
    csr = sign(bench)
    [request] = bench.calls("SignCertificate")
    wrong = bench.ask("CertificateSigned", certificateChain=signed_for(csr), requestId=99)
    assert wrong["status"] == "Rejected"
    right = bench.ask(
        "CertificateSigned", certificateChain=signed_for(csr), requestId=request["requestId"]
    )
    assert right == {"status": "Accepted"}


@pytest.mark.parametrize("message", ["SignV2GCertificate", "SignCombinedCertificate"])
def test_without_iso_15118_there_are_no_certificates_for_it(message):
    bench = booted()
    assert trigger(bench, message) == "NotImplemented"
    answer = bench.ask(
        "CertificateSigned", certificateChain=certificate(), certificateType="V2GCertificate"
    )
    assert answer["status"] == "Rejected"
    assert bench.get("ISO15118Ctrlr", "Available") == "false"
