"""Starting and stopping transactions from the CSMS's side, by hand or on ``charge`` chargers."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from voltfleet.csms.calls import Done, Outcome
from voltfleet.csms.chargers import Charger, Transaction
from voltfleet.csms.errors import CallFailed, NotAllowed
from voltfleet.csms.options import BootStatus
from voltfleet.domain.specs import OcppVersion

ID_TOKEN = "VOLTFLEET"  # noqa: S105 - an id token is shown to every reader; no secret
RETRY_SECONDS = 5.0
"""How long a stop waits before it is tried again on a charger that is away."""


class Caller(Protocol):
    """Who can send a CALL."""

    def call(self, charger: Charger, action: str, payload: dict[str, Any], done: Done) -> None:
        """Send it; ``done`` hears the outcome exactly once."""


class Charging:
    """Remote starts and stops, and the plan to have ``wanted`` chargers charge for ``seconds``."""

    def __init__(self, caller: Caller, wanted: int, seconds: float) -> None:
        self._caller = caller
        self._wanted = wanted
        self._seconds = seconds
        self._begun = 0
        self._seen: set[str] = set()
        self._candidates: deque[tuple[Charger, int]] = deque()
        self._remote_start_ids = itertools.count(1)
        self._stop_after: dict[tuple[str, object], float] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    def start(
        self, charger: Charger, evse_id: int | None, id_token: str, seconds: float, done: Done
    ) -> None:
        """Ask for a transaction; once it has begun it is stopped after ``seconds``, unless 0."""
        if charger.registration not in (None, BootStatus.ACCEPTED):
            # 2.0.1 B02.FR.05, B03; 1.6 §4.2.
            done(NotAllowed(f"{charger.identity} is {charger.registration}, not accepted"))
            return
        if charger.version is OcppVersion.V16:
            key: tuple[str, object] = (charger.identity, id_token)
            action = "RemoteStartTransaction"
            payload: dict[str, Any] = {"idTag": id_token}
            if evse_id is not None:
                payload |= {"connectorId": evse_id}
        else:
            remote_start_id = next(self._remote_start_ids)
            key = (charger.identity, remote_start_id)
            action = "RequestStartTransaction"
            payload = _request_start(remote_start_id, evse_id, id_token)
        if seconds > 0:
            self._stop_after[key] = seconds
        self._caller.call(charger, action, payload, self._unless_accepted(key, done))

    def _unless_accepted(self, key: tuple[str, object], done: Done) -> Done:
        def finished(outcome: Outcome) -> None:
            if not accepted(outcome):
                self._stop_after.pop(key, None)
            done(outcome)

        return finished

    def stop(self, charger: Charger, transaction_id: str, done: Done) -> None:
        """Ask for the end of a transaction."""
        if charger.version is OcppVersion.V16:
            payload: dict[str, Any] = {"transactionId": int(transaction_id)}
            self._caller.call(charger, "RemoteStopTransaction", payload, done)
        else:
            payload = {"transactionId": transaction_id}
            self._caller.call(charger, "RequestStopTransaction", payload, done)

    def close(self) -> None:
        """Nothing is started or stopped any more."""
        self._wanted = 0
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    # --- what the chargers do --------------------------------------------------------------------

    def connector_free(self, charger: Charger, evse_id: int) -> None:
        """A connector could be used: this charger may be one of the ``wanted``."""
        if self._wanted and charger.identity not in self._seen:
            self._seen.add(charger.identity)
            self._candidates.append((charger, evse_id))
            self._charge_soon()

    def transaction_began(
        self, charger: Charger, transaction: Transaction, remote_start_id: int | None
    ) -> None:
        """If it is one that was asked for, arm its end."""
        mark = remote_start_id if remote_start_id is not None else transaction.id_token
        seconds = self._stop_after.pop((charger.identity, mark), None)
        if seconds is not None:
            self._later(seconds, lambda: self._stop_or_retry(charger, transaction))

    # --- inside ----------------------------------------------------------------------------------

    def _charge_soon(self) -> None:
        # Not at once: the charger's own message is to be answered before it is asked for anything.
        asyncio.get_running_loop().call_soon(self._charge_next)

    def _charge_next(self) -> None:
        while self._begun < self._wanted and self._candidates:
            charger, evse_id = self._candidates.popleft()
            self._begun += 1
            self.start(charger, evse_id, ID_TOKEN, self._seconds, self._begun_or_not)

    def _begun_or_not(self, outcome: Outcome) -> None:
        if not accepted(outcome):
            # This one will not; another may.
            self._begun -= 1
            self._charge_soon()

    def _stop_or_retry(self, charger: Charger, transaction: Transaction) -> None:
        if transaction.id in charger.active:
            self.stop(charger, transaction.id, lambda o: self._retry(o, charger, transaction))

    def _retry(self, outcome: Outcome, charger: Charger, transaction: Transaction) -> None:
        if isinstance(outcome, CallFailed):
            self._later(RETRY_SECONDS, lambda: self._stop_or_retry(charger, transaction))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)


def accepted(outcome: Outcome) -> bool:
    """Whether the charger said that it will."""
    return not isinstance(outcome, CallFailed) and outcome.get("status") == "Accepted"


def _request_start(remote_start_id: int, evse_id: int | None, id_token: str) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "idToken": {"idToken": id_token, "type": "Central"},
        "remoteStartId": remote_start_id,
    }
    if evse_id is not None:
        payload["evseId"] = evse_id
    return payload
