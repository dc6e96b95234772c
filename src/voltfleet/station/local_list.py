"""The local authorization list, as far as all OCPP versions agree (1.6 §5.15, 2.0.1 D01 and D02).

update          the list afterwards                       refused when
---------------------------------------------------------------------------------------------
full            what was sent, nothing else               a token comes twice, or too many
differential    changed, added to, and (a line without    as above, or the version is not
                information) removed from                 higher than the list's: mismatch
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Generic, TypeVar

Info = TypeVar("Info")


class ListUpdate(Enum):
    """What became of an update; only an accepted one has changed the list."""

    ACCEPTED = auto()
    FAILED = auto()
    VERSION_MISMATCH = auto()


LIST_WORDS = {
    ListUpdate.ACCEPTED: "Accepted",
    ListUpdate.FAILED: "Failed",
    ListUpdate.VERSION_MISMATCH: "VersionMismatch",
}
"""The results as the standard spells them."""
LIST_REASONS = {
    ListUpdate.FAILED: "a token comes twice, or there are more than the list takes",
    ListUpdate.VERSION_MISMATCH: "the version must be higher than the list's",
}
"""What a user is told of a refusal."""


class LocalList(Generic[Info]):
    """Tokens and what the CSMS says of each, in the version's own type. ``key`` is how a version
    compares tokens (1.6: the idTag in lower case). An empty list has version 0."""

    __slots__ = ("_entries", "_version")

    def __init__(self, version: int = 0, entries: Mapping[str, Info] | None = None) -> None:
        self._entries: dict[str, Info] = dict(entries or {})
        self._version = version

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def version(self) -> int:
        """The version that the CSMS gave it; 0 while nothing is in it."""
        return self._version if self._entries else 0

    @property
    def entries(self) -> Mapping[str, Info]:
        """All lines."""
        return self._entries

    def find(self, key: str) -> Info | None:
        """What the list says of a token; None if it is not in it."""
        return self._entries.get(key)

    def replace(self, version: int, lines: Sequence[tuple[str, Info]], *, most: int) -> ListUpdate:
        """A full update; no lines empty the list."""
        entries = dict(lines)
        if version <= 0 or len(entries) < len(lines) or len(entries) > most:
            return ListUpdate.FAILED
        self._entries, self._version = entries, version
        return ListUpdate.ACCEPTED

    def change(
        self, version: int, lines: Sequence[tuple[str, Info | None]], *, most: int
    ) -> ListUpdate:
        """A differential update: a line with None takes the token off the list."""
        if version <= self._version:
            return ListUpdate.VERSION_MISMATCH
        if len(dict(lines)) < len(lines):
            return ListUpdate.FAILED
        entries = dict(self._entries)
        for key, info in lines:
            if info is None:
                entries.pop(key, None)
            else:
                entries[key] = info
        if len(entries) > most:
            return ListUpdate.FAILED
        self._entries, self._version = entries, version
        return ListUpdate.ACCEPTED
