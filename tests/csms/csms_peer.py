"""A charger's side of a socket for the tests of the demo CSMS: the websockets library's own client,
and the JSON schemas of the `ocpp` wheel held against everything the CSMS says."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import ocpp
import pytest
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from voltfleet.csms.server import Csms

WAIT_SECONDS = 10
FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}

BOOT_16 = {"chargePointVendor": "Volt", "chargePointModel": "One", "firmwareVersion": "1.2"}
BOOT_2 = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "Volt", "model": "Two", "firmwareVersion": "2.0"},
}


@cache
def schema(version: str, name: str) -> Any:
    folder = Path(ocpp.__file__).parent / FOLDERS[version] / "schemas"
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8-sig"))


@cache
def validator(version: str, name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema(version, name))


def request_name(version: str, action: str) -> str:
    return action if version == "ocpp1.6" else f"{action}Request"


class Station:
    """A charger that says what it is told to."""

    def __init__(self, socket: ClientConnection, version: str) -> None:
        self.socket = socket
        self.version = version
        self._ids = itertools.count(1)

    async def say(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def hear(self) -> Any:
        async with asyncio.timeout(WAIT_SECONDS):
            return json.loads(await self.socket.recv())

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A CALL that must be answered well, as the schema of the response says."""
        answer = await self.try_call(action, payload)
        assert answer[0] == 3, answer
        validator(self.version, f"{action}Response").validate(answer[2])
        return answer[2]

    async def try_call(self, action: str, payload: Any) -> list[Any]:
        """A CALL that may be answered with an error; the whole frame."""
        unique_id = f"m{next(self._ids)}"
        await self.say(json.dumps([2, unique_id, action, payload]))
        answer = await self.hear()
        assert answer[1] == unique_id
        return answer

    async def asked(self) -> tuple[str, str, dict[str, Any]]:
        """The next CALL of the CSMS, which must be as its schema says: id, action, payload."""
        kind, unique_id, action, payload = await self.hear()
        assert kind == 2
        validator(self.version, request_name(self.version, action)).validate(payload)
        return unique_id, action, payload

    async def answer(self, unique_id: str, payload: dict[str, Any]) -> None:
        await self.say(json.dumps([3, unique_id, payload]))

    async def boot(self) -> dict[str, Any]:
        return await self.call("BootNotification", BOOT_16 if self.version == "ocpp1.6" else BOOT_2)

    async def status(self, evse_id: int, status: str, connector_id: int = 1) -> None:
        at = "2026-01-01T00:00:00Z"
        if self.version == "ocpp1.6":
            payload: dict[str, Any] = {"connectorId": evse_id, "errorCode": "NoError"}
            await self.call("StatusNotification", payload | {"status": status, "timestamp": at})
        else:
            payload = {"evseId": evse_id, "connectorId": connector_id, "timestamp": at}
            await self.call("StatusNotification", payload | {"connectorStatus": status})


@asynccontextmanager
async def running(csms: Csms) -> AsyncIterator[int]:
    port = await csms.start()
    try:
        yield port
    finally:
        await csms.stop()


@asynccontextmanager
async def station(
    port: int, identity: str = "CP-1", version: str = "ocpp1.6"
) -> AsyncIterator[Station]:
    url = f"ws://127.0.0.1:{port}/ocpp/{identity}"
    async with connect(url, subprotocols=[version], compression=None) as socket:  # type: ignore[list-item]
        yield Station(socket, version)


def on_both_loops(scenario: Callable[[Csms, int], Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on asyncio's own loop and on uvloop, whose transports differ."""

    async def main() -> None:
        csms = Csms()
        async with running(csms) as port:
            await scenario(csms, port)

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
    def test(run: Callable[[Any], None]) -> None:
        run(main())

    return test


async def until(condition: Any) -> None:
    """Let the event loop run until something is so. Everything here is in one loop, on loopback,
    so nothing but the loop's own turns is waited for."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 - nobody sets an event for the tests
            await asyncio.sleep(0)


async def exchange(port: int, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """One HTTP exchange by hand: status, headers, body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    async with asyncio.timeout(WAIT_SECONDS):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert int(headers["content-length"]) == len(body)
    return int(first.split()[1]), headers, body


async def get(port: int, path: str) -> Any:
    """A GET that must go well and give JSON."""
    status, headers, body = await exchange(port, _request("GET", path))
    assert status == 200, body
    assert headers["content-type"] == "application/json"
    return json.loads(body)


async def post(port: int, path: str, body: bytes = b"", headers: str = "") -> tuple[int, Any]:
    """A POST: its status and JSON."""
    length = f"Content-Length: {len(body)}\r\n{headers}"
    status, _, answer = await exchange(port, _request("POST", path, length) + body)
    return status, json.loads(answer)


def _request(method: str, path: str, headers: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:1\r\n{headers}\r\n".encode()
