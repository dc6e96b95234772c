"""The gateway's end of the host link (`domain.hosting`): one conversation per connected host.

What a host should run is read from the database, whoever wrote it, and sent until the host has
taken it up; what a host reports is written in batches. Nothing is remembered here that the database
or the host's next `Hello` does not say again.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from voltfleet.api.link_details import WatchedChargers
from voltfleet.api.link_inbox import Inbox, insist
from voltfleet.domain import hosting
from voltfleet.domain.errors import Unavailable
from voltfleet.fleet import delivery, hosts, memories, targets
from voltfleet.observability import fault_points
from voltfleet.storage.engine import Connection, Database

HELLO_DEADLINE_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.5
"""How often a link looks for changes that another gateway wrote; its own gateway's wake it."""
WINDOW = 2_000
"""Chargers that a host may have been sent and not taken up; more wait until it has."""
AT_ONCE = 500
"""Assignments, or commands, in one message."""
BYTES_AT_ONCE = 4 << 20
"""Of memories in one message; it may exceed this by one of them."""
RESEND_SECONDS = 10.0
POLICY_VIOLATION = 1008

_What = tuple[int, bool]
"""Of a change: the charger's generation, and whether it is gone."""

_log = structlog.get_logger(__name__)


class HostLinks:
    """The links of this gateway. Made on the event loop that serves them. ``ring`` tells the other
    gateways of a commit; what they tell is `heard`."""

    def __init__(
        self,
        database: Database,
        frames: Database,
        *,
        lease_seconds: float,
        ring: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._ring = ring
        self._frames = frames
        self._lease_seconds = lease_seconds
        self._links: set[_Link] = set()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Something was committed that a host should hear of. Safe from any thread."""
        self._ring()
        self.heard()

    def heard(self) -> None:
        """Another gateway committed something that a host should hear of. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    async def serve(self, socket: WebSocket, host_id: str) -> None:
        """Talks to one host until either side ends it. ``host_id`` is the one that its token names:
        the caller has checked it, and a `Hello` of any other is refused."""
        await socket.accept()
        hello = await _hello(socket, host_id)
        if hello is None:
            return
        link = _Link(socket, hello, self._database, self._frames, self._lease_seconds)
        self._links.add(link)
        try:
            with structlog.contextvars.bound_contextvars(host=hello.host_id):
                await link.run()
        finally:
            self._links.discard(link)

    @property
    def connected(self) -> int:
        """How many hosts are connected to this gateway."""
        return len(self._links)

    async def close(self) -> None:
        """Ends every link; the hosts dial another gateway at once."""
        await asyncio.gather(*(link.close() for link in list(self._links)))

    def _wake(self) -> None:
        for link in self._links:
            link.wake()


class _Link:
    """One host's conversation."""

    def __init__(
        self,
        socket: WebSocket,
        hello: hosting.Hello,
        database: Database,
        frames: Database,
        lease_seconds: float,
    ) -> None:
        self._socket = socket
        self._hello = hello
        self._database = database
        self._lease_seconds = lease_seconds
        self._changed = asyncio.Event()
        self._commanded = asyncio.Event()
        self._sent: dict[str, tuple[_What, float]] = {}
        self._more_wait = False
        self._taken_up = 0
        # Commands that were taken and never sent: by a link before this one, or by a commit that
        # succeeded although the server's end was all that was heard of it. What the host has not
        # answered goes again; it ignores what it has seen.
        self._may_be_unsent = True
        self._lists_told: dict[str, str] | None = None
        self._inbox = Inbox(hello, database, frames, send=self._send, reported=self._reported)
        self._watched = WatchedChargers(database, hello.host_id, self._send)

    def wake(self) -> None:
        """There may be something new to send."""
        self._changed.set()
        self._commanded.set()

    async def close(self) -> None:
        """The gateway stops."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has ended already
            await self._socket.close(hosting.CLOSE_GATEWAY_STOPS, "the gateway stops")

    async def run(self) -> None:
        """From the welcome to the end of the socket."""
        hello = self._hello
        try:
            to_drop = await insist(
                lambda: self._database.write(hosts.welcome, hello, time.time(), self._lease_seconds)
            )
        except hosts.HostIdTaken as error:
            _log.warning("host_id_taken")
            await self._socket.close(hosting.CLOSE_HOST_ID_TAKEN, error.message)
            return
        await self._send(hosting.Welcome(self._lease_seconds))
        if to_drop:
            await self._send(hosting.Drop(to_drop))
        _log.info("host_connected", capacity=hello.capacity, holding=len(hello.holding))
        try:
            async with asyncio.TaskGroup() as tasks:
                others = [
                    tasks.create_task(act)
                    for act in (
                        self._send_changes(),
                        self._send_commands(),
                        *self._inbox.writers(),
                        self._watched.leave(),
                        *((self._watched.ask(),) if hello.tells_details else ()),
                    )
                ]
                await self._read()
                for task in others:
                    task.cancel()
        except* (WebSocketDisconnect, RuntimeError):
            pass  # the socket ended while something was being sent; the host dials again
        _log.info("host_disconnected")

    async def _read(self) -> None:
        while True:
            try:
                # Beats come every third of a lease: one that says nothing for a whole one is gone,
                # and may be talking to another gateway by now.
                async with asyncio.timeout(self._lease_seconds):
                    message = hosting.decode_host_message(await self._socket.receive_bytes())
            except WebSocketDisconnect:
                return
            except TimeoutError:
                _log.warning("host_silent")
                return
            except (msgspec.MsgspecError, KeyError) as error:
                _log.warning("host_spoke_nonsense", error=str(error))
                await self._socket.close(POLICY_VIOLATION, "not a message of the host link")
                return
            if not await self._hear(message):
                return

    async def _hear(self, message: hosting.HostMessage) -> bool:
        """Whether the link goes on."""
        fault_points.reach_with("gateway.hears", message)
        match message:
            case hosting.Beat():
                return await self._renew(message)
            case hosting.Details():
                self._watched.heard(message)
            case hosting.Hello():
                await self._socket.close(POLICY_VIOLATION, "one Hello is enough")
                return False
            case _:
                await self._inbox.take(message)
        return True

    async def _renew(self, beat: hosting.Beat) -> bool:
        hello = self._hello
        try:
            renewed = await self._database.write(
                hosts.renew, hello.host_id, hello.boot_id, beat, time.time(), self._lease_seconds
            )
        except Unavailable:
            return True  # no acknowledgement: the host stops by itself if this goes on
        if renewed:
            await self._send(hosting.BeatAck())
        else:
            _log.warning("host_superseded")
            await self._socket.close(POLICY_VIOLATION, "another process is this host now")
        return renewed

    async def _send_changes(self) -> None:
        while True:
            self._changed.clear()
            self._taken_up = 0
            changes, revisions = await insist(lambda: self._database.read(self._look))
            self._more_wait = len(changes) == WINDOW
            if revisions != self._lists_told:
                # First: a charger that is assigned must find the list that it was created under.
                await self._tell_lists()
            fresh = self._fresh(changes)
            gone = [change.assignment.charger_id for change in fresh if change.gone]
            run = [change.assignment for change in fresh if not change.gone]
            if gone:
                await self._send(hosting.Drop(gone))
            for start in range(0, len(run), AT_ONCE):
                await self._assign(run[start : start + AT_ONCE])
            await _until(self._changed)

    def _look(self, connection: Connection) -> tuple[list[hosts.Change], dict[str, str]]:
        """What the host has not taken up yet, and which lists of targets there are."""
        hello = self._hello
        changes = hosts.changes(connection, hello.host_id, WINDOW, obeys_lists=hello.obeys_lists)
        return changes, targets.revisions(connection)

    async def _tell_lists(self) -> None:
        revisions, lists = await insist(lambda: self._database.read(targets.lists))
        self._lists_told = revisions
        if self._hello.obeys_lists:
            await self._send(hosting.TargetLists(lists))
            return
        if not lists:
            return
        withhold = partial(targets.withhold, host_id=self._hello.host_id, now=time.time())
        withheld = await insist(lambda: self._database.write(withhold))
        if withheld:
            _log.warning("host_knows_no_target_lists", dropped=len(withheld))
            await self._send(hosting.Drop(withheld))

    async def _assign(self, some: list[hosting.Assignment]) -> None:
        some = await insist(partial(self._database.read, memories.with_memories, some))
        for batch in _split(some):
            await self._send(hosting.Assign(batch))

    def _fresh(self, changes: list[hosts.Change]) -> list[hosts.Change]:
        """Those that have not been sent lately; remembers that they are now. What is no change any
        more is forgotten here, not when it is reported: a look may have begun before that."""
        now = time.monotonic()
        before, self._sent = self._sent, {}
        fresh = []
        for change in changes:
            charger_id = change.assignment.charger_id
            what = (change.assignment.generation, change.gone)
            sent, at = before.get(charger_id, (None, 0.0))
            if sent != what or now - at >= RESEND_SECONDS:
                fresh.append(change)
                at = now
            self._sent[charger_id] = (what, at)
        return fresh

    async def _send_commands(self) -> None:
        while True:
            self._commanded.clear()
            sent = await insist(self._take_commands)
            if sent:
                await self._send(hosting.Commands(sent))
            if len(sent) < AT_ONCE:
                await _until(self._commanded)

    async def _take_commands(self) -> list[hosting.Command]:
        host, boot, now = self._hello.host_id, self._hello.boot_id, time.time()
        again_before = now + RESEND_SECONDS if self._may_be_unsent else now - RESEND_SECONDS
        due = partial(delivery.is_due, again_before=again_before)
        if not await self._database.read(due, host, boot, now):
            return []
        take = partial(delivery.take, again_before=again_before, limit=AT_ONCE)
        self._may_be_unsent = True
        taken = await self._database.write(take, host, boot, now)
        self._may_be_unsent = False
        return taken

    def _reported(self, count: int) -> None:
        self._commanded.set()  # one may have waited for a charger to be taken up
        self._taken_up += count
        if self._more_wait and self._taken_up >= WINDOW // 2:
            self._changed.set()  # there is room

    async def _send(self, message: hosting.GatewayMessage) -> None:
        fault_points.reach_with("gateway.sends", message)
        await self._socket.send_bytes(hosting.encode(message))


async def _hello(socket: WebSocket, host_id: str) -> hosting.Hello | None:
    try:
        async with asyncio.timeout(HELLO_DEADLINE_SECONDS):
            message = hosting.decode_host_message(await socket.receive_bytes())
    except (TimeoutError, msgspec.MsgspecError, KeyError):
        await socket.close(POLICY_VIOLATION, "a host begins with Hello")
        return None
    except WebSocketDisconnect:
        return None
    if not isinstance(message, hosting.Hello):
        await socket.close(POLICY_VIOLATION, "a host begins with Hello")
        return None
    if message.host_id != host_id:
        await socket.close(POLICY_VIOLATION, f"the token is host {host_id}'s")
        return None
    if message.protocol != hosting.PROTOCOL_VERSION:
        await socket.close(
            hosting.CLOSE_UNSUPPORTED_PROTOCOL,
            f"this gateway speaks host link {hosting.PROTOCOL_VERSION}, not {message.protocol}",
        )
        return None
    return message


def _split(assignments: list[hosting.Assignment]) -> Iterator[list[hosting.Assignment]]:
    """In messages of about `BYTES_AT_ONCE`: memories may be long."""
    batch: list[hosting.Assignment] = []
    size = 0
    for assignment in assignments:
        batch.append(assignment)
        size += len(assignment.memory or b"")
        if size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _until(something: asyncio.Event) -> None:
    """Waits for it, or until it is time to look anyway."""
    try:
        async with asyncio.timeout(LOOK_EVERY_SECONDS):
            await something.wait()
    except TimeoutError:
        return
