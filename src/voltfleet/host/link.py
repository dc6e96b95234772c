"""The host's end of the host link: says what happened, hears what to do, dials for ever."""

import asyncio
import random
import ssl
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import CloseCode

from voltfleet.domain.hosting import (
    CLOSE_UNSUPPORTED_PROTOCOL,
    PROTOCOL_VERSION,
    Assign,
    Beat,
    BeatAck,
    Commands,
    Details,
    Drop,
    FramesAck,
    GatewayMessage,
    Hello,
    HostMessage,
    MemoriesAck,
    OutcomesAck,
    TargetLists,
    Watch,
    Welcome,
    boot_id,
    decode_gateway_message,
    encode,
)
from voltfleet.host.host import Host
from voltfleet.host.watching import Watching
from voltfleet.observability import fault_points

FLUSH_SECONDS = 0.15
HURRY_SECONDS = 0.01
"""How long an urgent memory waits for others to go with it."""
DETAILS_SECONDS = 1.0
"""How often watched chargers are told of."""
ANSWER_SECONDS = 10.0
MAX_MESSAGE_BYTES = 64 * 2**20
LONGEST_RETRY_SECONDS = 2.0
AT_A_TURN = 100

Thing = TypeVar("Thing")

log = structlog.get_logger()


class UnsupportedProtocolError(Exception):
    """This host and its gateway are of releases that do not understand each other."""


class LinkBrokenError(Exception):
    """The conversation cannot go on; a new link starts over."""


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Where the gateway is and who this host is."""

    gateway_url: str
    host_id: str
    token: str
    tls: ssl.SSLContext | None = None
    place: str = ""
    """See `lock.HostLock`."""
    flush_seconds: float = FLUSH_SECONDS
    details_seconds: float = DETAILS_SECONDS


class Link:
    """Keeps a host in touch with its gateway. `run` ends only with an error or by cancelling."""

    def __init__(self, host: Host, options: LinkOptions) -> None:
        self._host = host
        self._options = options
        self._boot_id = boot_id(options.place, uuid.uuid4().hex)
        self._watching = Watching(host.clock)
        self._trouble: str | None = None
        self._up = False
        self._proven = False

    async def run(self) -> None:
        """Talk to the gateway, and dial again whenever the link is lost.

        Raises `UnsupportedProtocolError` when the gateway says that it cannot talk to this host.
        """
        failures = 0
        while True:
            try:
                await self._talk()
            except (OSError, WebSocketException, msgspec.MsgspecError, LinkBrokenError) as exc:
                _check_protocol(exc)
                self._lost(exc)
            failures = 1 if self._proven else failures + 1
            self._up = self._proven = False
            await asyncio.sleep(_retry_delay(failures))

    async def finish(self, seconds: float) -> bool:
        """Give the gateway what is left; whether it has all of it after at most ``seconds``."""
        if not self._up:
            return self._host.outbox.empty
        try:
            async with asyncio.timeout(seconds):
                await self._all_told()
        except TimeoutError:
            pass
        return self._host.outbox.empty

    async def _all_told(self) -> None:
        while not self._host.outbox.empty:  # noqa: ASYNC110 - acks arrive on the link, not as an event
            await asyncio.sleep(self._options.flush_seconds / 4)

    # --- one link ------------------------------------------------------------------------------

    async def _talk(self) -> None:
        socket = await self._connect()
        self._watching = Watching(self._host.clock)
        try:
            fences = await self._greet(socket)
            await _first_of(
                self._listen(socket),
                self._beat(socket),
                self._flush(socket, fences),
                self._flush_memories(socket),
                self._tell_details(socket),
            )
        finally:
            await socket.close(CloseCode.GOING_AWAY)

    async def _connect(self) -> ClientConnection:
        options = self._options
        return await connect(
            options.gateway_url,
            additional_headers={"Authorization": f"Bearer {options.token}"},
            ssl=options.tls if options.gateway_url.startswith("wss:") else None,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            # Beats say more than pings: they come from the other side's working code.
            ping_interval=None,
            proxy=None,
            open_timeout=ANSWER_SECONDS,
            close_timeout=1.0,
        )

    async def _greet(self, socket: ClientConnection) -> int:
        host = self._host
        said_at, fences = host.clock(), host.fences
        await _send(
            socket,
            Hello(
                PROTOCOL_VERSION,
                self._options.host_id,
                self._boot_id,
                host.options.capacity,
                host.holding(),
                tells_details=True,
                obeys_lists=True,
            ),
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            welcome = _read(await socket.recv())
        if not isinstance(welcome, Welcome):
            raise LinkBrokenError(f"the gateway said {type(welcome).__name__} before Welcome")
        if host.fences != fences:
            raise LinkBrokenError("the lease was lost while the gateway was greeted")
        host.lease.link_up(said_at, welcome.lease_seconds)
        host.report_all()
        self._up = True
        log.info("gateway_connected", url=self._options.gateway_url, holding=host.stations)
        return fences

    async def _listen(self, socket: ClientConnection) -> None:
        async for data in socket:
            await self._obey(_read(data))
        raise LinkBrokenError("the gateway closed the link")

    async def _obey(self, message: GatewayMessage) -> None:
        host = self._host
        match message:
            case BeatAck():
                host.lease.beat_acked()
                # Only now: a gateway that fails right after its Welcome is not to be rushed at.
                self._proven, self._trouble = True, None
            case FramesAck():
                host.outbox.frames.acked(message.seq)
            case OutcomesAck():
                host.outcomes_acked(message.ids)
            case MemoriesAck():
                host.memories_acked(message.seqs)
            case TargetLists():
                await _in_turns(host.targets_changed, host.limit_targets(message.lists))
            case Assign():
                await _in_turns(host.assign, message.assignments)
            case Drop():
                await _in_turns(host.drop, message.charger_ids)
            case Commands():
                await _in_turns(host.command, message.commands)
            case Watch():
                self._watching.watch(message)
            case _:
                raise LinkBrokenError("the gateway said Welcome twice")

    async def _beat(self, socket: ClientConnection) -> None:
        host = self._host
        while True:
            host.lease.beat_sent(host.clock())
            await _send(socket, Beat(host.stations, host.online, host.take_worst_lag_ms()))
            for _ in range(2):
                await asyncio.sleep(host.lease.seconds / 6)
                self._check_answers()

    def _check_answers(self) -> None:
        """A link that is dead without a sign has to be replaced while the lease still runs."""
        lease = self._host.lease
        unanswered = lease.unanswered_since()
        if unanswered is not None and self._host.clock() - unanswered >= lease.seconds / 2:
            raise LinkBrokenError("the gateway does not answer")

    async def _flush(self, socket: ClientConnection, fences: int) -> None:
        host = self._host
        for message in host.outbox.link_up():
            await _send(socket, message)
        while host.fences == fences:
            for message in host.outbox.take():
                await _send(socket, message)
            await asyncio.sleep(self._options.flush_seconds)
        raise LinkBrokenError("the lease was lost")

    async def _flush_memories(self, socket: ClientConnection) -> None:
        memories = self._host.outbox.memories
        memories.link_up()
        while True:
            for message in memories.take():
                await _send(socket, message)
            if await _within(self._options.flush_seconds, memories.urgent):
                await asyncio.sleep(HURRY_SECONDS)
                memories.urgent.clear()

    async def _tell_details(self, socket: ClientConnection) -> None:
        while True:
            told = self._host.details(await self._watching.watched())
            if told:
                await _send(socket, Details(told))
            await asyncio.sleep(self._options.details_seconds)

    def _lost(self, exc: Exception) -> None:
        trouble = _explain(exc, self._options.gateway_url)
        if trouble != self._trouble:
            log.warning("gateway_lost", why=trouble)
            self._trouble = trouble


async def _send(socket: ClientConnection, message: HostMessage) -> None:
    fault_points.reach_with("host.sends", message)
    await socket.send(encode(message))


def _read(data: str | bytes) -> GatewayMessage:
    if isinstance(data, str):
        raise LinkBrokenError("the gateway sent text; is this another server?")
    message = decode_gateway_message(data)
    fault_points.reach_with("host.hears", message)
    return message


async def _in_turns(do: Callable[[Thing], None], things: list[Thing]) -> None:
    for count, thing in enumerate(things, 1):
        do(thing)
        if count % AT_A_TURN == 0:
            # Thousands at once: the stations that run have their turn in between.
            await asyncio.sleep(0)


async def _first_of(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run them until one ends, which none does but by an error; raise it once all have ended."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Whether it happened; waits no longer than that."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _retry_delay(failures: int) -> float:
    # Short, for the lease runs on; jittered, for all hosts lose a gateway at once.
    ceiling = min(LONGEST_RETRY_SECONDS, 0.25 * 2.0 ** min(failures - 1, 8))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret


def _check_protocol(exc: Exception) -> None:
    received = exc.rcvd if isinstance(exc, ConnectionClosed) else None
    if received is not None and received.code == CLOSE_UNSUPPORTED_PROTOCOL:
        raise UnsupportedProtocolError(
            f"the gateway does not speak version {PROTOCOL_VERSION} of the host link"
            f" ({received.reason or 'no reason given'}): run the same release of both"
        ) from exc


def _explain(exc: Exception, url: str) -> str:
    match exc:
        case InvalidStatus() if exc.response.status_code in {401, 403}:
            return f"{url} refused the host token: check VOLTFLEET_HOST_TOKEN"
        case InvalidStatus():
            return f"{url} answered HTTP {exc.response.status_code}: is it a gateway's /host-link?"
        case ConnectionRefusedError():
            return f"connection refused by {url}: is the gateway running?"
        case TimeoutError():
            return f"no answer from {url}"
        case msgspec.MsgspecError():
            return f"{url} sent a message that this release cannot read: {exc}"
        case _:
            return f"{url}: {exc}"
