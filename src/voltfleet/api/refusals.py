"""What the audit log says of a request that was refused."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from voltfleet.api.caller import Caller
from voltfleet.domain.errors import Forbidden, InvalidInput, Unauthenticated, VoltfleetError
from voltfleet.fleet import audit

ERRORS = (VoltfleetError, RequestValidationError, HTTPException)
"""What a request may be refused with; any other exception is a crash, and logged as such."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_FIELDS_NAMED = 5


def refusal(caller: Caller, error: Exception) -> audit.Entry:
    """The line of a request that ended in this error."""
    outcome, reason = _said(error)
    return caller.entry(outcome, reason=reason)


def is_worth_noting(request: Request, caller: Caller, error: Exception) -> bool:
    """Whether the audit log should have it: a token that was refused, or a change that was."""
    if isinstance(error, Unauthenticated | Forbidden):
        return True
    return request.method not in _SAFE_METHODS and not caller.changed


def _said(error: Exception) -> tuple[str, str | None]:
    """Outcome and reason. Of malformed input only the places are told: values may be secrets."""
    if isinstance(error, InvalidInput):
        return error.error_code, _places([(p.loc, p.code) for p in error.problems])
    if isinstance(error, RequestValidationError):
        return "invalid_input", _places([(e["loc"], e["type"]) for e in error.errors()])
    if isinstance(error, HTTPException):
        return f"http_{error.status_code}", str(error.detail)
    assert isinstance(error, VoltfleetError)  # noqa: S101 - for the type checker: see ERRORS
    return error.error_code, error.message


def _places(found: list[tuple[tuple[int | str, ...], str]]) -> str:
    named = [f"{'.'.join(map(str, loc))}: {code}" for loc, code in found[:_FIELDS_NAMED]]
    return "; ".join(named)
