"""Functional block D: the Local Authorization List (D01, D02); `Authorization` looks into it."""

from collections.abc import Sequence

from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.local_list import ListUpdate, LocalList
from voltfleet.station.v2.authorization import Authorization, key_of_token
from voltfleet.station.v2.device_model import authorizing
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import local_list as m
from voltfleet.station.v2.messages.local_list import SendLocalListStatus, UpdateType
from voltfleet.station.v2.messages.types import IdToken, IdTokenInfo, StatusInfo

_STATUSES = {
    ListUpdate.ACCEPTED: SendLocalListStatus.ACCEPTED,
    ListUpdate.FAILED: SendLocalListStatus.FAILED,
    ListUpdate.VERSION_MISMATCH: SendLocalListStatus.VERSION_MISMATCH,
}
Line = tuple[IdToken, IdTokenInfo | None]


class LocalAuthList(Block):
    """Keeps the list as the CSMS, or a user, wants it; it survives a reboot (D01.FR.13)."""

    __slots__ = ("_authorization", "_model")

    def __init__(self, ctx: Context, model: DeviceModel, authorization: Authorization) -> None:
        super().__init__(ctx)
        self._model = model
        self._authorization = authorization

    @handles(m.SendLocalList)
    def send_local_list(self, request: m.SendLocalList) -> m.SendLocalListResponse:
        """D01: Failed where LocalAuthListCtrlr.Enabled is false."""
        data = request.local_authorization_list
        if len(data) > authorizing.ITEMS_PER_SEND_LOCAL_LIST:
            field = "localAuthorizationList"
            text = f"{field}: at most {authorizing.ITEMS_PER_SEND_LOCAL_LIST} items"
            code = RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
            raise RpcError(code, text, {"field": field})
        if not self._model.flag(authorizing.LOCAL_LIST_ENABLED):
            info = StatusInfo("NotEnabled")
            return m.SendLocalListResponse(SendLocalListStatus.FAILED, info)
        lines = [(entry.id_token, entry.id_token_info) for entry in data]
        full = request.update_type is UpdateType.FULL
        return m.SendLocalListResponse(
            _STATUSES[self.update(request.version_number, lines, full=full)]
        )

    @handles(m.GetLocalListVersion)
    def get_version(self, _request: m.GetLocalListVersion) -> m.GetLocalListVersionResponse:
        """D02.FR.01 to FR.03: 0 without a list, or where it is switched off."""
        kept = self._authorization.local_list
        enabled = self._model.flag(authorizing.LOCAL_LIST_ENABLED)
        version = kept.version if kept is not None and enabled else 0
        return m.GetLocalListVersionResponse(version)

    def update(self, version: int, lines: Sequence[Line], *, full: bool) -> ListUpdate:
        """Follow the table of `local_list`. A full update has information in every line
        (D01.FR.17)."""
        kept = self._authorization.local_list or LocalList[IdTokenInfo]()
        keyed = [(key_of_token(token), info) for token, info in lines]
        most = authorizing.LOCAL_LIST_MAX_ENTRIES
        if not full:
            result = kept.change(version, keyed, most=most)
        else:
            told = [(key, info) for key, info in keyed if info is not None]
            if len(told) < len(keyed):
                return ListUpdate.FAILED
            result = kept.replace(version, told, most=most)
        if result is ListUpdate.ACCEPTED:
            self._keep(kept)
        return result

    def clear(self) -> None:
        """Nothing is in the list any more."""
        self._keep(LocalList())

    def _keep(self, kept: LocalList[IdTokenInfo]) -> None:
        self.ctx.remember()
        self._authorization.local_list = kept if len(kept) else None
        self._model.note(authorizing.LOCAL_LIST_ENTRIES, str(len(kept)))
