"""A CSMS by others, as a strict judge: the PyPI `ocpp` library with its schema validation on, over
the `websockets` library's own server. It shares no line of code with what it judges.

    async with OcppCsms() as csms:
        ...                              # have chargers dial csms.url
        peer = await csms.booted("CP-1")
        await peer.charge(meter_values=2)
        assert csms.violations == []

Beyond the schemas it holds against a charger: a message that is no OCPP-J frame, a second CALL
before the first is answered, a message id used twice on one connection, an answer to nothing that
was asked, any CALL before BootNotification has been accepted, and a second live socket.

The library's read loop stands still while a handler runs, so a handler that calls out waits for
ever. Everything here that asks a charger for something is called from outside the handlers.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType, TracebackType
from typing import Any, Self

from ocpp import v16, v21, v201
from ocpp.routing import on
from ocpp_judge import Judge, Recorder, Wire
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

ID_TOKEN = "JUDGE-1"


def accept(peer: Any, results: ModuleType) -> Any:
    """The answer to BootNotification, as the CSMS is set just now."""
    status = peer.csms.boot_status
    peer.wire.accepted = status == "Accepted"
    return results.BootNotification(current_time=now(), interval=peer.csms.interval, status=status)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def thank_for(actions: str, results: ModuleType) -> Callable[[type], type]:
    """Have a class answer notifications, which want nothing but an empty result."""

    def decorate(peer: type) -> type:
        for action in actions.split():
            result = getattr(results, action)

            def thank(_self: Any, result: Any = result, **_payload: Any) -> Any:
                return result()

            thank.__name__ = f"thank_for_{action}"
            setattr(peer, thank.__name__, on(action)(thank))
        return peer

    return decorate


@thank_for(
    "StatusNotification MeterValues DiagnosticsStatusNotification FirmwareStatusNotification "
    "LogStatusNotification SecurityEventNotification SignedFirmwareStatusNotification",
    v16.call_result,
)
class Peer16(Judge, v16.ChargePoint):  # type: ignore[misc]
    """A Charge Point of 1.6, as its Central System sees it."""

    calls = v16.call
    version = "ocpp1.6"

    def __init__(self, csms: "OcppCsms", wire: Wire) -> None:
        super().__init__(csms, wire)
        self.transaction_ids: dict[int, list[int]] = {}

    @on("BootNotification")
    def on_boot(self, **_payload: Any) -> Any:
        return accept(self, v16.call_result)

    @on("Heartbeat")
    def on_heartbeat(self, **_payload: Any) -> Any:
        return v16.call_result.Heartbeat(current_time=now())

    @on("Authorize")
    def on_authorize(self, **_payload: Any) -> Any:
        return v16.call_result.Authorize(id_tag_info={"status": "Accepted"})

    @on("DataTransfer")
    def on_data_transfer(self, **_payload: Any) -> Any:
        return v16.call_result.DataTransfer(status="UnknownVendorId")

    @on("StartTransaction")
    def on_start_transaction(self, connector_id: int, **_payload: Any) -> Any:
        self.csms.transactions += 1
        self.transaction_ids.setdefault(connector_id, []).append(self.csms.transactions)
        return v16.call_result.StartTransaction(
            transaction_id=self.csms.transactions, id_tag_info={"status": "Accepted"}
        )

    @on("StopTransaction")
    def on_stop_transaction(self, **_payload: Any) -> Any:
        return v16.call_result.StopTransaction()

    async def charge(self, connector_id: int = 1, meter_values: int = 2) -> dict[str, Any]:
        """A whole transaction from remote start to remote stop; returns the StopTransaction."""
        ids = self.transaction_ids.setdefault(connector_id, [])
        earlier = len(ids)
        started = await self.ask(
            v16.call.RemoteStartTransaction(id_tag=ID_TOKEN, connector_id=connector_id)
        )
        assert started.status == "Accepted", started
        await self.recorder.until(lambda: len(ids) > earlier)
        transaction_id = ids[earlier]
        await self.recorder.until(lambda: len(self.values_of(transaction_id)) >= meter_values)
        stopped = await self.ask(v16.call.RemoteStopTransaction(transaction_id=transaction_id))
        assert stopped.status == "Accepted", stopped
        await self.recorder.until(lambda: self._stops(transaction_id))
        return dict(self._stops(transaction_id)[0])

    async def reset(self, kind: str = "Soft") -> str:
        return str((await self.ask(v16.call.Reset(type=kind))).status)

    async def configuration(self, *keys: str) -> dict[str, str | None]:
        """GetConfiguration: the values of these keys, or of all."""
        answer = await self.ask(v16.call.GetConfiguration(key=list(keys) or None))
        return {entry["key"]: entry.get("value") for entry in answer.configuration_key or ()}

    async def trigger(self, message: str, connector_id: int | None = None) -> str:
        """TriggerMessage; the answer's status."""
        request = v16.call.TriggerMessage(requested_message=message, connector_id=connector_id)
        return str((await self.ask(request)).status)

    async def change_availability(self, *, operative: bool, connector_id: int = 0) -> str:
        """ChangeAvailability; the answer's status."""
        kind = "Operative" if operative else "Inoperative"
        request = v16.call.ChangeAvailability(connector_id=connector_id, type=kind)
        return str((await self.ask(request)).status)

    def _stops(self, transaction_id: int) -> list[Any]:
        return [s for s in self.said("StopTransaction") if s["transactionId"] == transaction_id]

    def statuses(self, connector_id: int) -> list[str]:
        """What was said of that connector, oldest first."""
        said = self.said("StatusNotification")
        return [s["status"] for s in said if s["connectorId"] == connector_id]

    def values_of(self, transaction_id: int) -> list[Any]:
        """The MeterValues of a transaction."""
        return [v for v in self.said("MeterValues") if v.get("transactionId") == transaction_id]


class _Peer2(Judge):
    """A Charging Station of 2.0.1 or 2.1."""

    results: ModuleType

    @on("BootNotification")
    def on_boot(self, **_payload: Any) -> Any:
        return accept(self, self.results)

    @on("Heartbeat")
    def on_heartbeat(self, **_payload: Any) -> Any:
        return self.results.Heartbeat(current_time=now())

    @on("Authorize")
    def on_authorize(self, **_payload: Any) -> Any:
        return self.results.Authorize(id_token_info={"status": "Accepted"})

    @on("DataTransfer")
    def on_data_transfer(self, **_payload: Any) -> Any:
        return self.results.DataTransfer(status="UnknownVendorId")

    @on("TransactionEvent")
    def on_transaction_event(self, id_token: Any = None, **_payload: Any) -> Any:
        if id_token is None:
            return self.results.TransactionEvent()
        return self.results.TransactionEvent(id_token_info={"status": "Accepted"})

    async def charge(self, evse_id: int = 1, meter_values: int = 2) -> list[dict[str, Any]]:
        """A whole transaction from remote start to remote stop; returns its events."""
        self.csms.transactions += 1
        remote_start_id = self.csms.transactions
        started = await self.ask(
            self.calls.RequestStartTransaction(
                id_token={"idToken": ID_TOKEN, "type": "Central"},
                remote_start_id=remote_start_id,
                evse_id=evse_id,
            )
        )
        assert started.status == "Accepted", started
        await self.recorder.until(lambda: self.transaction_of(remote_start_id))
        transaction_id = self.transaction_of(remote_start_id) or ""
        await self.recorder.until(lambda: self._readings(transaction_id) >= meter_values)
        stopped = await self.ask(self.calls.RequestStopTransaction(transaction_id=transaction_id))
        assert stopped.status == "Accepted", stopped
        await self.recorder.until(
            lambda: self.events_of(transaction_id)[-1]["eventType"] == "Ended"
        )
        return self.events_of(transaction_id)

    async def reset(self, kind: str = "Immediate") -> str:
        return str((await self.ask(self.calls.Reset(type=kind))).status)

    async def variables(self, *names: tuple[str, str]) -> list[str | None]:
        """GetVariables: the actual values of these (component, variable)."""
        wanted = [{"component": {"name": c}, "variable": {"name": v}} for c, v in names]
        answer = await self.ask(self.calls.GetVariables(get_variable_data=wanted))
        return [result.get("attribute_value") for result in answer.get_variable_result]

    async def base_report(self, request_id: int, base: str = "FullInventory") -> list[Any]:
        """GetBaseReport: the parts of the report that follows."""
        request = self.calls.GetBaseReport(request_id=request_id, report_base=base)
        assert (await self.ask(request)).status == "Accepted"
        await self.recorder.until(
            lambda: any(not p.get("tbc", False) for p in self._report(request_id))
        )
        return self._report(request_id)

    async def trigger(self, message: str, evse_id: int | None = None) -> str:
        """TriggerMessage; the answer's status."""
        evse = {"id": evse_id, "connectorId": 1} if evse_id is not None else None
        request = self.calls.TriggerMessage(requested_message=message, evse=evse)
        return str((await self.ask(request)).status)

    async def change_availability(self, *, operative: bool, evse_id: int | None = None) -> str:
        """ChangeAvailability; the answer's status."""
        status = "Operative" if operative else "Inoperative"
        evse = {"id": evse_id} if evse_id is not None else None
        request = self.calls.ChangeAvailability(operational_status=status, evse=evse)
        return str((await self.ask(request)).status)

    def statuses(self, evse_id: int) -> list[str]:
        """What was said of that EVSE's connectors, oldest first."""
        said = self.said("StatusNotification")
        return [s["connectorStatus"] for s in said if s["evseId"] == evse_id]

    def _report(self, request_id: int) -> list[Any]:
        return [p for p in self.said("NotifyReport") if p["requestId"] == request_id]

    def events_of(self, transaction_id: str) -> list[dict[str, Any]]:
        """The TransactionEvents of a transaction."""
        events = self.said("TransactionEvent")
        return [e for e in events if e["transactionInfo"]["transactionId"] == transaction_id]

    def transaction_of(self, remote_start_id: int) -> str | None:
        """The transaction that came of a remote start."""
        for event in self.said("TransactionEvent"):
            if event["transactionInfo"].get("remoteStartId") == remote_start_id:
                return str(event["transactionInfo"]["transactionId"])
        return None

    def _readings(self, transaction_id: str) -> int:
        return sum(
            e["eventType"] == "Updated" and "meterValue" in e
            for e in self.events_of(transaction_id)
        )


_NOTIFICATIONS_2 = (
    "StatusNotification MeterValues FirmwareStatusNotification LogStatusNotification "
    "SecurityEventNotification NotifyReport NotifyEvent NotifyMonitoringReport "
    "NotifyChargingLimit ClearedChargingLimit NotifyCustomerInformation NotifyDisplayMessages "
    "ReportChargingProfiles ReservationStatusUpdate PublishFirmwareStatusNotification"
)


@thank_for(_NOTIFICATIONS_2, v201.call_result)
class Peer201(_Peer2, v201.ChargePoint):  # type: ignore[misc]
    """A Charging Station of 2.0.1, as its CSMS sees it."""

    calls = v201.call
    results = v201.call_result
    version = "ocpp2.0.1"


@thank_for(_NOTIFICATIONS_2, v21.call_result)
class Peer21(_Peer2, v21.ChargePoint):  # type: ignore[misc]
    """A Charging Station of 2.1, as its CSMS sees it."""

    calls = v21.call
    results = v21.call_result
    version = "ocpp2.1"


Peer = Peer16 | Peer201 | Peer21
_PEERS: dict[str, type[Any]] = {p.version: p for p in (Peer16, Peer201, Peer21)}


class OcppCsms:
    """The CSMS: an async context manager. ``boot_status`` may be changed at any time."""

    def __init__(self, *, boot_status: str = "Accepted", interval: int = 300) -> None:
        self.recorder = Recorder()
        self.boot_status = boot_status
        self.interval = interval
        self.transactions = 0
        self.peers: dict[str, Any] = {}
        self.connections: dict[str, int] = {}
        self.port = 0
        self._accepted: set[str] = set()
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """The base address for chargers; their identity follows it."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    @property
    def violations(self) -> list[str]:
        """Everything that was wrong."""
        return self.recorder.violations

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._talk, "127.0.0.1", self.port, subprotocols=list(_PEERS), compression=None
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def vanish(self) -> None:
        """Drop every connection and listen no more, as a CSMS does that lost its power; entering
        the context again brings it back on the same port."""
        assert self._server is not None
        for socket in self._server.connections:
            socket.transport.abort()
        self._server.close()
        await self._server.wait_closed()
        await self.recorder.until(lambda: not self.peers)

    async def booted(self, identity: str, times: int = 1) -> Any:
        """Wait until that charger has sent BootNotification so often, has been accepted and is
        connected; returns its peer."""
        await self.recorder.until(
            lambda: (
                self.recorder.answered(identity, "BootNotification") >= times
                and identity in self.peers
                and self.peers[identity].wire.accepted
            )
        )
        return self.peers[identity]

    async def connected(self, identity: str, times: int = 1) -> Any:
        """Wait until that charger has opened its socket so often; returns its peer."""
        await self.recorder.until(
            lambda: self.connections.get(identity, 0) >= times and identity in self.peers
        )
        return self.peers[identity]

    async def _talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        identity = socket.request.path.rsplit("/", 1)[-1]
        wire = Wire(socket, identity, self.recorder)
        # A charger that was accepted need not boot again because its connection was lost.
        wire.accepted = identity in self._accepted
        if identity in self.peers:
            self.recorder.violated(identity, "a second socket while the first was live")
        peer = _PEERS[socket.subprotocol or ""](self, wire)
        self.peers[identity] = peer
        self.connections[identity] = self.connections.get(identity, 0) + 1
        self.recorder.happened()
        listening = asyncio.create_task(wire.listen())
        try:
            await peer.start()
        except (ConnectionClosed, ConnectionResetError):
            pass
        finally:
            await listening
            if wire.accepted:
                self._accepted.add(identity)
            if self.peers.get(identity) is peer:
                del self.peers[identity]
            self.recorder.happened()
