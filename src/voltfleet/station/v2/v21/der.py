"""Functional block R: DER controls (R04). Kept, scheduled, superseded by priority, reported; the
car feels the curves that limit power.

Of the controls that the standard knows, those of reactive power and of tripping are NotSupported:
the simulated grid stands at its nominal voltage and frequency, and cars here do not discharge.

    controls of one type       is in force
    -----------------------------------------------------------------------------------------
    scheduled, and its time    the highest priority (0 first), of equal ones the newest
    default                    likewise, while none that is scheduled is
"""

from collections.abc import Callable
from itertools import pairwise
from math import inf
from typing import NamedTuple

import msgspec

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context, decoder
from voltfleet.station.meter import FREQUENCY_HZ
from voltfleet.station.outbox import Lane
from voltfleet.station.times import instant
from voltfleet.station.v2.messages import der as m
from voltfleet.station.v2.messages.der import DerStatus, Setting
from voltfleet.station.v2.messages.types import Empty, StatusInfo
from voltfleet.station.v2.v21.device_model import DER_MODES

MOST_CONTROLS = 24
"""What one report can carry of a kind."""
_NOMINAL_PERCENT = 100.0
_GRID = {"FreqWatt": FREQUENCY_HZ, "VoltWatt": _NOMINAL_PERCENT}
"""Where on their x axis the curves that limit power are read."""
_FIELDS = {
    "FreqWatt": "curve",
    "VoltWatt": "curve",
    "EnterService": "enter_service",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limit_max_discharge",
}
_TIMED = ("curve", "limit_max_discharge")
_FULL = 1.0


class Control(NamedTuple):
    """One control as it was set. A default one has no times."""

    id: str
    type: str
    is_default: bool
    raw: msgspec.Raw
    setting: Setting
    number: int
    starts_at: float = -inf
    ends_at: float = inf

    @property
    def rank(self) -> tuple[int, int]:
        """The least goes first."""
        return self.setting.priority, -self.number


class DerControls(Block):
    """Keeps the controls, over a reboot too. ``_cap`` is told what part of its power each EVSE may
    give; ``_told`` are the scheduled controls that the CSMS knows to have started."""

    __slots__ = ("_cap", "_controls", "_count", "_told")

    def __init__(self, ctx: Context, cap: Callable[[float], None]) -> None:
        super().__init__(ctx)
        self._cap = cap
        self._controls: tuple[Control, ...] = ()
        self._count = 0
        self._told: frozenset[str] = frozenset()

    @handles(m.SetDERControl)
    def set_control(self, request: m.SetDERControl) -> m.SetDERControlResponse:
        """One of the same id is replaced."""
        field = _FIELDS.get(request.control_type)
        if field is None:
            return m.SetDERControlResponse(DerStatus.NOT_SUPPORTED)
        raw = getattr(request, field)
        if not bytes(raw):
            return _rejected(f"{request.control_type} needs {field}")
        control = self._read(request, raw)
        timed = control.setting.start_time is not None and control.setting.duration is not None
        if field in _TIMED and not control.is_default and not timed:
            return _rejected("a control that is not a default needs startTime and duration")
        others = tuple(c for c in self._controls if c.id != control.id)
        if len(others) >= MOST_CONTROLS:
            return _rejected("no more controls can be kept")
        if control.ends_at <= self._clock():
            return _rejected("its time is over")
        superseded = tuple(c.id for c in others if _supersedes(control, c))
        self._controls = (*others, control)
        self._told -= {control.id}
        self._look()
        return m.SetDERControlResponse(DerStatus.ACCEPTED, superseded_ids=superseded or None)

    @handles(m.GetDERControl)
    def get_control(self, request: m.GetDERControl) -> m.GetDERControlResponse:
        """The report follows the answer."""
        if request.control_type not in {None, *DER_MODES}:
            return m.GetDERControlResponse(DerStatus.NOT_SUPPORTED)
        found = self._found(request.control_type, request.control_id, default=request.is_default)
        if not found:
            return m.GetDERControlResponse(DerStatus.NOT_FOUND)
        report = m.ReportDERControl(
            request.request_id,
            tuple(self._curve(c) for c in found if c.type in _GRID) or None,
            tuple(m.EnterServiceGet(c.raw, c.id) for c in found if c.type == "EnterService")
            or None,
            tuple(m.GradientGet(c.raw, c.id) for c in found if c.type == "Gradients") or None,
            tuple(
                m.LimitMaxDischargeGet(c.id, c.is_default, self._superseded(c), c.raw)
                for c in found
                if c.type == "LimitMaxDischarge"
            )
            or None,
        )
        self.ctx.call(report, Empty, lane=Lane.TRIGGERED)
        return m.GetDERControlResponse(DerStatus.ACCEPTED)

    @handles(m.ClearDERControl)
    def clear_control(self, request: m.ClearDERControl) -> m.ClearDERControlResponse:
        """Those of that kind: by id, by type, or all."""
        if request.control_type not in {None, *DER_MODES}:
            return m.ClearDERControlResponse(DerStatus.NOT_SUPPORTED)
        found = self._found(request.control_type, request.control_id, default=request.is_default)
        if not found:
            return m.ClearDERControlResponse(DerStatus.NOT_FOUND)
        self._controls = tuple(c for c in self._controls if c not in found)
        self._look()
        return m.ClearDERControlResponse(DerStatus.ACCEPTED)

    def power_up(self) -> None:
        """A reboot stopped the clock of what is scheduled."""
        if self._controls:
            self._look()

    # --- inside ---------------------------------------------------------------------------------

    def _read(self, request: m.SetDERControl, raw: msgspec.Raw) -> Control:
        setting = decoder(Setting).decode(raw)
        self._count += 1
        control = Control(
            request.control_id,
            request.control_type,
            request.is_default,
            msgspec.Raw(bytes(raw)),
            setting,
            self._count,
        )
        if request.is_default or setting.start_time is None:
            return control
        starts_at = instant(setting.start_time, "startTime")
        ends_at = inf if setting.duration is None else starts_at + setting.duration
        return control._replace(starts_at=starts_at, ends_at=ends_at)

    def _found(self, type_: str | None, id_: str | None, *, default: bool | None) -> list[Control]:
        return [
            c
            for c in self._controls
            if default in {None, c.is_default} and type_ in {None, c.type} and id_ in {None, c.id}
        ]

    def _curve(self, control: Control) -> m.CurveGet:
        superseded = self._superseded(control)
        return m.CurveGet(control.raw, control.id, control.type, control.is_default, superseded)

    def _superseded(self, control: Control) -> bool:
        return any(_supersedes(other, control) for other in self._controls)

    def _look(self) -> None:
        """What has started or ended since the last look is told, and what holds now is obeyed."""
        clock = self._clock()
        over = {c.id for c in self._controls if c.ends_at <= clock}
        self._controls = tuple(c for c in self._controls if c.id not in over)
        going = {c.id: c for c in self._controls if not c.is_default and c.starts_at <= clock}
        for id_ in sorted(self._told - going.keys()):
            self.ctx.call(
                m.NotifyDERStartStop(id_, started=False, timestamp=self.ctx.timestamp()), Empty
            )
        for id_ in [i for i in going if i not in self._told]:
            others = tuple(c.id for c in going.values() if _supersedes(going[id_], c))
            told = m.NotifyDERStartStop(
                id_, started=True, timestamp=self.ctx.timestamp(), superseded_ids=others or None
            )
            self.ctx.call(told, Empty)
        self._told = frozenset(going)
        self._cap(min((self._share(type_, clock) for type_ in _GRID), default=_FULL))
        edges = [e for c in self._controls for e in (c.starts_at, c.ends_at) if clock < e < inf]
        if edges:
            self.ctx.after("der", 0, min(edges) - clock, self._look)
        else:
            self.ctx.timers.stop(("der", 0))

    def _share(self, type_: str, clock: float) -> float:
        """What part of the power the curve in force leaves."""
        of_type = [c for c in self._controls if c.type == type_ and c.starts_at <= clock]
        scheduled = [c for c in of_type if not c.is_default]
        active = min(scheduled or of_type, key=lambda c: c.rank, default=None)
        if active is None or active.setting.y_unit not in {"PctMaxW", "PctWAvail"}:
            return _FULL
        percent = at(active.setting, _GRID[type_])
        return min(max(percent / 100, 0.0), _FULL)

    def _clock(self) -> float:
        return self.ctx.now + self.ctx.clock_offset


def at(setting: Setting, x: float) -> float:
    """The curve's y there: straight between points, flat beyond the first and the last."""
    points = sorted(setting.curve_data, key=lambda p: p.x)
    if x <= points[0].x:
        return points[0].y
    for before, after in pairwise(points):
        if x <= after.x:
            part = (x - before.x) / (after.x - before.x)
            return before.y + part * (after.y - before.y)
    return points[-1].y


def _supersedes(new: Control, old: Control) -> bool:
    """Whether it goes before another of its kind for some of the time."""
    same = new.id != old.id and (new.type, new.is_default) == (old.type, old.is_default)
    together = new.starts_at < old.ends_at and old.starts_at < new.ends_at
    return same and together and new.rank < old.rank


def _rejected(why: str) -> m.SetDERControlResponse:
    return m.SetDERControlResponse(DerStatus.REJECTED, StatusInfo("InvalidValue", why))
