"""OCPP 1.6 §4.4, §4.5, §5.9, §5.19 and the whitepaper's L01, N01: files, and how far they got."""

import base64
from functools import partial
from typing import Any

import pytest
from bench16 import START, Bench, ac_station, booted
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from signing import FILE, RSA_KEY, URL, certificate, ecdsa

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.reports import TransferKind


def update(bench: Bench, at: float = 0, **fields: Any) -> None:
    when = rfc3339(START + at)
    assert bench.ask("UpdateFirmware", location=URL, retrieveDate=when, **fields) == {}


def statuses(bench: Bench, action: str = "FirmwareStatusNotification") -> list[str]:
    return [payload["status"] for payload in bench.calls(action)]


def signed(bench: Bench, signature: bytes, pem: str = "", **fields: Any) -> str:
    firmware = {
        "location": URL,
        "retrieveDateTime": rfc3339(START),
        "signingCertificate": pem or certificate(),
        "signature": base64.b64encode(signature).decode(),
        **fields,
    }
    return str(bench.ask("SignedUpdateFirmware", requestId=5, firmware=firmware)["status"])


# --- UpdateFirmware ------------------------------------------------------------------------------


def test_an_update_to_its_end():
    bench = booted()
    update(bench, at=60)
    bench.run(59)
    assert bench.transfers == []
    bench.run(1)
    [transfer] = bench.transfers
    assert (transfer.kind, transfer.url) == (TransferKind.DOWNLOAD, URL)
    bench.transferred(content=FILE)
    bench.run(60)
    expected = ["Downloading", "Downloaded", "Installing", "Installed"]
    assert statuses(bench) == expected
    boots = bench.calls("BootNotification")
    assert [boot["firmwareVersion"] for boot in boots] == ["1.2.3", "2.5.1"]
    assert bench.actions().index("FirmwareStatusNotification") > 0
    assert bench.actions()[-1] == "FirmwareStatusNotification"
    assert bench.calls("SecurityEventNotification") == []


def test_it_tries_again_as_often_as_asked_and_gives_up():
    bench = booted()
    update(bench, retries=2, retryInterval=10)
    for _ in range(3):
        bench.run(10)
        bench.transferred("404")
    bench.run(100)
    assert len(bench.transfers) == 3
    assert statuses(bench) == ["Downloading", "DownloadFailed"]


def test_it_waits_for_a_transaction_and_then_lets_none_begin():
    bench = booted()
    bench.charge()
    update(bench)
    bench.run(1)
    bench.transferred(content=FILE)
    bench.run(300)
    assert statuses(bench)[-1] == "Downloaded"
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(6)
    assert statuses(bench)[-1] == "Installing"
    assert bench.ask("RemoteStartTransaction", idTag="T") == {"status": "Rejected"}
    bench.run(60)
    assert statuses(bench)[-1] == "Installed"
    assert bench.ask("RemoteStartTransaction", idTag="T") == {"status": "Accepted"}


def test_waiting_for_a_transaction_the_other_connectors_are_unavailable():
    bench = booted(ac_station(2))
    bench.charge()
    update(bench)
    bench.run(1)
    bench.transferred(content=FILE)
    bench.run(1)
    assert [s.status for s in bench.statuses[-2:]] == ["Charging", "Unavailable"]
    assert bench.ask("RemoteStartTransaction", idTag="T", connectorId=2) == {"status": "Rejected"}
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(60)
    assert {s.connector_id: s.status for s in bench.statuses} == {1: "Available", 2: "Available"}


def test_a_planned_update_goes_on_after_a_reset():
    bench = booted()
    update(bench, at=60)
    bench.ask("Reset", type="Hard")
    bench.run(60)
    bench.transferred(content=FILE)
    bench.run(60)
    assert statuses(bench)[-1] == "Installed"


def test_an_empty_file_cannot_be_installed():
    bench = booted()
    update(bench)
    bench.run(1)
    bench.transferred()
    bench.run(60)
    assert statuses(bench)[-1] == "InstallationFailed"
    assert len(bench.calls("BootNotification")) == 1
    assert bench.ask("RemoteStartTransaction", idTag="T") == {"status": "Accepted"}


def test_what_happens_offline_is_told_later():
    bench = booted()
    update(bench)
    bench.run(1)
    bench.disconnect()
    bench.transferred("no route")
    bench.connect()
    assert statuses(bench) == ["Downloading", "DownloadFailed"]


def test_a_reset_breaks_it_off():
    bench = booted()
    update(bench)
    bench.run(1)
    bench.ask("Reset", type="Hard")
    bench.run(10)
    assert statuses(bench) == ["Downloading", "DownloadFailed"]
    bench.transferred(content=FILE)
    bench.run(60)
    assert statuses(bench)[-1] == "DownloadFailed"


def test_a_newer_update_takes_its_place():
    bench = booted()
    update(bench)
    bench.run(1)
    first = bench.transfers[0]
    update(bench)
    bench.run(1)
    assert len(bench.transfers) == 2
    bench.transfers.append(first)
    bench.transferred(content=FILE)
    assert "Downloaded" not in statuses(bench)


@pytest.mark.parametrize("action", ["FirmwareStatusNotification", "DiagnosticsStatusNotification"])
def test_triggered_while_idle(action):
    bench = booted()
    assert bench.ask("TriggerMessage", requestedMessage=action) == {"status": "Accepted"}
    assert statuses(bench, action) == ["Idle"]


def test_triggered_while_downloading():
    bench = booted()
    update(bench)
    bench.run(1)
    bench.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    assert statuses(bench) == ["Downloading", "Downloading"]


def test_a_date_that_is_none():
    bench = booted()
    bench.send("UpdateFirmware", {"location": URL, "retrieveDate": "soon"})
    assert bench.errors[-1][0] == "TypeConstraintViolation"


# --- SignedUpdateFirmware ------------------------------------------------------------------------


def signed_statuses(bench: Bench) -> list[str]:
    calls = bench.calls("SignedFirmwareStatusNotification")
    assert {call["requestId"] for call in calls if call["status"] != "Idle"} <= {5}
    return [call["status"] for call in calls]


@pytest.mark.parametrize("kind", ["ecdsa", "pss", "pkcs1"])
def test_a_signed_update_to_its_end(kind):
    bench = booted()
    schemes = {
        "pss": padding.PSS(padding.MGF1(hashes.SHA256()), 32),
        "pkcs1": padding.PKCS1v15(),
    }
    if kind == "ecdsa":
        assert signed(bench, ecdsa()) == "Accepted"
    else:
        signature = RSA_KEY.sign(FILE, schemes[kind], hashes.SHA256())
        assert signed(bench, signature, certificate(RSA_KEY)) == "Accepted"
    bench.run(1)
    bench.transferred(content=FILE)
    bench.run(60)
    downloaded = ["Downloading", "Downloaded", "SignatureVerified"]
    installed = ["Installing", "InstallRebooting", "Installed"]
    assert signed_statuses(bench) == downloaded + installed
    assert [e["type"] for e in bench.calls("SecurityEventNotification")] == ["FirmwareUpdated"]


@pytest.mark.parametrize(
    "signature", [ecdsa(b"other"), b"", b"nonsense"], ids=["of another file", "none", "nonsense"]
)
def test_a_signature_that_does_not_hold(signature):
    bench = booted()
    signed(bench, signature)
    bench.run(1)
    bench.transferred(content=FILE)
    bench.run(60)
    assert signed_statuses(bench)[-1] == "InvalidSignature"
    events = [e["type"] for e in bench.calls("SecurityEventNotification")]
    assert events == ["InvalidFirmwareSignature"]
    assert len(bench.calls("BootNotification")) == 1


@pytest.mark.parametrize("pem", ["nonsense", certificate(days=-5)], ids=["nonsense", "expired"])
def test_a_certificate_that_cannot_be_trusted(pem):
    bench = booted()
    assert signed(bench, ecdsa(), pem) == "InvalidCertificate"
    events = [e["type"] for e in bench.calls("SecurityEventNotification")]
    assert events == ["InvalidFirmwareSigningCertificate"]


def test_with_a_manufacturers_root_only_its_certificates_count():
    bench = booted()
    root = certificate(RSA_KEY)
    type_ = "ManufacturerRootCertificate"
    bench.ask("InstallCertificate", certificateType=type_, certificate=root)
    assert signed(bench, ecdsa()) == "InvalidCertificate"
    assert signed(bench, ecdsa(), certificate(signer=RSA_KEY)) == "Accepted"


def test_triggered_it_tells_the_last_status():
    bench = booted()
    ask = partial(
        bench.ask, "ExtendedTriggerMessage", requestedMessage="FirmwareStatusNotification"
    )
    ask()
    assert signed_statuses(bench) == ["Idle"]
    signed(bench, ecdsa(b"other"))
    bench.run(1)
    bench.transferred(content=FILE)
    ask()
    assert signed_statuses(bench)[-2:] == ["InvalidSignature", "InvalidSignature"]
    signed(bench, ecdsa())
    bench.run(1)
    bench.transferred(content=FILE)
    bench.run(60)
    ask()
    assert signed_statuses(bench)[-2:] == ["Installed", "Idle"]


def test_schedules_are_told_and_kept():
    bench = booted()
    times = {
        "retrieveDateTime": rfc3339(START + 60),
        "installDateTime": rfc3339(START + 600),
    }
    signed(bench, ecdsa(), **times)
    bench.run(60)
    bench.transferred(content=FILE)
    bench.run(500)
    assert signed_statuses(bench)[0] == "DownloadScheduled"
    assert signed_statuses(bench)[-1] == "InstallScheduled"
    assert signed(bench, ecdsa(), **times) == "AcceptedCanceled"
    bench.run(1)
    bench.transferred(content=FILE)
    bench.run(41)
    assert signed_statuses(bench)[-1] == "Installing"
    assert signed(bench, ecdsa()) == "Rejected"


# --- logs ----------------------------------------------------------------------------------------


def test_diagnostics_are_put_into_the_directory():
    bench = booted()
    answer = bench.ask("GetDiagnostics", location="http://files.example/logs")
    bench.run(0)
    [transfer] = bench.transfers
    assert transfer.kind is TransferKind.UPLOAD
    assert transfer.url == f"http://files.example/logs/{answer['fileName']}"
    assert b"connector 1: Available" in transfer.content
    assert statuses(bench, "DiagnosticsStatusNotification") == ["Uploading"]
    bench.transferred()
    assert statuses(bench, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]


def test_diagnostics_hold_no_secret():
    bench = booted()
    bench.configure(AuthorizationKey="AB" * 16)
    bench.ask("GetDiagnostics", location="http://files.example/logs?signed=1")
    bench.run(0)
    assert bench.transfers[0].url == "http://files.example/logs?signed=1"
    assert b"ABAB" not in bench.transfers[0].content


def test_diagnostics_tell_what_happened_in_the_time_asked_about():
    bench = booted()
    bench.run(100)
    bench.charge()
    bench.ask("GetDiagnostics", location="http://files.example", stopTime=rfc3339(START + 50))
    bench.run(0)
    text = bench.transfers[-1].content.decode()
    assert "connector 1: Available\n" in text
    assert "EVSE 1, connector 1: Charging" not in text
    bench.ask("GetDiagnostics", location="http://files.example", startTime=rfc3339(START + 50))
    bench.run(0)
    text = bench.transfers[-1].content.decode()
    assert "EVSE 1, connector 1: Charging" in text
    assert "a transaction starts at connector 1\n" in text
    assert "online" not in text


def test_nothing_happened_in_the_time_asked_about():
    bench = booted()
    log = {"remoteLocation": "http://files.example/", "latestTimestamp": rfc3339(START - 50)}
    answer = bench.ask("GetLog", logType="DiagnosticsLog", requestId=1, log=log)
    assert answer == {"status": "Rejected"}


def test_an_upload_that_fails():
    bench = booted()
    bench.ask("GetDiagnostics", location="ftp://files.example", retries=1, retryInterval=5)
    bench.run(0)
    bench.transferred("ftp URLs are not supported")
    bench.run(5)
    bench.transferred("ftp URLs are not supported")
    assert statuses(bench, "DiagnosticsStatusNotification") == ["Uploading", "UploadFailed"]


def get_log(bench: Bench, kind: str = "SecurityLog", number: int = 3) -> dict[str, Any]:
    log = {"remoteLocation": "http://files.example/logs/"}
    return bench.ask("GetLog", logType=kind, requestId=number, log=log)


def test_the_security_log():
    bench = booted()
    signed(bench, ecdsa(), "nonsense")
    answer = get_log(bench)
    assert answer["status"] == "Accepted"
    bench.run(0)
    assert bench.transfers[0].url.endswith(f"/logs/{answer['filename']}")
    assert b"InvalidFirmwareSigningCertificate" in bench.transfers[0].content
    assert get_log(bench, "DiagnosticsLog", 4)["status"] == "AcceptedCanceled"
    bench.run(0)
    bench.transferred()
    told = [(c["status"], c["requestId"]) for c in bench.calls("LogStatusNotification")]
    assert told == [("Uploading", 3), ("Uploading", 4), ("Uploaded", 4)]


def test_a_reset_breaks_an_upload_off():
    bench = booted()
    get_log(bench)
    bench.run(0)
    bench.ask("Reset", type="Hard")
    bench.run(10)
    assert statuses(bench, "LogStatusNotification") == ["Uploading", "UploadFailure"]
