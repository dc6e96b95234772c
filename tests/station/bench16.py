"""A 1.6 station on a test bench: a Central System that checks every frame against the standard's
schemas, and a clock that only moves when told to."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

import msgspec

from voltfleet.domain.hosting import Command, CommandOutcome
from voltfleet.domain.specs import (
    ConnectorSpec,
    ConnectorType,
    CurrentType,
    EvseSpec,
    OcppVersion,
    StationSpec,
)
from voltfleet.ocppj import schemas
from voltfleet.station.reports import (
    ConnectorState,
    DialSettings,
    Memory,
    Registration,
    Transfer,
    TransferResult,
)
from voltfleet.station.station import ChargingStation

START = 1_900_000_000.0
A_MOMENT = 0.1
"""The least that a host takes to be back."""

SOCKET = ConnectorSpec(ConnectorType.TYPE2, CurrentType.AC, 22_000, 32.0, 3)
CABLE = ConnectorSpec(ConnectorType.CCS2, CurrentType.DC, 150_000, 375.0, 1)


def lives(count: int) -> int:
    """How many random lives to try: so many in ``make test``, more in ``make lives``."""
    return int(os.environ.get("VOLTFLEET_LIVES", count))


def ac_station(connectors: int = 1) -> StationSpec:
    """One EVSE per connector."""
    return StationSpec("Acme", "AC 22", "1.2.3", (EvseSpec((SOCKET,)),) * connectors)


def dc_station() -> StationSpec:
    """One EVSE with one CCS cable."""
    return StationSpec("Acme", "DC 150", "1.2.3", (EvseSpec((CABLE,)),))


class Doom(Enum):
    """When its host dies: with the next memory that is urgent."""

    BEFORE_IT_IS_KEPT = auto()
    BEFORE_THE_FRAMES = auto()


Answer = dict[str, Any] | str | None
"""A payload; or the code of a CALLERROR; or None: no answer."""


class Bench:
    """``log`` holds every CALL of the station as (time, action, payload); ``answers`` and
    ``errors`` what it answered to ours, newest last. Of 2.1: ``objections`` are its
    CALLRESULTERRORs as (action, code, field), ``sent`` its SENDs. ``memory`` is what was
    kept of the station, ``unkept`` what is on its way; ``doom`` kills its host."""

    version = OcppVersion.V16

    def __init__(self, spec: StationSpec | None = None, seed: int = 1) -> None:
        self.now = START
        self.spec = spec or ac_station()
        self.seed = seed
        self.memory: bytes | None = None
        self.unkept: list[tuple[float, bytes]] = []
        self.doom: Doom | None = None
        self.cuts: list[int] = []
        self.station = self._powered_up()
        self.connected = False
        self.offline = False
        self.log: list[tuple[float, str, dict[str, Any]]] = []
        self.answers: list[dict[str, Any]] = []
        self.errors: list[tuple[str, str, dict[str, Any]]] = []
        self.objections: list[tuple[str, str, str | None]] = []
        self.sent: list[tuple[float, str, dict[str, Any]]] = []
        self.registrations: list[Registration] = []
        self.statuses: list[ConnectorState] = []
        self.outcomes: list[CommandOutcome] = []
        self.transfers: list[Transfer] = []
        self.dials: list[DialSettings] = []
        self.boot: dict[str, Any] = {"status": "Accepted", "interval": 3600}
        self.tag_status = "Accepted"
        self.policies: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.accepted = False
        self.triggered: set[str] = set()
        self.transaction_id = 0
        self.started: dict[int, dict[str, Any]] = {}
        self._asked: dict[str, str] = {}
        self._count = 0

    # --- its host's death -----------------------------------------------------------------------

    def kill(self, down_seconds: float = 0.0, *, keep: bool = True) -> None:
        """Its host dies, and another runs the station from what was kept of it; without ``keep``
        the memories of the last second that were not urgent are lost. ``cuts`` are the places in
        ``statuses`` where that happened."""
        self._keep_older()
        if keep and self.unkept:
            self.memory = self.unkept[-1][1]
        self.unkept.clear()
        self.doom = None
        self.now += down_seconds
        self.connected = self.accepted = self.offline = False
        self.triggered.clear()
        self.transfers.clear()
        self.cuts.append(len(self.statuses))
        self.station = self._powered_up()
        self.settle()

    def _powered_up(self) -> ChargingStation:
        return ChargingStation(
            self.spec,
            self.version,
            identity="CP-1",
            seed=self.seed,
            now=self.now,
            memory=self.memory,
        )

    def _keep(self, memory: Memory) -> None:
        """Its host hands it to the gateway: an urgent one at once, others within a second."""
        self._keep_older()
        if not memory.urgent:
            self.unkept.append((self.now, memory.content))
        elif self.doom is Doom.BEFORE_IT_IS_KEPT:
            self.kill(A_MOMENT, keep=False)
        else:
            self.memory = memory.content
            self.unkept.clear()
            if self.doom is Doom.BEFORE_THE_FRAMES:
                self.kill(A_MOMENT)

    @property
    def newest_memory(self) -> bytes | None:
        """The one reported last, kept or on its way."""
        return self.unkept[-1][1] if self.unkept else self.memory

    def _keep_older(self) -> None:
        while self.unkept and self.unkept[0][0] <= self.now - 1:
            self.memory = self.unkept.pop(0)[1]

    def assert_flow_is_told(self) -> None:
        """The host knows of every connector what its hardware does."""
        told = {(s.evse_id, s.connector_id): (s.charging, s.suspended) for s in self.statuses}
        for evse_id, connector_id, about in self.station.details(self.now):
            state = about.charging_state
            expected = (state == "Charging", state in {"SuspendedEV", "SuspendedEVSE"})
            assert told[evse_id, connector_id] == expected, about
            if state is not None:
                assert (about.power_w > 0) == (state == "Charging"), about

    # --- the socket -----------------------------------------------------------------------------

    def connect(self) -> "Bench":
        self.connected, self.offline = True, False
        self.station.connected(self.now)
        self.settle()
        return self

    def disconnect(self) -> None:
        self.connected, self.offline = False, True
        self.station.disconnected(self.now)
        self.settle()

    def raw(self, text: str) -> str:
        action = self.station.receive(text, self.now)
        self.settle()
        return action

    def ask(self, action: str, **payload: Any) -> dict[str, Any]:
        """Send a CALL; returns the answer, or {} if it was an error or none."""
        before = len(self.answers)
        self.send(action, payload)
        return self.answers[before] if len(self.answers) > before else {}

    def send(self, action: str, payload: Any) -> None:
        self._count += 1
        if action == "TriggerMessage":
            self.triggered.add(payload["requestedMessage"])
        unique_id = f"csms-{self._count}"
        self._asked[unique_id] = action
        frame = msgspec.json.encode([2, unique_id, action, payload]).decode()
        assert self.raw(frame) == action

    def command(self, kind: str, **payload: Any) -> CommandOutcome | None:
        self._count += 1
        before = len(self.outcomes)
        self.station.command(Command(f"cmd-{self._count}", "charger", kind, payload), self.now)
        self.settle()
        return self.outcomes[-1] if len(self.outcomes) > before else None

    def transferred(self, failure: str | None = None, content: bytes = b"") -> None:
        """The file asked for last has come or gone, or could not."""
        digest = hashlib.sha256(content).digest()
        result = TransferResult(failure, len(content), digest)
        self.station.transferred(self.transfers[-1].id, result, self.now)
        self.settle()

    # --- time -----------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let so much time pass, tick by tick, as the host would."""
        end = self.now + seconds
        while (due := self.station.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.station.tick(self.now)
            self.settle()
            self._redial()
        self.now = end

    def _redial(self) -> None:
        if not self.connected and not self.offline and self.station.link_wanted:
            self.connect()

    # --- what comes out -------------------------------------------------------------------------

    def settle(self) -> None:
        """Take everything out, check it, and answer until there is silence."""
        self._take_reports()
        while out := self.station.outgoing():
            assert self.connected, "frames while not connected"
            for action, text in out:
                self._take(action, msgspec.json.decode(text))
            self._take_reports()
        if not self.station.link_wanted and self.connected:
            self.connected = False
            # It hangs up to boot, or only to dial anew.
            self.accepted = self.accepted and self.station._ctx.timers.running(("redial", 0))
            self.triggered.clear()
            self.station.disconnected(self.now)
            self._take_reports()

    def _take_reports(self) -> None:
        for report in self.station.reports():
            match report:
                case Registration():
                    self.registrations.append(report)
                case ConnectorState():
                    self.statuses.append(report)
                case CommandOutcome():
                    self.outcomes.append(report)
                case Transfer():
                    self.transfers.append(report)
                case DialSettings():
                    self.dials.append(report)
                case Memory():
                    self._keep(report)

    def _take(self, action: str, frame: list[Any]) -> None:
        if frame[0] == 2:
            assert action == frame[2]
            payload = schemas.check(
                self.version, schemas.Kind.REQUEST, action, msgspec.json.encode(frame[3])
            )
            if not self.accepted:
                assert action == "BootNotification" or action in self.triggered, "out of turn"
            self.log.append((self.now, action, payload))
            self._answer(frame[1], action, payload)
        elif frame[0] == 3:
            assert self._asked.pop(frame[1]) == action
            answer = schemas.check(
                self.version, schemas.Kind.RESPONSE, action, msgspec.json.encode(frame[2])
            )
            self.answers.append(answer)
        elif frame[0] == 5:
            assert self.version is OcppVersion.V21
            assert len(frame) == 5
            self.objections.append((action, frame[2], frame[4].get("field")))
        elif frame[0] == 6:
            assert self.version is OcppVersion.V21
            assert self.accepted, "out of turn"
            text = msgspec.json.encode(frame[3])
            payload = schemas.check(self.version, schemas.Kind.REQUEST, action, text)
            self.sent.append((self.now, action, payload))
        else:
            assert frame[0] == 4
            assert len(frame) == 5
            self._asked.pop(frame[1], None)
            self.errors.append((frame[2], frame[3], frame[4]))

    def _answer(self, unique_id: str, action: str, payload: dict[str, Any]) -> None:
        policy = self.policies.get(action)
        answer = policy(payload) if policy else self.default_answer(action, payload)
        if action == "BootNotification" and isinstance(answer, dict):
            self.accepted = answer.get("status") == "Accepted"
        if isinstance(answer, str):
            self.station.receive(f'[4,"{unique_id}","{answer}","",{{}}]', self.now)
        elif answer is not None:
            frame = msgspec.json.encode([3, unique_id, answer]).decode()
            assert self.station.receive(frame, self.now) == action

    def default_answer(self, action: str, payload: dict[str, Any]) -> Answer:
        match action:
            case "BootNotification":
                return {"currentTime": self.time_text(), **self.boot}
            case "Heartbeat":
                return {"currentTime": self.time_text()}
            case "Authorize":
                return {"idTagInfo": {"status": self.tag_status}}
            case "StartTransaction":
                number = next((n for n, p in self.started.items() if p == payload), None)
                if number is None:
                    number = self.transaction_id = self.transaction_id + 1
                    self.started[number] = payload
                return {"idTagInfo": {"status": self.tag_status}, "transactionId": number}
            case "StopTransaction":
                return {"idTagInfo": {"status": "Accepted"}}
            case _:
                return {"status": "Accepted"} if action == "SignCertificate" else {}

    def time_text(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).isoformat()

    # --- looking --------------------------------------------------------------------------------

    def actions(self) -> list[str]:
        return [action for _, action, _ in self.log]

    def calls(self, action: str) -> list[dict[str, Any]]:
        return [payload for _, a, payload in self.log if a == action]

    def told(self, connector: int = 1) -> list[str]:
        """The statuses that the Central System was told of a connector."""
        notifications = self.calls("StatusNotification")
        return [p["status"] for p in notifications if p["connectorId"] == connector]

    def configure(self, **values: Any) -> None:
        for key, value in values.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            answer = self.ask("ChangeConfiguration", key=key, value=text)
            assert answer == {"status": "Accepted"}, (key, answer)

    def charge(self, tag: str = "TAG", connector: int = 1) -> int:
        """A transaction going on, started by the Central System; returns its number."""
        answer = self.ask("RemoteStartTransaction", idTag=tag, connectorId=connector)
        assert answer == {"status": "Accepted"}
        self.run(5)
        assert self.told(connector)[-1] == "Charging"
        return self.transaction_id


def booted(spec: StationSpec | None = None, seed: int = 1) -> Bench:
    """A bench with an accepted station on it."""
    return Bench(spec, seed).connect()
