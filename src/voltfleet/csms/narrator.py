"""Tells a terminal who comes and goes: a line each, or a summary when thousands do at once."""

from collections.abc import Callable

LINES_PER_SECOND = 10


class Narrator:
    """``say`` gets at most `LINES_PER_SECOND` lines a second and one summary of the rest;
    `every_second` is called about once a second."""

    def __init__(self, say: Callable[[str], None] | None) -> None:
        self._say = say
        self._left = LINES_PER_SECOND
        self._connected = 0
        self._disconnected = 0
        self._problems = 0

    def connected(self, identity: str, version: str) -> None:
        """A charger opened its socket."""
        self._connected += not self._line(f"+ {identity} connected ({version})")

    def disconnected(self, identity: str, reason: str) -> None:
        """A charger's socket is gone."""
        self._disconnected += not self._line(f"- {identity} disconnected ({reason})")

    def problem(self, identity: str, text: str) -> None:
        """A charger did something that the standard does not allow."""
        self._problems += not self._line(f"! {identity}: {text}")

    def every_second(self, live: int) -> None:
        """Sum up what there was no line for."""
        untold = [
            f"{count} {what}"
            for count, what in (
                (self._connected, "connected"),
                (self._disconnected, "disconnected"),
                (self._problems, "problems"),
            )
            if count
        ]
        if untold and self._say is not None:
            self._say(f"  and {', '.join(untold)}; {live} connected now")
        self._left = LINES_PER_SECOND
        self._connected = self._disconnected = self._problems = 0

    def _line(self, text: str) -> bool:
        """Say it if there is a line left this second."""
        if self._say is None or self._left <= 0:
            return self._say is None
        self._left -= 1
        self._say(_printable(text))
        return True


def _printable(text: str) -> str:
    """Without control characters: identities come from strangers, and terminals obey some."""
    return "".join(c if c.isprintable() else "?" for c in text)
