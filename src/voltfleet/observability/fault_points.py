"""Named points at which `voltfleet chaos` may strike this process; nothing at all otherwise.

The points: ``commit.before`` and ``commit.after`` (every transaction that writes), ``step.noted``
(the durable engine has noted a step), and for every message of the host link, at either end,
``host.sends.Beat``, ``host.hears.Assign``, ``gateway.sends.Assign``, ``gateway.hears.Beat``: before
it leaves, and before it is looked at.
"""

from collections.abc import Callable

strike: Callable[[str], None] | None = None
"""Set in the processes of a chaos run (`voltfleet.chaos.victim`), and nowhere else."""


def reach(point: str) -> None:
    """This process is at that point now."""
    if strike is not None:
        strike(point)


def reach_with(point: str, message: object) -> None:
    """As `reach`, at the point of that kind of message."""
    if strike is not None:
        strike(f"{point}.{type(message).__name__}")
