"""What the CSMS heard: its own log of frames, read as it grows."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from voltfleet.chaos.history import Finding, Kind

_CALL = 2
HELD_SECONDS = 2.0
"""An event is told after that even if no gateway has kept it; what is told so may be told otherwise
by a station that comes back without it (docs/reference/durability.md)."""


class CsmsLog:
    """Transactions by id token, messages by identity, and what was out of order."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.sent: dict[str, list[str]] = defaultdict(list)
        """The unique ids of every station's CALLs, in the order in which they came."""
        self._begun: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
        self._told: dict[tuple[str, str], dict[int, tuple[object, float]]] = defaultdict(dict)

    def begun(self, id_token: str) -> int:
        """How many transactions of that id token began. A message that was sent again because its
        answer was lost is the same transaction."""
        return len(self._begun[id_token])

    def forget(self, identity: str) -> None:
        """That charger's order is not looked at any more."""
        self.sent.pop(identity, None)

    def feed(self, lines: Iterable[str]) -> None:
        """Takes whole lines of the log."""
        for line in lines:
            entry = json.loads(line)
            if entry["from"] == "station":
                self._take(entry["identity"], entry["message"], entry["at"])

    def _take(self, identity: str, message: str, at: float) -> None:
        frame = json.loads(message)
        if frame[0] != _CALL:
            return
        _, unique_id, action, payload = frame
        self.sent[identity].append(unique_id)
        if action == "StartTransaction":
            began = (payload["connectorId"], payload["timestamp"], payload["meterStart"])
            self._begun[payload["idTag"]].add((identity, *began))
        elif action == "TransactionEvent":
            self._take_event(identity, payload, at)

    def _take_event(self, identity: str, payload: dict[str, Any], at: float) -> None:
        transaction, number = payload["transactionInfo"]["transactionId"], payload["seqNo"]
        if "idToken" in payload and payload["eventType"] != "Ended":
            self._begun[payload["idToken"]["idToken"]].add((identity, transaction))
        told = self._told[identity, transaction]
        said = tuple(payload.get(key) for key in ("eventType", "triggerReason", "timestamp"))
        if number in told:
            # Sent again, as it should be: the answer was lost, or the station that had it.
            before, waited = told[number]
            if before != said and waited < HELD_SECONDS:
                what = f"transaction {transaction} of {identity} told two events {number}"
                self.findings.append(Finding(Kind.DOUBLED, what))
        elif number < max(told, default=-1):
            what = f"transaction {transaction} of {identity} told event {number} after {max(told)}"
            self.findings.append(Finding(Kind.REORDERED, what))
        happened = datetime.fromisoformat(payload["timestamp"]).timestamp()
        told.setdefault(number, (said, at - happened))
