"""CALLs from the CSMS to one charger: one under way at a time, the rest wait their turn."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from voltfleet.csms.errors import CallFailed, NoAnswer
from voltfleet.ocppj.rpc import RpcPeer

Outcome = dict[str, Any] | CallFailed
"""The result's payload, or why there is none."""

Done = Callable[[Outcome], None]
Send = Callable[[str, str], None]
"""Sends one frame: its action and its text."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One CALL and who wants to know what became of it."""

    action: str
    payload: bytes
    done: Done
    timeout_seconds: float


class CallQueue:
    """The calls over one socket, from its opening to its end. Every ask is done exactly once."""

    __slots__ = ("_peer", "_send", "_timer", "_waiting")

    def __init__(self, seed: int, send: Send) -> None:
        self._peer: RpcPeer[Ask] = RpcPeer(seed)
        self._send = send
        self._waiting: deque[Ask] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, ask: Ask) -> None:
        """Send it now, or after those that came before it."""
        self._waiting.append(ask)
        self._next()

    def settle(self, unique_id: str) -> Ask | None:
        """The ask that an answer belongs to; None if it answers nothing that is under way.

        The caller tells the asker; the next waiting ask is sent meanwhile.
        """
        pending = self._peer.settle(unique_id)
        if pending is None:
            return None
        self._disarm()
        self._next()
        return pending.token

    def drop(self, why: CallFailed) -> None:
        """The socket is gone: nothing here will be answered any more."""
        self._disarm()
        pending = self._peer.drop()
        asks = [pending.token] if pending else []
        asks.extend(self._waiting)
        self._waiting.clear()
        for ask in asks:
            ask.done(why)

    def _next(self) -> None:
        if self._peer.pending is not None or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        ask = self._waiting.popleft()
        text = self._peer.call(ask.action, ask.payload, ask, loop.time(), ask.timeout_seconds)
        self._timer = loop.call_later(ask.timeout_seconds, self._expire)
        self._send(ask.action, text)

    def _expire(self) -> None:
        self._timer = None
        pending = self._peer.drop()
        if pending is not None:
            pending.token.done(NoAnswer(f"no answer to {pending.action} in time"))
        self._next()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
