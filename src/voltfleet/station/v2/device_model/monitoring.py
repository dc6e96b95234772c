"""MonitoringCtrlr (Part 2 Appendix 3.1)."""

from voltfleet.station.v2.device_model.definition import (
    Definition,
    component,
    fixed,
    flag,
    varying,
    whole,
)
from voltfleet.station.v2.messages.monitoring import MonitoringBase
from voltfleet.station.v2.messages.provisioning import DataType, VariableCharacteristics
from voltfleet.station.v2.messages.types import Variable

_OWNER = "MonitoringCtrlr"
_SET, _CLEAR = "SetVariableMonitoring", "ClearVariableMonitoring"
ITEMS_PER_SET_MONITORING = 20
ITEMS_PER_CLEAR_MONITORING = 50
_BYTES_PER_MESSAGE = 65_536
MOST_SEVERE, LEAST_SEVERE = 0, 9
_DEFAULT_SEVERITY = 5
"""What the standard names as the default severity of any event ("Alert")."""

MONITORING_ENABLED = flag(_OWNER, "Enabled", default=True)
OFFLINE_QUEUING_SEVERITY = whole(
    _OWNER, "OfflineQueuingSeverity", _DEFAULT_SEVERITY, (MOST_SEVERE, LEAST_SEVERE)
)
ACTIVE_BASE = Definition(
    component(_OWNER),
    Variable("ActiveMonitoringBase"),
    VariableCharacteristics(
        DataType.OPTION_LIST, supports_monitoring=True, values_list=",".join(MonitoringBase)
    ),
    MonitoringBase.ALL,
    varies=True,
)
ACTIVE_LEVEL = varying(
    _OWNER, "ActiveMonitoringLevel", DataType.INTEGER, str(LEAST_SEVERE), max_limit=LEAST_SEVERE
)

MONITORING = (
    fixed(_OWNER, "Available", DataType.BOOLEAN, "true"),
    MONITORING_ENABLED,
    ACTIVE_BASE,
    ACTIVE_LEVEL,
    OFFLINE_QUEUING_SEVERITY,
    fixed(
        _OWNER, "ItemsPerMessage", DataType.INTEGER, str(ITEMS_PER_SET_MONITORING), instance=_SET
    ),
    fixed(
        _OWNER,
        "ItemsPerMessage",
        DataType.INTEGER,
        str(ITEMS_PER_CLEAR_MONITORING),
        instance=_CLEAR,
    ),
    fixed(_OWNER, "BytesPerMessage", DataType.INTEGER, str(_BYTES_PER_MESSAGE), instance=_SET),
    fixed(_OWNER, "BytesPerMessage", DataType.INTEGER, str(_BYTES_PER_MESSAGE), instance=_CLEAR),
)
