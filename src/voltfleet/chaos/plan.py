"""What strikes when: drawn from a seed, one strike a round."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What a strike is."""

    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    HALF_OPEN = "half-open"
    DISK = "disk"
    CLOCK = "clock"
    POSTGRES = "postgres"


MEANING = {
    Fault.KILL: "kill -9 of a gateway, a host, the command that keeps either, or everything",
    Fault.FREEZE: "SIGSTOP until past the lease, then SIGCONT",
    Fault.CUT: "every connection of hosts to gateways, or of stations to the CSMS, is reset, and "
    "dialling refused for a while",
    Fault.HALF_OPEN: "those connections stay open and nothing comes through any more",
    Fault.DISK: "no write to a file succeeds in the gateway (SQLite)",
    Fault.CLOCK: "the gateway's wall clock jumps",
    Fault.POSTGRES: "Postgres is restarted with -m immediate",
}
"""In words."""

_WEIGHTS = {Fault.KILL: 12, Fault.POSTGRES: 3}
"""Of the others each weighs 1."""

POINTS = {
    "gateway": (
        "commit.before",
        "commit.after",
        "step.noted",
        *(
            f"gateway.sends.{message}"
            for message in (
                *("Welcome", "BeatAck", "Assign", "Drop"),
                *("FramesAck", "Commands", "OutcomesAck", "MemoriesAck", "TargetLists", "Watch"),
            )
        ),
        *(
            f"gateway.hears.{message}"
            for message in ("Beat", "Reports", "Frames", "CommandOutcomes", "Memories", "Details")
        ),
    ),
    "host": (
        *(
            f"host.sends.{message}"
            for message in (
                *("Hello", "Beat", "Reports", "Frames", "CommandOutcomes", "Memories"),
                "Details",
            )
        ),
        *(
            f"host.hears.{message}"
            for message in (
                *("Welcome", "BeatAck", "Assign", "Drop"),
                *("FramesAck", "Commands", "OutcomesAck", "MemoriesAck", "TargetLists", "Watch"),
            )
        ),
    ),
}
"""The named points of each role: see `observability.fault_points`."""

AT_A_POINT = 0.6
"""How many of the kills and freezes wait for a point; the others strike whatever goes on."""
LATEST_SECONDS = 1.0
LATEST_COUNT = 5
_RARE = {
    **dict.fromkeys(("Beat", "BeatAck", "Drop", "Details"), 2),
    **dict.fromkeys(("Hello", "Welcome", "TargetLists", "Watch"), 1),
}
"""The latest count of messages that do not come often."""
JUMPS_SECONDS = (-3600.0, -60.0, -5.0, 5.0, 60.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Strike:
    """One strike. ``target``: a role, ``everything``, or which connections. ``point``, ``count``:
    at which passing of which point; an empty point: after ``after_seconds``. ``lasts``: seconds,
    for what lasts. ``jump``: by how much a clock jumps."""

    number: int
    fault: Fault
    target: str
    point: str = ""
    count: int = 0
    after_seconds: float = 0.0
    lasts: float = 0.0
    jump: float = 0.0

    def __str__(self) -> str:
        when = f"at {self.point} #{self.count}" if self.point else f"at {self.after_seconds:.2f} s"
        length = f" for {self.lasts:.1f} s" if self.lasts else ""
        jump = f" by {self.jump:+g} s" if self.jump else ""
        return f"{self.fault} {self.target}{jump}{length} {when}"


def draw(
    seed: int, number: int, faults: Collection[Fault], roles: Sequence[str], lease_seconds: float
) -> Strike:
    """The strike of that round: the same for the same seed, whatever came before."""
    rng = random.Random(f"{seed}-{number}")  # noqa: S311 - chaos, no secret
    choices = [fault for fault in Fault if fault in faults]
    [fault] = rng.choices(choices, [_WEIGHTS.get(fault, 1) for fault in choices])
    after = rng.uniform(0.0, LATEST_SECONDS)
    if fault in (Fault.KILL, Fault.FREEZE):
        return _at_process(rng, number, fault, roles, after, lease_seconds)
    if fault in (Fault.CUT, Fault.HALF_OPEN):
        longest = lease_seconds / 2 if fault is Fault.CUT else 1.5 * lease_seconds
        target, lasts = rng.choice(("host links", "CSMS sockets")), rng.uniform(0.0, longest)
        return Strike(number, fault, target, after_seconds=after, lasts=lasts)
    if fault is Fault.POSTGRES:
        return Strike(number, fault, "server", after_seconds=after)
    if fault is Fault.DISK:
        lasts = rng.uniform(0.5, 4.0)
        return Strike(number, fault, "gateway", after_seconds=after, lasts=lasts)
    lasts, jump = rng.uniform(1.0, 4.0), rng.choice(JUMPS_SECONDS)
    return Strike(number, fault, "gateway", after_seconds=after, lasts=lasts, jump=jump)


def _at_process(
    rng: random.Random,
    number: int,
    fault: Fault,
    roles: Sequence[str],
    after: float,
    lease_seconds: float,
) -> Strike:
    # A frozen `serve` does no harm: it only waits for its children.
    targets = [*roles, "everything"] if fault is Fault.KILL else ["gateway", "host"]
    target = rng.choice(targets)
    lasts = rng.uniform(1.2, 1.6) * lease_seconds if fault is Fault.FREEZE else 0.0
    if rng.random() >= AT_A_POINT:
        return Strike(number, fault, target, after_seconds=after, lasts=lasts)
    watched = target if target in POINTS else rng.choice(("gateway", "host"))
    point = rng.choice(POINTS[watched])
    count = rng.randint(1, _RARE.get(point.rpartition(".")[2], LATEST_COUNT))
    return Strike(number, fault, target, point, count, after, lasts)
