"""Functional block N: GetMonitoringReport (N02), and the pages of NotifyMonitoringReport."""

from collections.abc import Sequence
from functools import partial

from voltfleet.domain.specs import OcppVersion
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, Lane
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.installed_monitors import InstalledMonitors
from voltfleet.station.v2.inventory import is_named
from voltfleet.station.v2.messages import monitoring as m
from voltfleet.station.v2.messages.monitoring import (
    DeviceModelStatus,
    MonitoringCriterion,
    MonitorType,
)
from voltfleet.station.v2.messages.types import Empty, StatusInfo
from voltfleet.station.v2.monitors import PERIODIC, THRESHOLDS, Monitor
from voltfleet.station.v2.variables import bound

_PAGE = catalog.ITEMS_PER_REPORT
_TYPES = {
    MonitoringCriterion.THRESHOLD: THRESHOLDS,
    MonitoringCriterion.DELTA: {
        MonitorType.DELTA,
        MonitorType.TARGET_DELTA,
        MonitorType.TARGET_DELTA_RELATIVE,
    },
    MonitoringCriterion.PERIODIC: PERIODIC,
}
"""N02.FR.12 to FR.14, and FR.23 of OCPP 2.1"""

_Of = tuple[Definition, list[Monitor]]


class MonitoringReports(Block):
    """Sends one report at a time; each page after the answer to the one before."""

    __slots__ = ("_busy", "_installed")

    def __init__(self, ctx: Context, installed: InstalledMonitors) -> None:
        super().__init__(ctx)
        self._installed = installed
        self._busy = False

    def power_up(self) -> None:
        """A report that was under way is forgotten."""
        self._busy = False

    @handles(m.GetMonitoringReport)
    def get_monitoring_report(
        self, request: m.GetMonitoringReport
    ) -> m.GetMonitoringReportResponse:
        """The monitors of the variables named, of the kinds named (N02.FR.05 to FR.17)."""
        bound("componentVariable", len(request.component_variable or ()), _PAGE)
        if self._busy:
            info = StatusInfo("Busy", "another report is being sent")
            return m.GetMonitoringReportResponse(DeviceModelStatus.REJECTED, info)
        found: dict[Definition, list[Monitor]] = {}
        for monitor in self._installed.all():
            if _fits(monitor, request):
                found.setdefault(monitor.definition, []).append(monitor)
        if not found:
            return m.GetMonitoringReportResponse(DeviceModelStatus.EMPTY_RESULT_SET)
        self._busy = True
        self._send(request.request_id, tuple(found.items()), 0)
        return m.GetMonitoringReportResponse(DeviceModelStatus.ACCEPTED)

    def _send(self, request_id: int, found: Sequence[_Of], page: int) -> None:
        first, last = page * _PAGE, (page + 1) * _PAGE
        more = last < len(found)
        request = m.NotifyMonitoringReport(
            request_id,
            self.ctx.timestamp(),
            page,
            tuple(self._data(*each) for each in found[first:last]),
            more,
        )
        follow = partial(self._sent, request_id, found, page + 1 if more else None)
        self.ctx.call(request, Empty, follow, self._failed, Lane.TRIGGERED)

    def _sent(self, request_id: int, found: Sequence[_Of], page: int | None, _: Empty) -> None:
        if page is None:
            self._busy = False
        else:
            self._send(request_id, found, page)

    def _failed(self, _failure: Failure) -> None:
        """A report with a page missing is of no use: the CSMS asks again."""
        self._busy = False

    def _data(self, definition: Definition, monitors: list[Monitor]) -> m.MonitoringData:
        told = tuple(map(self._monitor, monitors))
        return m.MonitoringData(definition.component, definition.variable, told)

    def _monitor(self, monitor: Monitor) -> m.VariableMonitoring:
        setting = monitor.setting
        return m.VariableMonitoring(
            monitor.id,
            setting.transaction,
            setting.value,
            setting.type,
            setting.severity,
            monitor.origin if self.ctx.version is OcppVersion.V21 else None,
        )


def _fits(monitor: Monitor, request: m.GetMonitoringReport) -> bool:
    named, criteria = request.component_variable, request.monitoring_criteria
    return (named is None or any(is_named(monitor.definition, item) for item in named)) and (
        criteria is None or any(monitor.setting.type in _TYPES[each] for each in criteria)
    )
