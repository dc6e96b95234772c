"""Variables that only a station of OCPP 2.1 has (2.1 Part 2 Appendix 3.1)."""

from voltfleet.station.v2.device_model.definition import Definition, fixed
from voltfleet.station.v2.messages.provisioning import DataType

MAX_PRICES = 20
"""TariffCostCtrlr.MaxElements: of one component of a tariff."""
LIMITS = "maxCost,maxEnergy,maxTime,maxSoC"

_COST = "TariffCostCtrlr"
DER_MODES = ("FreqWatt", "VoltWatt", "EnterService", "Gradients", "LimitMaxDischarge")
"""ACDERCtrlr.ModesSupported"""

ADDED: tuple[Definition, ...] = (
    fixed(_COST, "ConditionsSupported", DataType.BOOLEAN, "true", instance="Tariff"),
    fixed(_COST, "MaxElements", DataType.INTEGER, str(MAX_PRICES), instance="Tariff"),
    fixed("TxCtrlr", "SupportedLimits", DataType.MEMBER_LIST, LIMITS, values_list=LIMITS),
    fixed("SmartChargingCtrlr", "SupportsDynamicProfiles", DataType.BOOLEAN, "true"),
    fixed("SmartChargingCtrlr", "SupportsUseLocalTime", DataType.BOOLEAN, "true"),
    fixed("SmartChargingCtrlr", "SupportsRandomizedDelay", DataType.BOOLEAN, "true"),
    fixed("SmartChargingCtrlr", "SupportsLimitAtSoC", DataType.BOOLEAN, "true"),
    fixed("SmartChargingCtrlr", "SupportsEvseSleep", DataType.BOOLEAN, "false"),
    fixed("ACDERCtrlr", "Available", DataType.BOOLEAN, "true"),
    fixed("ACDERCtrlr", "Enabled", DataType.BOOLEAN, "true"),
    fixed(
        "ACDERCtrlr",
        "ModesSupported",
        DataType.MEMBER_LIST,
        ",".join(DER_MODES),
        values_list=",".join(DER_MODES),
    ),
    fixed("BatterySwapCtrlr", "Available", DataType.BOOLEAN, "false"),
    fixed("V2XChargingCtrlr", "Available", DataType.BOOLEAN, "false"),
)
