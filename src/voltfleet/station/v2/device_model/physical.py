"""The components that follow from how a station is built: station, EVSEs, connectors (Part 2
Appendix 3.2). Made once per model and version, and shared by all stations of it."""

from collections.abc import Iterator
from functools import cache, partial

from voltfleet.domain.specs import ConnectorSpec, ConnectorType, CurrentType, StationSpec
from voltfleet.station.connector import Fault
from voltfleet.station.meter import Reading
from voltfleet.station.v2.device_model.definition import (
    Definition,
    Facts,
    component,
    fixed,
    live,
    varying,
)
from voltfleet.station.v2.device_model.displaying import shown_at
from voltfleet.station.v2.messages.availability import ConnectorStatus
from voltfleet.station.v2.messages.provisioning import DataType, VariableCharacteristics

_STATION = "ChargingStation"
_STATES = VariableCharacteristics(
    DataType.OPTION_LIST, supports_monitoring=True, values_list=",".join(ConnectorStatus)
)
_PROBLEM = VariableCharacteristics(DataType.BOOLEAN, supports_monitoring=True)
_TYPES = {
    ConnectorType.TYPE1: "cType1",
    ConnectorType.TYPE2: "cType2",
    ConnectorType.CCS1: "cCCS1",
    ConnectorType.CCS2: "cCCS2",
    ConnectorType.CHADEMO: "cG105",
    # The standard's list is older than the name NACS.
    ConnectorType.NACS: "cTesla",
}
"""ConnectorEnumType (Part 2 Appendix 7.2)."""

MAX_SERIAL = 25
IDLE_CELSIUS, FULL_LOAD_CELSIUS, OVERHEATED_CELSIUS = 25.0, 65.0, 95.0
MAX_CELSIUS = 125.0
"""What the sensor can show."""


def serial_number(identity: str) -> str:
    """A serial number made from the identity, as long as BootNotification takes it."""
    return identity[-MAX_SERIAL:]


def connector_type(spec: ConnectorSpec) -> str:
    """Its ConnectorEnumType."""
    return _TYPES[spec.type]


@cache
def components_of(spec: StationSpec) -> tuple[Definition, ...]:
    """The variables of the station, its EVSEs and its connectors."""
    found = [*_of_station(spec)]
    for evse_id, evse in enumerate(spec.evses, start=1):
        found += _of_evse(evse_id, evse.connectors)
        for connector_id, connector in enumerate(evse.connectors, start=1):
            found += _of_connector(evse_id, connector_id, connector)
    return tuple(found)


def _of_station(spec: StationSpec) -> Iterator[Definition]:
    yield live(_STATION, "AvailabilityState", _STATES, _station_state, in_summary=True)
    yield fixed(_STATION, "Available", DataType.BOOLEAN, "true")
    yield varying(_STATION, "FirmwareVersion", DataType.STRING, spec.firmware_version)
    yield fixed(_STATION, "Model", DataType.STRING, spec.model)
    yield live(_STATION, "Problem", _PROBLEM, _station_problem, in_summary=True)
    serial = VariableCharacteristics(DataType.STRING, supports_monitoring=False)
    yield live(_STATION, "SerialNumber", serial, _station_serial)
    connectors = [c for evse in spec.evses for c in evse.connectors]
    yield fixed(_STATION, "SupplyPhases", DataType.INTEGER, _most_phases(connectors))
    yield fixed(_STATION, "VendorName", DataType.STRING, spec.vendor)


def _of_evse(evse_id: int, connectors: tuple[ConnectorSpec, ...]) -> Iterator[Definition]:
    evse = component("EVSE", evse_id)
    most_w = max(c.max_power_w for c in connectors)
    power = VariableCharacteristics(
        DataType.DECIMAL, supports_monitoring=True, unit="W", min_limit=0, max_limit=most_w
    )
    yield fixed(evse, "AllowReset", DataType.BOOLEAN, "true")
    yield live(evse, "AvailabilityState", _STATES, partial(_evse_state, evse_id), in_summary=True)
    yield fixed(evse, "Available", DataType.BOOLEAN, "true")
    yield shown_at(evse_id)
    read_power = partial(_evse_power, evse_id)
    yield live(evse, "Power", power, read_power, max_set=str(most_w), flows=True)
    yield live(evse, "Problem", _PROBLEM, partial(_evse_problem, evse_id), in_summary=True)
    yield fixed(evse, "SupplyPhases", DataType.INTEGER, _most_phases(connectors))
    yield from _measured(evse_id, connectors)


def _measured(evse_id: int, connectors: tuple[ConnectorSpec, ...]) -> Iterator[Definition]:
    """What the EVSE's sensors show beside its power; a current is that of one phase."""
    dc = connectors[0].current_type is CurrentType.DC
    amps = max(c.max_current_a for c in connectors)
    for owner, name, unit, most, read in (
        ("EVSE", "DCCurrent" if dc else "ACCurrent", "A", amps, _current),
        ("EVSE", "DCVoltage" if dc else "ACVoltage", "V", None, _voltage),
        ("FiscalMetering", "EnergyImportRegister", "Wh", None, _register),
        ("TemperatureSensor", "Temperature", "Celsius", MAX_CELSIUS, _temperature),
    ):
        shown = VariableCharacteristics(
            DataType.DECIMAL, supports_monitoring=True, unit=unit, min_limit=0, max_limit=most
        )
        yield live(component(owner, evse_id), name, shown, partial(read, evse_id), flows=True)


def _of_connector(evse_id: int, connector_id: int, spec: ConnectorSpec) -> Iterator[Definition]:
    connector = component("Connector", evse_id, connector_id)
    state = partial(_connector_state, evse_id, connector_id)
    problem = partial(_connector_problem, evse_id, connector_id)
    yield live(connector, "AvailabilityState", _STATES, state, in_summary=True)
    yield fixed(connector, "Available", DataType.BOOLEAN, "true")
    yield fixed(connector, "ConnectorType", DataType.STRING, connector_type(spec))
    yield live(connector, "Problem", _PROBLEM, problem, in_summary=True)
    yield fixed(connector, "SupplyPhases", DataType.INTEGER, _most_phases((spec,)))


def _most_phases(connectors: tuple[ConnectorSpec, ...] | list[ConnectorSpec]) -> str:
    """How many phases feed it. A DC connector's power comes from three phases of the grid."""
    return str(max(3 if c.current_type is CurrentType.DC else c.phases for c in connectors))


# --- live values --------------------------------------------------------------------------------


def _station_state(facts: Facts) -> str:
    return facts.status_of_station()


def _evse_state(evse_id: int, facts: Facts) -> str:
    return facts.status_of_evse(evse_id)


def _connector_state(evse_id: int, connector_id: int, facts: Facts) -> str:
    return facts.status_of_connector(evse_id, connector_id)


def _station_problem(facts: Facts) -> str:
    return _boolean(any(c.fault for c in facts.ctx.hardware.connectors))


def _evse_problem(evse_id: int, facts: Facts) -> str:
    return _boolean(any(c.fault for c in facts.ctx.hardware.evses[evse_id - 1].connectors))


def _connector_problem(evse_id: int, connector_id: int, facts: Facts) -> str:
    evse = facts.ctx.hardware.evses[evse_id - 1]
    return _boolean(evse.connectors[connector_id - 1].fault is not None)


def _evse_power(evse_id: int, facts: Facts) -> str:
    evse = facts.ctx.hardware.evses[evse_id - 1]
    evse.advance(facts.ctx.now)
    return str(round(evse.power_w(), 1))


def _current(evse_id: int, facts: Facts) -> str:
    return str(round(_reading(evse_id, facts).current_a, 2))


def _voltage(evse_id: int, facts: Facts) -> str:
    return str(round(_reading(evse_id, facts).voltage_v, 1))


def _register(evse_id: int, facts: Facts) -> str:
    return str(_reading(evse_id, facts).energy_wh)


def _temperature(evse_id: int, facts: Facts) -> str:
    """It follows the power without delay, and is beyond all bounds with the fault that says so."""
    evse = facts.ctx.hardware.evses[evse_id - 1]
    if any(c.fault is Fault.HIGH_TEMPERATURE for c in evse.connectors):
        return str(OVERHEATED_CELSIUS)
    most_w = max(c.spec.max_power_w for c in evse.connectors)
    load = _reading(evse_id, facts).power_w / most_w
    return str(round(IDLE_CELSIUS + load * (FULL_LOAD_CELSIUS - IDLE_CELSIUS), 1))


def _reading(evse_id: int, facts: Facts) -> Reading:
    return facts.ctx.hardware.evses[evse_id - 1].reading(facts.ctx.now)


def _station_serial(facts: Facts) -> str:
    return serial_number(facts.ctx.identity)


def _boolean(value: object) -> str:
    return "true" if value else "false"
