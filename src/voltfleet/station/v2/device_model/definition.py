"""What a variable is. Definitions are made once per process and shared by all stations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from voltfleet.station.context import Context
from voltfleet.station.v2.messages.availability import ConnectorStatus
from voltfleet.station.v2.messages.provisioning import (
    DataType,
    Mutability,
    VariableCharacteristics,
)
from voltfleet.station.v2.messages.types import Component, EvseRef, Variable

MAX_VALUE = 1000
"""ConfigurationValueSize: the longest value that SetVariables takes."""


class Facts(Protocol):
    """What live variables are read from."""

    ctx: Context

    def status_of_station(self) -> ConnectorStatus:
        """The AvailabilityState of the whole station."""

    def status_of_evse(self, evse_id: int) -> ConnectorStatus:
        """The AvailabilityState of an EVSE."""

    def status_of_connector(self, evse_id: int, connector_id: int) -> ConnectorStatus:
        """The AvailabilityState of a connector."""


Read = Callable[[Facts], str]
Check = Callable[[str], str | None]
"""The value as it is kept, or None if it cannot be accepted."""

Key = tuple[str, str, int, int, str, str]
"""Component, its instance, EVSE, connector, variable, its instance. Names are case insensitive."""


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One variable. It has a ``value`` as it left the factory, or it is ``read`` anew each time;
    without a ``check`` nobody can change it. ``max_set`` is the value of its MaxSet attribute.
    ``in_summary`` puts it into the SummaryInventory; ``varies``: the station changes it itself;
    ``flows``: it changes by itself while energy flows at its EVSE; ``secret``: it can be written,
    and never read."""

    component: Component
    variable: Variable
    characteristics: VariableCharacteristics
    value: str = ""
    read: Read | None = None
    check: Check | None = None
    max_set: str | None = None
    in_summary: bool = False
    varies: bool = False
    flows: bool = False
    secret: bool = False

    @property
    def mutability(self) -> Mutability:
        """Who may change it."""
        if self.secret:
            return Mutability.WRITE_ONLY
        return Mutability.READ_ONLY if self.check is None else Mutability.READ_WRITE

    @property
    def constant(self) -> bool:
        """Whether it never changes at run time."""
        return self.check is None and self.read is None and not self.varies

    @property
    def key(self) -> Key:
        """Where it is found."""
        return key_of(self.component, self.variable)


def key_of(component: Component, variable: Variable) -> Key:
    """Where a variable of that name is found; 0 stands for an id that is left out."""
    evse = component.evse
    return (
        component.name.casefold(),
        (component.instance or "").casefold(),
        evse.id if evse else 0,
        (evse.connector_id or 0) if evse else 0,
        variable.name.casefold(),
        (variable.instance or "").casefold(),
    )


def component(name: str, evse_id: int | None = None, connector_id: int | None = None) -> Component:
    """A component of the station, of an EVSE, or of a connector."""
    return Component(name, evse=None if evse_id is None else EvseRef(evse_id, connector_id))


# --- settings -----------------------------------------------------------------------------------


def flag(owner: str, name: str, *, default: bool, instance: str | None = None) -> Definition:
    """True or false, as the CSMS likes."""
    characteristics = VariableCharacteristics(DataType.BOOLEAN, supports_monitoring=True)
    value = "true" if default else "false"
    variable = Variable(name, instance)
    return Definition(component(owner), variable, characteristics, value, check=_boolean)


def whole(
    owner: str,
    name: str,
    default: int,
    limits: tuple[int, int],
    *,
    instance: str | None = None,
    unit: str | None = None,
) -> Definition:
    """A whole number within limits."""
    least, most = limits
    characteristics = VariableCharacteristics(
        DataType.INTEGER, supports_monitoring=True, unit=unit, min_limit=least, max_limit=most
    )
    return Definition(
        component(owner),
        Variable(name, instance),
        characteristics,
        str(default),
        check=_whole(least, most),
    )


def choice(
    owner: str,
    name: str,
    default: str,
    allowed: Sequence[str],
    data_type: DataType = DataType.MEMBER_LIST,
    *,
    at_least: int = 0,
    at_most: int | None = None,
) -> Definition:
    """Some of the allowed words, separated by commas, each once."""
    characteristics = VariableCharacteristics(
        data_type, supports_monitoring=True, values_list=",".join(allowed)
    )
    check = _members(tuple(allowed), at_least, len(allowed) if at_most is None else at_most)
    return Definition(component(owner), Variable(name), characteristics, default, check=check)


def text(owner: str, name: str, default: str, longest: int, *, shortest: int = 0) -> Definition:
    """Any text up to a length."""
    characteristics = VariableCharacteristics(
        DataType.STRING, supports_monitoring=True, max_limit=longest
    )

    def check(value: str) -> str | None:
        return value if shortest <= len(value) <= longest else None

    return Definition(component(owner), Variable(name), characteristics, default, check=check)


# --- facts --------------------------------------------------------------------------------------


def fixed(
    owner: Component | str,
    name: str,
    data_type: DataType,
    value: str,
    *,
    instance: str | None = None,
    unit: str | None = None,
    values_list: str | None = None,
) -> Definition:
    """Something that is so and stays so."""
    characteristics = VariableCharacteristics(
        data_type, supports_monitoring=False, unit=unit, values_list=values_list
    )
    where = component(owner) if isinstance(owner, str) else owner
    return Definition(where, Variable(name, instance), characteristics, value)


def varying(
    owner: Component | str,
    name: str,
    data_type: DataType,
    value: str,
    *,
    instance: str | None = None,
    max_limit: float | None = None,
) -> Definition:
    """Something that only the station changes (`DeviceModel.note`)."""
    characteristics = VariableCharacteristics(
        data_type, supports_monitoring=True, max_limit=max_limit
    )
    variable = Variable(name, instance)
    where = component(owner) if isinstance(owner, str) else owner
    return Definition(where, variable, characteristics, value, varies=True)


def live(
    owner: Component | str,
    name: str,
    characteristics: VariableCharacteristics,
    read: Read,
    *,
    max_set: str | None = None,
    in_summary: bool = False,
    flows: bool = False,
) -> Definition:
    """Something that is read anew each time."""
    where = component(owner) if isinstance(owner, str) else owner
    return Definition(
        where,
        Variable(name),
        characteristics,
        read=read,
        max_set=max_set,
        in_summary=in_summary,
        flows=flows,
    )


# --- checks -------------------------------------------------------------------------------------


def _boolean(value: str) -> str | None:
    lowered = value.lower()
    return lowered if lowered in {"true", "false"} else None


def _whole(least: int, most: int) -> Check:
    def check(value: str) -> str | None:
        if not (value.isascii() and value.isdigit()) or len(value) > len(str(most)):
            return None
        return str(int(value)) if least <= int(value) <= most else None

    return check


def _members(allowed: tuple[str, ...], at_least: int, at_most: int) -> Check:
    def check(value: str) -> str | None:
        members = [part.strip() for part in value.split(",")] if value.strip() else []
        unique = len(set(members)) == len(members)
        good = unique and at_least <= len(members) <= at_most and set(members) <= set(allowed)
        return ",".join(members) if good else None

    return check
