"""Who has fallen silent, by this process's own clock.

Every gateway and every host leaves a sign of life in the database again and again. Whether they
still do is judged by how long *we* have seen the same sign: the machines' clocks may differ, and
may be set while we look.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

SignT = TypeVar("SignT", bound=Hashable)

LONGEST_LOOK_SECONDS = 2.0
"""What lies further between two looks is nobody's silence: the database was away, say, where they
leave their signs as we look for them."""


class Silences(Generic[SignT]):
    """Remembers since when each sign has been the same. ``seconds`` of that are silence."""

    def __init__(
        self,
        seconds: float,
        *,
        is_final: Callable[[SignT], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``is_final`` tells the sign of one that will give no other: it is silent at once."""
        self._seconds = seconds
        self._is_final = is_final
        self._clock = clock
        self._seen: dict[str, tuple[SignT, float]] = {}
        self._looked_at = clock()

    def among(self, signs: Mapping[str, SignT]) -> dict[str, SignT]:
        """Those that are silent, with the sign that they have not changed. Call it often."""
        now = self._clock()
        blind = max(0.0, now - self._looked_at - LONGEST_LOOK_SECONDS)
        self._looked_at = now
        seen, self._seen = self._seen, {}
        for name, sign in signs.items():
            before, since = seen.get(name, (None, now))
            self._seen[name] = (sign, since + blind if before == sign else now)
        return {
            name: sign
            for name, (sign, since) in self._seen.items()
            if now - since >= self._seconds or self._is_final(sign)
        }
