"""The data types that several functional blocks share (OCPP 2.0.1 Part 2 §2 and §3)."""

from enum import StrEnum

from msgspec import Struct


class Incoming(Struct, rename="camel", frozen=True, gc=False):
    """A request of the CSMS, or a part of one."""


class Outgoing(Struct, rename="camel", omit_defaults=True, frozen=True, gc=False):
    """A request or an answer of the Charging Station, or a part of one."""


class Answered(Struct, rename="camel", frozen=True, gc=False):
    """An answer of the CSMS, or a part of one."""


class Shared(Struct, rename="camel", omit_defaults=True, frozen=True, gc=False):
    """A part of messages of both directions."""


class Empty(Answered, frozen=True):
    """An answer that says nothing."""


class GenericStatus(StrEnum):
    """The many status types that know only these two."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class StatusInfo(Outgoing, frozen=True):
    """StatusInfoType: why, for people. ``reason_code`` is of Part 2 Appendix 5 where one fits."""

    reason_code: str
    additional_info: str | None = None


class EvseRef(Shared, frozen=True):
    """EVSEType"""

    id: int
    connector_id: int | None = None


class AdditionalInfo(Shared, frozen=True):
    """AdditionalInfoType"""

    additional_id_token: str
    type: str


class IdToken(Shared, frozen=True):
    """IdTokenType; ``type`` is a StrEnum of 2.0.1 that 2.1 opened to any text."""

    id_token: str
    type: str
    additional_info: tuple[AdditionalInfo, ...] | None = None


class AuthorizationStatus(StrEnum):
    """AuthorizationStatusEnumType"""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


class MessageContent(Shared, frozen=True):
    """MessageContentType"""

    format: str
    content: str
    language: str | None = None


class IdTokenInfo(Answered, frozen=True):
    """IdTokenInfoType, as far as the station minds it. ``evse_id``: where alone it is valid."""

    status: AuthorizationStatus
    cache_expiry_date_time: str | None = None
    group_id_token: IdToken | None = None
    evse_id: tuple[int, ...] | None = None
    personal_message: MessageContent | None = None

    def allows(self, evse_id: int | None) -> bool:
        """Whether it may charge at that EVSE, or (None) at all (C01.FR.22)."""
        elsewhere = None not in {self.evse_id, evse_id} and evse_id not in (self.evse_id or ())
        return self.status is AuthorizationStatus.ACCEPTED and not elsewhere


class Component(Shared, frozen=True):
    """ComponentType"""

    name: str
    instance: str | None = None
    evse: EvseRef | None = None


class Variable(Shared, frozen=True):
    """VariableType"""

    name: str
    instance: str | None = None


class AttributeType(StrEnum):
    """AttributeEnumType"""

    ACTUAL = "Actual"
    TARGET = "Target"
    MIN_SET = "MinSet"
    MAX_SET = "MaxSet"
