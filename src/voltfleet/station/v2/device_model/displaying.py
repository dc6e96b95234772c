"""DisplayMessageCtrlr and TariffCostCtrlr (Part 2 Appendix 3.1)."""

from functools import cache

from voltfleet.station.v2.device_model.definition import (
    Definition,
    component,
    fixed,
    flag,
    text,
    varying,
)
from voltfleet.station.v2.messages.provisioning import DataType

_OWNER = "DisplayMessageCtrlr"
MAX_MESSAGES = 20
FORMATS = ("ASCII", "URI", "UTF8")
_PRIORITIES = "AlwaysFront,InFront,NormalCycle"

DISPLAY_MESSAGES = varying(_OWNER, "DisplayMessages", DataType.INTEGER, "0", max_limit=MAX_MESSAGES)

_COST = "TariffCostCtrlr"
MAX_FALLBACK = 255
CURRENCY = text(_COST, "Currency", "EUR", 3, shortest=3)
TARIFF_ENABLED = flag(_COST, "Enabled", default=True, instance="Tariff")
COST_ENABLED = flag(_COST, "Enabled", default=True, instance="Cost")
TARIFF_FALLBACK = text(
    _COST, "TariffFallbackMessage", "The price is not known here", MAX_FALLBACK, shortest=1
)
TOTAL_COST_FALLBACK = text(
    _COST, "TotalCostFallbackMessage", "The cost is not known here", MAX_FALLBACK, shortest=1
)


@cache
def shown_at(evse_id: int) -> Definition:
    """What the display says there of the price and the cost. No variable of the standard: so those
    who cannot stand before the display can read it."""
    return varying(component("EVSE", evse_id), "DisplayText", DataType.STRING, "")


DISPLAY = (
    fixed(_OWNER, "Available", DataType.BOOLEAN, "true"),
    DISPLAY_MESSAGES,
    fixed(
        _OWNER,
        "SupportedFormats",
        DataType.MEMBER_LIST,
        ",".join(FORMATS),
        values_list=",".join(FORMATS),
    ),
    fixed(
        _OWNER, "SupportedPriorities", DataType.MEMBER_LIST, _PRIORITIES, values_list=_PRIORITIES
    ),
    fixed(_COST, "Available", DataType.BOOLEAN, "true", instance="Tariff"),
    TARIFF_ENABLED,
    fixed(_COST, "Available", DataType.BOOLEAN, "true", instance="Cost"),
    COST_ENABLED,
    CURRENCY,
    TARIFF_FALLBACK,
    TOTAL_COST_FALLBACK,
)
