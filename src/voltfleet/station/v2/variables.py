"""Functional block B: GetVariables (B06) and SetVariables (B05)."""

from collections.abc import Callable

from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v2.device_model import catalog
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import provisioning as m
from voltfleet.station.v2.messages.provisioning import GetVariableStatus, SetVariableStatus
from voltfleet.station.v2.messages.types import AttributeType, Component, StatusInfo, Variable


class Variables(Block):
    """``on_change`` (set by the engine) hears of every variable that the CSMS has set; ``why_not``
    (set by the engine) may refuse a value, with a reason code, because of how things stand."""

    __slots__ = ("_model", "on_change", "why_not")

    def __init__(self, ctx: Context, model: DeviceModel) -> None:
        super().__init__(ctx)
        self._model = model
        self.on_change: Callable[[Definition], None] = _nobody
        self.why_not: Callable[[Definition, str], str | None] = _nothing

    @handles(m.GetVariables)
    def get_variables(self, request: m.GetVariables) -> m.GetVariablesResponse:
        """One result per item, in the same order (B06.FR.01 to FR.03)."""
        items = request.get_variable_data
        bound("getVariableData", len(items), catalog.ITEMS_PER_GET_VARIABLES)
        return m.GetVariablesResponse(tuple(map(self._get, items)))

    @handles(m.SetVariables)
    def set_variables(self, request: m.SetVariables) -> m.SetVariablesResponse:
        """One result per item, in the same order (B05.FR.01 to FR.03)."""
        items = request.set_variable_data
        bound("setVariableData", len(items), catalog.ITEMS_PER_SET_VARIABLES)
        return m.SetVariablesResponse(tuple(map(self._set, items)))

    # --- get ------------------------------------------------------------------------------------

    def _get(self, item: m.GetVariableData) -> m.GetVariableResult:
        status, value = self._look_up(item)
        return m.GetVariableResult(
            item.component, item.variable, status, item.attribute_type, attribute_value=value
        )

    def _look_up(self, item: m.GetVariableData) -> tuple[GetVariableStatus, str | None]:
        definition = self._model.find(item.component, item.variable)
        if definition is None:
            known = self._model.has_component(item.component)
            return _UNKNOWN_TO_GET[known], None
        if definition.secret:
            return GetVariableStatus.REJECTED, None
        match item.attribute_type:
            case None | AttributeType.ACTUAL:
                return GetVariableStatus.ACCEPTED, self._model.text(definition)
            case AttributeType.MAX_SET if definition.max_set is not None:
                return GetVariableStatus.ACCEPTED, definition.max_set
        return GetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE, None

    # --- set ------------------------------------------------------------------------------------

    def _set(self, item: m.SetVariableData) -> m.SetVariableResult:
        status, why = self._change(item)
        info = None if why is None else StatusInfo(why)
        return m.SetVariableResult(item.component, item.variable, status, item.attribute_type, info)

    def change(self, component: Component, variable: Variable, value: str) -> SetVariableStatus:
        """Set an Actual value at the station itself."""
        return self._change(m.SetVariableData(component, variable, value))[0]

    def _change(self, item: m.SetVariableData) -> tuple[SetVariableStatus, str | None]:
        definition = self._model.find(item.component, item.variable)
        if definition is None:
            known = self._model.has_component(item.component)
            return _UNKNOWN_TO_SET[known], None
        if item.attribute_type is AttributeType.MAX_SET and definition.max_set is not None:
            return SetVariableStatus.REJECTED, "ReadOnly"
        if item.attribute_type not in {None, AttributeType.ACTUAL}:
            return SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE, None
        why = self._take(definition, item.attribute_value)
        return (SetVariableStatus.REJECTED if why else SetVariableStatus.ACCEPTED), why

    def _take(self, definition: Definition, value: str) -> str | None:
        if definition.check is None:
            return "ReadOnly"
        why = self.why_not(definition, value)
        if why is not None:
            return why
        if not self._model.set(definition, value):
            return "InvalidValue"
        self.ctx.remember()
        self.on_change(definition)
        return None


_UNKNOWN_TO_GET = {
    False: GetVariableStatus.UNKNOWN_COMPONENT,
    True: GetVariableStatus.UNKNOWN_VARIABLE,
}
_UNKNOWN_TO_SET = {
    False: SetVariableStatus.UNKNOWN_COMPONENT,
    True: SetVariableStatus.UNKNOWN_VARIABLE,
}
"""By whether the component is known."""


def bound(field: str, count: int, most: int) -> None:
    """B05.FR.11, B06.FR.16: more items than DeviceDataCtrlr says are an occurrence violation."""
    if count > most:
        raise RpcError(
            RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
            f"{field}: at most {most} items",
            {"field": field},
        )


def _nobody(definition: Definition) -> None:
    """Stands in until the engine listens."""


def _nothing(_definition: Definition, _value: str) -> str | None:
    """Stands in until the engine refuses."""
    return None
