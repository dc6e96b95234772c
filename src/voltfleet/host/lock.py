"""At most one living process per host id and data directory."""

import asyncio
import fcntl
import os
import re
import secrets
from pathlib import Path

RETRY_SECONDS = 0.1
_PLACE = re.compile("p[0-9a-f]{16}")


class HostLock:
    """An exclusive lock on ``<data-dir>/hosts/<host-id>.lock``. The kernel releases it when the
    process dies, however it dies; the file stays, and with it the name of the place: a host of the
    same id and another place is another host."""

    def __init__(self, data_dir: Path, host_id: str) -> None:
        self.path = data_dir / "hosts" / f"{host_id}.lock"
        self.place = ""
        """A random name, the same for every holder of this lock; known once it is held."""
        self._descriptor: int | None = None

    async def acquire(self) -> None:
        """Returns once this process holds the lock: waits for the one that does to die."""
        while not self.try_acquire():  # noqa: ASYNC110 - flock of another process has no event
            await asyncio.sleep(RETRY_SECONDS)

    def try_acquire(self) -> bool:
        """Whether this process holds the lock now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self.place = _place(os.read(descriptor, 200).decode("ascii", "replace"))
        os.pwrite(descriptor, f"{self.place}\n{os.getpid():<10}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """For tests and orderly ends; death does it too."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _place(text: str) -> str:
    first = text.partition("\n")[0]
    return first if _PLACE.fullmatch(first) else f"p{secrets.token_hex(8)}"
