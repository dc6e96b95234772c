"""Functional block N: logs."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import Incoming, Outgoing, StatusInfo


class LogParameters(Incoming, frozen=True):
    """LogParametersType"""

    remote_location: str
    oldest_timestamp: str | None = None
    latest_timestamp: str | None = None


class LogType(StrEnum):
    """LogEnumType; the last one exists in OCPP 2.1 only."""

    DIAGNOSTICS_LOG = "DiagnosticsLog"
    SECURITY_LOG = "SecurityLog"
    DATA_COLLECTOR_LOG = "DataCollectorLog"


class GetLog(Incoming, frozen=True):
    """N01"""

    log: LogParameters
    log_type: LogType
    request_id: int
    retries: int | None = None
    retry_interval: int | None = None


class LogStatus(StrEnum):
    """LogStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"


class GetLogResponse(Outgoing, frozen=True):
    """N01"""

    status: LogStatus
    status_info: StatusInfo | None = None
    filename: str | None = None


class LogStatusNotification(Outgoing, frozen=True):
    """N01; ``status_info`` exists in OCPP 2.1 only."""

    status: str
    request_id: int | None = None
    status_info: StatusInfo | None = None
