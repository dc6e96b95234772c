"""OCPP 2.x block L: firmware updates, signed or not."""

import base64
from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import START, ac_station
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from signing import FILE, RSA_KEY, URL, certificate, ecdsa

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.reports import TransferKind

DOWNLOADED = ["Downloading", "Downloaded"]
VERIFIED = [*DOWNLOADED, "SignatureVerified"]
INSTALLED = ["Installing", "InstallRebooting", "Installed"]
ALLOW = "AllowNewSessionsPendingFirmwareUpdate"


def ask(bench: Bench2, request_id: int = 5, at: float = 0, **more: Any) -> dict[str, Any]:
    """UpdateFirmware; what is not of the firmware is ``retries`` and ``retryInterval``."""
    request = {k: more.pop(k) for k in ("retries", "retryInterval") if k in more}
    firmware = {"location": URL, "retrieveDateTime": rfc3339(START + at)} | more
    return bench.ask("UpdateFirmware", requestId=request_id, firmware=firmware, **request)


def update(bench: Bench2, request_id: int = 5, at: float = 0, **more: Any) -> str:
    return str(ask(bench, request_id, at, **more)["status"])


def signed(bench: Bench2, signature: bytes | None = None, pem: str = "", **more: Any) -> str:
    text = base64.b64encode(ecdsa() if signature is None else signature).decode()
    return update(bench, signingCertificate=pem or certificate(), signature=text, **more)


def fetch(bench: Bench2, content: bytes = FILE) -> None:
    """The download begins now, and ends well."""
    bench.run(0)
    bench.transferred(content=content)


def told(bench: Bench2, request_id: int = 5) -> list[str]:
    calls = bench.calls("FirmwareStatusNotification")
    assert all("requestId" in call for call in calls if call["status"] != "Idle")
    return [call["status"] for call in calls if call.get("requestId") == request_id]


def trigger(bench: Bench2) -> dict[str, Any]:
    bench.triggered.add("FirmwareStatusNotification")
    answer = bench.ask("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    assert answer == {"status": "Accepted"}
    return bench.calls("FirmwareStatusNotification")[-1]


def events(bench: Bench2) -> list[str]:
    """The security events that tell of firmware."""
    types = [call["type"] for call in bench.calls("SecurityEventNotification")]
    return [type_ for type_ in types if "Firmware" in type_]


# --- to the end ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["none", "ecdsa", "pss", "pkcs1"])
@pytest.mark.parametrize("bench_type", [Bench2, Bench21])
def test_an_update_to_its_end(bench_type, kind):
    bench = bench_type()
    bench.connect()
    schemes = {"pss": padding.PSS(padding.MGF1(hashes.SHA256()), 32), "pkcs1": padding.PKCS1v15()}
    if kind == "none":
        assert update(bench) == "Accepted"
    elif kind == "ecdsa":
        assert signed(bench) == "Accepted"
    else:
        signature = RSA_KEY.sign(FILE, schemes[kind], hashes.SHA256())
        assert signed(bench, signature, certificate(RSA_KEY)) == "Accepted"
    assert bench.get("ChargingStation", "FirmwareVersion") == "1.2.3"
    bench.run(0)
    [transfer] = bench.transfers
    assert (transfer.kind, transfer.url) == (TransferKind.DOWNLOAD, URL)
    fetch(bench)
    bench.run(60)
    assert told(bench) == [*(DOWNLOADED if kind == "none" else VERIFIED), *INSTALLED]
    first, second = bench.calls("BootNotification")
    assert (first["reason"], second["reason"]) == ("PowerUp", "FirmwareUpdate")
    assert second["chargingStation"]["firmwareVersion"] == "2.5.1"
    assert bench.get("ChargingStation", "FirmwareVersion") == "2.5.1"
    assert events(bench) == ["FirmwareUpdated"]
    boot = bench.actions().index("BootNotification", 1)
    assert [a for a in bench.actions()[boot:] if a.startswith("Firmware")] == [
        "FirmwareStatusNotification"
    ]


def test_schedules_are_told_and_kept():
    bench = booted()
    assert signed(bench, at=60, installDateTime=rfc3339(START + 600)) == "Accepted"
    bench.run(59)
    assert (told(bench), bench.transfers) == (["DownloadScheduled"], [])
    bench.run(1)
    fetch(bench)
    bench.run(539)
    assert told(bench) == ["DownloadScheduled", *VERIFIED, "InstallScheduled"]
    bench.run(60)
    assert told(bench)[-3:] == INSTALLED


def test_a_version_that_the_name_does_not_tell_stays():
    bench = booted()
    update(bench, location="http://files.example/new.bin?v=7.7")
    fetch(bench)
    bench.run(60)
    assert told(bench)[-1] == "Installed"
    assert bench.calls("BootNotification")[-1]["chargingStation"]["firmwareVersion"] == "1.2.3"


# --- what goes wrong -----------------------------------------------------------------------------


def test_it_tries_again_as_often_as_asked_and_gives_up():
    bench = booted()
    update(bench, retries=2, retryInterval=10)
    for _ in range(3):
        bench.run(10)
        bench.transferred("404")
    bench.run(100)
    assert len(bench.transfers) == 3
    assert told(bench) == ["Downloading", "DownloadFailed"]


def test_21_says_why():
    bench = Bench21()
    bench.connect()
    update(bench)
    bench.run(0)
    bench.transferred("the server answered 404")
    last = bench.calls("FirmwareStatusNotification")[-1]
    info = {"reasonCode": "Unspecified", "additionalInfo": "the server answered 404"}
    assert (last["status"], last["statusInfo"]) == ("DownloadFailed", info)


@pytest.mark.parametrize(
    "signature", [ecdsa(b"other"), b"", b"nonsense"], ids=["of another file", "none", "nonsense"]
)
def test_a_signature_that_does_not_hold(signature):
    bench = booted()
    assert signed(bench, signature) == "Accepted"
    fetch(bench)
    bench.run(60)
    assert told(bench) == [*DOWNLOADED, "InvalidSignature"]
    assert events(bench) == ["InvalidFirmwareSignature"]
    assert len(bench.calls("BootNotification")) == 1


def test_a_certificate_without_a_signature():
    bench = booted()
    assert update(bench, signingCertificate=certificate()) == "Accepted"
    fetch(bench)
    assert told(bench)[-1] == "InvalidSignature"


@pytest.mark.parametrize(
    "given",
    [
        {"signature": "AAAA"},
        {"signature": "AAAA", "signingCertificate": "nonsense"},
        {"signature": "AAAA", "signingCertificate": certificate(days=-5)},
    ],
    ids=["none", "nonsense", "expired"],
)
def test_a_certificate_that_cannot_be_trusted(given):
    bench = booted()
    assert update(bench, **given) == "InvalidCertificate"
    assert events(bench) == ["InvalidFirmwareSigningCertificate"]
    bench.run(60)
    assert (told(bench), bench.transfers) == ([], [])


def test_with_a_manufacturers_root_only_its_certificates_count():
    bench = booted()
    type_ = "ManufacturerRootCertificate"
    root = certificate(RSA_KEY)
    answer = bench.ask("InstallCertificate", certificateType=type_, certificate=root)
    assert answer["status"] == "Accepted"
    assert signed(bench) == "InvalidCertificate"
    assert signed(bench, pem=certificate(signer=RSA_KEY)) == "Accepted"


def test_an_invalid_certificate_cancels_nothing():
    bench = booted()
    update(bench, 1, at=10)
    assert update(bench, 2, signature="AAAA") == "InvalidCertificate"
    bench.run(10)
    fetch(bench)
    bench.run(60)
    assert told(bench, 1)[-1] == "Installed"


def test_an_empty_file_cannot_be_installed():
    bench = booted()
    signed(bench, ecdsa(b""))
    fetch(bench, b"")
    bench.run(60)
    assert told(bench) == [*VERIFIED, "Installing", "InstallVerificationFailed"]
    assert len(bench.calls("BootNotification")) == 1
    assert bench.told() == ["Available", "Unavailable", "Available"]


@pytest.mark.parametrize("field", ["retrieveDateTime", "installDateTime"])
def test_no_time_is_an_error(field):
    bench = booted()
    ask(bench, **{field: "soon"})
    assert bench.errors[-1][2]["field"] == f"firmware.{field}"


# --- one after the other -------------------------------------------------------------------------


def test_a_newer_update_cancels():
    bench = booted()
    assert update(bench, 1, at=100) == "Accepted"
    assert update(bench, 2) == "AcceptedCanceled"
    bench.run(0)
    late = bench.transfers[-1]
    assert signed(bench, request_id=3, installDateTime=rfc3339(START + 50)) == "AcceptedCanceled"
    fetch(bench)
    assert told(bench, 3) == [*VERIFIED, "InstallScheduled"]
    bench.transfers.append(late)
    bench.transferred(content=FILE)
    assert update(bench, 4) == "AcceptedCanceled"
    fetch(bench)
    bench.run(200)
    assert (told(bench, 1), told(bench, 2)) == (["DownloadScheduled"], ["Downloading"])
    assert told(bench, 3) == [*VERIFIED, "InstallScheduled"]
    assert told(bench, 4) == [*DOWNLOADED, *INSTALLED]


def test_while_it_is_installed_it_cannot_be_canceled():
    bench = booted()
    update(bench, 1)
    fetch(bench)
    bench.run(1)
    answer = ask(bench, 2)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == (
        "Rejected",
        "FwUpdateInProgress",
    )
    bench.run(60)
    assert (told(bench, 1)[-1], told(bench, 2)) == ("Installed", [])
    assert update(bench, 2) == "Accepted"


# --- transactions --------------------------------------------------------------------------------


def test_it_waits_for_transactions_and_lets_no_other_begin():
    bench = booted(ac_station(2))
    bench.charge()
    signed(bench)
    fetch(bench)
    bench.run(600)
    assert told(bench) == [*VERIFIED, "InstallScheduled"]
    assert (bench.told(1)[-1], bench.told(2)[-1]) == ("Occupied", "Unavailable")
    assert bench.start("T", evseId=2)["status"] == "Rejected"
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    bench.run(6)
    assert told(bench)[-1] == "Installing"
    assert bench.start("T", evseId=2)["status"] == "Rejected"
    bench.run(60)
    assert told(bench)[-1] == "Installed"
    assert bench.told(2)[-1] == "Available"
    assert bench.start("T", evseId=2)["status"] == "Accepted"


def test_it_waits_for_a_token_that_waits_for_its_car():
    bench = booted()
    bench.configure(TxCtrlr_TxStartPoint="PowerPathClosed")
    assert bench.start()["status"] == "Accepted"
    update(bench)
    fetch(bench)
    bench.run(0)
    assert (told(bench)[-1], bench.events()) == ("InstallScheduled", [])


def test_it_waits_and_lets_others_begin_if_it_may():
    bench = booted(ac_station(2))
    bench.configure(**{f"ChargingStation_{ALLOW}": True})
    bench.charge()
    first = bench.transaction
    update(bench)
    fetch(bench)
    bench.run(60)
    assert bench.told(2)[-1] == "Available"
    bench.charge("T", connector=2)
    bench.ask("RequestStopTransaction", transactionId=first)
    bench.run(60)
    assert told(bench) == [*DOWNLOADED, "InstallScheduled"]
    bench.ask("RequestStopTransaction", transactionId=bench.transaction)
    bench.run(60)
    assert told(bench)[-3:] == INSTALLED


def test_a_canceled_update_gives_the_station_back():
    bench = booted(ac_station(2))
    bench.charge()
    update(bench, 1)
    fetch(bench)
    bench.run(1)
    assert bench.told(2)[-1] == "Unavailable"
    assert update(bench, 2, at=1000) == "AcceptedCanceled"
    bench.run(0)
    assert bench.told(2)[-1] == "Available"


# --- reboots and lost links ----------------------------------------------------------------------


def reset(bench: Bench2) -> None:
    assert bench.ask("Reset", type="Immediate")["status"] == "Accepted"
    bench.run(20)


@pytest.mark.parametrize(
    ("run", "failed"),
    [(-1, "DownloadFailed"), (1, "InstallationFailed")],
    ids=["download", "install"],
)
def test_a_reset_breaks_it_off(run, failed):
    bench = booted()
    update(bench)
    bench.run(0)
    if run > 0:
        fetch(bench)
        bench.run(run)
    reset(bench)
    bench.run(60)
    assert told(bench)[-1] == failed
    bench.transferred(content=FILE)
    bench.run(60)
    assert told(bench)[-1] == failed
    assert bench.calls("BootNotification")[-1]["chargingStation"]["firmwareVersion"] == "1.2.3"
    assert bench.start("T")["status"] == "Accepted"


def test_what_is_planned_goes_on_after_a_reset():
    bench = booted()
    signed(bench, at=60, installDateTime=rfc3339(START + 600))
    reset(bench)
    bench.run(40)
    fetch(bench)
    reset(bench)
    bench.run(600)
    assert told(bench) == ["DownloadScheduled", *VERIFIED, "InstallScheduled", *INSTALLED]


def test_a_power_cut_at_the_last_moment_is_a_reboot_too():
    bench = booted()
    update(bench)
    fetch(bench)
    bench.run(10.5)
    assert told(bench)[-1] == "InstallRebooting"
    bench.command("fault-injection", fault_type="PowerLoss")
    bench.run(600)
    assert told(bench)[-1] == "Installed"


def test_what_happens_offline_is_told_later():
    bench = booted()
    update(bench)
    bench.run(0)
    bench.disconnect()
    bench.transferred("no route")
    bench.run(10)
    bench.connect()
    assert told(bench) == ["Downloading", "DownloadFailed"]


def test_it_is_installed_offline_too():
    bench = booted()
    signed(bench)
    bench.run(0)
    bench.disconnect()
    bench.transferred(content=FILE)
    bench.run(60)
    bench.connect()
    assert told(bench) == ["Downloading", "Installed"]
    assert events(bench) == ["FirmwareUpdated"]
    assert bench.calls("BootNotification")[-1]["reason"] == "FirmwareUpdate"


# --- triggered -----------------------------------------------------------------------------------


def test_triggered_it_tells_the_last_status():
    bench = booted()
    assert trigger(bench) == {"status": "Idle"}
    update(bench, 1)
    bench.run(0)
    assert trigger(bench) == {"status": "Downloading", "requestId": 1}
    bench.transferred("404")
    assert trigger(bench) == {"status": "DownloadFailed", "requestId": 1}
    update(bench, 2)
    fetch(bench)
    bench.run(60)
    assert told(bench, 2)[-1] == "Installed"
    assert trigger(bench) == {"status": "Idle"}


def test_the_station_is_no_local_controller():
    for bench in (Bench2().connect(), Bench21().connect()):
        publish = {"location": URL, "checksum": "0" * 32, "requestId": 1}
        bench.ask("PublishFirmware", **publish)
        bench.ask("UnpublishFirmware", checksum="0" * 32)
        assert [code for code, _, _ in bench.errors] == ["NotSupported", "NotSupported"]
        asked = "PublishFirmwareStatusNotification"
        answer = bench.ask("TriggerMessage", requestedMessage=asked)
        assert answer["status"] == "NotImplemented"
