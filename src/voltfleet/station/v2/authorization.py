"""Functional block C: who may charge. The CSMS says so (C01), or what the cache remembers of it
(C10 to C12), or, offline, the settings (C13, C15)."""

from functools import partial
from typing import Any

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context, parse_rfc3339
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import authorization as m
from voltfleet.station.v2.messages.types import GenericStatus, IdToken, IdTokenInfo
from voltfleet.station.v2.permit import Hear, Verdict

MAX_CACHED = 500
_NO_AUTHORIZATION = "NoAuthorization"
_CENTRAL = "Central"

_FROM_CACHE = Verdict(accepted=True, text="accepted by the authorization cache")

_CacheKey = tuple[str, str]
_Cached = tuple[IdTokenInfo, float]
"""What was said of the token, and when the cache forgets it (epoch seconds)."""


class Authorization(Block):
    """Asks the CSMS, and keeps the Authorization Cache; it survives a reboot (C10.FR.02)."""

    __slots__ = ("_cache", "_model")

    def __init__(self, ctx: Context, model: DeviceModel) -> None:
        super().__init__(ctx)
        self._model = model
        self._cache: dict[_CacheKey, _Cached] | None = None

    def authorize(self, token: IdToken, evse_id: int, hear: Hear) -> None:
        """Tell ``hear`` whether the token may charge at the EVSE: at once if it is known here."""
        known = self._known(token)
        if token.type == _NO_AUTHORIZATION:
            hear(Verdict(accepted=True, text="no authorization is needed"))
        elif known is not None and known.allows(evse_id) and self._cache_decides():
            hear(_FROM_CACHE)
        elif self._model.flag(catalog.DISABLE_REMOTE_AUTHORIZATION):
            hear(Verdict(accepted=False, text="DisableRemoteAuthorization is true"))
        else:
            self.ask(token, evse_id, hear)

    def ask(self, token: IdToken, evse_id: int | None, hear: Hear) -> None:
        """Ask the CSMS, whatever the cache knows; without an EVSE, whether it may charge at all."""
        self.ctx.call(
            m.Authorize(token),
            m.AuthorizeResponse,
            partial(self._answered, token, evse_id, hear),
            partial(self._unanswered, token, evse_id, hear),
        )

    def learn(self, token: IdToken, info: IdTokenInfo) -> None:
        """C10: the CSMS said something about the token."""
        if token.type in {_NO_AUTHORIZATION, _CENTRAL} or not self._cache_enabled():
            return
        forget_at = self.ctx.now + self._model.whole(catalog.AUTH_CACHE_LIFE_TIME)
        if info.cache_expiry_date_time is not None:
            # C10.FR.08: what the CSMS says overrides LifeTime.
            told = parse_rfc3339(info.cache_expiry_date_time)
            forget_at = forget_at if told is None else told - self.ctx.clock_offset
        cache = self._cache = self._cache or {}
        cache.pop(_key(token), None)
        cache[_key(token)] = (info, forget_at)
        if len(cache) > MAX_CACHED:
            del cache[next(iter(cache))]

    @handles(m.ClearCache)
    def clear_cache(self, _request: m.ClearCache) -> m.ClearCacheResponse:
        """C11.FR.01 to FR.04: Rejected where the cache is switched off."""
        if not self._cache_enabled():
            return m.ClearCacheResponse(GenericStatus.REJECTED)
        self._cache = None
        return m.ClearCacheResponse(GenericStatus.ACCEPTED)

    # --- inside ---------------------------------------------------------------------------------

    def _answered(
        self, token: IdToken, evse_id: int | None, hear: Hear, answer: m.AuthorizeResponse
    ) -> None:
        info = answer.id_token_info
        self.learn(token, info)
        accepted = info.allows(evse_id)
        hear(Verdict(accepted, said("Authorize", info), told(info)))

    def _unanswered(
        self, token: IdToken, evse_id: int | None, hear: Hear, failure: Failure
    ) -> None:
        offline = failure.kind is FailureKind.OFFLINE
        hear(
            self._offline_verdict(token, evse_id)
            if offline
            else Verdict(accepted=False, text=failure.text)
        )

    def _offline_verdict(self, token: IdToken, evse_id: int | None) -> Verdict:
        known = self._known(token)
        if known is None:
            if self._model.flag(catalog.OFFLINE_TX_FOR_UNKNOWN_ID):
                text = "accepted offline: OfflineTxForUnknownIdEnabled is true"
                return Verdict(accepted=True, text=text)
        elif known.allows(evse_id) and self._model.flag(catalog.LOCAL_AUTHORIZE_OFFLINE):
            return _FROM_CACHE
        return Verdict(accepted=False, text="the station is offline and cannot ask its CSMS")

    def _cache_decides(self) -> bool:
        """C12: whether a token that the cache accepts need not be asked about."""
        setting = (
            catalog.LOCAL_PRE_AUTHORIZE if self.ctx.online else catalog.LOCAL_AUTHORIZE_OFFLINE
        )
        return self._model.flag(setting)

    def _cache_enabled(self) -> bool:
        return self._model.flag(catalog.AUTH_CACHE_ENABLED)

    def _known(self, token: IdToken) -> IdTokenInfo | None:
        if self._cache is None or not self._cache_enabled():
            return None
        info, forget_at = self._cache.get(_key(token), (None, 0.0))
        return info if forget_at > self.ctx.now else None


def told(info: IdTokenInfo) -> dict[str, Any]:
    """What the CSMS said of a token, for a user who asked."""
    detail: dict[str, Any] = {"status": info.status.value}
    if info.group_id_token is not None:
        detail["groupIdToken"] = info.group_id_token.id_token
    return detail


def said(action: str, info: IdTokenInfo) -> str:
    """The same as a sentence."""
    return f"the CSMS answered {action} with {info.status}"


def _key(token: IdToken) -> _CacheKey:
    """Id tokens are case insensitive (C01.FR.20)."""
    return token.type, token.id_token.casefold()
