"""How much an organization may have: the words. The counting is in `fleet.quotas`."""

from dataclasses import dataclass, fields, replace

NO_LIMIT = -1
"""In what was chosen for one organization: no limit, whatever was chosen for all."""


@dataclass(frozen=True, slots=True)
class Quota:
    """The most of each; None: no limit. In what was chosen for one organization None means that
    nothing was."""

    max_chargers: int | None = None
    max_jobs: int | None = None
    max_requests_per_second: float | None = None


UNLIMITED = Quota()


def effective(own: Quota, default: Quota) -> Quota:
    """What holds, of what was chosen for one organization and for all."""
    chosen = {f.name: getattr(own, f.name) for f in fields(Quota)}
    given = {name: value for name, value in chosen.items() if value is not None}
    return replace(default, **{n: None if v == NO_LIMIT else v for n, v in given.items()})
