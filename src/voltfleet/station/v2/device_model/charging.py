"""SmartChargingCtrlr (Part 2 Appendix 3.1)."""

from voltfleet.domain.specs import CurrentType
from voltfleet.station.smart_charging import RateUnit
from voltfleet.station.v2.device_model.definition import Facts, fixed, flag, live, varying, whole
from voltfleet.station.v2.messages.provisioning import DataType, VariableCharacteristics

_OWNER = "SmartChargingCtrlr"
MAX_PROFILES = 100
MAX_STACK_LEVEL = 50
MAX_PERIODS = 300

SMART_CHARGING_ENABLED = flag(_OWNER, "Enabled", default=True)
LIMIT_CHANGE_SIGNIFICANCE = whole(_OWNER, "LimitChangeSignificance", 1, (0, 100), unit="Percent")
NOTIFY_WITH_SCHEDULES = flag(_OWNER, "NotifyChargingLimitWithSchedules", default=False)
PROFILE_ENTRIES = varying(
    _OWNER,
    "Entries",
    DataType.INTEGER,
    "0",
    instance="ChargingProfiles",
    max_limit=MAX_PROFILES,
)


def rate_units(facts: Facts) -> tuple[RateUnit, ...]:
    """A DC station's current depends on the car's voltage: only power can be promised."""
    dc = facts.ctx.spec.evses[0].connectors[0].current_type is CurrentType.DC
    return (RateUnit.W,) if dc else (RateUnit.A, RateUnit.W)


def _rate_units(facts: Facts) -> str:
    return ",".join(rate_units(facts))


SMART_CHARGING = (
    fixed(_OWNER, "ACPhaseSwitchingSupported", DataType.BOOLEAN, "false"),
    fixed(_OWNER, "Available", DataType.BOOLEAN, "true"),
    SMART_CHARGING_ENABLED,
    PROFILE_ENTRIES,
    fixed(_OWNER, "ExternalControlSignalsEnabled", DataType.BOOLEAN, "true"),
    LIMIT_CHANGE_SIGNIFICANCE,
    NOTIFY_WITH_SCHEDULES,
    fixed(_OWNER, "PeriodsPerSchedule", DataType.INTEGER, str(MAX_PERIODS)),
    fixed(_OWNER, "ProfileStackLevel", DataType.INTEGER, str(MAX_STACK_LEVEL)),
    live(
        _OWNER,
        "RateUnit",
        VariableCharacteristics(DataType.MEMBER_LIST, supports_monitoring=False, values_list="A,W"),
        _rate_units,
    ),
)
