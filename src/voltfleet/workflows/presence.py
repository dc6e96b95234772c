"""How gateways on one data directory know at once that one of them has died.

Each holds a lock on a file there, which the kernel releases when its process ends, however it ends.
A gateway of another machine has no file there: it is judged by its silence (`workflows.silence`).
"""

import fcntl
import os
from pathlib import Path


class Presence:
    """The lock of this process, and a look at the others'."""

    def __init__(self, data_dir: Path, gateway_id: str) -> None:
        self._directory = data_dir / "gateways"
        self._gateway_id = gateway_id
        self._descriptor: int | None = None

    def show(self) -> None:
        """Holds the lock from now on until this process ends. The file is there only once it is
        locked: nobody sees it without."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._file(self._gateway_id)
        begun = path.with_suffix(".new")
        self._descriptor = os.open(begun, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        begun.rename(path)

    def has_ended(self, gateway_id: str) -> bool:
        """Whether that gateway's process is known to have died. One that is frozen has not."""
        try:
            descriptor = os.open(self._file(gateway_id), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            # Shared: two that look in the same moment do not take each other for it.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def forget(self, gateway_id: str) -> None:
        """Removes what that gateway left here, if anything."""
        self._file(gateway_id).unlink(missing_ok=True)

    def _file(self, gateway_id: str) -> Path:
        return self._directory / f"{gateway_id.replace('/', '_')}.lock"
