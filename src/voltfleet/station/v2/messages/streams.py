"""Functional block N of OCPP 2.1: periodic event streams (N11 to N15)."""

from msgspec import field

from voltfleet.station.v2.messages.types import (
    Answered,
    GenericStatus,
    Incoming,
    Outgoing,
    Shared,
)


class StreamParams(Shared, frozen=True):
    """PeriodicEventStreamParamsType"""

    interval: int | None = None
    values: int | None = None


class ConstantStreamData(Outgoing, frozen=True):
    """ConstantStreamDataType"""

    id: int
    params: StreamParams
    variable_monitoring_id: int


class OpenPeriodicEventStream(Outgoing, frozen=True):
    """N11"""

    constant_stream_data: ConstantStreamData


class OpenPeriodicEventStreamResponse(Answered, frozen=True):
    """N11"""

    status: GenericStatus


class ClosePeriodicEventStream(Outgoing, frozen=True):
    """N13"""

    id: int


class GetPeriodicEventStream(Incoming, frozen=True):
    """N12"""


class GetPeriodicEventStreamResponse(Outgoing, frozen=True):
    """N12"""

    constant_stream_data: tuple[ConstantStreamData, ...] | None = None


class AdjustPeriodicEventStream(Incoming, frozen=True):
    """N14"""

    id: int
    params: StreamParams


class AdjustPeriodicEventStreamResponse(Outgoing, frozen=True):
    """N14"""

    status: GenericStatus


class StreamElement(Outgoing, frozen=True):
    """StreamDataElementType: seconds after the basetime, and the value."""

    t: float
    v: str


class NotifyPeriodicEventStream(Outgoing, frozen=True):
    """N15"""

    id: int
    pending: int
    base_time: str = field(name="basetime")
    data: tuple[StreamElement, ...]
