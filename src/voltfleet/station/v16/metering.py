"""What a meter reading looks like in OCPP 1.6 (§7.33, §7.43): measurands, phases, units."""

from collections.abc import Callable, Iterator, Sequence

from voltfleet.station.meter import Reading
from voltfleet.station.v16.configuration import PHASES
from voltfleet.station.v16.messages import SampledValue
from voltfleet.station.v16.types import ReadingContext

_ENERGY = "Energy.Active.Import.Register"


def sampled_values(
    reading: Reading, measurands: Sequence[str], context: ReadingContext, since_wh: int
) -> list[SampledValue]:
    """The values of a reading for the measurands asked for; those the meter cannot show are left
    out. ``since_wh`` is where the register stood at the last sample, for the Interval measurand."""
    values: list[SampledValue] = []
    for text in measurands:
        measurand, phase = _split(text)
        if measurand == "Energy.Active.Import.Interval":
            amount = str(reading.energy_wh - since_wh)
            values.append(SampledValue(amount, context, measurand, None, "Wh"))
        else:
            values.extend(_VALUES[measurand](reading, context, phase))
    return values


def _split(text: str) -> tuple[str, str | None]:
    measurand, _, phase = text.rpartition(".")
    return (measurand, phase) if phase in PHASES else (text, None)


Values = Iterator[SampledValue]


def _energy(reading: Reading, context: ReadingContext, _phase: str | None) -> Values:
    yield SampledValue(str(reading.energy_wh), context, _ENERGY, None, "Wh")


def _power(reading: Reading, context: ReadingContext, phase: str | None) -> Values:
    if phase is None:
        value = f"{reading.power_w:.1f}"
    elif phase in _lines(reading):
        value = f"{reading.power_w / reading.phases:.1f}"
    else:
        return
    yield SampledValue(value, context, "Power.Active.Import", phase, "W")


def _power_offered(reading: Reading, context: ReadingContext, _phase: str | None) -> Values:
    yield SampledValue(f"{reading.offered_w:.1f}", context, "Power.Offered", None, "W")


def _current_offered(reading: Reading, context: ReadingContext, _phase: str | None) -> Values:
    yield SampledValue(f"{reading.offered_a:.2f}", context, "Current.Offered", None, "A")


def _current(reading: Reading, context: ReadingContext, phase: str | None) -> Values:
    value = f"{reading.current_a:.2f}"
    for line in _lines(reading):
        if phase is None or phase == line:
            yield SampledValue(value, context, "Current.Import", line, "A")


def _voltage(reading: Reading, context: ReadingContext, phase: str | None) -> Values:
    value = f"{reading.voltage_v:.1f}"
    for line in _lines(reading):
        to_neutral = None if line is None else f"{line}-N"
        if phase is None or phase == to_neutral:
            yield SampledValue(value, context, "Voltage", to_neutral, "V")


def _frequency(reading: Reading, context: ReadingContext, _phase: str | None) -> Values:
    # The standard knows no unit for hertz; every station leaves it out.
    if reading.frequency_hz is not None:
        yield SampledValue(f"{reading.frequency_hz:.2f}", context, "Frequency")


def _soc(reading: Reading, context: ReadingContext, _phase: str | None) -> Values:
    if reading.soc_percent is not None:
        yield SampledValue(f"{reading.soc_percent:.1f}", context, "SoC", None, "Percent")


def _lines(reading: Reading) -> Sequence[str | None]:
    """The line conductors in use; direct current has none."""
    return PHASES[: reading.phases] if reading.frequency_hz is not None else (None,)


_VALUES: dict[str, Callable[[Reading, ReadingContext, str | None], Values]] = {
    "Current.Import": _current,
    "Current.Offered": _current_offered,
    _ENERGY: _energy,
    "Frequency": _frequency,
    "Power.Active.Import": _power,
    "Power.Offered": _power_offered,
    "SoC": _soc,
    "Voltage": _voltage,
}
