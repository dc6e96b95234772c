"""One WebSocket connection of one station: bytes on one side, text messages on the other."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import NamedTuple, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Protocol
from websockets.uri import WebSocketURI

from voltfleet.host import reasons
from voltfleet.host.intake import Intake
from voltfleet.host.opening import Opening
from voltfleet.host.ports import ConnectionOwner
from voltfleet.host.targets import Gate, TargetRefusedError
from voltfleet.host.turns import Turns
from voltfleet.host.wheel import Clock
from voltfleet.station.reports import DialFailure

_FOREVER = float("inf")


class Timeouts(NamedTuple):
    """How long a connection waits for the other side, in seconds, and the most it reads: of one
    message, and in one second. What comes faster is not lost: its sender has to wait."""

    handshake: float = 10.0
    close: float = 5.0
    ping_interval: float = 60.0
    pong: float = 20.0
    stall: float = 30.0
    message: float = 30.0
    max_message_bytes: int = 2**20
    frames_per_second: int = 200


_LEASE_LOST = "the host was out of touch with its gateway for too long"


class Connection(Intake):
    """A dial that becomes an open WebSocket, and in the end is reported closed exactly once.

    Wake it with `tick` when `deadline` has passed. While ``paused`` nothing may be sent. Where it
    was never `opened`, ``failure`` says of which kind that is, and ``unreachable`` whether any
    other charger's dial would have failed as well. ``barred``: the target policy does not allow it.
    """

    __slots__ = (
        "_authorization",
        "_dial",
        "_first",
        "_fragments",
        "_message_by",
        "_opening",
        "_over",
        "_owner",
        "_ping_at",
        "_ping_interval",
        "_reason",
        "_shows_certificate",
        "_timeouts",
        "_ws",
        "barred",
        "deadline",
        "dialled_ip",
        "failure",
        "gate",
        "opened",
        "tls",
        "unreachable",
    )

    def __init__(
        self,
        owner: ConnectionOwner,
        opening: Opening,
        *,
        timeouts: Timeouts,
        clock: Clock,
        turns: Turns,
        gate: Gate,
        tls: ssl.SSLContext | None = None,
        authorization: str | None = None,
        shows_certificate: bool = False,
    ) -> None:
        """``gate`` says what the dialler may dial, and what `check_target` leaves alone; ``tls`` is
        for the dialler, if the address is a ``wss://`` one; ``authorization`` is sent with the
        request for the upgrade, and to nobody else: redirects are not followed."""
        super().__init__(clock, turns, timeouts.frames_per_second)
        self._owner = owner
        self._authorization = authorization
        self._shows_certificate = shows_certificate
        self.tls = tls
        self.gate = gate
        self.dialled_ip: str | None = None
        self.barred = False
        self._opening = opening
        self._ws: Protocol  # from the first byte of the answer on
        self._timeouts = timeouts
        self._dial: asyncio.Task[None] | None = None
        self._first = b""
        self._fragments: bytearray | None = None
        self._message_by = _FOREVER
        self._reason: str | None = None
        self._ping_interval = timeouts.ping_interval
        self._ping_at = _FOREVER
        self.failure = DialFailure.OTHER
        self._over = False
        self.deadline = clock() + timeouts.handshake
        self.opened = False
        self.unreachable = False

    @property
    def uri(self) -> WebSocketURI:
        """Where it leads."""
        return self._opening.uri

    @property
    def sendable(self) -> bool:
        """Whether `send` may be called."""
        usable = self.opened and self._ws.state is OPEN and not self._over
        return usable and not self.paused and not self._aborted

    # --- dialling ------------------------------------------------------------------------------

    def dialling(self, task: asyncio.Task[None]) -> None:
        """The task that brings about `connection_made`, or else calls `dial_failed`."""
        self._dial = task

    def dial_failed(self, exc: BaseException | None) -> None:
        """There will be no transport; ``exc`` is null when the dial was cancelled."""
        self._dial = None
        if self._reason is None and exc is not None:
            self._failed_by(exc)
        self._finished()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: TCP (and TLS) are up; ask for the upgrade."""
        self._dial = None
        self._transport = cast("asyncio.Transport", transport)
        self._write([self._opening.request(self._authorization)])

    # --- what the owner does ---------------------------------------------------------------------

    def send(self, text: str) -> None:
        """One text message. Only while `sendable`."""
        self._ws.send_text(text.encode())
        self._flush()

    def close(self, code: int, text: str = "", *, because: str | None = None) -> None:
        """Close properly, by force at the deadline; `ConnectionOwner.connection_closed` follows,
        with ``because`` as its reason."""
        if self._reason is None:
            self._reason = because
        if not self.opened:
            self.abort()
        elif self._ws.state is OPEN:
            self._ws.send_close(code, text)
            self._closing()

    def check_target(self) -> None:
        """The target policy is another one: close the connection if it may not be any more."""
        if self.dialled_ip is None or self._over:
            return  # the dialler asks anyway
        refusal = self.gate.refusal(self.uri.host, self.uri.port, self.dialled_ip)
        if refusal is not None:
            self.barred = True
            self.close(CloseCode.GOING_AWAY, "", because=reasons.barred(refusal))

    def abort(self, reason: str | None = None) -> None:
        """Cut the connection now. `ConnectionOwner.connection_closed` follows, not at once."""
        if self._reason is None:
            self._reason = reason
        self._aborted = True
        self.deadline = _FOREVER
        if self._transport is not None:
            self._transport.abort()
        elif self._dial is not None:
            self._dial.cancel()

    def set_silent(self, *, silent: bool) -> None:
        """A half-open socket: what is sent gets lost and nothing is read, until it speaks again."""
        if silent is self._silent or self._transport is None:
            return
        self._silent = silent
        if silent:
            self._pause_reading()
        else:
            self._resume_reading()

    def set_ping_interval(self, seconds: float) -> None:
        """The station's own interval; 0 turns pings off."""
        if seconds != self._ping_interval:
            self._ping_interval = seconds
            if self.sendable:
                self._await_ping(self._clock())

    def tick(self, now: float) -> None:
        """The deadline may have passed: ping, or give up."""
        if now < self.deadline:
            return
        if not self.opened:
            self._not_opened()
        elif self.paused:
            self.abort(reasons.stalled(self.uri, self._timeouts.stall))
        elif self._ws.state is not OPEN:
            self.abort()
        elif self._ping_at < self.deadline:
            self.abort(reasons.half_open(self.uri, self._timeouts.pong))
        else:
            self._ping(now)

    # --- what arrives --------------------------------------------------------------------------

    def _receive(self, data: memoryview, now: float) -> int:
        if not hasattr(self, "_ws"):
            self._first = bytes(data)
            length = self._opening.plain_answer(self._first)
            if length:
                self._ws = self._opening.opened()
                self._responded(now)
                data = data[length:]
            else:
                self._ws = self._opening.asked()
        ws = self._ws
        ws.receive_data(cast("bytes", data))
        events = ws.events_received()
        for event in events:
            if isinstance(event, Frame):
                self._frame(event, now)
            else:
                self._responded(now)
        if ws.handshake_exc is not None:
            self._refused(ws.handshake_exc)
        elif ws.close_expected():
            self._closing()
        else:
            self._flush()
        return len(events)

    def _overrun(self) -> None:
        self._owner.connection_flooded(reasons.flooded(self._frames_per_second))

    def eof_received(self) -> None:
        """asyncio: the CSMS will send no more; the transport closes itself."""
        self._unread = None
        if not hasattr(self, "_ws"):
            self._ws = self._opening.asked()
        self._ws.receive_eof()
        if self._ws.handshake_exc is not None:
            self._refused(self._ws.handshake_exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the socket is gone."""
        self._transport = None
        if self._reason is None:
            if self.opened:
                self._reason = reasons.lost(exc, self._ws, self.uri)
            else:
                self._failed_by(exc or ConnectionError())
        self._finished()

    def pause_writing(self) -> None:
        """asyncio: the CSMS does not read. Nor do we then, so that nothing piles up for it."""
        self.paused = True
        self._hurry(self._clock() + self._timeouts.stall)
        self._pause_reading()

    def resume_writing(self) -> None:
        """asyncio: the CSMS reads again."""
        self.paused = False
        now = self._clock()
        self._resume_reading()
        if self.opened and self._ws.state is OPEN:
            self._await_ping(now)
            self._owner.connection_writable(now)
        else:
            self.deadline = now + self._timeouts.close

    # --- within ----------------------------------------------------------------------------------

    def _responded(self, now: float) -> None:
        if self._ws.handshake_exc is not None:
            return
        self.opened, self._first = True, b""
        if self._ws.subprotocol is None:
            # OCPP-J 1.6 §3.2: without the subprotocol the station closes the connection.
            self._reason = reasons.no_subprotocol(self._opening.offered)
            self._ws.send_close(CloseCode.PROTOCOL_ERROR, "no OCPP subprotocol selected")
            return
        self._await_ping(now)
        self._owner.connection_opened(now)

    def _not_opened(self) -> None:
        seconds = self._timeouts.handshake
        status = reasons.status_of(self._first)
        self.unreachable = status is None or reasons.lets_nobody_in(status)
        if status is None:
            self.abort(reasons.no_answer(self.uri, seconds))
        else:
            self.abort(reasons.unfinished(status, self.uri, seconds))

    def _failed_by(self, exc: BaseException) -> None:
        self._reason = reasons.dial_failed(exc, self.uri)
        self.barred = isinstance(exc, TargetRefusedError)
        self.unreachable = reasons.concerns_all(exc)
        self.failure = reasons.failure_of(exc, showed_certificate=self._shows_certificate)

    def _refused(self, exc: Exception) -> None:
        if self._reason is None and self._transport is not None:
            self.unreachable = reasons.concerns_all(exc)
            sent = self._authorization is not None
            self.failure = reasons.failure_of(exc)
            self._reason = reasons.handshake_refused(
                exc, self.uri, self._opening.offered, sent_credentials=sent
            )
            self._transport.abort()

    def _frame(self, frame: Frame, now: float) -> None:
        # Whatever arrives proves that the CSMS is there.
        if self._ping_at < self.deadline and not self.paused:
            self._await_ping(now)
        if now > self._message_by:
            self._fail(CloseCode.POLICY_VIOLATION, reasons.endless(self._timeouts.message))
            return
        opcode = frame.opcode
        if opcode is Opcode.TEXT:
            data = cast("bytearray", frame.data)
            if frame.fin:
                self._text(data, now)
            else:
                self._fragments = data
                self._message_by = now + self._timeouts.message
        elif opcode is Opcode.CONT and self._fragments is not None:
            self._fragments += frame.data
            if frame.fin:
                data, self._fragments = self._fragments, None
                self._message_by = _FOREVER
                self._text(data, now)
        elif opcode is Opcode.BINARY:
            self._fail(CloseCode.UNSUPPORTED_DATA, "OCPP-J messages are text")

    def _text(self, data: bytearray, now: float) -> None:
        if self._reason is not None:
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA, "invalid UTF-8 in a text message")
            return
        self._owner.connection_text(text, now)

    def _fail(self, code: CloseCode, reason: str) -> None:
        if self._ws.state is OPEN:
            self._reason = f"closed with {code:d}: the CSMS sent something invalid: {reason}"
            self._ws.fail(code, reason)

    def _closing(self) -> None:
        """A close frame was sent or received: the CSMS now closes the socket, or we do."""
        self._flush()
        self._ping_at = _FOREVER
        self._hurry(self._clock() + self._timeouts.close)

    def _hurry(self, at: float) -> None:
        if at < self.deadline:
            self.deadline = at
            self._owner.connection_deadline(at)

    def _await_ping(self, now: float) -> None:
        interval = self._ping_interval
        self._ping_at = self.deadline = now + interval if interval > 0 else _FOREVER

    def _ping(self, now: float) -> None:
        self._ws.send_ping(b"")
        self._flush()
        if not self.paused:
            self.deadline = now + self._timeouts.pong

    def _flush(self) -> None:
        self._write(self._ws.data_to_send())

    def _write(self, chunks: Sequence[bytes]) -> None:
        transport = self._transport
        if transport is None or self._silent:
            return
        if not self._owner.may_speak():
            self.abort(_LEASE_LOST)
            return
        for chunk in chunks:
            if chunk:
                transport.write(chunk)
            else:
                transport.close()

    def _finished(self) -> None:
        if self._over:
            return
        self._over = True
        self.deadline = _FOREVER
        if hasattr(self, "_ws"):
            # It and the protocol hold each other: a garbage collector would come by much later.
            self._ws.parser.close()
        self._owner.connection_closed(self._reason, self._clock())
