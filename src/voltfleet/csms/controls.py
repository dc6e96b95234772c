"""What a user can make the CSMS do, by HTTP or from Python. Outcomes come to a callback."""

from typing import Any

from voltfleet.csms.books import Books
from voltfleet.csms.calls import Done
from voltfleet.csms.chargers import Charger
from voltfleet.csms.charging import ID_TOKEN, Charging
from voltfleet.csms.desk import Desk
from voltfleet.csms.entry import Keys
from voltfleet.csms.errors import NotAllowed, NotConnected
from voltfleet.csms.options import BootStatus


class Controls:
    """Finds the charger of an identity and asks it."""

    def __init__(self, books: Books, desk: Desk, charging: Charging, keys: Keys) -> None:
        self._books = books
        self._desk = desk
        self._charging = charging
        self._keys = keys

    def start(
        self,
        identity: str,
        done: Done,
        evse_id: int | None = None,
        id_token: str = ID_TOKEN,
        seconds: float = 0.0,
    ) -> None:
        """Remote-start a transaction; ``seconds`` after it began it is stopped, unless 0."""
        charger = self._find(identity, done)
        if charger is not None:
            self._charging.start(charger, evse_id, id_token, seconds, done)

    def stop(self, identity: str, done: Done, transaction_id: str | None = None) -> None:
        """Remote-stop a transaction, by default the one that began first."""
        charger = self._find(identity, done)
        if charger is None:
            return
        transaction_id = transaction_id or next(iter(charger.active), None)
        if transaction_id is None:
            done(NotAllowed(f"{identity} has no transaction"))
        else:
            self._charging.stop(charger, transaction_id, done)

    def call(
        self, identity: str, action: str, payload: dict[str, Any], done: Done, timeout: float
    ) -> None:
        """Send any CALL, unchecked."""
        charger = self._find(identity, done)
        if charger is not None:
            done = self._keys.watched(identity, action, payload, done)
            self._desk.call(charger, action, payload, done, timeout)

    def answer_boots_with(self, status: BootStatus) -> None:
        """How BootNotifications are answered from now on."""
        self._books.boot_status = status

    def _find(self, identity: str, done: Done) -> Charger | None:
        charger = self._books.registry.live.get(identity)
        if charger is None:
            done(NotConnected(f"{identity} is not connected"))
        return charger
