"""CSMSs that misbehave, each on a port of its own, in a process of their own.

    python -m support.hostile.server

First line of the output: ``{"name": port, …}``, with ``good`` among them: a CSMS as it should be,
which has its chargers beat every second and notes how late they are. Then a line in, a line out:
``good`` and ``bad`` (how every port behaves from now on; whoever is connected to a bad one is cut),
``late`` (the worst lateness of a heartbeat since the last ``late``, in seconds) and ``counts``
(connections so far, by name). It ends with its input.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from functools import partial

import uvloop

from support.hostile import frames, handshakes, messages
from support.hostile.peer import BEAT_SECONDS, MISBEHAVIOURS, Peer, Script, answer_to, text

FAMILIES = (handshakes, frames, messages)
"""Importing them has entered what they do."""


class Hostile:
    """All of them, listening."""

    def __init__(self) -> None:
        self.good = False
        self.ports: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.late = 0.0
        self._peers: dict[Peer, str] = {}
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Each on a free port of loopback."""
        scripts = {name: one.script for name, one in MISBEHAVIOURS.items()} | {"good": self._well}
        for name, script in scripts.items():
            server = await asyncio.start_server(
                partial(self._talk, name, script),
                "127.0.0.1",
                0,
                backlog=1024,
            )
            self._servers.append(server)
            self.ports[name] = server.sockets[0].getsockname()[1]

    def turn(self, *, good: bool) -> None:
        """Behave so from now on; whoever is connected to a bad one is cut."""
        self.good = good
        for peer, name in list(self._peers.items()):
            if name != "good":
                peer.writer.transport.abort()

    async def _talk(
        self, name: str, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.counts[name] += 1
        peer = Peer(reader, writer)
        self._peers[peer] = name
        doing = asyncio.ensure_future(self._recovered(peer) if self.good else script(peer))
        gone = asyncio.ensure_future(writer.wait_closed())
        try:
            await asyncio.wait({doing, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (doing, gone):
                task.cancel()
                with contextlib.suppress(Exception, asyncio.CancelledError):
                    await task
            del self._peers[peer]
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _recovered(self, peer: Peer) -> None:
        await peer.open()
        await peer.oblige()

    async def _well(self, peer: Peer) -> None:
        await peer.open()
        await peer.boot()
        due: float | None = None
        while True:
            unique_id, action = await peer.hear_call()
            if action == "Heartbeat":
                now = time.monotonic()
                if due is not None:
                    self.late = max(self.late, now - due)
                due = now + BEAT_SECONDS
            await peer.say(text([3, unique_id, answer_to(action, BEAT_SECONDS)]))

    def take_late(self) -> float:
        """The worst since the last call."""
        late, self.late = self.late, 0.0
        return late


def say(line: object) -> None:
    """One line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def serve() -> None:
    """Until told to quit."""
    hostile = Hostile()
    await hostile.start()
    say(json.dumps(hostile.ports))
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        if line in ("good", "bad"):
            hostile.turn(good=line == "good")
            say(line)
        elif line == "late":
            say(hostile.take_late())
        elif line == "counts":
            say(json.dumps(hostile.counts))
        else:
            break


if __name__ == "__main__":
    uvloop.run(serve())
