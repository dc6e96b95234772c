"""Functional block N of OCPP 2.1: periodic event streams (N11 to N15).

The values of a periodic monitor go out in batches that nobody answers, instead of one NotifyEvent
each: as soon as there are ``values`` of them, and at the latest every ``interval`` seconds. A
stream has the id of its monitor.
"""

from functools import partial

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v2.messages import streams as m
from voltfleet.station.v2.messages.monitoring import PeriodicEventStreamParams
from voltfleet.station.v2.messages.streams import ConstantStreamData, StreamElement, StreamParams
from voltfleet.station.v2.messages.types import Empty, GenericStatus
from voltfleet.station.v2.monitors import Monitor

MAX_KEPT = 1000
"""With more values than this waiting in a stream, the oldest are dropped."""
_ACCEPTED = GenericStatus.ACCEPTED


class Stream:
    """One stream. ``is_open``: the CSMS has accepted it. ``values`` wait: (when, what)."""

    __slots__ = ("is_open", "params", "values")

    def __init__(self, params: StreamParams) -> None:
        self.params = params
        self.is_open = False
        self.values: list[tuple[float, str]] = []


class PeriodicStreams(Block):
    """The streams by id; a station without any has an empty table."""

    __slots__ = ("_streams",)

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._streams: dict[int, Stream] = {}

    # --- for the monitors -----------------------------------------------------------------------

    def open(self, monitor: Monitor, params: PeriodicEventStreamParams) -> None:
        """N11: until the CSMS has accepted it, values go out as events. A refusal leaves it so."""
        wanted = StreamParams(params.interval, params.values)
        self._streams[monitor.id] = Stream(wanted)
        data = ConstantStreamData(monitor.id, wanted, monitor.id)
        self.ctx.call(
            m.OpenPeriodicEventStream(data),
            m.OpenPeriodicEventStreamResponse,
            partial(self._opened, monitor.id),
            lambda _failure: self._forget(monitor.id),
        )

    def take(self, monitor: Monitor, value: str) -> bool:
        """One value more, if its stream is open."""
        stream = self._streams.get(monitor.id)
        if stream is None or not stream.is_open:
            return False
        stream.values.append((self.ctx.now, value))
        del stream.values[:-MAX_KEPT]
        most = stream.params.values or (0 if stream.params.interval else 1)
        if most and len(stream.values) >= most:
            self._send(monitor.id)
        return True

    def end(self, monitor: Monitor) -> None:
        """N13: the monitor is no more, or is another."""
        stream = self._streams.get(monitor.id)
        if stream is not None and stream.is_open:
            self._send(monitor.id)
            self.ctx.call(m.ClosePeriodicEventStream(monitor.id), Empty)
        self._forget(monitor.id)

    def power_up(self) -> None:
        """A reboot stopped the clocks."""
        for id_ in self._streams:
            self._schedule(id_)

    # --- N12, N14 -------------------------------------------------------------------------------

    @handles(m.GetPeriodicEventStream)
    def get_streams(self, _request: m.GetPeriodicEventStream) -> m.GetPeriodicEventStreamResponse:
        """The open ones."""
        found = (
            ConstantStreamData(id_, stream.params, id_)
            for id_, stream in sorted(self._streams.items())
            if stream.is_open
        )
        return m.GetPeriodicEventStreamResponse(tuple(found) or None)

    @handles(m.AdjustPeriodicEventStream)
    def adjust(self, request: m.AdjustPeriodicEventStream) -> m.AdjustPeriodicEventStreamResponse:
        """The pace of an open stream changes."""
        stream = self._streams.get(request.id)
        if stream is None or not stream.is_open:
            return m.AdjustPeriodicEventStreamResponse(GenericStatus.REJECTED)
        stream.params = request.params
        self._schedule(request.id)
        return m.AdjustPeriodicEventStreamResponse(_ACCEPTED)

    # --- inside ---------------------------------------------------------------------------------

    def _opened(self, id_: int, answer: m.OpenPeriodicEventStreamResponse) -> None:
        stream = self._streams.get(id_)
        if stream is None:
            return
        if answer.status is not _ACCEPTED:
            self._forget(id_)
            return
        stream.is_open = True
        self._schedule(id_)

    def _schedule(self, id_: int) -> None:
        stream = self._streams.get(id_)
        if stream is None or not stream.is_open or not stream.params.interval:
            self.ctx.timers.stop(("stream", id_))
            return
        self.ctx.after("stream", id_, float(stream.params.interval), partial(self._is_due, id_))

    def _is_due(self, id_: int) -> None:
        self._send(id_)
        self._schedule(id_)

    def _send(self, id_: int) -> None:
        """N15.FR.07: no more than ``params.values`` at a time. Offline, they wait."""
        stream = self._streams[id_]
        most = stream.params.values or MAX_KEPT
        while stream.values and self.ctx.online:
            batch, left = stream.values[:most], stream.values[most:]
            base = batch[0][0]
            data = tuple(StreamElement(round(at - base, 3), value) for at, value in batch)
            told = m.NotifyPeriodicEventStream(id_, len(left), self.ctx.timestamp(base), data)
            if not self.ctx.outbox.send(told):
                return
            stream.values = left

    def _forget(self, id_: int) -> None:
        self._streams.pop(id_, None)
        self.ctx.timers.stop(("stream", id_))
