"""Files that a process holds locked for as long as it lives, so that others of its machine see when
it has died, however it died: the kernel then releases the lock."""

import fcntl
import os
from pathlib import Path


def hold(path: Path, said: str = "") -> int:
    """Makes the file and locks it, with what it says; returns the descriptor, which must stay open.
    The file is there only once it is locked: one that nobody holds is a dead process's."""
    begun = path.with_name(f".{path.name}")
    descriptor = os.open(begun, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(descriptor, said.encode())
    begun.replace(path)
    return descriptor


def is_left(path: Path) -> bool:
    """Whether the process that held the file is known to have died. One that is frozen has not; of
    one without a file nothing is known."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
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
