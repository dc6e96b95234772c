"""RPC errors: what a CALLERROR says (OCPP-J 1.6 §4.2.3; OCPP 2.0.1 Part 4 §4.3)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from voltfleet.domain.specs import OcppVersion


class RpcErrorCode(StrEnum):
    """Why a CALL could not be handled, spelled as OCPP 2.x spells it; `spelled` knows 1.6."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"

    def spelled(self, version: OcppVersion) -> str:
        """The code as a frame of that version writes it."""
        return _SPELLED_16.get(self, self.value) if version is OcppVersion.V16 else self.value


_SPELLED_16 = {
    RpcErrorCode.FORMAT_VIOLATION: "FormationViolation",
    RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
    # 1.6 has no words for these two; GenericError is its "any other error".
    RpcErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
    RpcErrorCode.RPC_FRAMEWORK_ERROR: "GenericError",
}


class RpcError(Exception):
    """A CALL that is to be answered with a CALLERROR: its code, a sentence, and details."""

    def __init__(
        self, code: RpcErrorCode, description: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        self.code = code
        self.description = description
        self.details = dict(details or {})
        super().__init__(f"{code}: {description}")
