"""How many requests a second an organization may send to this gateway."""

import asyncio
import math
import time
from collections.abc import Callable

from voltfleet.domain.errors import TooMany, Unavailable
from voltfleet.domain.quota import Quota, effective
from voltfleet.fleet import quotas
from voltfleet.storage.engine import Database

BURST_SECONDS = 2.0
"""An organization that was silent may send at once what it may send in this time."""
REFRESH_SECONDS = 5.0
"""How old what the admins have chosen may be: another gateway may have written it."""
MOST_BUCKETS = 10_000
LONGEST_WAIT_SECONDS = 60


class Buckets:
    """Token buckets by name. A bucket is one number, the moment when it is full again; full ones
    are not kept."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}

    def take(self, name: str, per_second: float, now: float) -> float:
        """Takes a token if there is one (0), or else returns in how many seconds there is."""
        if per_second <= 0:
            return math.inf
        each = 1 / per_second
        full_at = max(self._full_at.get(name, now), now) + each
        wait = full_at - now - max(BURST_SECONDS, each)
        # Sums of fractions: the last token of a burst must not be missing by one rounding.
        if wait > each / 1e6:
            return wait
        self._full_at[name] = full_at
        if len(self._full_at) > MOST_BUCKETS:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        kept = {name: at for name, at in self._full_at.items() if at > now}
        # Only an admin, who may name any organization, can have so many at once.
        self._full_at = kept if len(kept) <= MOST_BUCKETS else {}


class RateLimits:
    """Admits requests, or refuses them with how long to wait."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets = Buckets()
        self._chosen: dict[str, Quota] = {}
        self._read_at = -math.inf
        self._reading: asyncio.Task[None] | None = None

    def admit(self, db: Database, organization_id: str, default: Quota) -> None:
        """Raises `TooMany` for a request that is over the organization's limit."""
        now = self._clock()
        if now - self._read_at > REFRESH_SECONDS:
            self._read_at = now
            self._reading = asyncio.create_task(self.refresh(db))
        own = self._chosen.get(organization_id)
        quota = default if own is None else effective(own, default)
        if quota.max_requests_per_second is None:
            return
        wait = self._buckets.take(organization_id, quota.max_requests_per_second, now)
        if wait:
            raise TooMany(
                f"The organization may send {quota.max_requests_per_second:g} requests a second.",
                code="rate_limited",
                retry_after_seconds=math.ceil(min(wait, LONGEST_WAIT_SECONDS)),
            )

    async def refresh(self, db: Database) -> None:
        """Reads what the admins have chosen; while the database is away, what was read last
        holds."""
        try:
            self._chosen = await db.read(quotas.all_chosen)
        except Unavailable:
            return
