"""The user's commands about what a 2.x station has stored: variables, cache, local list."""

import re

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
from voltfleet.station.v2.authorization import Authorization
from voltfleet.station.v2.device_model import authorizing
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.local_auth_list import LocalAuthList
from voltfleet.station.v2.messages.provisioning import SetVariableStatus
from voltfleet.station.v2.messages.types import (
    AuthorizationStatus,
    Component,
    IdToken,
    IdTokenInfo,
    Variable,
)
from voltfleet.station.v2.variables import Variables

_MAX_ID_TOKEN = 36
_RFID = "ISO14443"
_TAKEN = (SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED)
_KEY = re.compile(r"(\w+)(?:\[([^\]]+)\])?\.(\w+)(?:\[([^\]]+)\])?")
"""``Component.Variable``; an instance of either stands behind it in brackets."""


class OperatorCommands(Block):
    """Does at the station what the CSMS could do by a message."""

    __slots__ = ("_authorization", "_list", "_model", "_variables")

    def __init__(
        self,
        ctx: Context,
        model: DeviceModel,
        variables: Variables,
        authorization: Authorization,
        local_list: LocalAuthList,
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._variables = variables
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
                detail = {"entries_deleted": 0 if kept is None else len(kept)}
                self._list.clear()
                self.ctx.outcome(command, CommandState.APPLIED, None, detail)
            case _:
                return False
        return True

    def _configure(self, wanted: commands.Configuration, command: Command) -> None:
        results = {key: self._change(key, value) for key, value in wanted.configuration.items()}
        taken = any(result in _TAKEN for result in results.values())
        state = CommandState.APPLIED if taken else CommandState.REJECTED
        words = {key: result.value for key, result in results.items()}
        self.ctx.outcome(command, state, None, {"results": words})

    def _change(self, key: str, value: str) -> SetVariableStatus:
        named = _KEY.fullmatch(key)
        if named is None:
            return SetVariableStatus.UNKNOWN_VARIABLE
        component, component_instance, variable, instance = named.groups()
        return self._variables.change(
            Component(component, component_instance), Variable(variable, instance), value
        )

    def _replace_list(self, wanted: commands.LocalAuthList, command: Command) -> None:
        if not self._model.flag(authorizing.LOCAL_LIST_ENABLED):
            raise HardwareRefusal("LocalAuthListCtrlr.Enabled is false")
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


def _line(entry: LocalAuthEntry) -> tuple[IdToken, IdTokenInfo | None]:
    group = entry.parent_id_tag
    info = IdTokenInfo(
        AuthorizationStatus.ACCEPTED, entry.expiry_date, _token(group) if group else None
    )
    return _token(entry.id_tag), info


def _token(text: str) -> IdToken:
    if not 1 <= len(text) <= _MAX_ID_TOKEN:
        raise HardwareRefusal(f"an id token has 1 to {_MAX_ID_TOKEN} characters")
    return IdToken(text, _RFID)
