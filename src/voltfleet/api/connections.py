"""What one client's connection may cost, whoever it is: how long a request may take to arrive and
how large its head may be, how long an answer may lie unread, how many connections there may be.

The HTTP server bounds none of these. What is refused here never becomes a request: it is answered
in the API's shape where an answer can still be read, and told in the log once a second, counted.
"""

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Any

import httptools
import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LARGEST_HEAD = 128 << 10
MOST_HEADERS = 200
MOST_PIPELINED = 32
"""Requests that may be sent before the first one's answer."""
TELL_SECONDS = 1.0
_OVERHEAD = 1 << 20
"""What the chunks of a body may add to its length."""
_ONCE = frozenset({b"host", b"content-type", b"idempotency-key", b"x-organization-id"})
"""Headers that would mean one thing here and another to a proxy if they came twice."""

logger = structlog.get_logger(__name__)


class Door:
    """What the connections of one server share: how many there may be, how long things may take,
    and what was refused.

    ``head_seconds`` are for a request's line and headers, and for a new connection's first byte;
    ``body_seconds`` for its body, and for a client to take the next part of an answer.
    """

    def __init__(
        self, *, most: int, max_body_bytes: int, head_seconds: float, body_seconds: float
    ) -> None:
        self.most = most
        self.largest_request = LARGEST_HEAD + max_body_bytes + _OVERHEAD
        self.head_seconds = head_seconds
        # The application bounds the reading of a body and answers; this is for what it never reads.
        self.body_seconds = body_seconds + head_seconds
        self.idle: dict[GuardedHttp, None] = {}
        """Connections without a request under way, the one longest so first."""
        self._refused: Counter[str] = Counter()

    def protocol(self, **given: Any) -> "GuardedHttp":
        """For uvicorn, which makes one for each connection."""
        return GuardedHttp(self, **given)

    def make_room(self) -> bool:
        """Gives up the connection that has been idle longest; false if none is."""
        if not self.idle:
            return False
        next(iter(self.idle)).give_up("idle_when_full")
        return True

    def note(self, reason: str) -> None:
        """Counts a refusal; a flood of them is a line a second."""
        if not self._refused:
            asyncio.get_running_loop().call_later(TELL_SECONDS, self._tell)
        self._refused[reason] += 1

    def _tell(self) -> None:
        logger.warning("http.refused", **self._refused)
        self._refused.clear()


class _Refusal(Exception):
    """A request that is not taken, in the words of its answer."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


_FULL = _Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE, "too_many_connections", "Too many connections; try again."
)
_MALFORMED = _Refusal(HTTPStatus.BAD_REQUEST, "malformed_request", "This is not an HTTP request.")
_TWICE = _Refusal(
    HTTPStatus.BAD_REQUEST, "duplicate_header", "A header that may come once came twice."
)
_HEAD = _Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "head_too_large",
    "The request's line and headers are too large.",
)
_LONG = _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The request is too large.")
_SLOW = _Refusal(
    HTTPStatus.REQUEST_TIMEOUT, "head_timeout", "The request's headers did not arrive in time."
)


class GuardedHttp(HttpToolsProtocol):
    """uvicorn's protocol within bounds. A request is *arriving* from its first byte to its last."""

    def __init__(self, door: Door, **given: Any) -> None:
        super().__init__(**given)
        self._door = door
        self._in_head = True  # a client that connects and says nothing is late as well
        self._arriving = True
        self._size = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._unread = 0
        self._refusal: _Refusal | None = None
        self._has_asked = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection if there is room, or can be made."""
        super().connection_made(transport)
        if len(self.connections) > self._door.most and not self._door.make_room():
            self._refuse(_FULL)
            return
        self._door.idle[self] = None
        self._wait_for_head()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets go of everything."""
        self._door.idle.pop(self, None)
        for timer in (self._timer, self._stalled):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, unless this request has cost enough."""
        if self._refusal is not None:
            return
        if not self._arriving:
            self._wait_for_head()  # even if it is blank lines, of which no request may ever come
        self._size += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
            self._check_size()
        except httptools.HttpParserUpgrade:
            self._arriving = False
            if self._should_upgrade():
                self._door.idle.pop(self, None)
                self.handle_websocket_upgrade()
        except httptools.HttpParserError as error:
            found = error.__context__
            self._refuse(found if isinstance(found, _Refusal) else _MALFORMED)
        except _Refusal as refusal:
            self._refuse(refusal)
        self._watch()

    def on_message_begin(self) -> None:
        """A request's first byte."""
        self._wait_for_head()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those after the body are dropped."""
        if self._in_head:
            if len(self.headers) >= MOST_HEADERS:
                raise _HEAD
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: it becomes a request."""
        names = [name for name, _ in self.headers]
        if len(set(names)) < len(names) and any(names.count(name) > 1 for name in _ONCE):
            raise _TWICE
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > (
            LARGEST_HEAD
        ):
            raise _HEAD
        if len(self.pipeline) >= MOST_PIPELINED:
            self.give_up("pipelined_too_many")
            return
        self._in_head = False
        self._due = self.loop.time() + self._door.body_seconds
        self._door.idle.pop(self, None)
        super().on_headers_complete()
        self._has_asked = self.cycle is not None

    def on_message_complete(self) -> None:
        """A request's last byte."""
        self._arriving = False
        self._size = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Between two requests, unless one is under way already."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._door.idle[self] = None

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection, even one whose last answer is never read."""
        super().timeout_keep_alive_handler()
        self._watch_reading()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is written to."""
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def give_up(self, reason: str) -> None:
        """Ends the connection at once, whatever is under way."""
        self._door.idle.pop(self, None)
        self.connections.discard(self)
        self._door.note(reason)
        self.transport.abort()

    def is_stuck_in(self, path: str) -> bool:
        """Whether it waits for its client to read an answer from there."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            return False
        return self._stalled is not None and cycle.scope["path"] == path

    def _wait_for_head(self) -> None:
        self._in_head = self._arriving = True
        self._size = 0
        self._due = self.loop.time() + self._door.head_seconds

    def _check_size(self) -> None:
        if self._in_head and self._size > LARGEST_HEAD:
            raise _HEAD
        if self._arriving and self._size > self._door.largest_request:
            raise _LONG

    def _watch(self) -> None:
        """A timer only while a request arrives in pieces: most come in one."""
        if self._arriving and self._timer is None:
            self._timer = self.loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._arriving or self.transport.is_closing():
            return
        if self.loop.time() < self._due:
            self._watch()
        elif self._in_head:
            self._refuse(_SLOW)
        elif self.cycle.response_complete:
            self.give_up("body_never_ends")
        else:
            self._due = self.loop.time() + self._door.body_seconds
            self._watch()

    def _watch_reading(self) -> None:
        if self._stalled is None:
            self._unread = self.transport.get_write_buffer_size()
            self._stalled = self.loop.call_later(self._door.body_seconds, self._look_at_reading)

    def _look_at_reading(self) -> None:
        self._stalled = None
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        if self._unread and self._unread >= before:
            self.give_up("answer_not_read")
        elif self._unread:
            self._watch_reading()

    def _refuse(self, refusal: _Refusal) -> None:
        """Answers, if the client is not in the middle of reading another answer, and closes."""
        self._refusal = refusal
        self._arriving = False
        self._door.note(refusal.code)
        self._door.idle.pop(self, None)
        self.connections.discard(self)
        if not self._has_asked or self.cycle.response_complete:
            self.transport.write(_answer(refusal))
        self.transport.close()
        self._watch_reading()


def _answer(refusal: _Refusal) -> bytes:
    body = msgspec.json.encode({"detail": str(refusal), "code": refusal.code})
    head = [
        STATUS_LINE[refusal.status],
        b"content-type: application/json\r\nconnection: close\r\n",
        b"retry-after: 1\r\n" if refusal is _FULL else b"",
        b"content-length: %d\r\n\r\n" % len(body),
    ]
    return b"".join([*head, body])
