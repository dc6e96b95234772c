"""The types of OCPP 1.6 §7 that its messages are made of, spelled as the standard spells them.

What comes in as a request is read as strictly as the standard's schema; what comes in as an answer
may carry more than the standard knows.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

CiString20 = Annotated[str, Meta(max_length=20)]
CiString50 = Annotated[str, Meta(max_length=50)]
CiString255 = Annotated[str, Meta(max_length=255)]
CiString500 = Annotated[str, Meta(max_length=500)]


class Incoming(Struct, rename="camel", forbid_unknown_fields=True, frozen=True, gc=False):
    """A request of the Central System."""


class Outgoing(Struct, rename="camel", omit_defaults=True, frozen=True, gc=False):
    """A request or an answer of the Charge Point."""


class Answered(Struct, rename="camel", frozen=True, gc=False):
    """An answer of the Central System."""


class AuthorizationStatus(StrEnum):
    """§7.2"""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


class AvailabilityStatus(StrEnum):
    """§7.3"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class AvailabilityType(StrEnum):
    """§7.4"""

    INOPERATIVE = "Inoperative"
    OPERATIVE = "Operative"


class ErrorCode(StrEnum):
    """§7.6 ChargePointErrorCode; the others are in `connector.Fault`."""

    NO_ERROR = "NoError"


class Status(StrEnum):
    """§7.7 ChargePointStatus"""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class Reason(StrEnum):
    """§7.36: why a transaction was stopped."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    EV_DISCONNECTED = "EVDisconnected"
    HARD_RESET = "HardReset"
    LOCAL = "Local"
    OTHER = "Other"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOFT_RESET = "SoftReset"
    UNLOCK_COMMAND = "UnlockCommand"


class RegistrationStatus(StrEnum):
    """§7.38"""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class ConfigurationStatus(StrEnum):
    """§7.22"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SUPPORTED = "NotSupported"


class Simple(StrEnum):
    """The many status types of §7 that know only these two."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class ResetType(StrEnum):
    """§7.40"""

    HARD = "Hard"
    SOFT = "Soft"


class UnlockStatus(StrEnum):
    """§7.46"""

    UNLOCKED = "Unlocked"
    UNLOCK_FAILED = "UnlockFailed"
    NOT_SUPPORTED = "NotSupported"


class DataTransferStatus(StrEnum):
    """§7.24"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


class MessageTrigger(StrEnum):
    """§7.32"""

    BOOT_NOTIFICATION = "BootNotification"
    DIAGNOSTICS_STATUS_NOTIFICATION = "DiagnosticsStatusNotification"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"
    HEARTBEAT = "Heartbeat"
    METER_VALUES = "MeterValues"
    STATUS_NOTIFICATION = "StatusNotification"


class TriggerStatus(StrEnum):
    """§7.45"""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    NOT_IMPLEMENTED = "NotImplemented"


class ReadingContext(StrEnum):
    """§7.37"""

    SAMPLE_CLOCK = "Sample.Clock"
    SAMPLE_PERIODIC = "Sample.Periodic"
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    TRIGGER = "Trigger"
