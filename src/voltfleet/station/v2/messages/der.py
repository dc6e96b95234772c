"""Functional block R of OCPP 2.1: control of distributed energy resources."""

from enum import StrEnum

import msgspec

from voltfleet.station.v2.messages.types import Answered, Incoming, Outgoing, StatusInfo


class CurvePoint(Answered, frozen=True):
    """DERCurvePointsType"""

    x: float
    y: float


class Setting(Answered, frozen=True):
    """What the station reads of DERCurveType, EnterServiceType, GradientType and
    LimitMaxDischargeType."""

    priority: int
    start_time: str | None = None
    duration: float | None = None
    curve_data: tuple[CurvePoint, ...] = ()
    y_unit: str | None = None


class DerStatus(StrEnum):
    """DERControlStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_SUPPORTED = "NotSupported"
    NOT_FOUND = "NotFound"


class SetDERControl(Incoming, frozen=True):
    """R04"""

    is_default: bool
    control_id: str
    control_type: str
    curve: msgspec.Raw = msgspec.Raw()
    enter_service: msgspec.Raw = msgspec.Raw()
    gradient: msgspec.Raw = msgspec.Raw()
    limit_max_discharge: msgspec.Raw = msgspec.Raw()


class SetDERControlResponse(Outgoing, frozen=True):
    """R04"""

    status: DerStatus
    status_info: StatusInfo | None = None
    superseded_ids: tuple[str, ...] | None = None


class GetDERControl(Incoming, frozen=True):
    """R04"""

    request_id: int
    is_default: bool | None = None
    control_type: str | None = None
    control_id: str | None = None


class GetDERControlResponse(Outgoing, frozen=True):
    """R04"""

    status: DerStatus
    status_info: StatusInfo | None = None


class ClearDERControl(Incoming, frozen=True):
    """R04"""

    is_default: bool
    control_type: str | None = None
    control_id: str | None = None


class ClearDERControlResponse(Outgoing, frozen=True):
    """R04"""

    status: DerStatus
    status_info: StatusInfo | None = None


# omit_defaults would leave out what the schemas require: these have no defaults there.


class CurveGet(Outgoing, frozen=True):
    """DERCurveGetType"""

    curve: msgspec.Raw
    id: str
    curve_type: str
    is_default: bool
    is_superseded: bool


class EnterServiceGet(Outgoing, frozen=True):
    """EnterServiceGetType"""

    enter_service: msgspec.Raw
    id: str


class GradientGet(Outgoing, frozen=True):
    """GradientGetType"""

    gradient: msgspec.Raw
    id: str


class LimitMaxDischargeGet(Outgoing, frozen=True):
    """LimitMaxDischargeGetType"""

    id: str
    is_default: bool
    is_superseded: bool
    limit_max_discharge: msgspec.Raw


class ReportDERControl(Outgoing, frozen=True):
    """R04"""

    request_id: int
    curve: tuple[CurveGet, ...] | None = None
    enter_service: tuple[EnterServiceGet, ...] | None = None
    gradient: tuple[GradientGet, ...] | None = None
    limit_max_discharge: tuple[LimitMaxDischargeGet, ...] | None = None
    tbc: bool = False


class NotifyDERStartStop(Outgoing, frozen=True):
    """R04"""

    control_id: str
    started: bool
    timestamp: str
    superseded_ids: tuple[str, ...] | None = None
