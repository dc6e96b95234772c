"""Peers and stand-ins for the host's tests: a CSMS, a gateway, a station, a clock."""

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from voltfleet.domain import hosting
from voltfleet.domain.commands import CommandState
from voltfleet.domain.hosting import (
    Assignment,
    ChargerMemory,
    ChargerReport,
    Command,
    CommandOutcome,
    ConnectionReport,
    ConnectionState,
    ConnectorDetails,
    ConnectorReport,
    FrameLog,
)
from voltfleet.domain.target_policy import Targets
from voltfleet.host.connection import Timeouts
from voltfleet.host.host import Host, HostOptions
from voltfleet.host.link import Link, LinkOptions
from voltfleet.host.targets import Resolve, look_up
from voltfleet.host.wheel import start_clock
from voltfleet.station.details import ConnectorDetail
from voltfleet.station.reports import (
    ConnectorState,
    DialFailure,
    Memory,
    Registration,
    StationReport,
    TransferResult,
)

PATIENCE_SECONDS = 10.0


class Changes:
    """Lets a test wait for a condition, looked at whenever something happened."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def happened(self) -> None:
        """Something did."""
        self._event.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Returns when the condition holds; fails after `PATIENCE_SECONDS`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._event.clear()
                await self._event.wait()


class MovableClock:
    """Real time, and as much more as a test adds."""

    def __init__(self) -> None:
        self._real = start_clock()
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead

    def advance(self, seconds: float) -> None:
        """So much later it is."""
        self.ahead += seconds


class FakeStation:
    """Boots, answers every call, and does a few commands: `kind` says which."""

    def __init__(self, assignment: Assignment, now: float) -> None:
        self.identity = assignment.identity
        self.memory = assignment.memory
        self.booted = False
        self.link_wanted = True
        self.close_code: int | None = None
        self.ping_seconds = 60
        self.received: list[str] = []
        self.connections = 0
        self.failed_dials = 0
        self.dial_failures: list[tuple[DialFailure, str]] = []
        self._wants_link_at: float | None = None
        self._out: list[tuple[str, str]] = []
        self._reports: list[StationReport] = []

    def retire(self) -> None:
        """It holds nothing."""

    def connected(self, now: float) -> None:
        self.connections += 1
        self.close_code = None
        self._reports.append(Registration(ConnectionState.CONNECTED, None))
        if self.booted:
            self._reports.append(Registration(ConnectionState.ONLINE, None))
        else:
            self._out.append(("BootNotification", '[2,"boot","BootNotification",{}]'))

    def disconnected(self, now: float) -> None:
        self._out.clear()

    def dial_failed(self, now: float, failure: DialFailure, why: str) -> None:
        self.failed_dials += 1
        self.dial_failures.append((failure, why))

    def receive(self, text: str, now: float) -> str:
        self.received.append(text)
        if text == "crash":
            raise RuntimeError("a bug")
        if text == "close":
            self.close_code = 1002
            return ""
        kind, unique_id, *rest = json.loads(text)
        if kind == 2:
            self._out.append((rest[0], f'[3,"{unique_id}",{{}}]'))
            return str(rest[0])
        self.booted = True
        self._reports.append(
            ConnectorState(1, 1, "Available", None, now, charging=False, suspended=False)
        )
        self._reports.append(Registration(ConnectionState.ONLINE, None))
        return "BootNotification"

    def command(self, command: Command, now: float) -> None:
        if command.kind == "never":
            return
        if command.kind == "dial":
            self.link_wanted, self._wants_link_at = False, now + 1
            self._reports.append(command.payload["settings"])
        if command.kind == "reboot":
            self.link_wanted, self.booted, self._wants_link_at = False, False, now + 30
        if command.kind == "shout":
            self._out += [("DataTransfer", "x" * 100_000)] * command.payload["times"]
        if command.kind == "remember":
            self._reports.append(Memory(**command.payload["memory"]))
        if "say" in command.payload:
            self._out.append(("DataTransfer", command.payload["say"]))
        outcome = CommandOutcome(command.id, command.charger_id, CommandState.APPLIED, None, None)
        self._reports.append(outcome)

    def transferred(self, transfer_id: int, result: TransferResult, now: float) -> None:
        """It wants no files."""

    def tick(self, now: float) -> None:
        self.link_wanted, self._wants_link_at = True, None

    def outgoing(self) -> list[tuple[str, str]]:
        taken, self._out = self._out, []
        return taken

    def reports(self) -> list[StationReport]:
        taken, self._reports = self._reports, []
        return taken

    def details(self, now: float) -> list[ConnectorDetail]:
        if self.identity == "BROKEN":
            raise RuntimeError("a bug")
        about = ConnectorDetails(
            plugged=self.booted,
            power_w=len(self.received),
            offered_w=None,
            energy_wh=0.0,
            meter_wh=0,
            soc_percent=None,
            transaction_id=None,
            id_token=None,
            charging_state=None,
        )
        return [(1, 1, about)]

    def next_deadline(self) -> float | None:
        return self._wants_link_at


class FakeCsms:
    """A CSMS made of the websockets library's server. It records, and fails the test that ever has
    two live sockets of one identity."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.subprotocols: list[str] | None = ["ocpp1.6", "ocpp2.0.1"]
        self.refuse_with: HTTPStatus | None = None
        self.authorization: str | None = None
        self.refuse_headers: dict[str, str] = {}
        self.paths: list[str] = []
        self.headers: Headers | None = None
        self.live: Counter[str] = Counter()
        self.doubled: set[str] = set()
        self.received: list[tuple[str, str]] = []
        self.closed: list[tuple[str, int, str]] = []
        self.sockets: dict[str, ServerConnection] = {}
        self.port = 0
        self._server: Server | None = None

    @property
    def ws_url(self) -> str:
        """Where chargers dial."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    async def start(self, **options: Any) -> None:
        """On the port it had, or on a free one. It answers no pings by itself: the tests do."""
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            subprotocols=self.subprotocols,  # type: ignore[arg-type]
            select_subprotocol=None,
            process_request=self._look_at,
            compression=None,
            ping_interval=None,
            **options,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def kill(self) -> None:
        """Cut all connections and listen no more."""
        if self._server is not None:
            for socket in self._server.connections:
                socket.transport.abort()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _look_at(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        self.headers = request.headers
        self.changes.happened()
        if self.refuse_with is None:
            if self.authorization in (None, request.headers.get("Authorization")):
                return None
            return connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        response = connection.respond(self.refuse_with, "no\n")
        for name, value in self.refuse_headers.items():
            response.headers[name] = value
        return response

    def answer(self, text: str) -> str | None:
        """What it says to a message."""
        return '[3,"boot",{"status":"Accepted"}]' if text.startswith('[2,"boot') else None

    async def _talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        path = socket.request.path
        self.live[path] += 1
        if self.live[path] > 1:
            self.doubled.add(path)
        self.sockets[path] = socket
        self.changes.happened()
        try:
            async for text in socket:
                assert isinstance(text, str)
                self.received.append((path, text))
                self.changes.happened()
                answer = self.answer(text)
                if answer is not None:
                    await socket.send(answer)
        except ConnectionClosed:
            pass
        finally:
            self.live[path] -= 1
            self.closed.append((path, socket.close_code or 0, socket.close_reason or ""))
            self.changes.happened()


def assignment(csms_url: str, name: str = "CP1", **changes: Any) -> Assignment:
    """A charger whose id is like its identity."""
    values: dict[str, Any] = {
        "charger_id": f"id-{name}",
        "generation": 1,
        "identity": name,
        "ws_url": csms_url,
        "ocpp_version": "OCPP1.6",
        "brand_slug": "wallbox",
        "model_slug": "wallbox-pulsar-plus",
        "connector_type": "Type2",
        "running": True,
        "seed": 1,
    }
    return Assignment(**(values | changes))


class Seen:
    """What a gateway has been told."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.connections: dict[str, ConnectionReport] = {}
        self.connectors: dict[str, list[ConnectorReport]] = {}
        self.generations: dict[str, int] = {}
        self.reports: list[ChargerReport] = []
        self.dropped: list[str] = []
        self.frames: list[FrameLog] = []
        self.outcomes: list[CommandOutcome] = []
        self.memories: list[ChargerMemory] = []
        self.details: list[hosting.Details] = []

    def take(self, message: hosting.HostMessage) -> None:
        """One message."""
        match message:
            case hosting.Reports():
                self._take_reports(message)
            case hosting.Frames():
                self.frames += message.frames
            case hosting.CommandOutcomes():
                self.outcomes += message.outcomes
            case hosting.Memories():
                self.memories += message.memories
            case hosting.Details():
                self.details.append(message)
            case _:
                pass
        self.changes.happened()

    def _take_reports(self, message: hosting.Reports) -> None:
        self.reports += message.chargers
        self.dropped += message.dropped
        for report in message.chargers:
            self.generations[report.charger_id] = report.generation
            if report.connection is not None:
                self.connections[report.charger_id] = report.connection
            if report.connectors is not None:
                self.connectors[report.charger_id] = report.connectors

    def state(self, name: str) -> ConnectionState | None:
        """The charger's connection state."""
        report = self.connections.get(f"id-{name}")
        return report.state if report else None

    def error(self, name: str) -> str | None:
        """Why it is not connected."""
        report = self.connections.get(f"id-{name}")
        return report.last_error if report else None


@dataclass(frozen=True)
class Tls:
    """Both ends of a TLS connection to 127.0.0.1, and the file with the certificate to trust."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    ca_file: Path


class Bench:
    """A host of fake stations, its clock, and what it tells a gateway that takes everything."""

    def __init__(
        self,
        *,
        timeouts: Timeouts | None = None,
        capacity: int = 1000,
        tls: ssl.SSLContext | None = None,
        targets: Targets = Targets.ANY,
        resolve: Resolve = look_up,
    ) -> None:
        self.clock = MovableClock()
        self.stations: dict[str, FakeStation] = {}
        self.seen = Seen()
        self._told = 0
        self.host = Host(
            HostOptions(capacity, timeouts=timeouts or Timeouts(), targets=targets, seed=1),
            self.clock,
            tls=tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            station_factory=self._build,
            resolve=resolve,
        )
        self.host.lease.link_up(self.clock(), 1e9)
        self._pump = asyncio.get_running_loop().create_task(self._take())

    def _build(self, assignment: Assignment, now: float) -> FakeStation:
        station = self.stations[assignment.identity] = FakeStation(assignment, now)
        return station

    def limit(self, **lists: list[str]) -> None:
        """These are the lists of targets that there are, by organization."""
        for concerned in self.host.limit_targets(lists):
            self.host.targets_changed(concerned)

    async def _take(self) -> None:
        while True:
            for message in self.host.outbox.take():
                # As it comes out at the gateway's end.
                self.seen.take(hosting.decode_host_message(hosting.encode(message)))
                if isinstance(message, hosting.Frames):
                    self.host.outbox.frames.acked(message.seq)
            await asyncio.sleep(0.01)

    async def state(self, name: str, state: ConnectionState) -> None:
        """Wait for that state."""
        await self.seen.changes.until(lambda: self.seen.state(name) is state)

    async def error(self, name: str) -> str:
        """Wait for a failure and return what the user is told."""
        await self.seen.changes.until(lambda: self.seen.error(name))
        return self.seen.error(name) or ""

    async def tick(self) -> None:
        """Wait for the host's next tick."""
        alarm = _Alarm()
        self.host._wheel.schedule(alarm, self.clock())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await alarm.rang.wait()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something within the host, looked at with every tick."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await self.tick()

    def command(self, name: str, kind: str, **payload: Any) -> None:
        """Have a fake station do something; the command's id is its kind."""
        self.host.command(Command(kind, f"id-{name}", kind, payload))

    def remember(self, name: str, content: bytes, say: str | None = None, **more: Any) -> None:
        """Have a fake station remember that, and say something in the same breath."""
        payload: dict[str, Any] = {"memory": {"content": content, "urgent": True} | more}
        if say is not None:
            payload["say"] = say
        self._told += 1
        self.host.command(Command(f"m{self._told}", f"id-{name}", "remember", payload))


class _Alarm:
    """Rings when the wheel wakes it."""

    def __init__(self) -> None:
        self.wheel_slot = 0
        self.rang = asyncio.Event()

    def wake(self, now: float) -> None:
        self.rang.set()


class FakeGateway:
    """The gateway's end of the link."""

    def __init__(self, *, lease_seconds: float = 30.0) -> None:
        self.changes = Changes()
        self.lease_seconds = lease_seconds
        self.seen = Seen()
        self.hellos: list[hosting.Hello] = []
        self.tokens: list[str] = []
        self.beats: list[hosting.Beat] = []
        self.frame_messages: list[hosting.Frames] = []
        self.ack_beats = True
        self.ack_frames = True
        self.ack_outcomes = True
        self.ack_memories = True
        self.welcome = True
        self.close_with: tuple[int, str] | None = None
        self.refuse_with: HTTPStatus | None = None
        self.to_assign: list[Assignment] = []
        self.port = 0
        self.link: ServerConnection | None = None
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """For ``--gateway``."""
        return f"ws://127.0.0.1:{self.port}/host-link"

    async def start(self) -> None:
        """On the port it had, or on a free one."""
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            self.port,
            process_request=self._authenticate,
            ping_interval=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def kill(self) -> None:
        """As by ``kill -9``."""
        self.beats.clear()
        if self._server is not None:
            for socket in self._server.connections:
                socket.transport.abort()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def send(self, message: hosting.GatewayMessage) -> None:
        """Say something to the host."""
        assert self.link is not None
        await self.link.send(hosting.encode(message))

    def _authenticate(self, connection: ServerConnection, request: Request) -> Response | None:
        self.tokens.append(request.headers.get("Authorization", ""))
        self.changes.happened()
        return connection.respond(self.refuse_with, "no\n") if self.refuse_with else None

    async def _talk(self, socket: ServerConnection) -> None:
        self.link = socket
        try:
            async for data in socket:
                assert isinstance(data, bytes)
                await self._hear(hosting.decode_host_message(data))
                self.changes.happened()
        except (ConnectionClosed, msgspec.MsgspecError):
            pass

    async def _hear(self, message: hosting.HostMessage) -> None:
        self.seen.take(message)
        match message:
            case hosting.Hello():
                await self._greet(message)
            case hosting.Beat():
                self.beats.append(message)
                if self.ack_beats:
                    await self.send(hosting.BeatAck())
            case hosting.Frames():
                self.frame_messages.append(message)
                if self.ack_frames:
                    await self.send(hosting.FramesAck(message.seq))
            case hosting.CommandOutcomes() if self.ack_outcomes:
                await self.send(hosting.OutcomesAck([o.id for o in message.outcomes]))
            case hosting.Memories() if self.ack_memories:
                seqs = {memory.charger_id: memory.seq for memory in message.memories}
                await self.send(hosting.MemoriesAck(seqs))
            case _:
                pass

    async def _greet(self, hello: hosting.Hello) -> None:
        self.hellos.append(hello)
        assert self.link is not None
        if self.close_with is not None:
            await self.link.close(*self.close_with)
        elif self.welcome:
            await self.send(hosting.Welcome(self.lease_seconds))
            missing = [a for a in self.to_assign if hello.holding.get(a.charger_id) != a.generation]
            await self.send(hosting.Assign(missing))


def make_link(bench: Bench, gateway: FakeGateway) -> Link:
    """The bench's host's end of a link to that gateway."""
    options = LinkOptions(
        gateway.url, "local-0", "s3cret", flush_seconds=0.02, details_seconds=0.02
    )
    return Link(bench.host, options)


async def booted(gateway: FakeGateway, csms: FakeCsms, *names: str) -> None:
    """The gateway assigns these, and hears that they are online."""
    gateway.to_assign = [assignment(csms.ws_url, name) for name in names]
    await gateway.changes.until(lambda: gateway.beats)
    await gateway.send(hosting.Assign(gateway.to_assign))
    await gateway.seen.changes.until(
        lambda: all(gateway.seen.state(n) is ConnectionState.ONLINE for n in names)
    )
