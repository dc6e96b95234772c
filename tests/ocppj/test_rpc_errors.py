"""RPC error codes in the spelling of each version."""

import pytest

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj.errors import RpcError, RpcErrorCode

# OCPP-J 1.6 edition 2, table 7.
CODES_16 = {
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormationViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
}


def test_16_uses_only_its_own_words():
    assert {code.spelled(OcppVersion.V16) for code in RpcErrorCode} == CODES_16


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_2x_corrects_the_spelling_and_adds_two(version):
    spelled = {code.spelled(version) for code in RpcErrorCode}
    assert spelled - CODES_16 == {
        "FormatViolation",
        "OccurrenceConstraintViolation",
        "MessageTypeNotSupported",
        "RpcFrameworkError",
    }


def test_an_error_says_what_it_is():
    error = RpcError(RpcErrorCode.NOT_SUPPORTED, "no reservations here", {"field": "id"})
    assert str(error) == "NotSupported: no reservations here"
    assert error.details == {"field": "id"}
    assert RpcError(RpcErrorCode.GENERIC_ERROR).details == {}
