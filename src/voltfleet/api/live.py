"""``GET /live``: an organization's chargers, jobs and messages as they change, as server-sent
events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import structlog
from fastapi import Header, Query, Response
from pydantic import Field
from starlette.types import Receive, Scope, Send

from voltfleet.api import deps
from voltfleet.api.live_hub import Live
from voltfleet.api.live_stream import EVERY_CHARGER, PATH, Cursor, Stream, Wanted, in_pieces
from voltfleet.api.models import errors
from voltfleet.domain.errors import InvalidInput, Problem, Unavailable

router = deps.router("", "Live")

MOST_NAMED = 500
MOST_DETAILED = 20
HEARTBEAT_SECONDS = 10.0
READER_SECONDS = 30.0
"""A reader that takes nothing for so long is let go."""
WHOLE_SECONDS = 20.0
"""How long the first look at an organization may take."""
LAST_SECONDS = 1.0
"""How long the end of a stream may take to be read."""
PIECE_BYTES = 64 << 10
_EVENT = {
    "type": "object",
    "description": "One event; `data` is JSON.",
    "properties": {name: {"type": "string"} for name in ("event", "id", "data")},
}
_HEARTBEAT = b": \n\n"
_EXPIRED = "The token has expired."

_log = structlog.get_logger(__name__)

FrameId = Annotated[str, Field(max_length=64, pattern=r"^(\*|[A-Za-z0-9._~-]+)$")]


class EventStream(Response):
    """The answer: events until one side ends it."""

    media_type = "text/event-stream"

    def __init__(
        self,
        live: Live,
        stream: Stream,
        *,
        expires_at: float,
        clock: Callable[[], float],
        once: bool,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._stream = stream
        self._expires_at = expires_at
        self._clock = clock
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Streams."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        tasks = [
            asyncio.create_task(act) for act in (self._tell(send), _left(receive), self._overdue())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not tasks[0].cancelled():
            tasks[0].result()

    async def _tell(self, send: Send) -> None:
        stream = self._stream
        view = self._live.enter(stream)
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                first = await self._live.begin(view, stream)
            at_ms = round(self._clock() * 1000)
            await _write(send, stream.hello(at_ms, resumed=first is None))
            if first is not None and stream.wanted.fleet:
                for event in stream.snapshot(view, first):
                    await _write(send, event)
            while not self._once and stream.ended is None:
                await _write(send, stream.take(view) or _HEARTBEAT)
                await self._wait()
        except (TimeoutError, Unavailable):
            stream.end("The database cannot be reached; connect again.")
        except _NotReadError:
            _log.info("live_reader_let_go")
            return
        finally:
            self._live.leave(stream)
        if stream.ended is not None:
            await _write(send, stream.goodbye())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _wait(self) -> None:
        """Until there is something to tell, or it is time for a sign of life."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._stream.waking.wait()
        except TimeoutError:
            pass
        if self._clock() >= self._expires_at:
            self._stream.end(_EXPIRED)

    async def _overdue(self) -> None:
        """Returns when the stream should have ended a while ago."""
        await self._stream.over.wait()
        await asyncio.sleep(LAST_SECONDS)


class _NotReadError(Exception):
    """The reader takes nothing."""


async def _write(send: Send, data: bytes) -> None:
    for piece in in_pieces(data, PIECE_BYTES):
        await _in_time(send({"type": "http.response.body", "body": piece, "more_body": True}))


async def _in_time(sending: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(READER_SECONDS):
            await sending
    except TimeoutError as error:
        raise _NotReadError from error


async def _left(receive: Receive) -> None:
    """Returns when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get(
    PATH,
    response_model=None,  # and no response class: its media type would be every error's, too
    responses={
        **errors(),
        200: {
            "description": "Server-sent events: see docs/reference/live.md",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
    },
)
async def watch_live(
    services: deps.CurrentServices,
    who: deps.CurrentPrincipal,
    tenant: deps.CurrentTenant,
    frames: Annotated[
        list[FrameId] | None,
        Query(
            max_length=MOST_NAMED,
            description="Chargers whose OCPP messages are wanted as well, or `*`: all. Of up to "
            f"{MOST_DETAILED} named ones, what their hardware does is told too.",
        ),
    ] = None,
    *,
    fleet: Annotated[bool, Query(description="Whether chargers and jobs are wanted.")] = True,
    once: Annotated[bool, Query(description="End after what there is now.")] = False,
    last_event_id: Annotated[
        str | None,
        Header(description="The `id` of the last event that was read: go on from there."),
    ] = None,
) -> EventStream:
    """Watch the fleet live: server-sent events tell the chargers and the newest jobs as they are,
    and then what changes. A stream that breaks goes on where it was if `Last-Event-ID` says where.

    Events: `hello`, `chargers`, `jobs`, `rates` (each second), `frames`, `details`, `goodbye`.
    """
    named = frozenset(frames or ())
    if EVERY_CHARGER in named and len(named) > 1:
        message = "Name chargers, or `*` for all of them, not both."
        raise InvalidInput([Problem(("query", "frames"), message, "every_and_named")])
    services.live.admit(tenant)
    wanted = Wanted(
        fleet=fleet,
        frames=named - {EVERY_CHARGER},
        every_frame=EVERY_CHARGER in named,
        details=0 < len(named) <= MOST_DETAILED and EVERY_CHARGER not in named and not once,
    )
    stream = Stream(tenant.organization_id, wanted, Cursor.read(last_event_id))
    return EventStream(
        services.live, stream, expires_at=who.expires_at, clock=services.clock, once=once
    )
