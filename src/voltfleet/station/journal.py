"""What happened at a station, for its diagnostics."""

MAX_BYTES = 4096
"""About 60 lines: a station that does nothing but run holds no more than that for ever."""


class Journal:
    """The newest lines; each begins with its time, in RFC 3339, in UTC."""

    __slots__ = ("_text",)

    def __init__(self) -> None:
        self._text = bytearray()

    def note(self, at: str, what: str) -> None:
        """One more line; the oldest are forgotten when there is no more room."""
        text = self._text
        text += f"{at} {what}\n".encode()
        if len(text) > MAX_BYTES:
            del text[: text.index(b"\n", len(text) - MAX_BYTES - 1) + 1]

    def lines(self) -> list[str]:
        """Oldest first."""
        return self._text.decode().splitlines()
