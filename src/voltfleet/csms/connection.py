"""One socket: bytes on one side, OCPP-J frames or an HTTP request on the other. No task."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import SERVER, Protocol, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from voltfleet.csms.chargers import Charger
from voltfleet.csms.desk import Desk
from voltfleet.csms.entry import Keys
from voltfleet.csms.http import HttpRequest, Routes
from voltfleet.csms.opening import PlainRequest, read_request
from voltfleet.csms.posting import PostReader
from voltfleet.domain.specs import OcppVersion

CLOSE_SECONDS = 2.0
"""How long the other side may take to finish a closing handshake."""

MAX_MESSAGE_BYTES = 1024 * 1024
_IDENTITY_MAX = 255
_GET = b"GET "
_TCP_ESTABLISHED = 1
_CHALLENGE = 'Basic realm="OCPP"'

_VERSIONS = {version.subprotocol: version for version in OcppVersion}
_NO_COMMON_VERSION = f"this CSMS speaks {', '.join(_VERSIONS)}"

# The library tells every opening and closing at level info; the narrator does that here.
_logger = logging.getLogger("voltfleet.csms.websocket")
_logger.setLevel(logging.WARNING)


@dataclass(slots=True)
class Door:
    """What all connections share. ``waiting`` has those whose request is not complete yet, by the
    moment they came, oldest first; whoever owns the door aborts those that take too long."""

    desk: Desk
    routes: Routes
    keys: Keys
    clock: Callable[[], float]
    sockets: "set[Connection]" = field(default_factory=set)
    waiting: "dict[Connection, float]" = field(default_factory=dict)
    emptied: asyncio.Event = field(default_factory=asyncio.Event)


class Connection(asyncio.Protocol):
    """A charger's WebSocket, or one HTTP request."""

    __slots__ = (
        "_charger",
        "_door",
        "_failed",
        "_fragments",
        "_head",
        "_heard_all",
        "_post",
        "_receiving",
        "_said_all",
        "_timer",
        "_transport",
        "_websocket",
    )

    def __init__(self, door: Door) -> None:
        self._door = door
        self._websocket: Protocol | None = None
        self._head: bytes | None = b""
        self._post: PostReader | None = None
        self._charger: Charger | None = None
        self._fragments: list[bytes] | None = None
        self._failed = False
        self._heard_all = False
        self._said_all = False
        self._receiving = False
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    @property
    def _open(self) -> Protocol | None:
        """The WebSocket while it may be sent through."""
        websocket = self._websocket
        return websocket if websocket is not None and websocket.state is State.OPEN else None

    # --- the link that the desk sees -------------------------------------------------------------

    def send(self, text: str) -> None:
        """Send one OCPP-J frame; nothing happens if the socket is closing."""
        websocket = self._open
        if websocket is not None:
            websocket.send_text(text.encode())
            self._flush()

    def close(self, code: int, reason: str) -> None:
        """Start the WebSocket closing handshake."""
        websocket = self._open
        if websocket is not None:
            websocket.send_close(code, reason)
            self._flush()

    def is_live(self) -> bool:
        """Whether both the WebSocket and the TCP connection under it are still established."""
        return self._open is not None and _tcp_established(self._transport)

    def abort(self) -> None:
        """Drop the TCP connection at once."""
        self._transport.abort()

    def shut_down(self, code: int, reason: str) -> None:
        """Close it as befits what it is; it is gone after `CLOSE_SECONDS` at the latest."""
        websocket = self._websocket
        is_new = websocket is None or websocket.state is State.CONNECTING
        if is_new and self._timer is None:
            self.abort()
        else:
            self.close(code, reason)

    # --- asyncio.Protocol ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A TCP connection was accepted."""
        self._transport = cast("asyncio.Transport", transport)
        self._door.sockets.add(self)
        self._door.waiting[self] = self._door.clock()

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._head is not None:
            self._head += data
            if len(self._head) < len(_GET):
                return
            data, self._head = self._head, None
            data = self._begin(data)
        self._receiving = True
        try:
            if self._post is not None:
                self._take_post(self._post, data)
            elif self._websocket is not None:
                self._take(self._websocket, data)
        finally:
            self._receiving = False
        self._flush()

    def eof_received(self) -> bool:
        """The other side has nothing more to say. The transport then closes itself, unless an
        HTTP client still waits for its answer."""
        if self._websocket is not None:
            self._websocket.receive_eof()
        self._heard_all = True
        return self._post is not None and not self._said_all

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection is gone."""
        self._door.sockets.discard(self)
        self._door.waiting.pop(self, None)
        if not self._door.sockets:
            self._door.emptied.set()
        if self._timer is not None:
            self._timer.cancel()
        reason = self._why_closed(exc)
        if self._websocket is not None:
            self._websocket.receive_eof()
        charger, self._charger = self._charger, None
        if charger is not None:
            self._door.desk.lost(charger, self, reason)

    def pause_writing(self) -> None:
        """It does not read its answers: hear no more questions until it does."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # --- what came in ----------------------------------------------------------------------------

    def _begin(self, data: bytes) -> bytes:
        """The first bytes: what is left of them."""
        if not data.startswith(_GET):
            self._post = PostReader()
            return data
        request = read_request(data)
        if request is not None and self._let_in(request):
            return data[request.length :]
        self._websocket = ServerProtocol(
            select_subprotocol=_select_subprotocol, max_size=MAX_MESSAGE_BYTES, logger=_logger
        )
        return data

    def _let_in(self, request: PlainRequest) -> bool:
        """False: the library reads the request once more, and refuses it."""
        identity = identity_of(request.path)
        subprotocol = _chosen(request.offers)
        if identity is None or subprotocol is None:
            return False
        if not self._door.keys.admits(identity, request.authorization):
            return False
        now = self._door.clock()
        self._door.waiting.pop(self, None)
        self._websocket = Protocol(SERVER, max_size=MAX_MESSAGE_BYTES, logger=_logger)
        self._transport.write(request.granted(subprotocol, now))
        self._charger = self._door.desk.opened(identity, _VERSIONS[subprotocol], self, now)
        return True

    def _take(self, websocket: Protocol, data: bytes) -> None:
        websocket.receive_data(data)
        for event in websocket.events_received():
            if isinstance(event, Frame):
                self._take_frame(event)
            elif isinstance(event, Request) and isinstance(websocket, ServerProtocol):
                self._take_request(websocket, event)

    def _take_request(self, websocket: ServerProtocol, request: Request) -> None:
        self._door.waiting.pop(self, None)
        if "Upgrade" in request.headers:
            self._upgrade(websocket, request)
            return
        query = HttpRequest.of(request.method, request.path)
        if self._door.routes.knows(query.path):
            self._door.routes.handle(query, websocket.send_response)
        else:
            # The path of a charger, without the upgrade: 426 with an explanation.
            websocket.send_response(websocket.accept(request))

    def _upgrade(self, websocket: ServerProtocol, request: Request) -> None:
        identity = identity_of(request.path)
        if identity is None:
            websocket.send_response(websocket.reject(404, "No charger identity in the path.\n"))
            return
        if not self._door.keys.admits(identity, request.headers.get("Authorization")):
            refusal = websocket.reject(401, "Wrong identity or key.\n")
            refusal.headers["WWW-Authenticate"] = _CHALLENGE
            websocket.send_response(refusal)
            return
        response = websocket.accept(request)
        websocket.send_response(response)
        if websocket.state is not State.OPEN:
            return
        version = _VERSIONS.get(websocket.subprotocol or "")
        if version is None:
            # OCPP-J 1.6 §3.2, 2.0.1 Part 4 §3.2: complete the handshake without a subprotocol,
            # then close.
            websocket.send_close(CloseCode.PROTOCOL_ERROR, _NO_COMMON_VERSION)
            return
        now = self._door.clock()
        self._charger = self._door.desk.opened(identity, version, self, now)

    def _take_frame(self, frame: Frame) -> None:
        if self._charger is None or self._failed:
            return
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            self._take_part(bytes(frame.data), last=frame.fin)
        elif frame.opcode is Opcode.BINARY:
            self._fail(CloseCode.UNSUPPORTED_DATA, "OCPP-J is text")

    def _take_part(self, data: bytes, *, last: bool) -> None:
        if self._fragments is not None:
            self._fragments.append(data)
            data = b"".join(self._fragments)
        elif not last:
            self._fragments = [data]
        if not last:
            return
        self._fragments = None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA, "a text message is not UTF-8")
            return
        if self._charger is not None:
            self._door.desk.received(self._charger, text, self._door.clock())

    def _fail(self, code: CloseCode, reason: str) -> None:
        self._failed = True
        websocket = self._open
        if websocket is not None:
            websocket.fail(code, reason)

    def _take_post(self, post: PostReader, data: bytes) -> None:
        request = post.feed(data)
        if request is None:
            return
        self._door.waiting.pop(self, None)
        if isinstance(request, Response):
            self._respond(request)
        else:
            self._door.routes.handle(request, self._respond)

    def _respond(self, response: Response) -> None:
        """Answer a POST; this may be long after it came, and its sender may be gone."""
        if not self._transport.is_closing():
            self._transport.write(response.serialize())
            self._end()

    # --- what goes out ---------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._receiving or self._websocket is None:
            return
        writes = self._websocket.data_to_send()
        if not writes or self._transport.is_closing():
            return
        # The empty piece marks the end of the stream.
        self._transport.write(writes[0] if len(writes) == 1 else b"".join(writes))
        if not writes[-1]:
            self._end()
        elif self._timer is None and self._websocket.close_expected():
            self._abort_later()

    def _end(self) -> None:
        """Nothing more is written. The other side closes next, unless it has already."""
        self._said_all = True
        if self._heard_all or not self._transport.can_write_eof():  # TLS has no half-close
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:
            # Reset by the other side, which is yet to be told; another's frame may bring us here.
            self._transport.abort()
        if self._timer is None:
            self._abort_later()

    def _abort_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def _why_closed(self, exc: Exception | None) -> str:
        lost = f"connection lost: {exc}" if exc else "connection lost"
        if self._websocket is None:
            return lost
        received, sent = self._websocket.close_rcvd, self._websocket.close_sent
        if sent is not None and not self._websocket.close_rcvd_then_sent:
            return f"closed by the CSMS: {sent.reason or sent.code}"
        if received is not None:
            return f"closed by the charger: {received.reason or received.code}"
        return lost


def identity_of(path: str) -> str | None:
    """The charger's identity in the path of its handshake: the last segment, percent-decoded."""
    segment = path.split("?", 1)[0].rsplit("/", 1)[-1]
    try:
        identity = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None
    if not identity.isprintable() or not 0 < len(identity) <= _IDENTITY_MAX:
        return None
    return identity


def _chosen(offers: Sequence[str]) -> str | None:
    """The first that we speak: they come in the order that the charger prefers (RFC 6455 §1.9)."""
    return next((name for name in offers if name in _VERSIONS), None)


def _select_subprotocol(
    _websocket: ServerProtocol, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    return cast("Subprotocol | None", _chosen(offered))


def _tcp_established(transport: asyncio.Transport) -> bool:
    """Whether neither side has begun to close the TCP connection, even if no event of it has been
    handled yet. Only Linux tells; elsewhere what asyncio has noticed must do."""
    if transport.is_closing():
        return False
    if not hasattr(socket, "TCP_INFO"):
        return True
    try:
        info = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    except OSError:
        return False
    return bool(struct.unpack("B", info)[0] == _TCP_ESTABLISHED)
