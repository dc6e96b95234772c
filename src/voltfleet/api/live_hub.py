"""What every live stream of this gateway shares: one look at the database four times a second, for
all of them, and only while there are any.

The hub knows each watched organization whole (`View`): its chargers' rows and newest jobs, as
JSON. `fleet.news` says which may have changed, by whichever gateway; the hub reads those again, and
marks at the organization's streams what is different. It waits for no reader.
"""

import asyncio
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence

import structlog

from voltfleet.api.job_models import JobSummary
from voltfleet.api.live_stream import Rates, Stream, frame_row
from voltfleet.api.live_view import View
from voltfleet.domain.errors import TooMany, Unavailable
from voltfleet.fleet import job_list, live_chargers, live_details, live_frames, news
from voltfleet.fleet.live_frames import Frame
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Connection, Database

LOOK_SECONDS = 0.25
SECOND = 1.0
RELOAD_SECONDS = 1.0
"""How often an organization is read whole, if it is said that anything may have changed."""
WATCH_SECONDS = 5.0
"""How often it is said anew whose details are wanted."""
AWAY_SECONDS = 1.0
AT_ONCE = 2_000
JOBS_SHOWN = 50
MOST_STREAMS = 100
"""Of one organization, at this gateway."""
RESUME_SECONDS = 0.9 * news.KEPT_SECONDS
"""How long a reader may have been away and still be told only what it missed."""
MARGIN_SECONDS = 15.0
"""How much earlier than a reader was told last the news is read again: another gateway's clock may
differ, and a transaction takes its time."""
FRAMES_MARGIN_SECONDS = 5.0
FRAMES_MISSED = 1_000
_FRAMES_PER_TURN = 1_000
_FRAME_READS_PER_LOOK = 4

_log = structlog.get_logger(__name__)


class Live:
    """The hub. Made on the event loop that serves the streams."""

    def __init__(
        self, database: Database, frames: Database, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._frames = frames
        self._clock = clock
        self._views: dict[str, View] = {}
        self._owner: dict[str, View] = {}
        self._task: asyncio.Task[None] | None = None
        self._changes: news.Tail | None = None
        self._new_frames = news.Tail(0)
        self._following = asyncio.Lock()
        """Held from asking for new frames until they are told."""
        self._second_at = 0.0
        self._stopping = False
        self._emptied = asyncio.Event()

    @property
    def watching(self) -> int:
        """How many streams there are."""
        return sum(len(view.readers) for view in self._views.values())

    def admit(self, tenant: Tenant) -> None:
        """Raises `TooMany`, or `Unavailable` once the gateway stops."""
        if self._stopping:
            raise Unavailable("The gateway is stopping.", code="stopping", retry_after_seconds=1)
        view = self._views.get(tenant.organization_id)
        if view is not None and len(view.readers) >= MOST_STREAMS:
            raise TooMany(
                f"The organization has {MOST_STREAMS} live streams open at this gateway; close "
                "some.",
                code="too_many_streams",
            )

    def enter(self, stream: Stream) -> View:
        """Begins to learn about the stream's organization; `leave` must follow."""
        view = self._views.get(stream.organization_id)
        if view is None:
            view = self._views[stream.organization_id] = View(stream.organization_id)
        view.readers.add(stream)
        self._emptied.clear()
        if self._stopping:
            stream.end("The gateway is stopping.")
        elif self._task is None or self._task.done():
            self._changes = None
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)
        return view

    async def begin(self, view: View, stream: Stream) -> list[str] | None:
        """From now on the stream is told what changes. Returns the chargers to be told first; None
        if it is told all that it missed instead. Raises `Unavailable`."""
        await view.is_whole.wait()
        async with self._following:  # a read under way leaves out the messages that nobody wanted
            view.streams.add(stream)
            view.index()
            everything = list(view.rows)
            until = self._new_frames.last
        since = stream.cursor.at_ms / 1000 - MARGIN_SECONDS
        missed = await self._missed(view, since) if stream.cursor.at_ms else None
        if stream.cursor.at_ms or stream.cursor.frame:
            await self._missed_frames(view, stream, since, until)
        if missed is None:
            return everything
        stream.chargers_changed(missed)
        stream.jobs_changed(view.jobs)
        return None

    def leave(self, stream: Stream) -> None:
        """The stream is over."""
        view = self._views[stream.organization_id]
        view.readers.discard(stream)
        view.streams.discard(stream)
        view.index()
        if view.readers:
            return
        del self._views[stream.organization_id]
        if view.loading is not None:
            view.loading.cancel()
        self._owner = {id_: v for id_, v in self._owner.items() if v is not view}
        if not self._views:
            self._owner = {}
            self._emptied.set()

    async def stop(self, reason: str, *, within_seconds: float) -> None:
        """Says goodbye to every reader; returns when all have gone, or the time is over."""
        self._stopping = True
        for view in self._views.values():
            for stream in view.readers:
                stream.end(reason)
        if self._views:
            try:
                async with asyncio.timeout(within_seconds):
                    await self._emptied.wait()
            except TimeoutError:
                _log.warning("live_readers_left", streams=self.watching)
        tasks = [view.loading for view in self._views.values()] + [self._task]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    # --- looking ---------------------------------------------------------------------------------

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        away = False
        while self._views:
            began = loop.time()
            try:
                await self._look()
                away = False
            except Unavailable as error:
                if not away:
                    _log.warning("live_look_failed", error=error.message)
                away = True
            pause = AWAY_SECONDS if away else LOOK_SECONDS
            # A look that took long is followed by as long a pause: half of a core at the most.
            took = loop.time() - began
            await asyncio.sleep(max(pause - took, took))

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # As text: a renderer that shows local variables would log messages.
            trace = "".join(traceback.format_exception(error))
            _log.error("live_hub_crashed", exception=trace)
            for view in self._views.values():
                for stream in view.readers:
                    stream.end("Something went wrong; connect again.")

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if self._changes is None:
            self._new_frames = news.Tail(await self._frames.read(live_frames.newest_id))
            self._changes = news.Tail(await self._database.read(news.newest_id))
            self._second_at = loop.time()
        now = self._clock()
        unseen = self._changes.unseen(news.ID)
        found = await self._database.read(news.follow, unseen)
        self._changes.saw([change.id for change in found], loop.time())
        for change in found:
            self._note(change)
        await self._refresh()
        for view in self._views.values():
            if view.loading is None and not view.dirty and not view.all_dirty:
                view.at_ms = round(now * 1000)
        await self._follow_frames()
        if loop.time() - self._second_at >= SECOND:
            await self._second()

    def _note(self, change: news.Change) -> None:
        """Whose rows are old now."""
        ids = change.charger_ids
        if change.organization_id is not None:
            named = self._views.get(change.organization_id)
            if named is not None:
                named.jobs_dirty = True
                named.dirty.update(ids or ())
                named.all_dirty |= ids is None
            return
        for view in self._views.values():
            if ids is None:
                view.all_dirty = view.jobs_dirty = True
            elif view.loading is not None:
                view.dirty.update(ids)  # some may be its own: that is not known yet
        for charger_id in ids or ():
            owner = self._owner.get(charger_id)
            if owner is not None:
                owner.dirty.add(charger_id)
                owner.jobs_dirty |= bool(owner.open_jobs)

    async def _refresh(self) -> None:
        """Reads what is old. A view that is being read whole waits for that."""
        now = asyncio.get_running_loop().time()
        for view in self._views.values():
            due = view.all_dirty and now - view.loaded_at >= RELOAD_SECONDS
            if due and view.loading is None:
                view.all_dirty = False
                view.loading = asyncio.create_task(self._load(view))
        known = [view for view in self._views.values() if view.loading is None]
        old = [(view, charger_id) for view in known for charger_id in view.dirty]
        for start in range(0, len(old), AT_ONCE):
            some = old[start : start + AT_ONCE]
            ids = [charger_id for _, charger_id in some]
            found = await self._database.read(live_chargers.some, ids)
            self._apply(some, found)
        for view in known:
            if view.jobs_dirty:
                view.jobs_dirty = False
                await self._read_jobs(view)

    def _apply(self, some: Sequence[tuple[View, str]], found: dict[str, tuple[str, bytes]]) -> None:
        changed: dict[View, list[str]] = {}
        for view, charger_id in some:
            view.dirty.discard(charger_id)
            organization_id, row = found.get(charger_id, (None, b""))
            if organization_id != view.tenant.organization_id:
                if view.rows.pop(charger_id, None) is not None:
                    self._owner.pop(charger_id, None)
                    changed.setdefault(view, []).append(charger_id)
            elif view.rows.get(charger_id) != row:
                view.rows[charger_id] = row
                self._owner[charger_id] = view
                changed.setdefault(view, []).append(charger_id)
        for view, charger_ids in changed.items():
            view.mark(charger_ids)

    async def _load(self, view: View) -> None:
        """Reads the organization whole, and marks what is different."""
        rows: dict[str, bytes] = {}
        place: live_chargers.Place | None = live_chargers.FIRST
        while place is not None:
            try:
                page, place = await self._database.read(
                    live_chargers.page, view.tenant, place, AT_ONCE
                )
            except Unavailable:
                await asyncio.sleep(AWAY_SECONDS)
                continue
            rows |= page
            self._owner |= dict.fromkeys(page, view)
        before, view.rows = view.rows, rows
        gone = before.keys() - rows.keys()
        for charger_id in gone:
            self._owner.pop(charger_id, None)
        if before:
            view.mark([*gone, *(id_ for id_, row in rows.items() if before.get(id_) != row)])
        if not view.is_whole.is_set():
            await self._first_jobs(view)
            view.is_whole.set()
        view.loaded_at = asyncio.get_running_loop().time()
        view.loading = None

    async def _first_jobs(self, view: View) -> None:
        while True:
            try:
                await self._read_jobs(view)
            except Unavailable:
                await asyncio.sleep(AWAY_SECONDS)
            else:
                return

    async def _read_jobs(self, view: View) -> None:
        try:
            found = await self._database.read(_jobs, view.tenant, frozenset(view.open_jobs))
        except Unavailable:
            view.jobs_dirty = True
            raise
        view.open_jobs = {job_id for job_id, is_open, _ in found if is_open}
        before, view.jobs = view.jobs, {job_id: row for job_id, _, row in found}
        changed = [job_id for job_id, row in view.jobs.items() if before.get(job_id) != row]
        if changed:
            for stream in view.streams:
                stream.jobs_changed(changed)

    # --- frames, rates, details ------------------------------------------------------------------

    async def _follow_frames(self) -> None:
        for _ in range(_FRAME_READS_PER_LOOK):
            async with self._following:
                found = await self._next_frames()
            if found < live_frames.AT_ONCE:
                return

    async def _next_frames(self) -> int:
        """Tells them; returns how many there were."""
        views = list(self._views.values())
        every = any(view.every_frame for view in views)
        named = None if every else {id_ for view in views for id_ in view.frames_of}
        unseen = self._new_frames.unseen(live_frames.ID)
        frames = await self._frames.read(live_frames.follow, unseen, named)
        self._new_frames.saw([frame.id for frame in frames], asyncio.get_running_loop().time())
        for start in range(0, len(frames), _FRAMES_PER_TURN):
            self._route(frames[start : start + _FRAMES_PER_TURN])
            await asyncio.sleep(0)
        return len(frames)

    def _route(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            view = self._owner.get(frame.charger_id)
            if view is None:
                continue
            view.rates.messages += 1
            if frame.kind == live_frames.ERROR:
                view.rates.errors += 1
            elif frame.kind == live_frames.BOOTED:
                view.rates.boots += 1
            wanting = [*view.every_frame, *view.frames_of.get(frame.charger_id, ())]
            if wanting and frame.message is not None:
                row = frame_row(frame)
                for stream in wanting:
                    stream.frame(frame.id, row)

    async def _second(self) -> None:
        now = asyncio.get_running_loop().time()
        seconds, self._second_at = now - self._second_at, now
        at_ms = round(self._clock() * 1000)
        for view in self._views.values():
            rates, view.rates = view.rates, Rates()
            rates.seconds = seconds
            for stream in view.streams:
                stream.second(rates, at_ms)
        for view in list(self._views.values()):
            if view.detailed:
                await self._show_details(view)

    async def _show_details(self, view: View) -> None:
        loop_now, now = asyncio.get_running_loop().time(), self._clock()
        wanted = sorted(view.detailed)
        if loop_now - view.watched_at >= WATCH_SECONDS:
            view.watched_at = loop_now
            await self._database.write(live_details.watch, view.tenant, wanted, now)
        since = now - live_details.STALE_SECONDS
        told = await self._database.read(live_details.latest, view.tenant, wanted, since)
        for stream in view.streams:
            stream.details(told)

    # --- what a reader missed --------------------------------------------------------------------

    async def _missed(self, view: View, since: float) -> set[str] | None:
        """The chargers that may have changed since; None if that cannot be said any more."""
        now = self._clock()
        if not now - RESUME_SECONDS < since < now:
            return None
        found = await self._database.read(news.since, view.tenant.organization_id, since)
        named: set[str] = set()
        for change in found:
            if change.charger_ids is None:
                return None
            if change.organization_id is None:
                named.update(id_ for id_ in change.charger_ids if id_ in view.rows)
            else:
                named.update(change.charger_ids)
        return named

    async def _missed_frames(self, view: View, stream: Stream, since: float, until: int) -> None:
        wanted = stream.wanted
        if not wanted.frames and not wanted.every_frame:
            return
        own = frozenset(view.rows) if wanted.every_frame else wanted.frames & view.rows.keys()
        frames, left_out = await self._frames.read(
            live_frames.missed,
            own,
            named=not wanted.every_frame,
            after=stream.cursor.frame,
            until=until,
            since=since + MARGIN_SECONDS - FRAMES_MARGIN_SECONDS,
            limit=FRAMES_MISSED,
        )
        stream.missed(frames, left_out)


def _jobs(
    connection: Connection, tenant: Tenant, open_jobs: Collection[str]
) -> list[tuple[str, bool, bytes]]:
    """The tenant's newest jobs, and those that were open: id, whether it is open, JSON."""
    lines = job_list.newest(connection, tenant, JOBS_SHOWN, open_jobs)
    return [
        (line.id, not line.is_final, JobSummary.of(line).model_dump_json().encode())
        for line in lines
    ]
