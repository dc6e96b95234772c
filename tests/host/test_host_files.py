"""Files all the way: a CSMS asks over its socket, the host fetches and delivers over HTTP, and the
station tells how it went. Everything but the clock is real."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from file_server import Server, http, serving
from host_doubles import Bench, FakeCsms, assignment

from voltfleet.domain.hosting import Assignment, ConnectionState
from voltfleet.domain.timestamps import rfc3339
from voltfleet.host import stations
from voltfleet.station.station import ChargingStation

PATH = "/ocpp/CP1"
FIRMWARE = b"firmware" * 1000
STATUSES = {
    "FirmwareStatusNotification",
    "DiagnosticsStatusNotification",
    "LogStatusNotification",
}


class Csms(FakeCsms):
    """Answers what a station sends; ``told`` are the statuses of files, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.answers: dict[str, dict[str, Any]] = {}
        self.told: list[str] = []
        self.boots: list[dict[str, Any]] = []

    def answer(self, text: str) -> str | None:
        kind, unique_id, *rest = json.loads(text)
        if kind == 3:
            self.answers[unique_id] = rest[0]
        if kind != 2:
            return None
        action, payload = rest
        if action in STATUSES:
            self.told.append(payload["status"])
        answer: dict[str, Any] = {}
        if action == "BootNotification":
            self.boots.append(payload)
            now = rfc3339(1_900_000_000.0)
            answer = {"status": "Accepted", "interval": 3600, "currentTime": now}
        return json.dumps([3, unique_id, answer])

    async def ask(self, action: str, **payload: Any) -> dict[str, Any]:
        self.asked += 1
        unique_id = f"csms-{self.asked}"
        await self.sockets[PATH].send(json.dumps([2, unique_id, action, payload]))
        await self.changes.until(lambda: unique_id in self.answers)
        return self.answers[unique_id]

    async def hears(self, *statuses: str) -> None:
        await self.changes.until(lambda: self.told[-len(statuses) :] == list(statuses))


class RealBench(Bench):
    """A host of real stations; ``station`` is the one that was built last."""

    station: ChargingStation

    def _build(self, assignment: Assignment, now: float) -> Any:
        self.station = stations.build(assignment, now)
        return self.station


@asynccontextmanager
async def running(version: str, answer: bytes) -> AsyncIterator[tuple[RealBench, Csms, Server]]:
    """A station of that version, online, and a server that has one answer to everything."""
    csms = Csms()
    csms.subprotocols = [{"OCPP1.6": "ocpp1.6", "OCPP2.0.1": "ocpp2.0.1"}[version]]
    await csms.start()
    bench = RealBench()
    bench.host.start()
    try:
        bench.host.assign(assignment(csms.ws_url, ocpp_version=version))
        await bench.state("CP1", ConnectionState.ONLINE)
        async with serving(answer) as files:
            yield bench, csms, files
    finally:
        bench.host.fence()
        bench.host.stop()
        await csms.kill()


def log(files: Server, path: str = "logs/") -> dict[str, Any]:
    location = f"http://127.0.0.1:{files.port}/{path}"
    return {"log": {"remoteLocation": location}, "logType": "DiagnosticsLog", "requestId": 1}


async def test_16_diagnostics():
    async with running("OCPP1.6", http("201 Created")) as (_, csms, files):
        location = f"http://127.0.0.1:{files.port}/logs"
        answer = await csms.ask("GetDiagnostics", location=location)
        await csms.hears("Uploading", "Uploaded")
        [request] = files.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"PUT /logs/{answer['fileName']} HTTP/1.1\r\n".encode())
    assert b"\nconnector 1: Available since " in body
    assert b" online\n" in body


@pytest.mark.parametrize("version", ["OCPP1.6", "OCPP2.0.1"])
async def test_a_log(version):
    async with running(version, http("201 Created")) as (_, csms, files):
        answer = await csms.ask("GetLog", **log(files))
        assert answer["status"] == "Accepted"
        await csms.hears("Uploading", "Uploaded")
        [request] = files.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"PUT /logs/{answer['filename']} HTTP/1.1\r\n".encode())
    assert b"\r\ncontent-type: application/octet-stream" in head.lower()
    assert b" EVSE 1, connector 1: Available\n" in body
    assert b" online\n" in body


async def test_a_log_that_the_server_does_not_take():
    async with running("OCPP2.0.1", http("403 Forbidden")) as (_, csms, files):
        await csms.ask("GetLog", **log(files))
        await csms.hears("Uploading", "PermissionDenied")
        assert len(files.requests) == 1


async def finish(bench: RealBench, csms: Csms) -> None:
    """Until the station is up again after the update."""
    await csms.hears("Downloaded", "Installing")
    bench.clock.advance(10)
    await csms.changes.until(lambda: "InstallRebooting" in csms.told or csms.live[PATH] == 0)
    bench.clock.advance(1)
    await csms.changes.until(lambda: csms.live[PATH] == 0)
    bench.clock.advance(120)
    await csms.changes.until(lambda: "Installed" in csms.told)


async def test_firmware_of_201():
    async with running("OCPP2.0.1", http("200 OK", FIRMWARE)) as (bench, csms, files):
        url = f"http://127.0.0.1:{files.port}/acme-9.8.7.bin"
        firmware = {"location": url, "retrieveDateTime": rfc3339(0)}
        answer = await csms.ask("UpdateFirmware", requestId=3, firmware=firmware)
        assert answer == {"status": "Accepted"}
        await finish(bench, csms)
        assert files.requests[0].startswith(b"GET /acme-9.8.7.bin HTTP/1.1\r\n")
    statuses = ["Downloading", "Downloaded", "Installing", "InstallRebooting", "Installed"]
    assert csms.told == statuses
    assert [boot["reason"] for boot in csms.boots] == ["PowerUp", "FirmwareUpdate"]
    assert csms.boots[-1]["chargingStation"]["firmwareVersion"] == "9.8.7"


async def test_firmware_of_201_that_is_not_there():
    async with running("OCPP2.0.1", http("404 Not Found")) as (bench, csms, files):
        url = f"http://127.0.0.1:{files.port}/acme-9.8.7.bin"
        firmware = {"location": url, "retrieveDateTime": rfc3339(0)}
        request = {"requestId": 3, "firmware": firmware, "retries": 1, "retryInterval": 30}
        await csms.ask("UpdateFirmware", **request)
        await bench.until(lambda: len(files.requests) == 1)
        await bench.until(lambda: bench.station._ctx.timers.running(("DOWNLOAD", 0)))
        bench.clock.advance(30)
        await csms.hears("Downloading", "DownloadFailed")
        assert len(files.requests) == 2
