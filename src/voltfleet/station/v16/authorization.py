"""Who may charge (OCPP 1.6 §4.1, §3.5.1): the Central System, or what the cache remembers of it."""

from functools import partial
from typing import Any

import msgspec

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context, parse_rfc3339
from voltfleet.station.outbox import Failure, FailureKind
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.permit import Hear, Verdict
from voltfleet.station.v16.types import AuthorizationStatus, Simple

MAX_CACHED = 500


class Authorization(Block):
    """Asks the Central System, and keeps the Authorization Cache. idTags are case-insensitive."""

    __slots__ = ("_cache", "_configuration")

    def __init__(self, ctx: Context, configuration: Configuration) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._cache: dict[str, m.IdTagInfo] | None = None

    def authorize(self, id_tag: str, hear: Hear) -> None:
        """Tell ``hear`` whether the token may charge: at once if that is known here."""
        allowed_here = self._allowed_here(id_tag)
        if self.ctx.online:
            if allowed_here and self._configuration.flag(Name.LOCAL_PRE_AUTHORIZE):
                hear(Verdict(accepted=True, text="accepted by the authorization cache"))
                return
            self.ask(id_tag, hear)
        else:
            hear(self._offline_verdict(id_tag, allowed_here=allowed_here))

    def ask(self, id_tag: str, hear: Hear) -> None:
        """Ask the Central System, whatever the cache knows."""
        self.ctx.call(
            m.Authorize(id_tag),
            m.AuthorizeResponse,
            partial(self._answered, id_tag, hear),
            partial(self._unanswered, id_tag, hear),
        )

    def learn(self, id_tag: str, info: m.IdTagInfo | None) -> None:
        """The Central System said something about the token: §4.1.1 wants the cache to follow."""
        if info is None or not self._configuration.flag(Name.AUTHORIZATION_CACHE_ENABLED):
            return
        if self._cache is None:
            self._cache = {}
        self._cache.pop(id_tag.lower(), None)
        self._cache[id_tag.lower()] = info
        if len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]

    @handles(m.ClearCache)
    def clear_cache(self, _request: m.ClearCache) -> m.ClearCacheResponse:
        """§5.4: Rejected where the cache is switched off."""
        if not self._configuration.flag(Name.AUTHORIZATION_CACHE_ENABLED):
            return m.ClearCacheResponse(Simple.REJECTED)
        self._cache = None
        return m.ClearCacheResponse(Simple.ACCEPTED)

    def _answered(self, id_tag: str, hear: Hear, answer: m.AuthorizeResponse) -> None:
        info = answer.id_tag_info
        self.learn(id_tag, info)
        accepted = info.status is AuthorizationStatus.ACCEPTED
        hear(Verdict(accepted, f"the CSMS answered Authorize with {info.status}", told(info)))

    def _unanswered(self, id_tag: str, hear: Hear, failure: Failure) -> None:
        if failure.kind is FailureKind.OFFLINE:
            hear(self._offline_verdict(id_tag, allowed_here=self._allowed_here(id_tag)))
        else:
            hear(Verdict(accepted=False, text=failure.text))

    def _offline_verdict(self, id_tag: str, *, allowed_here: bool) -> Verdict:
        if allowed_here and self._configuration.flag(Name.LOCAL_AUTHORIZE_OFFLINE):
            return Verdict(accepted=True, text="accepted by the authorization cache")
        unknown = self._cache is None or id_tag.lower() not in self._cache
        if unknown and self._configuration.flag(Name.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID):
            return Verdict(accepted=True, text="accepted: AllowOfflineTxForUnknownId is true")
        return Verdict(accepted=False, text="the station is offline and does not know the token")

    def _allowed_here(self, id_tag: str) -> bool:
        if self._cache is None or not self._configuration.flag(Name.AUTHORIZATION_CACHE_ENABLED):
            return False
        info = self._cache.get(id_tag.lower())
        if info is None or info.status is not AuthorizationStatus.ACCEPTED:
            return False
        expires_at = parse_rfc3339(info.expiry_date) if info.expiry_date else None
        return expires_at is None or expires_at > self.ctx.now + self.ctx.clock_offset


def told(info: m.IdTagInfo) -> dict[str, Any]:
    """What the Central System said of a token, as a command's outcome shows it."""
    fields = msgspec.to_builtins(info)
    return {"idTagInfo": {name: value for name, value in fields.items() if value is not None}}
