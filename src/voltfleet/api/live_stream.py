"""One live stream: what is waiting to be sent to one reader, and the events it becomes.

The hub marks what has changed and goes on; the stream's own task takes what is marked when its
reader is ready for more. So a slow reader costs nobody anything: chargers are only marked, and told
as they are when they are told; frames that come too fast are counted instead.
"""

import asyncio
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from voltfleet.fleet.live_details import Details
from voltfleet.fleet.live_frames import Frame

PATH = "/live"
ROWS_AT_ONCE = 2_000
"""Of an event; more are several events."""
FRAMES_A_SECOND = 1_000
FRAMES_WAITING = 1_000
FRAME_BYTES_WAITING = 4 << 20
EVERY_CHARGER = "*"

_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,19})")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where a reader has been told everything: chargers and jobs as of ``at_ms``, frames up
    to the id ``frame``; 0 is nothing yet. It names nothing that is not the reader's own."""

    at_ms: int = 0
    frame: int = 0

    def __str__(self) -> str:
        return f"{self.at_ms}.{self.frame}"

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """What a `Last-Event-ID` says; nothing yet if it is none of ours."""
        found = _CURSOR.fullmatch(text or "")
        return cls(int(found[1]), int(found[2])) if found else cls()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for. ``frames``: the chargers whose frames it wants; ``every_frame``:
    those of all of the organization's."""

    fleet: bool = True
    frames: frozenset[str] = frozenset()
    every_frame: bool = False
    details: bool = False


@dataclass(slots=True)
class Rates:
    """What crossed the wires of an organization's chargers in some seconds."""

    messages: int = 0
    errors: int = 0
    boots: int = 0
    seconds: float = 0.0

    def add(self, more: "Rates") -> None:
        """Both together."""
        self.messages += more.messages
        self.errors += more.errors
        self.boots += more.boots
        self.seconds += more.seconds


class Shown(Protocol):
    """The organization as the hub knows it: chargers and jobs by id, each as JSON."""

    @property
    def rows(self) -> Mapping[str, bytes]:
        """Every charger."""

    @property
    def jobs(self) -> Mapping[str, bytes]:
        """The newest jobs."""

    @property
    def at_ms(self) -> int:
        """Up to when this is all there is to tell."""


class Stream:
    """What waits for one reader. `hub` methods mark, `take` makes events of it."""

    def __init__(self, organization_id: str, wanted: Wanted, cursor: Cursor) -> None:
        self.organization_id = organization_id
        self.wanted = wanted
        self.cursor = cursor
        self.ended: str | None = None
        """Why there will be no more."""
        self.over = asyncio.Event()
        self.waking = asyncio.Event()
        self._chargers: dict[str, None] = {}
        self._jobs: dict[str, None] = {}
        self._frames: deque[tuple[int, bytes]] = deque()
        self._frame_bytes = 0
        self._frames_left = FRAMES_A_SECOND
        self._dropped = 0
        self._rates: Rates | None = None
        self._rates_at_ms = 0
        self._details: dict[str, Details] = {}
        self._details_told: dict[str, float] = {}

    # --- the hub marks ---------------------------------------------------------------------------

    def chargers_changed(self, charger_ids: Iterable[str]) -> None:
        """They are to be told anew, or told to be gone."""
        if self.wanted.fleet:
            self._chargers.update(dict.fromkeys(charger_ids))
            self.waking.set()

    def jobs_changed(self, job_ids: Iterable[str]) -> None:
        """They are to be told anew."""
        if self.wanted.fleet:
            self._jobs.update(dict.fromkeys(job_ids))
            self.waking.set()

    def frame(self, frame_id: int, row: bytes) -> None:
        """A frame that the reader wants, as JSON; counted instead if it comes too fast."""
        if (
            not self._frames_left
            or len(self._frames) >= FRAMES_WAITING
            or self._frame_bytes + len(row) > FRAME_BYTES_WAITING
        ):
            self._dropped += 1
        else:
            self._frames_left -= 1
            self._frame_bytes += len(row)
            self._frames.append((frame_id, row))
        self.waking.set()

    def missed(self, frames: Iterable[Frame], left_out: int) -> None:
        """Frames from before the stream began."""
        for frame in reversed(list(frames)):
            row = frame_row(frame)
            self._frame_bytes += len(row)
            self._frames.appendleft((frame.id, row))
        self._dropped += left_out

    def second(self, rates: Rates, at_ms: int) -> None:
        """A second has passed, and this happened in it."""
        self._frames_left = FRAMES_A_SECOND
        if self._rates is None:
            self._rates = Rates()
        self._rates.add(rates)
        self._rates_at_ms = at_ms
        self.waking.set()

    def details(self, told: Iterable[Details]) -> None:
        """What hosts say of the chargers in detail; what has been told already is passed over."""
        for row in told:
            charger_id, at, _ = row
            if charger_id in self.wanted.frames and self._details_told.get(charger_id) != at:
                self._details_told[charger_id] = at
                self._details[charger_id] = row
                self.waking.set()

    def end(self, reason: str) -> None:
        """There will be no more; the reader is told why."""
        self.ended = self.ended or reason
        self.over.set()
        self.waking.set()

    # --- the reader takes ------------------------------------------------------------------------

    def hello(self, at_ms: int, *, resumed: bool) -> bytes:
        """The first event."""
        data = {"at": at_ms, "resumed": resumed, "organization_id": self.organization_id}
        return b"retry: 1000\n\n" + self._event("hello", _encode(data))

    def snapshot(self, shown: Shown, charger_ids: list[str]) -> Iterator[bytes]:
        """Those chargers as they are when they are told, the organization's newest jobs, and that
        this was all."""
        for start in range(0, max(1, len(charger_ids)), ROWS_AT_ONCE):
            named = charger_ids[start : start + ROWS_AT_ONCE]
            rows = [shown.rows[id_] for id_ in named if id_ in shown.rows]
            more = start + ROWS_AT_ONCE < len(charger_ids)
            yield self._event("chargers", _chargers(rows, [], snapshot=True, more=more))
        yield self._event("jobs", _rows(shown.jobs.values()))

    def take(self, shown: Shown) -> bytes:
        """Everything that waits, as events; nothing if nothing does. What is told of with an id has
        been told whole by the event of that id."""
        self.waking.clear()
        at_ms = shown.at_ms
        events = [*self._take_chargers(shown), *self._take_jobs(shown)]
        if self._frames or self._dropped:
            events.append(self._take_frames())
        if self._details:
            rows = [b'["%s",%d,%s]' % _detail(row) for row in self._details.values()]
            self._details = {}
            events.append(("details", _rows(rows)))
        if self._rates is not None:
            events.append(("rates", _rates(self._rates, self._rates_at_ms)))
            self._rates = None
        told = [self._event(name, data) for name, data in events[:-1]]
        if events:
            if at_ms > self.cursor.at_ms:
                self.cursor = Cursor(at_ms, self.cursor.frame)
            told.append(self._event(*events[-1]))
        return b"".join(told)

    def goodbye(self) -> bytes:
        """The last event."""
        return self._event("goodbye", _encode({"reason": self.ended or "end"}))

    def _take_chargers(self, shown: Shown) -> Iterator[tuple[str, bytes]]:
        changed, self._chargers = self._chargers, {}
        rows = [shown.rows[id_] for id_ in changed if id_ in shown.rows]
        gone = [id_ for id_ in changed if id_ not in shown.rows]
        starts = range(0, max(len(rows), len(gone)), ROWS_AT_ONCE)
        for start in starts:
            until = start + ROWS_AT_ONCE
            more = start != starts[-1]
            data = _chargers(rows[start:until], gone[start:until], snapshot=False, more=more)
            yield "chargers", data

    def _take_jobs(self, shown: Shown) -> Iterator[tuple[str, bytes]]:
        changed, self._jobs = self._jobs, {}
        rows = [shown.jobs[id_] for id_ in changed if id_ in shown.jobs]
        if rows:
            yield "jobs", _rows(rows)

    def _take_frames(self) -> tuple[str, bytes]:
        frames, self._frames = self._frames, deque()
        dropped, self._dropped, self._frame_bytes = self._dropped, 0, 0
        if frames:
            newest = max(frame_id for frame_id, _ in frames)
            self.cursor = Cursor(self.cursor.at_ms, max(newest, self.cursor.frame))
        rows = b",".join(row for _, row in frames)
        return "frames", b'{"rows":[%s],"dropped":%d}' % (rows, dropped)

    def _event(self, name: str, data: bytes) -> bytes:
        return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), str(self.cursor).encode(), data)


def frame_row(frame: Frame) -> bytes:
    """A frame as the reader sees it."""
    at_ms = round(frame.at * 1000)
    from_station = int(frame.from_station)
    return _encode((frame.id, frame.charger_id, at_ms, from_station, frame.action, frame.message))


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The bytes, no more than so many at a time."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _rows(rows: Iterable[bytes]) -> bytes:
    return b'{"rows":[%s]}' % b",".join(rows)


def _chargers(rows: list[bytes], gone: list[str], *, snapshot: bool, more: bool) -> bytes:
    flags = (b"true" if snapshot else b"false", b"true" if more else b"false")
    return b'{"rows":[%s],"gone":%s,"snapshot":%s,"more":%s}' % (
        b",".join(rows),
        _encode(gone),
        *flags,
    )


def _rates(rates: Rates, at_ms: int) -> bytes:
    return _encode(
        {
            "at": at_ms,
            "messages": rates.messages,
            "errors": rates.errors,
            "boots": rates.boots,
            "seconds": round(rates.seconds, 3),
        }
    )


def _detail(row: Details) -> tuple[bytes, int, bytes]:
    charger_id, at, connectors = row
    return charger_id.encode(), round(at * 1000), connectors.encode()
