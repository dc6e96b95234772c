"""The directory through which a chaos run and the processes of its fleet know each other.

alive/<pid>   held by a process for as long as it lives; says what it is
clock/<pid>   how many seconds its wall clock is off: eight bytes
generation    counts the orders; eight bytes
order         the strike at a fault point that is ordered just now: JSON
struck-<n>    made by the process that carried out order n, just before it does
went-on-<n>   made by that process, once it runs again
"""

import contextlib
import json
import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from voltfleet.observability import liveness

VARIABLE = "VOLTFLEET_CHAOS_DIRECTORY"
"""Names the directory to the processes of the fleet."""
RUN_PIPE = "VOLTFLEET_CHAOS_PIPE"
"""The descriptor of a pipe that the run holds the other end of: whoever it starts ends with it."""

_OFFSET = struct.Struct("=d")
_COUNT = struct.Struct("=q")


@dataclass(frozen=True, slots=True)
class Order:
    """At the ``count``-th time that a process of ``role`` reaches ``point``, it gets ``signal``."""

    number: int
    role: str
    point: str
    count: int
    signal: int


@dataclass(frozen=True, slots=True)
class Enlisted:
    """A process of the fleet that is alive: ``role`` is gateway, host, or the command that keeps
    one alive: serve, keeper (of a host)."""

    pid: int
    role: str
    name: str


class Cell:
    """A number in a file, shared by processes."""

    def __init__(self, path: Path, kind: struct.Struct) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), kind.size)
        self._kind = kind

    @property
    def value(self) -> float:
        """The number as it is now."""
        number: float = self._kind.unpack_from(self._memory)[0]
        return number

    @value.setter
    def value(self, number: float) -> None:
        self._kind.pack_into(self._memory, 0, number)


class Control:
    """Both ends of it: the run gives orders, the processes enlist and look for them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def prepare(self) -> None:
        """Makes the directory ready; the run's part."""
        for name in ("alive", "clock"):
            (self.directory / name).mkdir(parents=True)
        (self.directory / "generation").write_bytes(_COUNT.pack(0))

    # --- the run's end -----------------------------------------------------------------------

    def order(self, order: Order) -> None:
        """Makes this the one order that stands."""
        temporary = self.directory / "order.new"
        temporary.write_text(json.dumps(asdict(order)))
        temporary.replace(self.directory / "order")
        self.generation().value = order.number

    def withdraw(self) -> None:
        """No order stands."""
        (self.directory / "order").unlink(missing_ok=True)
        generation = self.generation()
        generation.value = -abs(int(generation.value))

    def struck(self, number: int) -> int | None:
        """The pid that carried the order out, once one has."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self.directory / f"struck-{number}").read_text())
        return None

    def went_on(self, number: int) -> bool:
        """Whether the process that stopped itself for that order runs again."""
        return (self.directory / f"went-on-{number}").exists()

    def signal(self, pid: int, number: int) -> bool:
        """Sends it to a process of the fleet; whether that is still there."""
        if not any(process.pid == pid for process in self.alive()):
            return False
        os.kill(pid, number)
        return True

    def alive(self) -> list[Enlisted]:
        """Every process of the fleet that lives. A lock that is held proves that the pid is still
        this process's, and nobody else's."""
        return list(self._living())

    def _living(self) -> Iterator[Enlisted]:
        for path in sorted((self.directory / "alive").glob("[0-9]*")):
            if liveness.is_left(path):
                path.unlink()
                (self.directory / "clock" / path.name).unlink(missing_ok=True)
            else:
                role, _, name = path.read_text().partition(" ")
                yield Enlisted(int(path.name), role, name)

    def set_clock(self, pid: int, seconds: float) -> None:
        """Moves the wall clock of that process so far from the true time."""
        self.clock(pid).value = seconds

    # --- the processes' end ------------------------------------------------------------------

    def enlist(self, role: str, name: str) -> int:
        """Says that this process is there; returns the descriptor that must stay open."""
        pid = str(os.getpid())
        (self.directory / "clock" / pid).write_bytes(_OFFSET.pack(0.0))
        return liveness.hold(self.directory / "alive" / pid, f"{role} {name}")

    def clock(self, pid: int) -> Cell:
        """How far off that process's wall clock is, in seconds."""
        return Cell(self.directory / "clock" / str(pid), _OFFSET)

    def generation(self) -> Cell:
        """Grows with every order."""
        return Cell(self.directory / "generation", _COUNT)

    def standing(self) -> Order | None:
        """The order that stands."""
        try:
            return Order(**json.loads((self.directory / "order").read_text()))
        except FileNotFoundError:
            return None

    def claim(self, number: int) -> bool:
        """Whether this process is the one to carry the order out."""
        path = self.directory / f"struck-{number}"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        os.write(descriptor, str(os.getpid()).encode())
        os.close(descriptor)
        return True

    def go_on(self, number: int) -> None:
        """Says that this process has carried the order out, and lives."""
        (self.directory / f"went-on-{number}").touch()
