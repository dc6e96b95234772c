"""What several nouns of the API share: field types, pages, error bodies and their documentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import models_json_schema

VISIBLE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
"""No control characters (Postgres cannot keep a NUL), and not only spaces."""

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE)]
"""One line of text for people."""


def _not_a_number(text: object) -> object:
    """Refuses what pydantic would take for seconds since 1970, and nobody means as a date."""
    if isinstance(text, str) and text.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("must be a date and time, such as 2026-11-22T18:00:00Z")
    return text


Moment = Annotated[datetime, BeforeValidator(_not_a_number)]
"""A date and time in a query; one without an offset is UTC: see `epoch`."""


def epoch(moment: datetime | None) -> float | None:
    """The same in epoch seconds."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class RequestModel(BaseModel):
    """A body that a caller sends. JSON types are taken as they are: ``"1"`` is not a number."""

    model_config = ConfigDict(strict=True)


class HttpErrorResponse(BaseModel):
    """Standard HTTP error payload returned by the API."""

    detail: str = Field(description="Human-readable error message returned by the API.")
    code: str = Field(description="Stable, safe to branch on.", examples=["location_not_found"])


class ValidationErrorItem(BaseModel):
    """One offending field."""

    loc: list[str | int] = Field(
        description="The field's path in the request.",
        examples=[["body", 0, "template", "ws_url"]],
    )
    msg: str = Field(description="What is wrong with it, as a sentence.")
    type: str = Field(description="Stable, safe to branch on.", examples=["unknown_brand"])
    input: Any = Field(default=None, description="What was sent there, if it is short.")


class HTTPValidationError(BaseModel):
    """The request says something that cannot be; every offending field is named (at most 50)."""

    detail: list[ValidationErrorItem]
    code: str = Field(description="The first field's `type`, or `invalid_input`.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """How many come before it."""
        return (self.page - 1) * self.limit


_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {"type": "integer"},
    }
}
_ERRORS: Mapping[int, dict[str, Any]] = {
    400: {"description": "The request contradicts itself or the state of things"},
    401: {
        "description": "Missing or invalid bearer token",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
    },
    403: {"description": "Insufficient permissions or missing required claims"},
    404: {"description": "Not there, or another organization's"},
    408: {"description": "The request body did not arrive in time"},
    409: {"description": "Not while things are as they are; `code` says what is"},
    413: {"description": "The request body is too large"},
    415: {"description": "The request body is compressed"},
    422: {"description": "The request fails validation"},
    429: {
        "description": "The organization's quota: more chargers or jobs than it may have, or more "
        "requests than it may send; nothing was written",
        "headers": _RETRY_AFTER,
    },
    500: {"description": "Internal server error"},
    503: {
        "description": "The database, the workflow queue or the token issuer cannot take it now; "
        "nothing was written, so it is safe to try again",
        "headers": _RETRY_AFTER,
    },
}
_SCHEMAS = "#/components/schemas/{model}"
_ALWAYS = (401, 403, 422, 429, 500, 503)
_WITH_BODY = (408, 413, 415)


def errors(*statuses: int, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The ``responses=`` of a route that needs a token: what every such route can answer, the
    statuses given, and, for one that takes a body, what can be wrong with how it arrives."""
    return only_errors(*_ALWAYS, *statuses, *(_WITH_BODY if body else ()))


def only_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses=`` of a route that can answer just these.

    Their bodies as JSON Schema: given models, FastAPI would build validators for each status of
    each route, which nothing uses, and which take a tenth of the gateway's time to start.
    """
    return {status: _ERRORS[status] | _content(status) for status in sorted(set(statuses))}


def _content(status: int) -> dict[str, Any]:
    model = HTTPValidationError if status == HTTPStatus.UNPROCESSABLE_ENTITY else HttpErrorResponse
    schema = {"$ref": _SCHEMAS.format(model=model.__name__)}
    return {"content": {"application/json": {"schema": schema}}}


def error_schemas() -> dict[str, Any]:
    """The components of the OpenAPI document that `only_errors` refers to."""
    _, document = models_json_schema(
        [(HttpErrorResponse, "serialization"), (HTTPValidationError, "serialization")],
        ref_template=_SCHEMAS,
    )
    return dict(document["$defs"])
