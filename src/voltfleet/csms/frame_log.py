"""Every frame as one line of JSON in a file."""

from pathlib import Path

import msgspec

_FLUSH_BYTES = 256 * 1024


class FrameLog:
    """Appends to a file. Lines are gathered and written in large pieces, at the latest when `flush`
    is called; the write itself is a copy into the page cache, so it stays in the event loop."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._lines = bytearray()

    def write(
        self, at: float, identity: str, *, from_station: bool, action: str, text: str
    ) -> None:
        """Note one frame."""
        line = {
            "at": at,
            "identity": identity,
            "from": "station" if from_station else "csms",
            "action": action,
            "message": text,
        }
        self._lines += msgspec.json.encode(line)
        self._lines += b"\n"
        if len(self._lines) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        if self._lines:
            self._file.write(self._lines)
            self._file.flush()
            self._lines.clear()

    def close(self) -> None:
        """Write what was gathered and close the file."""
        self.flush()
        self._file.close()
