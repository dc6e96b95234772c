"""The user's commands about what a 1.6 station has stored: its settings, its cache, its list."""

from voltfleet.domain import commands
from voltfleet.domain.commands import (
    CommandKind,
    CommandState,
    LocalAuthEntry,
    Nothing,
    Payload,
)
from voltfleet.domain.hosting import Command
from voltfleet.station.blocks import Block
from voltfleet.station.connector import HardwareRefusal
from voltfleet.station.context import Context
from voltfleet.station.local_list import LIST_REASONS, LIST_WORDS, ListUpdate
from voltfleet.station.v16.authorization import Authorization
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.local_auth_list import LocalAuthList
from voltfleet.station.v16.messages import IdTagInfo
from voltfleet.station.v16.types import AuthorizationStatus, ConfigurationStatus

_TAKEN = (ConfigurationStatus.ACCEPTED, ConfigurationStatus.REBOOT_REQUIRED)
_MAX_ID_TAG = 20


class OperatorCommands(Block):
    """Does at the station what the Central System could do by a message."""

    __slots__ = ("_authorization", "_configuration", "_list")

    def __init__(
        self,
        ctx: Context,
        configuration: Configuration,
        authorization: Authorization,
        local_list: LocalAuthList,
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._authorization = authorization
        self._list = local_list

    def perform(self, kind: CommandKind, payload: Payload, command: Command) -> bool:
        """Do it and tell the outcome; false if it is not one of these."""
        match payload:
            case commands.Configuration():
                self._configure(payload, command)
            case commands.LocalAuthList():
                self._replace_list(payload, command)
            case Nothing() if kind is CommandKind.CACHE_RESET:
                detail = {"cleared_entries": self._authorization.forget_all()}
                self.ctx.outcome(command, CommandState.APPLIED, None, detail)
            case Nothing() if kind is CommandKind.CLEAR_LOCAL_AUTH_LIST:
                kept = self._authorization.local_list
                self._list.clear()
                detail = {"entries_deleted": 0 if kept is None else len(kept)}
                self.ctx.outcome(command, CommandState.APPLIED, None, detail)
            case _:
                return False
        return True

    def _configure(self, wanted: commands.Configuration, command: Command) -> None:
        change = self._configuration.change
        results = {key: change(key, value) for key, value in wanted.configuration.items()}
        taken = any(result in _TAKEN for result in results.values())
        state = CommandState.APPLIED if taken else CommandState.REJECTED
        words = {key: result.value for key, result in results.items()}
        self.ctx.outcome(command, state, None, {"results": words})

    def _replace_list(self, wanted: commands.LocalAuthList, command: Command) -> None:
        if not self._configuration.flag(Name.LOCAL_AUTH_LIST_ENABLED):
            raise HardwareRefusal("LocalAuthListEnabled is false")
        result = ListUpdate.VERSION_MISMATCH
        if wanted.list_version > self._version:
            lines = [_line(entry) for entry in wanted.entries]
            result = self._list.update(wanted.list_version, lines, full=True)
        accepted = result is ListUpdate.ACCEPTED
        state = CommandState.APPLIED if accepted else CommandState.REJECTED
        detail = {"status": LIST_WORDS[result], "list_version": self._version}
        self.ctx.outcome(command, state, LIST_REASONS.get(result), detail)

    @property
    def _version(self) -> int:
        kept = self._authorization.local_list
        return 0 if kept is None else kept.version


def _line(entry: LocalAuthEntry) -> tuple[str, IdTagInfo | None]:
    tokens = (entry.id_tag, entry.parent_id_tag or entry.id_tag)
    if not all(1 <= len(token) <= _MAX_ID_TAG for token in tokens):
        raise HardwareRefusal(f"an idTag of OCPP 1.6 has 1 to {_MAX_ID_TAG} characters")
    info = IdTagInfo(AuthorizationStatus.ACCEPTED, entry.expiry_date, entry.parent_id_tag)
    return entry.id_tag, info
