"""A CSMS that remembers every message, takes everything, and answers as one that knows OCPP's
retransmissions: the same StartTransaction twice is one transaction.

It runs in a thread of its own, beside the processes under test.
"""

import asyncio
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

# Sent after each boot: a meter value every second.
_SAMPLE_EVERY_SECOND = {
    "ocpp1.6": (
        "ChangeConfiguration",
        {"key": "MeterValueSampleInterval", "value": "1"},
    ),
    "ocpp2.0.1": (
        "SetVariables",
        {
            "setVariableData": [
                {
                    "attributeValue": "1",
                    "component": {"name": "SampledDataCtrlr"},
                    "variable": {"name": "TxUpdatedInterval"},
                }
            ]
        },
    ),
}
_ENERGY = "Energy.Active.Import.Register"
_METERED = ("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")


@dataclass(frozen=True)
class Call:
    """One CALL of a station, without repetitions of the same payload."""

    identity: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Transaction:
    """For whom it was, and why it ended; an end that was told in two ways is two."""

    id_token: str | None
    ends: list[str]


@dataclass
class RecordingCsms:
    """``calls`` are in the order of arrival, each payload once per station; boots and
    authorizations are only counted."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    sockets: Counter[str] = field(default_factory=Counter)
    doubled: set[str] = field(default_factory=set)
    boots: Counter[str] = field(default_factory=Counter)
    authorized: set[str] = field(default_factory=set)
    _seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    _transactions: int = 0

    @property
    def ws_url(self) -> str:
        """Where chargers dial."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    def of(self, identity: str, *actions: str) -> list[dict[str, Any]]:
        """The payloads of a station's calls of these actions."""
        mine = [call for call in list(self.calls) if call.identity == identity]
        return [call.payload for call in mine if call.action in actions]

    async def talk(self, socket: ServerConnection) -> None:
        """One station."""
        assert socket.request is not None
        identity = socket.request.path.rsplit("/", 1)[-1]
        self.sockets[identity] += 1
        if self.sockets[identity] > 1:
            self.doubled.add(identity)
        try:
            async for text in socket:
                kind, unique_id, *rest = json.loads(text)
                if kind == 2:
                    answer = self.hear(identity, *rest)
                    await socket.send(json.dumps([3, unique_id, answer]))
                    if rest[0] == "BootNotification":
                        action, payload = _SAMPLE_EVERY_SECOND[str(socket.subprotocol)]
                        await socket.send(json.dumps([2, f"set-{identity}", action, payload]))
        except ConnectionClosed:
            pass
        finally:
            self.sockets[identity] -= 1

    def hear(self, identity: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What it says to a call."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        match action:
            case "BootNotification":
                self.boots[identity] += 1
                return {"currentTime": now, "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize":
                self.authorized.add(identity)
                key = "idTokenInfo" if "idToken" in payload else "idTagInfo"
                return {key: {"status": "Accepted"}}
            case _:
                key = f"{identity} {action} {json.dumps(payload, sort_keys=True)}"
                if key not in self._seen:
                    self.calls.append(Call(identity, action, payload))
                    self._seen[key] = self._answer(action)
                return self._seen[key]

    def _answer(self, action: str) -> dict[str, Any]:
        if action == "StartTransaction":
            self._transactions += 1
            return {"idTagInfo": {"status": "Accepted"}, "transactionId": self._transactions}
        return {}

    def transactions_v16(self, identity: str) -> list["Transaction"]:
        """OCPP 1.6: a station's transactions, in the order in which they began."""
        stops = self.of(identity, "StopTransaction")
        found = []
        for start in self.of(identity, "StartTransaction"):
            key = f"{identity} StartTransaction {json.dumps(start, sort_keys=True)}"
            number = self._seen[key]["transactionId"]
            ends = [stop for stop in stops if stop["transactionId"] == number]
            found.append(
                Transaction(start["idTag"], [stop.get("reason", "Local") for stop in ends])
            )
        return found

    def transactions_v2(self, identity: str) -> list["Transaction"]:
        """OCPP 2.x: a station's transactions, in the order in which they began."""
        return [
            Transaction(
                next((e["idToken"]["idToken"] for e in events if "idToken" in e), None),
                [
                    event["transactionInfo"].get("stoppedReason", "Local")
                    for event in events
                    if event["eventType"] == "Ended"
                ],
            )
            for events in self.events(identity).values()
        ]

    def events(self, identity: str) -> dict[str, list[dict[str, Any]]]:
        """OCPP 2.x: the events of a station's transactions, by the transactions' ids."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self.of(identity, "TransactionEvent"):
            found[event["transactionInfo"]["transactionId"]].append(event)
        return found

    def registers(self, identity: str) -> list[float]:
        """Every meter reading of a station, in Wh, by the time at which it was taken."""
        found: list[tuple[str, float]] = []
        for payload in self.of(identity, *_METERED):
            found += [
                (payload["timestamp"], payload[key])
                for key in ("meterStart", "meterStop")
                if key in payload
            ]
            for value in [*payload.get("meterValue", []), *payload.get("transactionData", [])]:
                found += [
                    (value["timestamp"], _watt_hours(sample))
                    for sample in value["sampledValue"]
                    if sample.get("measurand", _ENERGY) == _ENERGY and "phase" not in sample
                ]
        return [register for _, register in sorted(found, key=lambda reading: reading[0])]


def _watt_hours(sample: dict[str, Any]) -> float:
    unit = sample.get("unit") or sample.get("unitOfMeasure", {}).get("unit", "Wh")
    return float(sample["value"]) * (1000 if unit == "kWh" else 1)


@contextmanager
def recording_csms() -> Iterator[RecordingCsms]:
    """One on a free port of 127.0.0.1."""
    csms, started, stop = RecordingCsms(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        options: Any = {"subprotocols": list(_SAMPLE_EVERY_SECOND), "compression": None}
        async with serve(csms.talk, "127.0.0.1", 0, ping_interval=None, **options) as server:
            csms.port = next(iter(server.sockets)).getsockname()[1]
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert started.wait(10)
    try:
        yield csms
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
