"""What the hub of live streams knows of one organization."""

import asyncio
from collections.abc import Collection

from voltfleet.api.live_stream import Rates, Stream
from voltfleet.fleet.scope import Tenant


class View:
    """What is known of it, what may be old, and who watches."""

    def __init__(self, organization_id: str) -> None:
        self.tenant = Tenant(organization_id)
        self.rows: dict[str, bytes] = {}
        self.jobs: dict[str, bytes] = {}
        self.at_ms = 0
        self.open_jobs: set[str] = set()
        self.is_whole = asyncio.Event()
        self.loading: asyncio.Task[None] | None = None
        self.loaded_at = 0.0
        self.dirty: set[str] = set()
        self.all_dirty = True
        self.jobs_dirty = True
        self.rates = Rates()
        self.readers: set[Stream] = set()
        """Those that read, or will once the view is whole."""
        self.streams: set[Stream] = set()
        """Those that are told what changes."""
        self.every_frame: list[Stream] = []
        self.frames_of: dict[str, list[Stream]] = {}
        self.detailed: set[str] = set()
        self.watched_at = 0.0

    def index(self) -> None:
        """Works out anew who wants what; call when ``streams`` has changed."""
        self.every_frame = [s for s in self.streams if s.wanted.every_frame]
        self.frames_of = {}
        for stream in self.streams:
            for charger_id in stream.wanted.frames:
                self.frames_of.setdefault(charger_id, []).append(stream)
        self.detailed = {i for s in self.streams if s.wanted.details for i in s.wanted.frames}
        self.watched_at = 0.0

    def mark(self, charger_ids: Collection[str]) -> None:
        """Tells every stream that they are different."""
        if charger_ids:
            for stream in self.streams:
                stream.chargers_changed(charger_ids)
