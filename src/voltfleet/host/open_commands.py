"""The commands that one charger's station has not answered for yet."""

from voltfleet.domain.commands import CommandState
from voltfleet.domain.hosting import Command, CommandOutcome
from voltfleet.host.outbox import Outbox


class OpenCommands:
    """Each one gets an outcome: the station's, or a refusal when there is no station any more."""

    __slots__ = ("_charger_id", "_ids", "_outbox")

    def __init__(self, charger_id: str, outbox: Outbox) -> None:
        self._charger_id = charger_id
        self._outbox = outbox
        self._ids: set[str] | None = None

    def opened(self, command: Command) -> None:
        """The station has it."""
        if self._ids is None:
            self._ids = set()
        self._ids.add(command.id)

    def ended(self, outcome: CommandOutcome) -> None:
        """The station has told what became of it."""
        if self._ids is not None:
            self._ids.discard(outcome.id)
        self._outbox.outcome(outcome)

    def refuse(self, command_id: str, reason: str) -> None:
        """Nothing was done about it."""
        self._outbox.outcome(
            CommandOutcome(command_id, self._charger_id, CommandState.FAILED, reason, None)
        )

    def refuse_all(self, reason: str) -> None:
        """None of them will be answered by the station."""
        ids, self._ids = self._ids, None
        for command_id in ids or ():
            self.refuse(command_id, reason)
