"""Functional block J: meter values."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import Outgoing


class Measurand(StrEnum):
    """MeasurandEnumType, as far as the station measures it."""

    CURRENT_IMPORT = "Current.Import"
    CURRENT_OFFERED = "Current.Offered"
    ENERGY_ACTIVE_IMPORT_REGISTER = "Energy.Active.Import.Register"
    FREQUENCY = "Frequency"
    POWER_ACTIVE_IMPORT = "Power.Active.Import"
    POWER_OFFERED = "Power.Offered"
    SOC = "SoC"
    VOLTAGE = "Voltage"


class ReadingContext(StrEnum):
    """ReadingContextEnumType"""

    OTHER = "Other"
    SAMPLE_CLOCK = "Sample.Clock"
    SAMPLE_PERIODIC = "Sample.Periodic"
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    TRIGGER = "Trigger"


class UnitOfMeasure(Outgoing, frozen=True):
    """UnitOfMeasureType"""

    unit: str


class SampledValue(Outgoing, frozen=True):
    """SampledValueType"""

    value: float
    context: ReadingContext
    measurand: Measurand
    phase: str | None = None
    unit_of_measure: UnitOfMeasure | None = None


class MeterValue(Outgoing, frozen=True):
    """MeterValueType"""

    timestamp: str
    sampled_value: tuple[SampledValue, ...]


class MeterValues(Outgoing, frozen=True):
    """J01"""

    evse_id: int
    meter_value: tuple[MeterValue, ...]
