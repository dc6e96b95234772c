"""Who sends a request, as the audit log names them, and what the log says when it is refused."""

import re
import secrets
from dataclasses import dataclass, replace
from typing import Any, Self

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

from voltfleet.auth.principal import Principal
from voltfleet.domain.errors import Forbidden, InvalidInput, Unauthenticated, VoltfleetError
from voltfleet.fleet import audit

REQUEST_ID = "X-Request-Id"
ERRORS = (VoltfleetError, RequestValidationError, HTTPException)
"""What a request may be refused with; any other exception is a crash, and logged as such."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_FIELDS_NAMED = 5
_LONGEST_ID = 64


@dataclass(slots=True)
class Caller:
    """Who sends this request; filled in as it becomes known. ``changed`` says that the change is
    made, and its line written."""

    operation: str
    request_id: str
    remote: str | None
    at: float
    targets: dict[str, Any]
    principal: Principal | None = None
    organization_id: str | None = None
    changed: bool = False

    @classmethod
    def of(cls, request: HTTPConnection, operation: str, now: float) -> Self:
        """As far as it is known before the token has been looked at. A request id that the client
        gives is kept."""
        given = request.headers.get(REQUEST_ID, "")
        return cls(
            operation,
            given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8),
            None if request.client is None else request.client.host,
            now,
            {name: str(value)[:_LONGEST_ID] for name, value in request.path_params.items()},
        )

    def entry(self, outcome: str, **more: Any) -> audit.Entry:
        """A line of the audit log about this request."""
        who = self.principal
        line = audit.Entry(
            at=self.at,
            operation=self.operation,
            outcome=outcome,
            request_id=self.request_id,
            remote=self.remote,
            subject=None if who is None else who.subject,
            role=None if who is None else who.role.value,
            organization_id=self.organization_id,
            targets=self.targets,
        )
        return replace(line, **more)

    def refusal(self, error: Exception) -> audit.Entry:
        """The line of a request that ended in this error."""
        outcome, reason = _said(error)
        return self.entry(outcome, reason=reason)


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
