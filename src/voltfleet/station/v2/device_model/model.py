"""One station's device model: the shared definitions, and over them what the CSMS has changed.

An idle station that nobody configured holds nothing here but two references.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from voltfleet.domain.specs import OcppVersion, StationSpec
from voltfleet.station.v2.device_model.catalog import CONTROLLERS
from voltfleet.station.v2.device_model.definition import Definition, Facts, Key, key_of
from voltfleet.station.v2.device_model.physical import components_of
from voltfleet.station.v2.messages.types import Component, Variable
from voltfleet.station.v2.v21.device_model import ADDED


@cache
def definitions_of(
    spec: StationSpec, version: OcppVersion = OcppVersion.V201
) -> Mapping[Key, Definition]:
    """Every variable of a station so built, in the order of reports."""
    added = ADDED if version is OcppVersion.V21 else ()
    return {d.key: d for d in (*components_of(spec), *CONTROLLERS, *added)}


@cache
def _component_keys(
    spec: StationSpec, version: OcppVersion
) -> frozenset[tuple[str, str, int, int]]:
    return frozenset(key[:4] for key in definitions_of(spec, version))


class DeviceModel:
    """What the variables of one station are set to; changes survive a reboot."""

    __slots__ = ("_changed", "_facts")

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._changed: dict[Definition, str] | None = None

    @property
    def definitions(self) -> Mapping[Key, Definition]:
        """Every variable of the station."""
        ctx = self._facts.ctx
        return definitions_of(ctx.spec, ctx.version)

    def find(self, component: Component, variable: Variable) -> Definition | None:
        """The variable of that name, if the station has it."""
        return self.definitions.get(key_of(component, variable))

    def has_component(self, component: Component) -> bool:
        """Whether the station has such a component."""
        ctx = self._facts.ctx
        return key_of(component, _NO_VARIABLE)[:4] in _component_keys(ctx.spec, ctx.version)

    def text(self, definition: Definition) -> str:
        """The Actual value."""
        if definition.read is not None:
            return definition.read(self._facts)
        if self._changed is None:
            return definition.value
        return self._changed.get(definition, definition.value)

    def whole(self, definition: Definition) -> int:
        """The value of a variable that holds a whole number."""
        return int(self.text(definition))

    def flag(self, definition: Definition) -> bool:
        """The value of a variable that holds true or false."""
        return self.text(definition) == "true"

    def members(self, definition: Definition) -> list[str]:
        """The value of a variable that holds a list."""
        return [part for part in self.text(definition).split(",") if part]

    def set(self, definition: Definition, value: str) -> bool:
        """Change a setting; false if the value does not fit, or nobody may change it."""
        kept = None if definition.check is None else definition.check(value)
        if kept is None:
            return False
        self.note(definition, kept)
        return True

    @property
    def changed(self) -> list[tuple[Key, str]]:
        """What is not as it left the factory."""
        return [(definition.key, value) for definition, value in (self._changed or {}).items()]

    def recall(self, changed: Iterable[tuple[Key, str]]) -> None:
        """It was changed so before a power cut. What this release has no use for is left out."""
        for key, value in changed:
            definition = self.definitions.get(key)
            if definition is not None and (definition.check is None or definition.check(value)):
                self.note(definition, value)

    def note(self, definition: Definition, value: str) -> None:
        """It is so now, whoever may change it."""
        if self._changed is None:
            self._changed = {}
        if value == definition.value:
            self._changed.pop(definition, None)
        else:
            self._changed[definition] = value


_NO_VARIABLE = Variable("")
