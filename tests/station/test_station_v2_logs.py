"""OCPP 2.x block N: logs (N01)."""

from typing import Any

import pytest
from bench2 import Bench2, Bench21, booted
from bench16 import START

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.reports import TransferKind, TransferResult

URL = "http://files.example/logs/"


def get_log(
    bench: Bench2,
    request_id: int = 1,
    type_: str = "DiagnosticsLog",
    url: str = URL,
    window: tuple[float | None, float | None] = (None, None),
    **more: Any,
) -> dict[str, Any]:
    log = {"remoteLocation": url}
    for name, at in zip(("oldestTimestamp", "latestTimestamp"), window, strict=True):
        if at is not None:
            log[name] = rfc3339(START + at)
    answer = bench.ask("GetLog", log=log, logType=type_, requestId=request_id, **more)
    bench.run(0)
    return answer


def told(bench: Bench2) -> list[tuple[str, int | None]]:
    calls = bench.calls("LogStatusNotification")
    return [(call["status"], call.get("requestId")) for call in calls]


def text(bench: Bench2) -> str:
    return bench.transfers[-1].content.decode()


def end(bench: Bench2, failure: str | None = None, http_status: int = 200) -> None:
    result = TransferResult(failure, http_status=http_status)
    bench.station.transferred(bench.transfers[-1].id, result, bench.now)
    bench.settle()


@pytest.mark.parametrize("bench_type", [Bench2, Bench21])
def test_diagnostics(bench_type):
    bench = bench_type().connect()
    bench.charge()
    answer = get_log(bench, 7)
    assert answer == {"status": "Accepted", "filename": answer["filename"]}
    transfer = bench.transfers[-1]
    assert (transfer.kind, transfer.url) == (TransferKind.UPLOAD, URL + answer["filename"])
    assert told(bench) == [("Uploading", 7)]
    end(bench)
    assert told(bench) == [("Uploading", 7), ("Uploaded", 7)]
    lines = text(bench).splitlines()
    assert "OCPPCommCtrlr.OfflineThreshold = 60" in lines
    assert any(line.startswith("EVSE 1, connector 1: Occupied since ") for line in lines)
    happened = [line.partition("Z ")[2] for line in lines[lines.index("") + 1 :]]
    assert happened == [
        "EVSE 1, connector 1: Available",
        "connected",
        "online",
        "a transaction starts at EVSE 1: RemoteStart",
        "EVSE 1, connector 1: Occupied",
        "EVSE 1, connector 1: Occupied, charging",
    ]


def test_diagnostics_hold_no_secret():
    bench = booted()
    assert bench.set("SecurityCtrlr", "BasicAuthPassword", "ABAB" * 8) == "Accepted"
    get_log(bench)
    assert "ABAB" not in text(bench)


def test_the_security_log():
    bench = booted()
    answer = get_log(bench, type_="SecurityLog")
    assert answer["filename"].startswith("security-CP-1-")
    assert text(bench).split(" ", 1)[1] == "StartupOfTheDevice\n"


def test_only_of_the_time_asked_about():
    bench = booted()
    bench.run(100)
    bench.disconnect()
    bench.run(100)
    bench.connect()
    get_log(bench, window=(50, 150))
    happened = text(bench).partition("\n\n")[2].splitlines()
    assert [line.partition("Z ")[2] for line in happened] == ["disconnected"]
    assert get_log(bench, type_="SecurityLog", window=(None, 50))["status"] == "AcceptedCanceled"
    assert "StartupOfTheDevice" in text(bench)


@pytest.mark.parametrize("type_", ["DiagnosticsLog", "SecurityLog"])
@pytest.mark.parametrize("window", [(None, -50), (50, None), (50, 60)])
def test_nothing_happened_then(type_, window):
    bench = booted()
    bench.run(100)
    answer = get_log(bench, type_=type_, window=window)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotFound")
    assert "filename" not in answer
    assert (bench.transfers, told(bench)) == ([], [])


def test_21_knows_a_log_that_this_station_does_not_have():
    bench = Bench21().connect()
    assert get_log(bench, type_="DataCollectorLog")["status"] == "Rejected"


@pytest.mark.parametrize("field", ["oldestTimestamp", "latestTimestamp"])
def test_no_time_is_an_error(field):
    bench = booted()
    log = {"remoteLocation": URL, field: "soon"}
    bench.ask("GetLog", log=log, logType="SecurityLog", requestId=1)
    assert bench.errors[-1][2]["field"] == f"log.{field}"


def test_a_newer_request_cancels():
    bench = booted()
    get_log(bench, 1)
    late = bench.transfers[-1]
    assert get_log(bench, 2, "SecurityLog")["status"] == "AcceptedCanceled"
    bench.transfers.append(late)
    end(bench)
    del bench.transfers[-1]
    end(bench)
    expected = [("Uploading", 1), ("AcceptedCanceled", 1), ("Uploading", 2), ("Uploaded", 2)]
    assert told(bench) == expected


def test_a_rejected_request_cancels_nothing():
    bench = booted()
    get_log(bench, 1)
    assert get_log(bench, 2, window=(None, -50))["status"] == "Rejected"
    end(bench)
    assert told(bench) == [("Uploading", 1), ("Uploaded", 1)]


def test_it_tries_again_as_often_as_asked():
    bench = booted()
    get_log(bench, retries=2, retryInterval=10)
    for _ in range(3):
        end(bench, "the server answered 500", 500)
        bench.run(10)
    assert len(bench.transfers) == 3
    assert [status for status, _ in told(bench)] == ["Uploading", "UploadFailure"]


@pytest.mark.parametrize(
    ("url", "http_status", "status"),
    [
        (URL, 0, "UploadFailure"),
        (URL, 400, "BadMessage"),
        (URL, 403, "PermissionDenied"),
        (URL, 501, "NotSupportedOperation"),
        ("sftp://files.example/", 0, "NotSupportedOperation"),
    ],
)
def test_a_failure_is_told_as_precisely_as_it_is_known(url, http_status, status):
    bench = Bench21().connect()
    get_log(bench, url=url)
    end(bench, "it does not work", http_status)
    last = bench.calls("LogStatusNotification")[-1]
    assert (last["status"], last["requestId"]) == (status, 1)
    assert last["statusInfo"]["additionalInfo"] == "it does not work"


def test_a_reset_breaks_it_off():
    bench = booted()
    get_log(bench, 4)
    bench.ask("Reset", type="Immediate")
    bench.run(20)
    assert told(bench) == [("Uploading", 4), ("UploadFailure", 4)]
    end(bench)
    assert told(bench)[-1] == ("UploadFailure", 4)
    assert get_log(bench, 5)["status"] == "Accepted"


def test_what_happens_offline_is_told_later():
    bench = booted()
    get_log(bench, 4)
    bench.disconnect()
    end(bench)
    bench.run(10)
    bench.connect()
    assert told(bench) == [("Uploading", 4), ("Uploaded", 4)]


def test_triggered():
    bench = booted()

    def trigger() -> None:
        asked = "LogStatusNotification"
        assert bench.ask("TriggerMessage", requestedMessage=asked) == {"status": "Accepted"}

    trigger()
    get_log(bench, 4)
    trigger()
    end(bench)
    trigger()
    expected = [("Idle", None), ("Uploading", 4), ("Uploading", 4), ("Uploaded", 4), ("Idle", None)]
    assert told(bench) == expected


def test_a_journal_forgets_the_oldest():
    bench = booted()
    for _ in range(60):
        bench.disconnect()
        bench.connect()
    get_log(bench)
    happened = text(bench).partition("\n\n")[2]
    assert 3000 < len(happened.encode()) <= 4096
    assert happened.startswith("2030-")
    assert "Available" not in happened
