"""Functional block C: who may charge. The CSMS says so (C01), or the Local Authorization List (C13,
C14), or what the cache remembers (C10 to C12), or, offline, the settings (C15)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from voltfleet.domain.timestamps import parse_rfc3339
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.local_list import LocalList
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.v2.device_model import authorizing
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import authorization as m
from voltfleet.station.v2.messages.tariffs import Tariff
from voltfleet.station.v2.messages.types import (
    AuthorizationStatus,
    GenericStatus,
    IdToken,
    IdTokenInfo,
)
from voltfleet.station.v2.permit import Hear, Verdict
from voltfleet.station.v2.token_cache import Entry, TokenCache

_NO_AUTHORIZATION = "NoAuthorization"
_CENTRAL = "Central"

_UNASKED = Verdict(accepted=False, text="DisableRemoteAuthorization is true")
_OFFLINE = Verdict(accepted=False, text="the station is offline and cannot ask its CSMS")


class Known(NamedTuple):
    """What the station knows of a token itself. ``final``: the CSMS is not to be asked about a
    token that is not accepted here."""

    info: IdTokenInfo
    source: str
    final: bool

    def verdict(self, evse_id: int | None) -> Verdict:
        """Whether it may charge at the EVSE (None: at all)."""
        accepted = self.info.allows(evse_id)
        word = "accepted" if accepted else "refused"
        return Verdict(
            accepted,
            f"{word} by the {self.source}",
            group=group_of(self.info),
            message=message_of(self.info),
        )


class Authorization(Block):
    """Asks the CSMS, and keeps what it knows of tokens; it survives a reboot (C10.FR.02).
    ``on_tariff`` hears of the driver's own tariff (2.1)."""

    __slots__ = ("_model", "cache", "local_list", "on_tariff")

    def __init__(self, ctx: Context, model: DeviceModel) -> None:
        super().__init__(ctx)
        self._model = model
        self.cache = TokenCache(model)
        self.local_list: LocalList[IdTokenInfo] | None = None
        self.on_tariff: Callable[[IdToken, Tariff], None] | None = None

    def authorize(self, token: IdToken, evse_id: int | None, hear: Hear) -> None:
        """Tell ``hear`` whether the token may charge at the EVSE (None: at all): at once if it is
        known here."""
        if token.type == _NO_AUTHORIZATION:
            hear(Verdict(accepted=True, text="no authorization is needed"))
            return
        known = self._known(token)
        accepted = known is not None and known.info.allows(evse_id)
        if known is not None and self._may_decide() and (accepted or known.final):
            hear(known.verdict(evse_id))
        elif self.ctx.online and self._model.flag(authorizing.DISABLE_REMOTE_AUTHORIZATION):
            hear(_UNASKED if known is None else known.verdict(evse_id))
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

    def is_master_pass(self, group: str | None) -> bool:
        """C16: whether a token of that group stops any transaction, and may start none."""
        wanted = self._model.text(authorizing.MASTER_PASS_GROUP_ID).casefold()
        return wanted != "" and group is not None and group.partition(" ")[2] == wanted

    def to_start(self, verdict: Verdict) -> Verdict:
        """The verdict on a token that is to start a transaction."""
        if verdict.accepted and self.is_master_pass(verdict.group):
            return verdict._replace(accepted=False, text="a master pass starts no transaction")
        return verdict

    def learn(self, token: IdToken, info: IdTokenInfo) -> None:
        """C10: the CSMS said something about the token."""
        if token.type in {_NO_AUTHORIZATION, _CENTRAL} or not self.cache.enabled:
            return
        forget_at = self.ctx.now + self._model.whole(authorizing.AUTH_CACHE_LIFE_TIME)
        if info.cache_expiry_date_time is not None:
            # C10.FR.08 and FR.13: what the CSMS says overrides LifeTime.
            told = parse_rfc3339(info.cache_expiry_date_time)
            forget_at = forget_at if told is None else told - self.ctx.clock_offset
        self.ctx.remember()
        if forget_at > self.ctx.now:
            self.cache.put(key_of_token(token), info, forget_at)
        else:
            # C10.FR.10: so the CSMS keeps a prepaid token out of the cache, or takes it out.
            self.cache.drop(key_of_token(token))

    def forget_all(self) -> int:
        """Empty the cache; returns how many tokens were in it."""
        self.ctx.remember()
        return self.cache.clear()

    def about(self, token: IdToken) -> list[str]:
        """What is kept here of a token, a line per place (N09)."""
        known = (self._listed(token), self._cached(token))
        return [f"{k.source}: {k.info.status}" for k in known if k is not None]

    def forget(self, token: IdToken) -> None:
        """N10: the cache forgets it."""
        self.ctx.remember()
        self.cache.drop(key_of_token(token))

    def recall(
        self, cache: dict[str, Entry], version: int, listed: Mapping[str, IdTokenInfo]
    ) -> None:
        """As it was before a power cut."""
        self.cache.entries = cache or None
        self.local_list = LocalList(version, listed) if listed else None

    @handles(m.ClearCache)
    def clear_cache(self, _request: m.ClearCache) -> m.ClearCacheResponse:
        """C11.FR.01 to FR.04: Rejected where the cache is switched off."""
        if not self.cache.enabled:
            return m.ClearCacheResponse(GenericStatus.REJECTED)
        self.forget_all()
        return m.ClearCacheResponse(GenericStatus.ACCEPTED)

    # --- inside ---------------------------------------------------------------------------------

    def _answered(
        self, token: IdToken, evse_id: int | None, hear: Hear, answer: m.AuthorizeResponse
    ) -> None:
        info = answer.id_token_info
        self.learn(token, info)
        if answer.tariff is not None and self.on_tariff is not None:
            self.on_tariff(token, answer.tariff)
        accepted = info.allows(evse_id)
        text = said("Authorize", info)
        hear(Verdict(accepted, text, told(info), group_of(info), message_of(info)))

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
            if self._model.flag(authorizing.OFFLINE_TX_FOR_UNKNOWN_ID):
                text = "accepted offline: OfflineTxForUnknownIdEnabled is true"
                return Verdict(accepted=True, text=text)
            return _OFFLINE
        # C13.FR.04: what is known to be barred stays out, whatever holds for unknown tokens.
        return known.verdict(evse_id) if self._may_decide() else _OFFLINE

    def _may_decide(self) -> bool:
        """C12, C14: whether a token that is accepted here need not be asked about."""
        online = self.ctx.online
        return self._model.flag(
            authorizing.LOCAL_PRE_AUTHORIZE if online else authorizing.LOCAL_AUTHORIZE_OFFLINE
        )

    def _known(self, token: IdToken) -> Known | None:
        """The list goes before the cache (C13.FR.01)."""
        return self._listed(token) or self._cached(token)

    def _listed(self, token: IdToken) -> Known | None:
        if self.local_list is None or not self._model.flag(authorizing.LOCAL_LIST_ENABLED):
            return None
        info = self.local_list.find(key_of_token(token))
        if info is None:
            return None
        expiry = info.cache_expiry_date_time
        until = None if expiry is None else parse_rfc3339(expiry)
        if until is not None and until <= self.ctx.now + self.ctx.clock_offset:
            info = IdTokenInfo(AuthorizationStatus.EXPIRED)
        final = self._model.flag(authorizing.LIST_DISABLE_POST_AUTHORIZE)
        return Known(info, "local authorization list", final)

    def _cached(self, token: IdToken) -> Known | None:
        info = self.cache.find(key_of_token(token), self.ctx.now)
        if info is None:
            return None
        final = self._model.flag(authorizing.CACHE_DISABLE_POST_AUTHORIZE)
        return Known(info, "authorization cache", final)


def group_of(info: IdTokenInfo) -> str | None:
    """The group that the token belongs to, as tokens are compared."""
    return None if info.group_id_token is None else key_of_token(info.group_id_token)


def message_of(info: IdTokenInfo) -> str | None:
    """What the driver is to read, such as a price (I01)."""
    return None if info.personal_message is None else info.personal_message.content


def told(info: IdTokenInfo) -> dict[str, Any]:
    """What the CSMS said of a token, for a user who asked."""
    detail: dict[str, Any] = {"status": info.status.value}
    if info.group_id_token is not None:
        detail["groupIdToken"] = info.group_id_token.id_token
    if info.personal_message is not None:
        detail["personalMessage"] = info.personal_message.content
    return detail


def said(action: str, info: IdTokenInfo) -> str:
    """The same as a sentence."""
    return f"the CSMS answered {action} with {info.status}"


def key_of_token(token: IdToken) -> str:
    """By which tokens are compared: they are case insensitive (C01.FR.20)."""
    return f"{token.type} {token.id_token.casefold()}"
