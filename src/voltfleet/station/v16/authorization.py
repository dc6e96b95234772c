"""Who may charge (OCPP 1.6 §4.1, §3.5): the Central System, or what the station knows from it: the
Local Authorization List, and for tokens that are not in it the Authorization Cache."""

from functools import partial
from typing import Any

import msgspec

from voltfleet.domain.timestamps import parse_rfc3339
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.local_list import LocalList
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.memory import TokensMemory
from voltfleet.station.v16.permit import Hear, Verdict
from voltfleet.station.v16.types import AuthorizationStatus, Simple

MAX_CACHED = 500


_VALID = {AuthorizationStatus.ACCEPTED}
_VALID_IN_LIST = {AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX}
"""§3.5.2: ConcurrentTx marks a valid token of the list too; whether it charges already is not for
the list to say."""


class Authorization(Block):
    """Asks the Central System, and keeps the Authorization Cache and the Local Authorization List
    (both None while empty). idTags are case-insensitive."""

    __slots__ = ("_cache", "_configuration", "local_list")

    def __init__(self, ctx: Context, configuration: Configuration) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._cache: dict[str, m.IdTagInfo] | None = None
        self.local_list: LocalList[m.IdTagInfo] | None = None

    def authorize(self, id_tag: str, hear: Hear) -> None:
        """Tell ``hear`` whether the token may charge: at once if that is known here."""
        here = self._allowed_here(id_tag)
        if not self.ctx.online:
            hear(self._offline_verdict(id_tag))
        elif here is not None and self._configuration.flag(Name.LOCAL_PRE_AUTHORIZE):
            hear(here)
        else:
            self.ask(id_tag, hear)

    def ask(self, id_tag: str, hear: Hear) -> None:
        """Ask the Central System, whatever the cache knows."""
        self.ctx.call(
            m.Authorize(id_tag),
            m.AuthorizeResponse,
            partial(self._answered, id_tag, hear),
            partial(self._unanswered, id_tag, hear),
        )

    def learn(self, id_tag: str, info: m.IdTagInfo | None) -> None:
        """The Central System said something about the token: §4.1.1 wants the cache to follow, but
        §3.5.3 wants no token of the list in it."""
        if info is None or not self._configuration.flag(Name.AUTHORIZATION_CACHE_ENABLED):
            return
        if self._listed(id_tag) is not None:
            return
        if self._cache is None:
            self._cache = {}
        self.ctx.remember()
        self._cache.pop(id_tag.lower(), None)
        self._cache[id_tag.lower()] = info
        if len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]

    def take_list(self, local_list: LocalList[m.IdTagInfo]) -> None:
        """The list has changed: what is in it leaves the cache."""
        self.ctx.remember()
        self.local_list = local_list if len(local_list) else None
        if self._cache is not None:
            self._cache = {t: i for t, i in self._cache.items() if t not in local_list.entries}

    def parent_of(self, id_tag: str) -> str | None:
        """The token's group, if the station knows one."""
        info = self._known(id_tag)
        return None if info is None else info.parent_id_tag

    def forget_all(self) -> int:
        """Empty the cache; returns how many tokens were in it."""
        self.ctx.remember()
        cache, self._cache = self._cache, None
        return len(cache or ())

    def memory(self) -> TokensMemory:
        """What outlives a power cut."""
        listed = self.local_list or LocalList[m.IdTagInfo]()
        return TokensMemory(self._cache, listed.version, dict(listed.entries))

    def recall(self, memory: TokensMemory) -> None:
        """As it was."""
        self._cache = memory.cache
        if memory.listed:
            self.local_list = LocalList(memory.list_version, memory.listed)

    @handles(m.ClearCache)
    def clear_cache(self, _request: m.ClearCache) -> m.ClearCacheResponse:
        """§5.4: Rejected where the cache is switched off."""
        if not self._configuration.flag(Name.AUTHORIZATION_CACHE_ENABLED):
            return m.ClearCacheResponse(Simple.REJECTED)
        self.forget_all()
        return m.ClearCacheResponse(Simple.ACCEPTED)

    def _answered(self, id_tag: str, hear: Hear, answer: m.AuthorizeResponse) -> None:
        info = answer.id_tag_info
        self.learn(id_tag, info)
        accepted = info.status is AuthorizationStatus.ACCEPTED
        text = f"the CSMS answered Authorize with {info.status}"
        hear(Verdict(accepted, text, told(info), info.parent_id_tag))

    def _unanswered(self, id_tag: str, hear: Hear, failure: Failure) -> None:
        if failure.kind is FailureKind.OFFLINE:
            hear(self._offline_verdict(id_tag))
        else:
            hear(Verdict(accepted=False, text=failure.text))

    def _offline_verdict(self, id_tag: str) -> Verdict:
        here = self._allowed_here(id_tag)
        if here is not None and self._configuration.flag(Name.LOCAL_AUTHORIZE_OFFLINE):
            return here
        unknown = self._known(id_tag) is None
        if unknown and self._configuration.flag(Name.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID):
            return Verdict(accepted=True, text="accepted: AllowOfflineTxForUnknownId is true")
        return Verdict(accepted=False, text="the station is offline and does not know the token")

    def _allowed_here(self, id_tag: str) -> Verdict | None:
        """The list before the cache (§3.5.3): a token barred by the list is not looked up there."""
        listed = self._listed(id_tag)
        info = listed or self._cached(id_tag)
        if info is None or info.status not in (_VALID_IN_LIST if listed else _VALID):
            return None
        expires_at = parse_rfc3339(info.expiry_date) if info.expiry_date else None
        if expires_at is not None and expires_at <= self.ctx.now + self.ctx.clock_offset:
            return None
        by = "local authorization list" if listed else "authorization cache"
        return Verdict(accepted=True, text=f"accepted by the {by}", parent=info.parent_id_tag)

    def _known(self, id_tag: str) -> m.IdTagInfo | None:
        return self._listed(id_tag) or self._cached(id_tag)

    def _listed(self, id_tag: str) -> m.IdTagInfo | None:
        if self.local_list is None or not self._configuration.flag(Name.LOCAL_AUTH_LIST_ENABLED):
            return None
        return self.local_list.find(id_tag.lower())

    def _cached(self, id_tag: str) -> m.IdTagInfo | None:
        if self._cache is None or not self._configuration.flag(Name.AUTHORIZATION_CACHE_ENABLED):
            return None
        return self._cache.get(id_tag.lower())


def told(info: m.IdTagInfo) -> dict[str, Any]:
    """What the Central System said of a token, as a command's outcome shows it."""
    fields = msgspec.to_builtins(info)
    return {"idTagInfo": {name: value for name, value in fields.items() if value is not None}}
