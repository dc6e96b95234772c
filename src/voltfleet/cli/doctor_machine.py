"""What `voltfleet doctor` measures of this machine: plain values, no judgement."""

import os
import resource
import shutil
import socket
import stat
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2

from voltfleet.auth import keys
from voltfleet.cli.serve import FEWEST_FILES
from voltfleet.host.limits import capacity

__all__ = ["FEWEST_FILES"]

ENOUGH_CHARGERS = 1_000
SLOW_SYNC_MS = 50.0
LITTLE_SPACE = 1_000_000_000
NO_SPACE = 50_000_000
SYNCS = 8
BLOCK = b"\0" * 4096
ANSWER_SECONDS = 1.0
_MEMORY = frozenset({"tmpfs", "ramfs"})
_SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs"})
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a directory is. ``error`` when it cannot be written; nothing else is known then."""

    error: str = ""
    free_bytes: int = 0
    sync_ms: float = 0.0
    volatile: bool = False
    shared: bool = False


def descriptors() -> tuple[int, int]:
    """How many files a process may open, and how many chargers a host can have with that."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (1_000_000 if hard == resource.RLIM_INFINITY else hard), capacity(hard, None)


def outgoing_ports() -> int | None:
    """How many connections one address here can have to one address elsewhere."""
    try:
        low, high = (int(number) for number in _PORT_RANGE.read_text().split())
    except (OSError, ValueError):
        return None
    return high - low + 1


def cannot_listen(host: str, port: int) -> str | None:
    """Why not; nothing if it can be done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return str(error.strerror or error)
    return None


def gateway_answers(host: str, port: int) -> bool:
    """Whether what listens there is a gateway."""
    reached = f"[{host}]" if ":" in host else host
    try:
        answer = httpx2.get(
            f"http://{reached}:{port}/health", timeout=ANSWER_SECONDS, trust_env=False
        )
        return answer.status_code == httpx2.codes.OK and "status" in answer.json()
    except (httpx2.HTTPError, ValueError, AttributeError):
        return False


def secrets(keys_dir: Path, token: Path) -> list[Path]:
    """The files and directories that only their owner may read, as far as they are there."""
    found = [keys_dir, *sorted(keys_dir.glob("*")), token] if keys_dir.is_dir() else [token]
    return [path for path in found if path.exists()]


def others_may_read(path: Path) -> bool:
    """Whether anybody but its owner has a right to it."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def key_problem(keys_dir: Path) -> str:
    """What is wrong with the key file, if it is there."""
    if not (keys_dir / keys.FILE_NAME).exists():
        return ""
    try:
        keys.load_or_create(keys_dir)
    except keys.KeyFileError as error:
        return error.message
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return ""


def look_at_disk(directory: Path) -> Disk:
    """Writes and syncs a file in the directory, or where the directory would be made."""
    there = _nearest(directory)
    try:
        sync_ms = _sync_ms(there)
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Disk(error=str(error.strerror or error))
    kind = _filesystem(there)
    return Disk("", free, sync_ms, volatile=kind in _MEMORY, shared=kind in _SHARED)


def _nearest(directory: Path) -> Path:
    path = directory.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _sync_ms(directory: Path) -> float:
    """How long an append takes to be on disk, the median of a few."""
    took = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(SYNCS):
            started = time.perf_counter()
            os.write(file.fileno(), BLOCK)
            os.fsync(file.fileno())
            took.append(time.perf_counter() - started)
            if sum(took) > 1.0:
                break
    return statistics.median(took) * 1000


def _filesystem(directory: Path) -> str:
    """The kind of the mount that has the directory; nothing where that cannot be known."""
    try:
        mounts = [line.split() for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return ""
    path = str(directory.resolve())
    holding = [
        (len(point), kind)
        for _, point, kind, *_ in mounts
        if path == point or path.startswith(point.rstrip("/") + "/")
    ]
    return max(holding, default=(0, ""))[1]
