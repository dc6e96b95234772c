"""The client of a chaos run: a few users who go on working whatever happens, and write down all
that they are told."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from voltfleet.chaos.api import PAUSE_SECONDS, Api, NoAnswer
from voltfleet.chaos.history import (
    Batch,
    Charger,
    Fate,
    Finding,
    History,
    Kind,
    Location,
    Session,
    check_batch,
)

LARGEST_BATCH = 12
JOB_SECONDS = 60.0
SESSION_SECONDS = 5
PAUSE_BETWEEN_SECONDS = 0.05

_TEMPLATES = (
    ("wallbox", "wallbox-pulsar-plus", "Type2", "OCPP1.6"),
    ("wallbox", "wallbox-pulsar-plus", "Type2", "OCPP2.0.1"),
)


class Gate:
    """Lets users work, or stops each of them once it is done with what it is doing."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._busy = 0
        self._nobody = asyncio.Event()
        self._nobody.set()

    async def enter(self) -> None:
        """Waits until work may begin."""
        await self._open.wait()
        self._busy += 1
        self._nobody.clear()

    def leave(self) -> None:
        """A piece of work is done."""
        self._busy -= 1
        if not self._busy:
            self._nobody.set()

    async def close(self) -> None:
        """Stops all work; returns once none is under way."""
        self._open.clear()
        await self._nobody.wait()

    def open(self) -> None:
        """Work goes on."""
        self._open.set()


class User:
    """One user with locations of its own. ``most`` is how many chargers it keeps."""

    def __init__(
        self,
        name: str,
        api: Api,
        history: History,
        gate: Gate,
        rng: random.Random,
        ws_url: str,
        most: int,
    ) -> None:
        self.name = name
        self._api = api
        self._history = history
        self._gate = gate
        self._rng = rng
        self._ws_url = ws_url
        self._most = most
        self._count = 0
        self._mine: list[Location] = []

    async def work(self) -> None:
        """One thing after another, for ever."""
        while True:
            await self._gate.enter()
            try:
                await self._act()
            except NoAnswer:
                pass  # the history has it
            finally:
                self._gate.leave()
            await asyncio.sleep(PAUSE_BETWEEN_SECONDS)

    async def _act(self) -> None:
        acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.add, 4),
            (self.switch, 3),
            (self.charge, 3),
            (self.remove_charger, 1),
            (self.remove_location, 1),
        ]
        if not self._chargers():
            acts = acts[:1]
        elif len(self._chargers()) >= self._most:
            acts = acts[1:]
        [(act, _)] = self._rng.choices(acts, [weight for _, weight in acts])
        await act()

    # --- what it does ----------------------------------------------------------------------------

    async def add(self) -> None:
        """A batch of chargers, at a new location or at one that is there."""
        places = [location for location in self._mine if location.fate is Fate.THERE]
        if not places or self._rng.random() < 0.5:  # noqa: PLR2004 - half of the time
            location = await self._new_location()
            if location is None:
                return
        else:
            location = self._rng.choice(places)
        await self._new_batch(location)

    async def switch(self) -> None:
        """Stops a charger that runs, or starts one that does not."""
        _, charger = self._rng.choice(self._chargers())
        wanted = not charger.running
        charger.running = None
        self._disturb(charger.identity)
        word = "start" if wanted else "stop"
        await self._api.insist("POST", f"/ocpp/chargers/{charger.id}/{word}-charger")
        charger.running = wanted
        self._history.acknowledged[f"charger {word}"] += 1

    async def charge(self) -> None:
        """A visit of a car: asked for once, as a command is not safe to repeat."""
        running = [charger for _, charger in self._chargers() if charger.running]
        if not running:
            return
        charger, token = self._rng.choice(running), self._next("TAG")
        answer = await self._api.attempt(
            "POST",
            "/ocpp/commands/start-session",
            {
                "target": {"charger_id": charger.id},
                "event": {"id_tag": token, "duration_seconds": SESSION_SECONDS},
            },
        )
        if answer is None:
            self._history.sessions.append(Session("", charger.identity, token))
            return
        for result in answer.json()["results"]:
            session = Session(result["command"]["id"], charger.identity, token)
            self._history.sessions.append(session)
            self._history.acknowledged["command"] += 1

    async def remove_charger(self) -> None:
        """Deletes one charger."""
        _, charger = self._rng.choice(self._chargers())
        charger.fate = Fate.LEAVING
        self._disturb(charger.identity)
        await self._api.insist("DELETE", f"/ocpp/chargers/{charger.id}", also={404})
        charger.fate = Fate.GONE
        self._history.acknowledged["charger deleted"] += 1

    async def remove_location(self) -> None:
        """Deletes a location with all that is there."""
        location, _ = self._rng.choice(self._chargers())
        location.fate = Fate.LEAVING
        for identity in location.chargers:
            self._disturb(identity)
        self._mine.remove(location)
        await self._api.insist("DELETE", f"/ocpp/locations/{location.id}", also={404})
        location.fate = Fate.GONE
        self._history.acknowledged["location deleted"] += 1

    # --- how -------------------------------------------------------------------------------------

    async def _new_location(self) -> Location | None:
        location = Location(self._next("depot"))
        self._history.locations.append(location)
        body = {
            "name": location.name,
            "address": "1 Main Street",
            "city": "Utrecht",
            "country": "NL",
            "coordinates": {"latitude": 52.1, "longitude": 5.1},
        }
        answer = await self._api.attempt("POST", "/ocpp/locations", body)
        if answer is None:
            return None
        location.id, location.fate = answer.json()["id"], Fate.THERE
        self._mine.append(location)
        self._history.acknowledged["location created"] += 1
        return location

    async def _new_batch(self, location: Location) -> None:
        key = self._next("batch")
        size = self._rng.randint(1, LARGEST_BATCH)
        batch = Batch(key, [f"{key}-{number}" for number in range(size)])
        location.batches.append(batch)
        for identity in batch.identities:
            location.chargers[identity] = Charger(identity)
        asking = [self._submit(location, batch) for _ in range(self._rng.choice((1, 1, 1, 3)))]
        await asyncio.gather(*asking)
        for identity in batch.identities:
            location.chargers[identity].fate = Fate.THERE
        self._history.acknowledged["batch accepted"] += 1
        await self._follow(location, batch)
        await self._submit(location, batch)
        self._history.findings += check_batch(batch)

    async def _submit(self, location: Location, batch: Batch) -> None:
        brand, model, connector, version = self._rng_of(batch).choice(_TEMPLATES)
        group = {
            "template": {
                "brand_slug": brand,
                "model_slug": model,
                "connector_type": connector,
                "ocpp_version": version,
                "ws_url": self._ws_url,
            },
            "charger_ids": list(batch.identities),
        }
        headers = {"Idempotency-Key": batch.key}
        path = f"/ocpp/locations/{location.id}/chargers"
        answer = await self._api.insist("POST", path, [group], headers)
        batch.jobs.append(answer.json()["job_id"])

    async def _follow(self, location: Location, batch: Batch) -> None:
        """Until the job is final."""
        path = f"/ocpp/locations/{location.id}/chargers/jobs/{batch.jobs[0]}"
        deadline = asyncio.get_running_loop().time() + JOB_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            job = (await self._api.insist("GET", path)).json()
            batch.seen.append((job["status"], job["progress"]["created"]))
            if job["status"] in ("READY", "FAILED"):
                self._take_results(location, batch, job["results"])
                return
            await asyncio.sleep(PAUSE_SECONDS)
        told = f"the job of key {batch.key} is {batch.seen[-1][0]} after {JOB_SECONDS:g} s"
        self._history.findings.append(Finding(Kind.LOST, told))

    def _take_results(self, location: Location, batch: Batch, results: Any) -> None:
        for created in results["created"]:
            location.chargers[created["identity"]].id = created["id"]
        batch.failed = [f"{each['identity']}: {each['error']}" for each in results["failed"]]
        missing = [i for i in batch.identities if not location.chargers[i].id]
        batch.failed += [f"{identity} is in no result" for identity in missing if not batch.failed]

    def _chargers(self) -> list[tuple[Location, Charger]]:
        """Those of which nothing is under way."""
        return [
            (location, charger)
            for location in self._mine
            if location.fate is Fate.THERE
            for charger in location.chargers.values()
            if charger.fate is Fate.THERE and charger.id and charger.running is not None
        ]

    def _disturb(self, identity: str) -> None:
        for session in self._history.sessions:
            if session.identity == identity:
                session.disturbed = True

    def _next(self, noun: str) -> str:
        self._count += 1
        return f"{self.name}-{noun}-{self._count}"

    def _rng_of(self, batch: Batch) -> random.Random:
        """The same draws for the same batch: what is sent again is sent as it was."""
        return random.Random(batch.key)  # noqa: S311 - chaos, no secret
