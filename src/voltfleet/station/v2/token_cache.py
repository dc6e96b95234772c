"""The Authorization Cache (C10 to C12): what the CSMS said of tokens, and until when that holds."""

import msgspec

from voltfleet.station.v2.device_model import authorizing
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages.types import IdTokenInfo

MAX_CACHED = 500

_encode = msgspec.json.encode

Entry = tuple[IdTokenInfo, float]
"""What was said of the token, and when the cache forgets it (epoch seconds)."""


class TokenCache:
    """By token, the one to be dropped next first: the oldest (Policy FIFO), or the one that nobody
    asked about for longest (LRU). ``entries`` is None while it is empty; AuthCacheCtrlr.Storage
    tells how big it is."""

    __slots__ = ("_model", "entries")

    def __init__(self, model: DeviceModel) -> None:
        self._model = model
        self.entries: dict[str, Entry] | None = None

    @property
    def enabled(self) -> bool:
        """AuthCacheCtrlr.Enabled"""
        return self._model.flag(authorizing.AUTH_CACHE_ENABLED)

    def put(self, key: str, info: IdTokenInfo, forget_at: float) -> None:
        """Keep it, in place of what was known of the token; the next to go make room for it."""
        self.drop(key)
        entries = self.entries = {} if self.entries is None else self.entries
        entries[key] = (info, forget_at)
        used = self._used() + _size(key, info)
        while len(entries) > MAX_CACHED or used > authorizing.AUTH_CACHE_MOST_BYTES:
            oldest = next(iter(entries))
            used -= _size(oldest, entries.pop(oldest)[0])
        self._note(used)

    def find(self, key: str, now: float) -> IdTokenInfo | None:
        """What is known of the token; nothing while the cache is switched off."""
        if self.entries is None or not self.enabled:
            return None
        entry = self.entries.get(key)
        if entry is None:
            return None
        if entry[1] <= now:
            self.drop(key)
            return None
        if self._model.text(authorizing.AUTH_CACHE_POLICY) == authorizing.LRU:
            self.entries[key] = self.entries.pop(key)
        return entry[0]

    def drop(self, key: str) -> None:
        """Forget the token."""
        entry = None if self.entries is None else self.entries.pop(key, None)
        if entry is not None:
            self._note(self._used() - _size(key, entry[0]))

    def clear(self) -> int:
        """Forget all; returns how many there were."""
        entries, self.entries = self.entries, None
        self._note(0)
        return len(entries or ())

    def _used(self) -> int:
        return self._model.whole(authorizing.AUTH_CACHE_STORAGE)

    def _note(self, used: int) -> None:
        self._model.note(authorizing.AUTH_CACHE_STORAGE, str(used))


def _size(key: str, info: IdTokenInfo) -> int:
    return len(key) + len(_encode(info))
