"""Every error a caller can meet, as one tree.

    VoltfleetError
    ├── InvalidInput      422  the request says something that cannot be; names each such field
    ├── BadRequest        400  well-formed, but it contradicts itself or the state of things
    ├── Unauthenticated   401  no bearer token, or not one of ours
    ├── Forbidden         403  the token is good and does not allow this
    ├── Conflict          409  well-formed, and not while things are as they are
    ├── NotFound          404  not there, or not yours (the two are told apart nowhere)
    ├── TooMany           429  the organization has, or asks for, more than its quota
    └── Unavailable       503  the database or the queue cannot take it now; nothing was written

``code`` is stable and safe to branch on; the message is for people. Each edge (HTTP, exit code,
retry-or-fail) translates these once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class VoltfleetError(Exception):
    """Something went wrong inside Voltfleet."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.error_code = code or self.code
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Problem:
    """One offending field: ``loc`` is its path in the request, as FastAPI writes it.

    >>> Problem(("body", 0, "template", "ws_url"), "must start with ws://", "invalid_ws_url")
    """

    loc: tuple[str | int, ...]
    message: str
    code: str
    given: Any = None


class InvalidInput(VoltfleetError):
    """The request has fields that cannot be accepted."""

    code = "invalid_input"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(p.message for p in self.problems), code=self.problems[0].code)


class BadRequest(VoltfleetError):
    """The request contradicts itself."""

    code = "bad_request"


class Unauthenticated(VoltfleetError):
    """Missing or invalid bearer token."""

    code = "unauthenticated"


class Forbidden(VoltfleetError):
    """Insufficient permissions or missing required claims."""

    code = "forbidden"


class Conflict(VoltfleetError):
    """Not while things are as they are."""

    code = "conflict"


class NotFound(VoltfleetError):
    """Not found."""

    code = "not_found"


class TooMany(VoltfleetError):
    """The organization's quota does not allow this now; nothing was written."""

    code = "quota_exceeded"

    def __init__(
        self, message: str | None = None, *, code: str | None = None, retry_after_seconds: int = 2
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, code=code)


class Unavailable(VoltfleetError):
    """The service cannot take this now; nothing was written, so it is safe to try again."""

    code = "unavailable"

    def __init__(
        self, message: str | None = None, *, code: str | None = None, retry_after_seconds: int = 2
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, code=code)
