"""Functional block B: GetBaseReport (B07), GetReport (B08), and the pages of NotifyReport."""

from collections.abc import Sequence
from functools import partial

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Failure, Lane
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.definition import Definition, key_of
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import provisioning as m
from voltfleet.station.v2.messages.provisioning import (
    ComponentCriterion,
    GetReportStatus,
    Mutability,
    ReportBase,
    ReportData,
    VariableAttribute,
)
from voltfleet.station.v2.messages.types import (
    AttributeType,
    Empty,
    GenericStatus,
    StatusInfo,
    Variable,
)
from voltfleet.station.v2.variables import bound

_PAGE = catalog.ITEMS_PER_REPORT


class Inventory(Block):
    """Sends one report at a time, page by page: the next page is made when the last was answered,
    so that a report costs a station one page of memory, not all of them."""

    __slots__ = ("_busy", "_model")

    def __init__(self, ctx: Context, model: DeviceModel) -> None:
        super().__init__(ctx)
        self._model = model
        self._busy = False

    def power_up(self) -> None:
        """A report that was under way is forgotten."""
        self._busy = False

    @handles(m.GetBaseReport)
    def get_base_report(self, request: m.GetBaseReport) -> m.GetBaseReportResponse:
        """B07.FR.01 and FR.02; the pages follow the answer (FR.03)."""
        if self._busy:
            info = StatusInfo("Busy", "another report is being sent")
            return m.GetBaseReportResponse(GenericStatus.REJECTED, info)
        self._busy = True
        self._send(request.request_id, self._reported(request.report_base), 0)
        return m.GetBaseReportResponse(GenericStatus.ACCEPTED)

    @handles(m.GetReport)
    def get_report(self, request: m.GetReport) -> m.GetReportResponse:
        """B08: components that fit one of the criteria, and of them the variables named."""
        # B08.FR.17
        bound("componentVariable", len(request.component_variable or ()), _PAGE)
        if self._busy:
            info = StatusInfo("Busy", "another report is being sent")
            return m.GetReportResponse(GetReportStatus.REJECTED, info)
        named, criteria = request.component_variable, request.component_criteria
        found = [
            d
            for d in self._model.definitions.values()
            if (named is None or any(is_named(d, item) for item in named))
            and (criteria is None or any(self._fits(d, c) for c in criteria))
        ]
        if not found:
            return m.GetReportResponse(GetReportStatus.EMPTY_RESULT_SET)
        self._busy = True
        self._send(request.request_id, found, 0)
        return m.GetReportResponse(GetReportStatus.ACCEPTED)

    def _fits(self, definition: Definition, criterion: ComponentCriterion) -> bool:
        """B08.FR.07 to FR.10: a component without the variable is active, available, enabled, and
        has no problem."""
        asked = self._model.find(definition.component, Variable(criterion))
        if asked is None:
            return criterion is not ComponentCriterion.PROBLEM
        return self._model.flag(asked)

    def _reported(self, base: ReportBase) -> Sequence[Definition]:
        definitions = self._model.definitions.values()
        match base:
            case ReportBase.FULL_INVENTORY:
                return tuple(definitions)
            case ReportBase.CONFIGURATION_INVENTORY:
                return [d for d in definitions if d.mutability is not Mutability.READ_ONLY]
            case ReportBase.SUMMARY_INVENTORY:
                return [d for d in definitions if d.in_summary]

    def _send(self, request_id: int, definitions: Sequence[Definition], page: int) -> None:
        first, last = page * _PAGE, (page + 1) * _PAGE
        more = last < len(definitions)
        request = m.NotifyReport(
            request_id,
            self.ctx.timestamp(),
            page,
            tuple(map(self._data, definitions[first:last])),
            more,
        )
        follow = partial(self._sent, request_id, definitions, page + 1 if more else None)
        # The CSMS asked for it: it may go while the station is Pending (B02.FR.01).
        self.ctx.call(request, Empty, follow, self._failed, Lane.TRIGGERED)

    def _sent(
        self, request_id: int, definitions: Sequence[Definition], page: int | None, _: Empty
    ) -> None:
        if page is None:
            self._busy = False
        else:
            self._send(request_id, definitions, page)

    def _failed(self, _failure: Failure) -> None:
        """A report with a page missing is of no use: the CSMS asks again."""
        self._busy = False

    def _data(self, definition: Definition) -> ReportData:
        return ReportData(
            definition.component,
            definition.variable,
            tuple(self._attributes(definition)),
            definition.characteristics,
        )

    def _attributes(self, definition: Definition) -> list[VariableAttribute]:
        actual = VariableAttribute(
            AttributeType.ACTUAL,
            definition.mutability,
            persistent=definition.read is None,
            constant=definition.constant,
            # B07.FR.08: a value that is WriteOnly is left out.
            value=None if definition.secret else self._model.text(definition),
        )
        if definition.max_set is None:
            return [actual]
        most = VariableAttribute(
            AttributeType.MAX_SET,
            Mutability.READ_ONLY,
            persistent=True,
            constant=True,
            value=definition.max_set,
        )
        return [actual, most]


def is_named(definition: Definition, item: m.ComponentVariable) -> bool:
    """What is left out of a name stands for all (B08.FR.20 to FR.24)."""
    wanted, variable = key_of(item.component, item.variable or Variable("")), item.variable
    evse = item.component.evse
    name, instance, evse_id, connector_id, variable_name, variable_instance = definition.key
    return (
        name == wanted[0]
        and (item.component.instance is None or instance == wanted[1])
        and (evse is None or evse_id == evse.id)
        and (evse is None or evse.connector_id is None or connector_id == evse.connector_id)
        and (variable is None or variable_name == wanted[4])
        and (variable is None or variable.instance is None or variable_instance == wanted[5])
    )
