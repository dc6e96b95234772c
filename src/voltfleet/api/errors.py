"""Errors into answers, in one place: ``{"detail": …, "code": …}``, and for 422 a list of fields."""

import math
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voltfleet.api.caller import REQUEST_ID, Caller
from voltfleet.domain.dial_security import SECRETS
from voltfleet.domain.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
    VoltfleetError,
)

MAX_ITEMS = 50
MAX_INPUT = 200
MAX_MESSAGE = 1000

_STATUS: Mapping[type[Exception], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    408: "body_timeout",
    413: "body_too_large",
    415: "body_compressed",
}

logger = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Makes the app answer every error in the API's own shape."""
    app.exception_handler(VoltfleetError)(translate)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(HTTPException)(_http)
    app.add_middleware(Crashes)


async def translate(request: Request, error: VoltfleetError) -> JSONResponse:
    """The answer that stands for it; raises it again if there is none."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
    if status is None:
        raise error
    if isinstance(error, InvalidInput):
        items = [_item(p.loc, p.message, p.code, p.given) for p in error.problems[:MAX_ITEMS]]
        return JSONResponse({"detail": items, "code": error.error_code}, status, _id(request))
    headers = _id(request)
    if isinstance(error, Unavailable):
        logger.warning("api.unavailable", path=request.url.path, code=error.error_code)
    if isinstance(error, Unavailable | TooMany):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(status, error.message, error.error_code, headers)


async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
    """Translates what pydantic found, without what cannot be written as JSON."""
    found = list(error.errors())[:MAX_ITEMS]
    items = [_item(e["loc"], e["msg"], e["type"], e.get("input")) for e in found]
    return _invalid(items, _id(request))


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    """Translates what the router and FastAPI themselves raise."""
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # FastAPI's word for a body that is no JSON in ways other than its syntax: not UTF-8,
        # nested too deep, a number too long. To a caller that is the same mistake.
        items = [_item(("body",), "The body is not valid JSON.", "json_invalid", None)]
        return _invalid(items, _id(request))
    code = _CODES.get(error.status_code, "http_error")
    headers = {**(error.headers or {}), **_id(request)}
    return _answer(error.status_code, str(error.detail), code, headers)


def _id(request: Request) -> dict[str, str]:
    """The header that names the request, if it got as far as having a name."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return {} if caller is None else {REQUEST_ID: caller.request_id}


def _answer(
    status: int, detail: str, code: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"detail": _text(detail, MAX_MESSAGE), "code": code}, status, headers)


def _invalid(items: list[dict[str, Any]], headers: Mapping[str, str]) -> JSONResponse:
    body = {"detail": items, "code": "invalid_input"}
    return JSONResponse(body, HTTPStatus.UNPROCESSABLE_ENTITY, headers)


def _item(loc: Sequence[str | int], message: str, code: str, given: object) -> dict[str, Any]:
    item: dict[str, Any] = {
        "loc": [part if isinstance(part, int) else _text(str(part), MAX_INPUT) for part in loc],
        "msg": _text(message, MAX_MESSAGE),
        "type": code,
    }
    if _is_short(given) and SECRETS.isdisjoint(loc):
        item["input"] = _text(given, MAX_INPUT) if isinstance(given, str) else given
    return item


def _is_short(given: object) -> bool:
    """Whether it is worth repeating to the caller, and can be."""
    if isinstance(given, str):
        return len(given) <= MAX_INPUT
    if isinstance(given, bool):
        return True
    if isinstance(given, int):
        return abs(given) < 1 << 63
    return isinstance(given, float) and math.isfinite(given)


def _text(text: str, limit: int) -> str:
    """The text, cut, and with lone surrogates (which no UTF-8 can carry) replaced."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


class Crashes:
    """The outermost middleware: an error that nobody expected is logged once and answered 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception:
            if started:
                raise  # the server must cut the half-sent answer off
            # As text, not as exc_info: a renderer that shows local variables would log the token.
            trace = traceback.format_exc()
            logger.error("api.crashed", method=scope["method"], path=scope["path"], exception=trace)  # noqa: TRY400
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            answer = _answer(status, "Internal server error", "internal_error")
            await answer(scope, receive, send)
