"""The Local Authorization List (OCPP 1.6 §3.5.2, §5.10, §5.15); `Authorization` looks into it."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.local_list import ListUpdate, LocalList
from voltfleet.station.times import instant
from voltfleet.station.v16.authorization import Authorization
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.messages import IdTagInfo
from voltfleet.station.v16.messages_local_list import (
    AuthorizationData,
    GetLocalListVersion,
    GetLocalListVersionResponse,
    ListedTagInfo,
    SendLocalList,
    SendLocalListResponse,
    UpdateStatus,
)

_STATUSES = {
    ListUpdate.ACCEPTED: UpdateStatus.ACCEPTED,
    ListUpdate.FAILED: UpdateStatus.FAILED,
    ListUpdate.VERSION_MISMATCH: UpdateStatus.VERSION_MISMATCH,
}
NO_LIST_VERSION = -1
"""§5.10: what a station without a list says its version is."""


class LocalAuthList(Block):
    """Keeps the list as the Central System, or a user, wants it."""

    __slots__ = ("_authorization", "_configuration")

    def __init__(
        self, ctx: Context, configuration: Configuration, authorization: Authorization
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._authorization = authorization

    @handles(SendLocalList)
    def send_local_list(self, request: SendLocalList) -> SendLocalListResponse:
        """§5.15: NotSupported where LocalAuthListEnabled is false."""
        if not self._configuration.flag(Name.LOCAL_AUTH_LIST_ENABLED):
            return SendLocalListResponse(UpdateStatus.NOT_SUPPORTED)
        data = request.local_authorization_list
        lines = [_line(entry) for entry in data] if data is not UNSET else []
        if len(lines) > self._configuration.whole(Name.SEND_LOCAL_LIST_MAX_LENGTH):
            return SendLocalListResponse(UpdateStatus.FAILED)
        full = request.update_type == "Full"
        return SendLocalListResponse(_STATUSES[self.update(request.list_version, lines, full=full)])

    @handles(GetLocalListVersion)
    def get_version(self, _request: GetLocalListVersion) -> GetLocalListVersionResponse:
        """§5.10"""
        if not self._configuration.flag(Name.LOCAL_AUTH_LIST_ENABLED):
            return GetLocalListVersionResponse(NO_LIST_VERSION)
        kept = self._authorization.local_list
        return GetLocalListVersionResponse(0 if kept is None else kept.version)

    def update(
        self, version: int, lines: Sequence[tuple[str, IdTagInfo | None]], *, full: bool
    ) -> ListUpdate:
        """Follow the table of `local_list`. A full update has information in every line."""
        most = self._configuration.whole(Name.LOCAL_AUTH_LIST_MAX_LENGTH)
        kept = self._authorization.local_list or LocalList[IdTagInfo]()
        keyed = [(id_tag.lower(), info) for id_tag, info in lines]
        if not full:
            result = kept.change(version, keyed, most=most)
        else:
            told = [(key, info) for key, info in keyed if info is not None]
            if len(told) < len(keyed):
                return ListUpdate.FAILED
            result = kept.replace(version, told, most=most)
        if result is ListUpdate.ACCEPTED:
            self._authorization.take_list(kept)
        return result

    def clear(self) -> None:
        """Nothing is in the list any more."""
        self._authorization.take_list(LocalList())


def _line(entry: AuthorizationData) -> tuple[str, IdTagInfo | None]:
    told = entry.id_tag_info
    return entry.id_tag, None if told is UNSET else _info(told)


def _info(told: ListedTagInfo) -> IdTagInfo:
    if told.expiry_date is not UNSET:
        instant(told.expiry_date, "localAuthorizationList.idTagInfo.expiryDate")
    return IdTagInfo(told.status, _given(told.expiry_date), _given(told.parent_id_tag))


def _given(text: str | UnsetType) -> str | None:
    return None if text is UNSET else text
