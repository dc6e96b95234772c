"""Functional block N: SetVariableMonitoring (N04), ClearVariableMonitoring (N06), SetMonitoringBase
(N03) and SetMonitoringLevel (N05)."""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v2.device_model import monitoring as catalog
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.installed_monitors import InstalledMonitors
from voltfleet.station.v2.messages import monitoring as m
from voltfleet.station.v2.messages.monitoring import (
    ClearMonitoringStatus,
    DeviceModelStatus,
    EventNotification,
    SetMonitoringStatus,
)
from voltfleet.station.v2.messages.types import GenericStatus, StatusInfo
from voltfleet.station.v2.monitors import PERIODIC, Setting, in_range, supports
from voltfleet.station.v2.variables import bound
from voltfleet.station.v2.watch import Watch

_ACCEPTED, _REJECTED = SetMonitoringStatus.ACCEPTED, SetMonitoringStatus.REJECTED
_HARD_WIRED = EventNotification.HARD_WIRED_MONITOR
_Refusal = tuple[SetMonitoringStatus, StatusInfo | None]


class Monitoring(Block):
    """Installs monitors and takes them off; `Watch` lets them work."""

    __slots__ = ("_installed", "_model", "_watch")

    def __init__(
        self, ctx: Context, model: DeviceModel, installed: InstalledMonitors, watch: Watch
    ) -> None:
        super().__init__(ctx)
        self._model = model
        self._installed = installed
        self._watch = watch

    # --- SetVariableMonitoring ------------------------------------------------------------------

    @handles(m.SetVariableMonitoring)
    def set_variable_monitoring(
        self, request: m.SetVariableMonitoring
    ) -> m.SetVariableMonitoringResponse:
        """One result per item, in the same order (N04.FR.01, FR.02)."""
        items = request.set_monitoring_data
        bound("setMonitoringData", len(items), catalog.ITEMS_PER_SET_MONITORING)
        return m.SetVariableMonitoringResponse(tuple(map(self._set, items)))

    def _set(self, item: m.SetMonitoringData) -> m.SetMonitoringResult:
        found = self._model.find(item.component, item.variable)
        if found is None:
            return _result(item, *self._unknown(item))
        setting = Setting(item.type, item.value, item.severity, item.transaction)
        refusal = self._why_not(item, found, setting)
        if refusal is not None:
            return _result(item, *refusal)
        monitor = self._installed.put(item.id, found, setting)
        if monitor is None:
            return _result(item, _REJECTED, StatusInfo("TooManyElements"))
        self._watch.end(monitor)
        self._watch.begin(monitor)
        if item.periodic_event_stream is not None and self._watch.streams is not None:
            self._watch.streams.open(monitor, item.periodic_event_stream)
        self.ctx.remember()
        return _result(item, _ACCEPTED, id_=monitor.id)

    def _why_not(
        self, item: m.SetMonitoringData, found: Definition, setting: Setting
    ) -> _Refusal | None:
        if item.id is not None and not self._replaceable(item.id, found):
            return _REJECTED, StatusInfo("InvalidValue", "id: no monitor that can be replaced")
        if not supports(found, item.type):
            return SetMonitoringStatus.UNSUPPORTED_MONITOR_TYPE, None
        if item.periodic_event_stream is not None and item.type not in PERIODIC:
            return _REJECTED, StatusInfo("UnsupportedParam", "a stream is for periodic monitors")
        if not catalog.MOST_SEVERE <= item.severity <= catalog.LEAST_SEVERE:
            return _REJECTED, StatusInfo("ValueOutOfRange", "severity: 0 to 9")
        if not in_range(found, setting):
            return _REJECTED, StatusInfo("ValueOutOfRange", "value")
        return (SetMonitoringStatus.DUPLICATE, None) if self._is_duplicate(item, found) else None

    def _unknown(self, item: m.SetMonitoringData) -> _Refusal:
        """N04.FR.03 and FR.04; with an id it is the wrong place for a monitor that exists, or the
        monitor does not exist (FR.13, FR.16)."""
        if item.id is not None:
            return _REJECTED, StatusInfo("InvalidValue", "id: no monitor of that variable")
        if self._model.has_component(item.component):
            return SetMonitoringStatus.UNKNOWN_VARIABLE, None
        return SetMonitoringStatus.UNKNOWN_COMPONENT, None

    def _replaceable(self, id_: int, definition: Definition) -> bool:
        """N04.FR.13, FR.16 and FR.18."""
        old = self._installed.find(id_)
        return old is not None and old.definition is definition and old.origin is not _HARD_WIRED

    def _is_duplicate(self, item: m.SetMonitoringData, definition: Definition) -> bool:
        """N04.FR.10"""
        return any(
            monitor.definition is definition
            and monitor.id != item.id
            and (monitor.setting.type, monitor.setting.severity) == (item.type, item.severity)
            for monitor in self._installed.all()
        )

    # --- ClearVariableMonitoring ----------------------------------------------------------------

    @handles(m.ClearVariableMonitoring)
    def clear_variable_monitoring(
        self, request: m.ClearVariableMonitoring
    ) -> m.ClearVariableMonitoringResponse:
        """One result per id (N06.FR.05)."""
        bound("id", len(request.id), catalog.ITEMS_PER_CLEAR_MONITORING)
        results = (m.ClearMonitoringResult(self._clear(id_), id_) for id_ in request.id)
        return m.ClearVariableMonitoringResponse(tuple(results))

    def _clear(self, id_: int) -> ClearMonitoringStatus:
        """N06.FR.01 to FR.03"""
        monitor = self._installed.find(id_)
        if monitor is None:
            return ClearMonitoringStatus.NOT_FOUND
        if monitor.origin is _HARD_WIRED:
            return ClearMonitoringStatus.REJECTED
        self._installed.remove(id_)
        self._watch.end(monitor)
        self._watch.wake()
        self.ctx.remember()
        return ClearMonitoringStatus.ACCEPTED

    # --- SetMonitoringBase, SetMonitoringLevel --------------------------------------------------

    @handles(m.SetMonitoringBase)
    def set_monitoring_base(self, request: m.SetMonitoringBase) -> m.SetMonitoringBaseResponse:
        """N03.FR.01; the station has monitors for every base."""
        for monitor in self._installed.set_base(request.monitoring_base):
            self._watch.end(monitor)
        self._watch.wake()
        self._model.note(catalog.ACTIVE_BASE, request.monitoring_base.value)
        self.ctx.remember()
        return m.SetMonitoringBaseResponse(DeviceModelStatus.ACCEPTED)

    @handles(m.SetMonitoringLevel)
    def set_monitoring_level(self, request: m.SetMonitoringLevel) -> m.SetMonitoringLevelResponse:
        """N05.FR.01 to FR.03"""
        if not catalog.MOST_SEVERE <= request.severity <= catalog.LEAST_SEVERE:
            info = StatusInfo("ValueOutOfRange", "severity: 0 to 9")
            return m.SetMonitoringLevelResponse(GenericStatus.REJECTED, info)
        self._model.note(catalog.ACTIVE_LEVEL, str(request.severity))
        self.ctx.remember()
        return m.SetMonitoringLevelResponse(GenericStatus.ACCEPTED)


def _result(
    item: m.SetMonitoringData,
    status: SetMonitoringStatus,
    info: StatusInfo | None = None,
    *,
    id_: int | None = None,
) -> m.SetMonitoringResult:
    return m.SetMonitoringResult(
        status, item.type, item.severity, item.component, item.variable, id_, info
    )
