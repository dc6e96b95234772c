"""Answers whatever chargers say, and says what the CSMS has to say to them. No sockets here."""

import secrets
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from voltfleet.csms import answers
from voltfleet.csms.books import Books
from voltfleet.csms.calls import Ask, CallQueue, Done, Outcome
from voltfleet.csms.chargers import Charger, Link
from voltfleet.csms.errors import BadAnswer, CallFailed, CallRefused, NotConnected
from voltfleet.csms.frame_log import FrameLog
from voltfleet.csms.narrator import Narrator
from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import frames, rpc, schemas
from voltfleet.ocppj.errors import RpcError
from voltfleet.ocppj.schemas import Kind

PROBLEMS_KEPT = 100
_SUPERSEDED = "another connection with this identity was opened"
_CLOSE_NORMAL = 1000
_ANSWERS = (frames.MessageType.CALL_RESULT, frames.MessageType.CALL_ERROR)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a charger said and the standard does not allow."""

    at: float
    identity: str
    text: str


class Desk:
    """Where all frames of all chargers come in and go out."""

    def __init__(
        self, books: Books, narrator: Narrator, log: FrameLog | None, clock: Callable[[], float]
    ) -> None:
        self.books = books
        self.problems: deque[Problem] = deque(maxlen=PROBLEMS_KEPT)
        self._narrator = narrator
        self._log = log
        self._clock = clock
        self._seed = secrets.randbits(32)

    # --- sockets come and go ---------------------------------------------------------------------

    def opened(self, identity: str, version: OcppVersion, link: Link, now: float) -> Charger:
        """A socket of that identity is open. The standard leaves two at once open: here the newest
        wins, and it is counted if the earlier one was really still live."""
        registry, totals = self.books.registry, self.books.totals
        charger, replaced = registry.attach(identity, version, link, now)
        totals.connections += 1
        self._narrator.connected(identity, version)
        if replaced is not None:
            if replaced.is_live():
                totals.double_sockets += 1
                self._problem(charger, "a second socket while the first was live", now)
            self._drop_calls(charger)
            replaced.close(_CLOSE_NORMAL, _SUPERSEDED)
        return charger

    def lost(self, charger: Charger, link: Link, reason: str) -> None:
        """A socket is gone."""
        self.books.totals.disconnections += 1
        if self.books.registry.detach(charger, link):
            self._drop_calls(charger)
            self._narrator.disconnected(charger.identity, reason)

    def _drop_calls(self, charger: Charger) -> None:
        calls, charger.calls = charger.calls, None
        if calls is not None:
            calls.drop(NotConnected(f"{charger.identity} left before it answered"))

    # --- frames come in --------------------------------------------------------------------------

    def received(self, charger: Charger, text: str, now: float) -> None:
        """Take one text frame, and answer it if it wants an answer."""
        self.books.totals.messages_in += 1
        charger.messages += 1
        charger.last_message_at = now
        try:
            frame = frames.parse(text)
        except frames.FrameError as error:
            self._broken(charger, error, text, now)
            return
        if isinstance(frame, frames.Call):
            self._note(charger, frame.action, text, now)
            self._answer(charger, frame, now)
        elif isinstance(frame, frames.Send):
            self._note(charger, frame.action, text, now)
            self._take_send(charger, frame, now)
        else:
            self._take_answer(charger, frame, text, now)

    def _note(self, charger: Charger, action: str, text: str, now: float) -> None:
        charger.last_action = action
        if self._log is not None:
            self._log.write(now, charger.identity, from_station=True, action=action, text=text)

    def _broken(self, charger: Charger, error: frames.FrameError, text: str, now: float) -> None:
        self._note(charger, "", text, now)
        self._problem(charger, f"broken frame: {error}", now)
        if error.message_type in _ANSWERS and error.unique_id and charger.calls is not None:
            ask = charger.calls.settle(error.unique_id)
            if ask is not None:
                ask.done(BadAnswer(f"the answer to {ask.action} is a broken frame: {error}"))
        answer = rpc.answer_to(error, charger.version)
        if answer is not None:
            self.books.totals.errors_answered += 1
            self.send(charger, "", answer, now)

    def _answer(self, charger: Charger, call: frames.Call, now: float) -> None:
        try:
            payload = answers.answer(self.books, charger, call, now)
        except RpcError as error:
            self._problem(charger, f"{call.action}: {error}", now)
            self.books.totals.errors_answered += 1
            code = error.code.spelled(charger.version)
            text = frames.encode_error(call.unique_id, code, error.description, error.details)
        else:
            text = frames.encode_result(call.unique_id, msgspec.json.encode(payload))
        self.send(charger, call.action, text, now)

    def _take_send(self, charger: Charger, frame: frames.Send, now: float) -> None:
        """Nobody answers a SEND (2.1); before 2.1 there are none."""
        if charger.version is not OcppVersion.V21:
            self._problem(charger, f"a SEND frame, unknown to {charger.version}", now)
            return
        try:
            schemas.check(charger.version, Kind.REQUEST, frame.action, frame.payload)
        except RpcError as error:
            self._problem(charger, f"{frame.action}: {error}", now)

    def _take_answer(
        self,
        charger: Charger,
        frame: frames.CallResult | frames.CallError | frames.CallResultError,
        text: str,
        now: float,
    ) -> None:
        ask = None
        if charger.calls is not None and not isinstance(frame, frames.CallResultError):
            ask = charger.calls.settle(frame.unique_id)
        self._note(charger, ask.action if ask else "", text, now)
        if isinstance(frame, frames.CallResultError):
            self._problem(charger, f"it could not read an answer: {frame.code}", now)
        elif ask is None:
            self._problem(charger, "an answer to nothing that was asked", now)
        elif isinstance(frame, frames.CallError):
            ask.done(CallRefused(frame.code, frame.description, _details(frame)))
        else:
            self._done(charger, ask, frame, now)

    def _done(self, charger: Charger, ask: Ask, frame: frames.CallResult, now: float) -> None:
        if ask.action not in schemas.actions(charger.version):
            # A user tried an action of no standard; whatever came back is theirs to judge.
            ask.done(_plain(frame.payload))
            return
        try:
            payload = schemas.check(charger.version, Kind.RESPONSE, ask.action, frame.payload)
        except RpcError as error:
            self._problem(charger, f"answer to {ask.action}: {error}", now)
            if charger.version is OcppVersion.V21:
                text = frames.encode_result_error(frame.unique_id, error.code, error.description)
                self.send(charger, ask.action, text, now)
            ask.done(BadAnswer(f"the answer to {ask.action} violates the standard: {error}"))
        else:
            ask.done(payload)

    # --- frames go out ---------------------------------------------------------------------------

    def send(self, charger: Charger, action: str, text: str, now: float) -> None:
        """Send one frame to a charger, if it is connected."""
        if charger.link is None:
            return
        self.books.totals.messages_out += 1
        if self._log is not None:
            self._log.write(now, charger.identity, from_station=False, action=action, text=text)
        charger.link.send(text)

    def call(
        self,
        charger: Charger,
        action: str,
        payload: dict[str, Any],
        done: Done,
        timeout_seconds: float = rpc.CALL_TIMEOUT_SECONDS,
    ) -> None:
        """Send a CALL in its turn; ``done`` hears the outcome exactly once. The payload is not
        checked: how a charger takes a wrong one is worth a try."""
        if charger.link is None:
            done(NotConnected(f"{charger.identity} is not connected"))
            return
        if charger.calls is None:
            seed = self._seed ^ zlib.crc32(charger.identity.encode())
            charger.calls = CallQueue(
                seed, lambda name, text: self.send(charger, name, text, self._clock())
            )
        answers.expect(charger, action, payload)
        charger.calls.put(Ask(action, msgspec.json.encode(payload), done, timeout_seconds))

    def _problem(self, charger: Charger, text: str, now: float) -> None:
        charger.last_problem = text
        self.books.totals.problems += 1
        self.problems.append(Problem(now, charger.identity, text))
        self._narrator.problem(charger.identity, text)


def _plain(raw: msgspec.Raw) -> Outcome:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        return BadAnswer(f"the answer cannot be read: {error}")
    return value if isinstance(value, dict) else {}


def _details(frame: frames.CallError) -> dict[str, Any]:
    details = _plain(frame.details)
    return {} if isinstance(details, CallFailed) else details
