"""Functional block F: remote control."""

from enum import StrEnum

from voltfleet.station.v2.messages.smart_charging import ChargingProfile
from voltfleet.station.v2.messages.types import (
    EvseRef,
    GenericStatus,
    IdToken,
    Incoming,
    Outgoing,
    StatusInfo,
)


class RequestStartTransaction(Incoming, frozen=True):
    """F01 and F02, as far as the station minds it."""

    id_token: IdToken
    remote_start_id: int
    evse_id: int | None = None
    group_id_token: IdToken | None = None
    charging_profile: ChargingProfile | None = None


class RequestStartTransactionResponse(Outgoing, frozen=True):
    """F01 and F02"""

    status: GenericStatus
    status_info: StatusInfo | None = None
    transaction_id: str | None = None


class RequestStopTransaction(Incoming, frozen=True):
    """F03"""

    transaction_id: str


class RequestStopTransactionResponse(Outgoing, frozen=True):
    """F03"""

    status: GenericStatus
    status_info: StatusInfo | None = None


class UnlockConnector(Incoming, frozen=True):
    """F05"""

    evse_id: int
    connector_id: int


class UnlockStatus(StrEnum):
    """UnlockStatusEnumType"""

    UNLOCKED = "Unlocked"
    UNLOCK_FAILED = "UnlockFailed"
    ONGOING_AUTHORIZED_TRANSACTION = "OngoingAuthorizedTransaction"
    UNKNOWN_CONNECTOR = "UnknownConnector"


class UnlockConnectorResponse(Outgoing, frozen=True):
    """F05"""

    status: UnlockStatus
    status_info: StatusInfo | None = None


class MessageTrigger(StrEnum):
    """MessageTriggerEnumType; the last two exist in OCPP 2.1 only."""

    BOOT_NOTIFICATION = "BootNotification"
    LOG_STATUS_NOTIFICATION = "LogStatusNotification"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"
    HEARTBEAT = "Heartbeat"
    METER_VALUES = "MeterValues"
    SIGN_CHARGING_STATION_CERTIFICATE = "SignChargingStationCertificate"
    SIGN_V2G_CERTIFICATE = "SignV2GCertificate"
    STATUS_NOTIFICATION = "StatusNotification"
    TRANSACTION_EVENT = "TransactionEvent"
    SIGN_COMBINED_CERTIFICATE = "SignCombinedCertificate"
    PUBLISH_FIRMWARE_STATUS_NOTIFICATION = "PublishFirmwareStatusNotification"
    SIGN_V2G20_CERTIFICATE = "SignV2G20Certificate"
    CUSTOM_TRIGGER = "CustomTrigger"


class TriggerMessage(Incoming, frozen=True):
    """F06"""

    requested_message: MessageTrigger
    evse: EvseRef | None = None


class TriggerMessageStatus(StrEnum):
    """TriggerMessageStatusEnumType"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_IMPLEMENTED = "NotImplemented"


class TriggerMessageResponse(Outgoing, frozen=True):
    """F06"""

    status: TriggerMessageStatus
    status_info: StatusInfo | None = None
