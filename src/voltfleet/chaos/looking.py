"""Looks at the fleet from outside until it is as the history says."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx2

from voltfleet.chaos.api import Api, NoAnswer
from voltfleet.chaos.csms_log import CsmsLog
from voltfleet.chaos.history import (
    Fate,
    Finding,
    Found,
    History,
    Kind,
    Session,
    check_order,
    check_session,
    differences,
)

_FINAL = frozenset({"applied", "rejected", "failed", "expired"})
_PAGE = 1000
_LOOK_EVERY_SECONDS = 0.1


class Onlooker:
    """Reads the API, the CSMS's pages and the CSMS's log."""

    def __init__(self, api: Api, csms_url: str, frames: Path, history: History) -> None:
        self.heard = CsmsLog()
        self.awaited: list[Finding] = []
        self._api = api
        self._history = history
        self._csms = httpx2.AsyncClient(base_url=csms_url, timeout=10.0, trust_env=False)
        self._frames = frames
        self._read_to = 0
        self._open: list[Session] = []
        self._taken = 0

    async def close(self) -> None:
        """Closes every connection."""
        await self._csms.aclose()

    async def settle(self, seconds: float) -> list[Finding]:
        """Waits until everything is as it must be, at most so long; returns what is not. What it
        waited for last is in `awaited`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        self.awaited = []
        while True:
            wrong = await self._look()
            if not wrong or loop.time() > deadline:
                return wrong
            self.awaited = wrong
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def check_one_log(self, rng: random.Random) -> list[Finding]:
        """Holds the message log of some charger against what the CSMS heard."""
        there = [
            charger
            for location in self._history.locations
            if location.fate is Fate.THERE
            for charger in location.chargers.values()
            if charger.fate is Fate.THERE and charger.id
        ]
        if not there:
            return []
        charger = rng.choice(there)
        try:
            answer = await self._api.insist("GET", f"/ocpp/chargers/{charger.id}/logs")
        except NoAnswer:
            return []  # the history has it
        told = [
            entry["message"].split('"', 2)[1]
            for entry in answer.json()["data"]
            if entry["direction"] == "cp_to_csms" and entry["message"].startswith("[2,")
        ]
        return check_order(charger.identity, self.heard.sent[charger.identity], told)

    async def double_sockets(self) -> int:
        """What the CSMS has counted."""
        count: int = (await self._csms.get("/api/stats")).json()["double_sockets"]
        return count

    async def finish_sessions(self, seconds: float) -> list[Finding]:
        """What is wrong with the sessions once the stations have told the CSMS all that they have
        to tell: what a cut kept from it comes after they are connected again. Waits for that at
        most so long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            wrong = self._wrong_sessions()
            if not wrong or loop.time() > deadline:
                return wrong + self.heard.findings
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def _wrong_sessions(self) -> list[Finding]:
        self._hear()
        return [
            finding
            for session in self._history.sessions
            for finding in check_session(
                session,
                self.heard.begun(session.id_token),
                final=bool(session.id) and not session.disturbed,
            )
        ]

    # --- looking -------------------------------------------------------------------------------

    async def _look(self) -> list[Finding]:
        self._hear()
        try:
            found = await self._found()
            waiting = await self._sessions()
        except NoAnswer as error:
            return [Finding(Kind.LOST, f"the API does not answer: {error}")]
        return differences(self._history, found) + waiting

    async def _found(self) -> Found:
        locations = await self._api.everything("/ocpp/locations")
        there = [each for each in self._history.locations if each.fate is Fate.THERE]
        chargers = {
            location.name: [
                charger["identity"]
                for charger in await self._api.everything(f"/ocpp/locations/{location.id}/chargers")
            ]
            for location in there
        }
        names = Counter(location["name"] for location in locations)
        return Found(names, chargers, await self._online())

    async def _online(self) -> frozenset[str]:
        online: set[str] = set()
        for offset in range(0, 1_000_000, _PAGE):
            answer = await self._csms.get(f"/api/chargers?offset={offset}&limit={_PAGE}")
            chargers = answer.json()["chargers"]
            connected = [each["identity"] for each in chargers if each["connected"]]
            online.update(connected)
            if len(connected) < _PAGE:  # the connected ones come first
                break
        return frozenset(online)

    async def _sessions(self) -> list[Finding]:
        """Asks for every command that is not known to have ended."""
        fresh = self._history.sessions[self._taken :]
        self._taken += len(fresh)
        self._open += [session for session in fresh if session.id]
        for session in self._open:
            answer = await self._api.insist("GET", f"/ocpp/commands/{session.id}")
            state = answer.json()["state"]
            if session.seen[-1:] != [state]:
                session.seen.append(state)
        self._open = [session for session in self._open if session.seen[-1] not in _FINAL]
        return [
            finding
            for session in self._open
            # One whose charger was stopped since may wait for it to be started again.
            for finding in check_session(session, 0, final=not session.disturbed)
        ]

    def _hear(self) -> None:
        with self._frames.open("rb") as file:
            file.seek(self._read_to)
            data = file.read()
        whole = data.rfind(b"\n") + 1
        self._read_to += whole
        self.heard.feed(_lines(data[:whole]))


def _lines(data: bytes) -> Sequence[str]:
    return data.decode().splitlines()
