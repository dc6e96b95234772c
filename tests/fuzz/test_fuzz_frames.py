"""Whatever a CSMS sends: no crash, no hang, every CALL answered or the socket closed.

``make fuzz`` runs 300,000 frames; here are fewer of the same.
"""

import json
import os
from collections import Counter
from typing import Any

import pytest
from bench16 import START, ac_station
from fuzzer import Fuzzer

from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.ocppj.errors import RpcErrorCode
from voltfleet.station.reports import Registration
from voltfleet.station.station import ChargingStation

FRAMES = int(os.environ.get("VOLTFLEET_FUZZ_FRAMES", "15000"))
"""Over all versions."""
FRAMES_OF_A_LIFE = 100
UNREADABLE_ID = "-1"
BOOT = {"status": "Accepted", "currentTime": "2030-03-17T17:46:40Z", "interval": 60}
LONGEST_DESCRIPTION = 255


class Victim:
    """A station with a hostile CSMS at the other end; ``answered`` counts what it said."""

    def __init__(self, version: OcppVersion, seed: int) -> None:
        self.version = version
        self.now = START
        self.fuzzer = Fuzzer(version, seed)
        self.station = ChargingStation(
            ac_station(2), version, identity="CP", seed=seed, now=self.now
        )
        self.answered: Counter[str] = Counter()
        self.state = ConnectionState.WAITING
        self.boot()

    def boot(self) -> None:
        """Connect it, and accept it."""
        self.station.connected(self.now)
        self.fuzzer.pending.clear()
        self.take("")
        self.accept_boot()

    def accept_boot(self) -> None:
        """What a good CSMS answers."""
        for unique_id, action in self.fuzzer.pending:
            if action == "BootNotification":
                self.station.receive(json.dumps([3, unique_id, BOOT]), self.now)
        self.fuzzer.pending.clear()
        self.take("")

    def hear(self, text: str) -> None:
        """One text comes in; what comes back is what the standard allows."""
        if self.gone:
            return
        self.station.receive(text, self.now)
        answers = self.take(text)
        unique_id = id_of_call(text)
        if unique_id is not None and self.silenced:
            assert answers in ([], [unique_id]), text
        elif unique_id is not None:
            assert answers == [unique_id], text
        elif answers:
            assert self.version is not OcppVersion.V16 or answers == [id_of(text)], text
            assert len(answers) == 1, text

    def take(self, text: str) -> list[str]:
        """Take out what it says; returns the ids of its answers."""
        answers = []
        while out := self.station.outgoing():
            for action, said in out:
                frame = json.loads(said)
                if frame[0] == 2:
                    assert frame[2] == action
                    self.check(schemas.Kind.REQUEST, action, frame[3])
                    self.fuzzer.pending.append((frame[1], action))
                elif frame[0] == 3:
                    self.check(schemas.Kind.RESPONSE, action, frame[2])
                    answers.append(frame[1])
                elif frame[0] == 4:
                    self.check_error(frame)
                    answers.append(frame[1])
                else:
                    assert self.version is OcppVersion.V21, said
                self.answered[f"{frame[0]} {action if frame[0] == 3 else ''}"] += 1
        for report in self.station.reports():
            if isinstance(report, Registration):
                self.state = report.state
        return answers

    def check(self, kind: schemas.Kind, action: str, payload: Any) -> None:
        """It keeps to the standard, whatever the other side does."""
        schemas.check(self.version, kind, action, json.dumps(payload).encode())

    def check_error(self, frame: list[Any]) -> None:
        """A CALLERROR is whole, and its code is one of the version's."""
        _, unique_id, code, description, details = frame
        assert unique_id
        assert code in {known.spelled(self.version) for known in RpcErrorCode}
        assert len(description) <= LONGEST_DESCRIPTION
        assert isinstance(details, dict)

    @property
    def silenced(self) -> bool:
        """Whether the fuzz got it rejected: in 1.6 it then may not answer (1.6 §4.2)."""
        return self.version is OcppVersion.V16 and self.state is not ConnectionState.ONLINE

    @property
    def gone(self) -> bool:
        """Whether it wants its socket closed."""
        return self.station.close_code is not None or not self.station.link_wanted

    def live(self, seconds: float) -> None:
        """Time passes; a station that rebooted, or closed its socket, comes back."""
        until = self.now + seconds
        ticks = 0
        while (due := self.station.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.station.tick(self.now)
            self.take("")
            ticks += 1
            assert ticks < 100_000, "time does not pass"
        self.now = until
        if self.gone:
            self.station.disconnected(self.now)
            while not self.station.link_wanted:
                due = self.station.next_deadline()
                assert due is not None, "it will never come back"
                self.now = max(self.now, due)
                self.station.tick(self.now)
            self.boot()


def id_of_call(text: str) -> str | None:
    """The id of a well-formed CALL, which must be answered whatever it asks."""
    frame = parsed(text)
    if not isinstance(frame, list) or len(frame) != 4 or type(frame[0]) is not int:
        return None
    _, unique_id, action, payload = frame
    readable = isinstance(unique_id, str) and 0 < len(unique_id) <= 36
    whole = isinstance(action, str) and action and isinstance(payload, dict)
    return unique_id if frame[0] == 2 and readable and whole else None


def id_of(text: str) -> Any:
    """The second element, if there is one."""
    frame = parsed(text)
    return frame[1] if isinstance(frame, list) and len(frame) > 1 else None


def parsed(text: str) -> Any:
    """The JSON, or None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@pytest.mark.parametrize("version", OcppVersion)
def test_nothing_a_csms_sends_hurts(version: OcppVersion) -> None:
    answered: Counter[str] = Counter()
    lives = max(1, FRAMES // len(OcppVersion) // FRAMES_OF_A_LIFE)
    for seed in range(lives):
        victim = Victim(version, seed)
        for number in range(FRAMES_OF_A_LIFE):
            victim.hear(victim.fuzzer.text())
            if number % 5 == 0:
                victim.live(victim.fuzzer.random.choice([0.1, 3.0, 100.0]))
        victim.live(10_000.0)
        assert_it_still_works(victim)
        answered += victim.answered
    # The fuzz gets through: most actions were answered with a result, and errors were made too.
    handled = {key for key in answered if key.startswith("3 ")}
    assert len(handled) > 15, answered
    assert answered["4 "] > lives


def assert_it_still_works(victim: Victim) -> None:
    """In good company again, a plain question gets a plain answer."""
    while victim.silenced:
        victim.live(1_000.0)
        victim.accept_boot()
    action, payload = "ChangeAvailability", {"connectorId": 1, "type": "Operative"}
    if victim.version is not OcppVersion.V16:
        payload = {"operationalStatus": "Operative"}
    victim.station.receive(json.dumps([2, "still-there", action, payload]), victim.now)
    assert victim.take("") == ["still-there"]
