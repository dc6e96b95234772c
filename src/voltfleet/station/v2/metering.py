"""What a meter reading looks like in OCPP 2.x (J01, J02): measurands, phases, units."""

from collections.abc import Callable, Iterable, Iterator

from voltfleet.station.meter import Reading
from voltfleet.station.v2.messages.metering import (
    Measurand,
    MeterValue,
    ReadingContext,
    SampledValue,
    UnitOfMeasure,
)

_WH, _W, _A, _V = UnitOfMeasure("Wh"), UnitOfMeasure("W"), UnitOfMeasure("A"), UnitOfMeasure("V")
_HERTZ, _PERCENT = UnitOfMeasure("Hz"), UnitOfMeasure("Percent")
_LINES = ("L1", "L2", "L3")
_TO_NEUTRAL = ("L1-N", "L2-N", "L3-N")


def meter_value(
    reading: Reading, timestamp: str, measurands: Iterable[str], context: ReadingContext
) -> MeterValue | None:
    """The values of a reading for the measurands asked for; those that the meter cannot show are
    left out. None if it shows none."""
    values = [v for name in measurands for v in _VALUES[Measurand(name)](reading, context)]
    return MeterValue(timestamp, tuple(values)) if values else None


Values = Iterator[SampledValue]


def _energy(reading: Reading, context: ReadingContext) -> Values:
    measurand = Measurand.ENERGY_ACTIVE_IMPORT_REGISTER
    yield SampledValue(float(reading.energy_wh), context, measurand, None, _WH)


def _power(reading: Reading, context: ReadingContext) -> Values:
    value = round(reading.power_w, 1)
    yield SampledValue(value, context, Measurand.POWER_ACTIVE_IMPORT, None, _W)


def _power_offered(reading: Reading, context: ReadingContext) -> Values:
    value = round(reading.offered_w, 1)
    yield SampledValue(value, context, Measurand.POWER_OFFERED, None, _W)


def _current_offered(reading: Reading, context: ReadingContext) -> Values:
    value = round(reading.offered_a, 2)
    yield SampledValue(value, context, Measurand.CURRENT_OFFERED, None, _A)


def _current(reading: Reading, context: ReadingContext) -> Values:
    value = round(reading.current_a, 2)
    for phase in _phases(reading, _LINES):
        yield SampledValue(value, context, Measurand.CURRENT_IMPORT, phase, _A)


def _voltage(reading: Reading, context: ReadingContext) -> Values:
    value = round(reading.voltage_v, 1)
    for phase in _phases(reading, _TO_NEUTRAL):
        yield SampledValue(value, context, Measurand.VOLTAGE, phase, _V)


def _frequency(reading: Reading, context: ReadingContext) -> Values:
    if reading.frequency_hz is not None:
        value = round(reading.frequency_hz, 2)
        yield SampledValue(value, context, Measurand.FREQUENCY, None, _HERTZ)


def _soc(reading: Reading, context: ReadingContext) -> Values:
    if reading.soc_percent is not None:
        yield SampledValue(round(reading.soc_percent, 1), context, Measurand.SOC, None, _PERCENT)


def _phases(reading: Reading, names: tuple[str, ...]) -> tuple[str | None, ...]:
    """The conductors in use; direct current has none to name."""
    return names[: reading.phases] if reading.frequency_hz is not None else (None,)


_VALUES: dict[Measurand, Callable[[Reading, ReadingContext], Values]] = {
    Measurand.CURRENT_IMPORT: _current,
    Measurand.CURRENT_OFFERED: _current_offered,
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER: _energy,
    Measurand.FREQUENCY: _frequency,
    Measurand.POWER_ACTIVE_IMPORT: _power,
    Measurand.POWER_OFFERED: _power_offered,
    Measurand.SOC: _soc,
    Measurand.VOLTAGE: _voltage,
}
