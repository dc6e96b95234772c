"""Answers about what will not change any more, so that they need not be made again."""

from collections import OrderedDict
from dataclasses import dataclass

KEPT_BYTES = 32 << 20
_OVERHEAD = 512
"""Of one answer, beside its body."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A body, and which version of the thing it tells about."""

    version: str
    body: bytes


class KeptAnswers:
    """The answers asked for last, up to so many bytes; one for each id. Whoever takes one makes
    sure first, in the database, that the thing is still there, is the caller's, and is of that
    version."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, KeptAnswer] = OrderedDict()

    def take(self, about: str) -> KeptAnswer | None:
        """The answer about that id, if one is kept."""
        kept = self._kept.get(about)
        if kept is not None:
            self._kept.move_to_end(about)
        return kept

    def keep(self, about: str, answer: KeptAnswer) -> None:
        """Keeps it, and forgets what has not been asked for longest to make room."""
        before = self._kept.pop(about, None)
        self._bytes -= 0 if before is None else _size(before)
        self._kept[about] = answer
        self._bytes += _size(answer)
        while self._bytes > self._most_bytes:
            self._bytes -= _size(self._kept.popitem(last=False)[1])


def _size(answer: KeptAnswer) -> int:
    return len(answer.body) + _OVERHEAD
