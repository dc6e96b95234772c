"""Reading energy out of meter values, which 1.6 and 2.x write almost alike."""

import math
from typing import Any

from voltfleet.csms.chargers import Transaction

_REGISTER = "Energy.Active.Import.Register"
_WH = {"Wh": 1.0, "kWh": 1000.0}


def take_readings(transaction: Transaction, meter_values: list[dict[str, Any]]) -> None:
    """Take every reading of the energy register at the outlet, all phases together."""
    for meter_value in meter_values:
        for sample in meter_value["sampledValue"]:
            register_wh = _watt_hours(sample) if _is_register(sample) else None
            if register_wh is not None:
                transaction.read_meter(register_wh)


def _is_register(sample: dict[str, Any]) -> bool:
    # What is left out has these defaults in every version; signed values (1.6) are no numbers.
    return (
        sample.get("measurand", _REGISTER) == _REGISTER
        and "phase" not in sample
        and sample.get("location", "Outlet") == "Outlet"
        and sample.get("format", "Raw") == "Raw"
    )


def _watt_hours(sample: dict[str, Any]) -> float | None:
    """The reading in Wh; None where the schema let something through that is no number of Wh."""
    unit = sample.get("unitOfMeasure") or {"unit": sample.get("unit", "Wh")}
    scale = _WH.get(unit.get("unit", "Wh"))
    if scale is None:
        return None
    try:
        watt_hours = float(sample["value"]) * scale * 10.0 ** unit.get("multiplier", 0)
    except (ValueError, OverflowError):
        return None
    return watt_hours if math.isfinite(watt_hours) else None
