"""What a loss of power would leave of a directory, from a trace of the system calls made on it.

`traced` runs a command under ``strace``; `Disk` replays what it did. A write counts as kept once an
fsync of its file that began after it has returned; a name (created, renamed, removed) once an fsync
of its directory has. What was not synced is lost (`Disk.after_loss` without a seed), or survives in
part, by pieces of 512 bytes and out of order (with one), as real disks and file systems have it.
"""

import random
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,truncate,rename,"
    "renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,sendto,sendmsg,fallocate"
)
SECTOR = 512
_HEAD = re.compile(r"(\d+)\s+(?:(\w+)\(|<\.\.\. (\w+) resumed>)(.*)", re.DOTALL)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"^(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_RESULT = re.compile(r"\)\s+= (-?\d+)")
_OPENED = re.compile(r"= \d+<((?:\\x[0-9a-f]{2})*)>$")
_UNFINISHED = " <unfinished ...>"


def traced(log: Path) -> list[str]:
    """What to put before a command to trace it into ``log``. Raises if there is no strace."""
    strace = shutil.which("strace")
    assert strace, "strace is missing: apt-get install strace"
    options = ["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "100000000", "-e", "signal=none"]
    return [strace, *options, "-e", f"trace={CALLS}", "-o", str(log)]


@dataclass(frozen=True)
class Call:
    """A system call that succeeded; ``began`` and ``ended`` are places in the trace."""

    name: str
    arguments: str
    result: int
    opened: str
    began: int
    ended: int

    @property
    def path(self) -> str:
        """Of the file that it is about, when it was given as a descriptor."""
        found = _FILE.match(self.arguments)
        return text(found[2]) if found else ""

    @property
    def strings(self) -> list[bytes]:
        """Its string arguments."""
        return [raw(each) for each in _STRING.findall(self.arguments)]


def raw(hexadecimal: str) -> bytes:
    """What strace wrote as hexadecimal escapes."""
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


def text(hexadecimal: str) -> str:
    """A path that strace wrote so."""
    return raw(hexadecimal).decode()


def read(log: Path) -> list[Call]:
    """Every call that succeeded, in the order in which they ended."""
    begun: dict[str, tuple[int, str]] = {}
    calls = []
    for place, line in enumerate(log.read_text().splitlines()):
        head = _HEAD.match(line)
        if head is None:
            continue
        process, name, resumed, rest = head.groups()
        began = place
        if rest.endswith(_UNFINISHED):
            begun[process] = (place, rest.removesuffix(_UNFINISHED))
            continue
        if resumed:
            began, before = begun.pop(process)
            rest = before + rest
        result = _RESULT.search(rest)
        if result is not None and int(result[1]) >= 0:
            opened = _OPENED.search(rest)
            file = text(opened[1]) if opened else ""
            calls.append(Call(name or resumed, rest, int(result[1]), file, began, place))
    return calls


@dataclass(frozen=True)
class Change:
    """Of a file: ``data`` at ``offset``, or cut to ``offset`` without data. Of a directory: names
    with their files, or None for those that went."""

    at: int
    offset: int = 0
    data: bytes | None = None
    names: "dict[str, Node | None]" = field(default_factory=dict)


class Node:
    """A file or a directory, as all that was done to it."""

    def __init__(self, *, directory: bool = False) -> None:
        self.directory = directory
        self.changes: list[Change] = []
        self.syncs: list[tuple[int, int]] = []
        self.end = 0

    def synced(self, before: int) -> int:
        """Up to where in the trace its changes are on disk, if power goes at ``before``."""
        return max((began for began, ended in self.syncs if ended < before), default=-1)


class Disk:
    """Everything that was done under ``root``, which was there and empty at the beginning."""

    def __init__(self, root: Path, calls: list[Call]) -> None:
        self._root = str(root)
        self._nodes: dict[str, Node] = {self._root: Node(directory=True)}
        for call in calls:
            getattr(self, f"_{call.name}", self._ignore)(call)

    def after_loss(self, at: int, target: Path, seed: int | None = None) -> None:
        """Writes into ``target`` what is there after power went at that place of the trace."""
        rng = None if seed is None else random.Random(seed)  # noqa: S311 - no secret
        self._rebuild(self._nodes[self._root], at, target, rng)

    def _rebuild(self, node: Node, at: int, target: Path, rng: random.Random | None) -> None:
        synced = node.synced(at)
        if not node.directory:
            target.write_bytes(_content(node, at, synced, rng))
            return
        target.mkdir()
        names: dict[str, Node | None] = {}
        for change in node.changes:
            if change.at >= at or (change.at >= synced and (rng is None or rng.random() < 0.3)):
                break  # names are lost from the newest back, as a journal has them
            names |= change.names
        for name, child in names.items():
            if child is not None:
                self._rebuild(child, at, target / name, rng)

    def _ignore(self, call: Call) -> None:
        assert call.name in ("sendto", "sendmsg") or not self._has(call.path), call

    def _has(self, path: str) -> bool:
        return path.startswith(f"{self._root}/") and not path.endswith("-shm")

    def _name(self, path: str, node: Node | None, at: int, *, gone: str = "") -> None:
        parent, _, name = path.rpartition("/")
        names: dict[str, Node | None] = {name: node}
        if gone:
            assert gone.rpartition("/")[0] == parent, "a move between directories is not modelled"
            names[gone.rpartition("/")[2]] = None
        self._nodes[parent].changes.append(Change(at, names=names))

    def _openat(self, call: Call) -> None:
        if not self._has(call.opened) or call.opened in self._nodes:
            if self._has(call.opened) and "O_TRUNC" in call.arguments:
                self._nodes[call.opened].changes.append(Change(call.ended))
            return
        if "O_CREAT" in call.arguments:
            self._nodes[call.opened] = Node()
            self._name(call.opened, self._nodes[call.opened], call.ended)

    _open = _openat

    def _mkdir(self, call: Call) -> None:
        path = call.strings[-1].decode()
        if self._has(path):
            self._nodes[path] = Node(directory=True)
            self._name(path, self._nodes[path], call.ended)

    _mkdirat = _mkdir

    def _pwrite64(self, call: Call) -> None:
        if call.path in self._nodes:
            offset = int(call.arguments.rpartition(")")[0].rpartition(",")[2])
            self._change(call, offset, call.strings[0][: call.result])

    def _write(self, call: Call) -> None:
        if call.path in self._nodes:  # small files, written once from their beginning
            self._change(call, self._nodes[call.path].end, call.strings[0][: call.result])

    def _change(self, call: Call, offset: int, data: bytes) -> None:
        node = self._nodes[call.path]
        node.changes.append(Change(call.ended, offset, data))
        node.end = max(node.end, offset + len(data))

    def _ftruncate(self, call: Call) -> None:
        if call.path in self._nodes:
            size = int(call.arguments.rpartition(")")[0].rpartition(",")[2])
            self._nodes[call.path].changes.append(Change(call.ended, size))
            self._nodes[call.path].end = size

    def _fsync(self, call: Call) -> None:
        if call.path in self._nodes:
            self._nodes[call.path].syncs.append((call.began, call.ended))

    _fdatasync = _fsync

    def _rename(self, call: Call) -> None:
        old, new = (each.decode() for each in call.strings)
        if self._has(new):
            self._nodes[new] = self._nodes.pop(old)
            self._name(new, self._nodes[new], call.ended, gone=old)

    _renameat = _renameat2 = _rename

    def _link(self, call: Call) -> None:
        old, new = (each.decode() for each in call.strings)
        if self._has(new):
            self._nodes[new] = self._nodes[old]
            self._name(new, self._nodes[new], call.ended)

    _linkat = _link

    def _unlink(self, call: Call) -> None:
        path = call.strings[-1].decode()
        if path in self._nodes:
            del self._nodes[path]
            self._name(path, None, call.ended)

    _unlinkat = _unlink


def _content(node: Node, at: int, synced: int, rng: random.Random | None) -> bytes:
    content = bytearray()
    for change in node.changes:
        if change.at >= at:
            break
        kept = change.at < synced
        if change.data is None:
            if kept or (rng is not None and rng.random() < 0.5):
                del content[change.offset :]
                content.extend(bytes(change.offset - len(content)))
            continue
        for start in range(0, len(change.data), SECTOR):
            if kept or (rng is not None and rng.random() < 0.5):
                piece = change.data[start : start + SECTOR]
                begin = change.offset + start
                content.extend(bytes(max(0, begin - len(content))))
                content[begin : begin + len(piece)] = piece
    return bytes(content)
