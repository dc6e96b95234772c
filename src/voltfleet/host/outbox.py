"""What waits to be told to the gateway: states (only the latest), frames, outcomes, memories."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from voltfleet.domain.hosting import (
    ChargerReport,
    CommandOutcome,
    CommandOutcomes,
    FrameLog,
    Frames,
    HostMessage,
    Reports,
)
from voltfleet.host.memories import HOLD_SECONDS, MemoryBuffer

REPORTS_PER_MESSAGE = 1000
FRAMES_PER_MESSAGE = 2000
CHARS_PER_MESSAGE = 2**20
"""Servers refuse messages of more than some megabytes; a batch may exceed this by one frame."""
FRAME_MESSAGES_UNACKED = 16


class Reporter(Protocol):
    """One whose state changed."""

    def take_report(self) -> ChargerReport | None:
        """What changed since the last call; null if there is nothing to tell any more."""


class FrameBuffer:
    """The frame log on its way to the gateway: bounded, oldest dropped first, kept until acked."""

    def __init__(self, limit: int, limit_chars: int = 64 * 2**20) -> None:
        self._limit = limit
        self._limit_chars = limit_chars
        self._waiting: deque[FrameLog] = deque()
        self._unacked: dict[int, Frames] = {}
        self._unacked_frames = 0
        self._chars = 0
        self._seq = 0
        self.dropped = 0
        """How many frames were lost for want of room since the start."""

    def __len__(self) -> int:
        return len(self._waiting) + self._unacked_frames

    def add(self, frame: FrameLog) -> None:
        """Keep one frame. The bounds hold after the next `trim` or `take`."""
        self._waiting.append(frame)
        self._chars += len(frame.message)

    def trim(self) -> None:
        """Drop the oldest that are over a limit; those sent and not yet acked count, and stay."""
        while self._waiting and (len(self) > self._limit or self._chars > self._limit_chars):
            self._chars -= len(self._waiting.popleft().message)
            self.dropped += 1

    def take(self) -> Iterator[Frames]:
        """The next batches, as far as the window of unacked ones is open."""
        self.trim()
        while self._waiting and len(self._unacked) < FRAME_MESSAGES_UNACKED:
            self._seq += 1
            batch = Frames(self._seq, self._next_batch())
            self._unacked[batch.seq] = batch
            self._unacked_frames += len(batch.frames)
            yield batch

    def acked(self, seq: int) -> None:
        """The gateway keeps that batch."""
        batch = self._unacked.pop(seq, None)
        if batch is not None:
            self._unacked_frames -= len(batch.frames)
            self._chars -= sum(len(frame.message) for frame in batch.frames)

    def unacked(self) -> list[Frames]:
        """What to send again on a new link, in order, under the same numbers."""
        return list(self._unacked.values())

    def _next_batch(self) -> list[FrameLog]:
        frames: list[FrameLog] = []
        chars = 0
        while self._waiting and len(frames) < FRAMES_PER_MESSAGE and chars < CHARS_PER_MESSAGE:
            frame = self._waiting.popleft()
            chars += len(frame.message)
            frames.append(frame)
        return frames


class Outbox:
    """Everything that the link sends next. ``memories`` go by themselves: some are in a hurry."""

    def __init__(self, *, frame_limit: int, hold_seconds: float = HOLD_SECONDS) -> None:
        self.frames = FrameBuffer(frame_limit)
        self.memories = MemoryBuffer(hold_seconds)
        self._changed: list[Reporter] = []
        self._refusals: list[ChargerReport] = []
        self._dropped: dict[str, None] = {}
        self._outcomes: dict[str, CommandOutcome] = {}
        self._fresh_outcomes: list[CommandOutcome] = []

    @property
    def empty(self) -> bool:
        """Whether the gateway has been sent everything, and has acknowledged what it must."""
        waiting = self._changed or self._refusals or self._dropped or self._outcomes
        return not waiting and not len(self.frames) and not len(self.memories)

    def changed(self, reporter: Reporter) -> None:
        """Take its report at the next flush. Call once until `Reporter.take_report`."""
        self._changed.append(reporter)

    def changed_all(self, reporters: Iterable[Reporter]) -> None:
        """Take all their reports at the next flush: a new link has been told nothing yet."""
        self._changed = list(reporters)

    def refuse(self, report: ChargerReport) -> None:
        """Report a charger that is not held."""
        self._refusals.append(report)

    def dropped(self, charger_id: str) -> None:
        """This charger is no longer run here."""
        self._dropped[charger_id] = None

    def held_again(self, charger_id: str) -> None:
        """It was assigned again before its drop was told: the report of it says more."""
        self._dropped.pop(charger_id, None)

    def outcome(self, outcome: CommandOutcome) -> None:
        """Keep it until the gateway has it."""
        self._outcomes[outcome.id] = outcome
        self._fresh_outcomes.append(outcome)

    def outcomes_acked(self, ids: list[str]) -> None:
        """The gateway keeps these."""
        for outcome_id in ids:
            self._outcomes.pop(outcome_id, None)

    def link_up(self) -> Iterator[HostMessage]:
        """What was sent on an earlier link and never acknowledged."""
        self._fresh_outcomes.clear()
        if self._outcomes:
            yield CommandOutcomes(list(self._outcomes.values()))
        yield from self.frames.unacked()

    def take(self) -> Iterator[HostMessage]:
        """The messages to send now. States that changed meanwhile come with the next flush."""
        yield from self._take_reports()
        if self._fresh_outcomes:
            outcomes, self._fresh_outcomes = self._fresh_outcomes, []
            yield CommandOutcomes(outcomes)
        yield from self.frames.take()

    def _take_reports(self) -> Iterator[Reports]:
        changed, self._changed = self._changed, []
        refusals, self._refusals = self._refusals, []
        for start in range(0, len(changed), REPORTS_PER_MESSAGE):
            some = changed[start : start + REPORTS_PER_MESSAGE]
            reports = [report for r in some if (report := r.take_report()) is not None]
            if reports:
                yield Reports(reports, [])
        if refusals or self._dropped:
            dropped, self._dropped = list(self._dropped), {}
            yield Reports(refusals, dropped)
