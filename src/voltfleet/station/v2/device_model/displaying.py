"""DisplayMessageCtrlr and TariffCostCtrlr (Part 2 Appendix 3.1)."""

from voltfleet.station.v2.device_model.definition import fixed, varying
from voltfleet.station.v2.messages.provisioning import DataType

_OWNER = "DisplayMessageCtrlr"
MAX_MESSAGES = 20
FORMATS = ("ASCII", "URI", "UTF8")
_PRIORITIES = "AlwaysFront,InFront,NormalCycle"

DISPLAY_MESSAGES = varying(_OWNER, "DisplayMessages", DataType.INTEGER, "0", max_limit=MAX_MESSAGES)

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
)
