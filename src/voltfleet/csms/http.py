"""The HTTP side: what is connected, how it goes, and doors to drive chargers by hand."""

import email.utils
import http
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from websockets.datastructures import Headers
from websockets.http11 import Response

from voltfleet.csms.calls import Outcome
from voltfleet.csms.charging import ID_TOKEN
from voltfleet.csms.controls import Controls
from voltfleet.csms.errors import (
    BadAnswer,
    CallFailed,
    CallRefused,
    NoAnswer,
    NotAllowed,
    NotConnected,
)
from voltfleet.csms.options import BootStatus
from voltfleet.csms.page import PAGE_CHARGERS, render
from voltfleet.csms.views import Overview
from voltfleet.ocppj.rpc import CALL_TIMEOUT_SECONDS

LIMIT_DEFAULT = 100
LIMIT_MAX = 1000
SECONDS_MAX = 7 * 24 * 3600.0

Respond = Callable[[Response], None]
Number = TypeVar("Number", int, float)

_STATUSES: dict[type[CallFailed], int] = {
    NotConnected: 404,
    NotAllowed: 409,
    NoAnswer: 504,
    BadAnswer: 502,
    CallRefused: 502,
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request; of a query parameter that is given twice the last counts."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, body: bytes = b"") -> "HttpRequest":
        """The request with its target taken apart."""
        path, _, query = target.partition("?")
        return cls(method, path, dict(parse_qsl(query, keep_blank_values=True)), body)


class BadQuery(Exception):
    """A parameter is missing or cannot be."""


class Routes:
    """Who answers which path. Whatever changes something is a POST: a GET must be safe to repeat,
    and a link or an image on some web page must not start a charging session."""

    def __init__(self, overview: Overview, controls: Controls) -> None:
        self._overview = overview
        self._controls = controls
        self._gets: dict[str, Callable[[HttpRequest], Response]] = {
            "/": self._page,
            "/health": self._health,
            "/api/stats": self._stats,
            "/api/chargers": self._chargers,
            "/api/problems": self._problems,
        }
        self._posts: dict[str, Callable[[HttpRequest, Respond], None]] = {
            "/api/charge": self._charge,
            "/api/stop": self._stop,
            "/api/call": self._call,
            "/api/boot-status": self._boot_status,
        }

    def knows(self, path: str) -> bool:
        """Whether the path is ours; all others may belong to chargers."""
        return path in self._gets or path in self._posts or path.startswith("/api/")

    def handle(self, request: HttpRequest, respond: Respond) -> None:
        """Answer a request, now or when a charger has answered."""
        get, post = self._gets.get(request.path), self._posts.get(request.path)
        try:
            if get is not None and request.method == "GET":
                respond(get(request))
            elif post is not None and request.method == "POST":
                post(request, respond)
            elif get is None and post is None:
                respond(error_response(404, "not_found", "there is nothing at this path"))
            else:
                respond(_wrong_method("POST" if get is None else "GET"))
        except BadQuery as error:
            respond(error_response(422, "invalid_input", str(error)))

    # --- looking ---------------------------------------------------------------------------------

    def _page(self, _request: HttpRequest) -> Response:
        html = render(self._overview.stats(), self._overview.chargers(0, PAGE_CHARGERS))
        return _response(200, html.encode(), "text/html; charset=utf-8")

    def _health(self, _request: HttpRequest) -> Response:
        return json_response({"status": "ok"})

    def _stats(self, _request: HttpRequest) -> Response:
        return json_response(self._overview.stats())

    def _problems(self, _request: HttpRequest) -> Response:
        return json_response({"problems": self._overview.problems()})

    def _chargers(self, request: HttpRequest) -> Response:
        identity = request.query.get("identity")
        if identity is not None:
            charger = self._overview.charger(identity)
            if charger is None:
                return error_response(404, "not_found", "no charger of that identity was here")
            return json_response(charger)
        offset = _number(request, "offset", int, 0, 0, 10**9)
        limit = _number(request, "limit", int, LIMIT_DEFAULT, 1, LIMIT_MAX)
        stats = self._overview.stats()
        return json_response(
            {
                "total": stats.known,
                "connected": stats.connected,
                "booted": stats.booted,
                "offset": offset,
                "limit": limit,
                "chargers": self._overview.chargers(offset, limit),
            }
        )

    # --- driving ---------------------------------------------------------------------------------

    def _charge(self, request: HttpRequest, respond: Respond) -> None:
        evse_id = _number(request, "evse_id", int, 0, 0, 10**6)
        self._controls.start(
            _text(request, "identity"),
            _outcome_to(respond),
            evse_id or None,
            request.query.get("id_token") or ID_TOKEN,
            _number(request, "seconds", float, 0.0, 0.0, SECONDS_MAX),
        )

    def _stop(self, request: HttpRequest, respond: Respond) -> None:
        self._controls.stop(
            _text(request, "identity"),
            _outcome_to(respond),
            request.query.get("transaction_id") or None,
        )

    def _call(self, request: HttpRequest, respond: Respond) -> None:
        self._controls.call(
            _text(request, "identity"),
            _text(request, "action"),
            _json_object(request.body),
            _outcome_to(respond),
            _number(request, "timeout_seconds", float, CALL_TIMEOUT_SECONDS, 0.1, 600.0),
        )

    def _boot_status(self, request: HttpRequest, respond: Respond) -> None:
        try:
            status = BootStatus(_text(request, "status"))
        except ValueError:
            raise BadQuery(f"status must be one of {', '.join(BootStatus)}") from None
        self._controls.answer_boots_with(status)
        respond(json_response({"boot_status": status}))


def json_response(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    return _response(status, msgspec.json.encode(value), "application/json")


def error_response(status: int, code: str, detail: str) -> Response:
    """What went wrong, for people and for programs."""
    return json_response({"detail": detail, "code": code}, status)


def _outcome_to(respond: Respond) -> Callable[[Outcome], None]:
    def done(outcome: Outcome) -> None:
        if not isinstance(outcome, CallFailed):
            respond(json_response({"result": outcome}))
            return
        body: dict[str, Any] = {"detail": outcome.message, "code": outcome.error_code}
        if isinstance(outcome, CallRefused):
            body["rpc_error"] = {
                "code": outcome.rpc_code,
                "description": outcome.description,
                "details": outcome.details,
            }
        respond(json_response(body, _STATUSES[type(outcome)]))

    return done


def _wrong_method(right: str) -> Response:
    response = error_response(405, "method_not_allowed", f"use {right} here")
    response.headers["Allow"] = right
    return response


def _response(status: int, body: bytes, content_type: str) -> Response:
    headers = Headers(
        [
            ("Date", email.utils.formatdate(usegmt=True)),
            ("Connection", "close"),
            ("Content-Length", str(len(body))),
            ("Content-Type", content_type),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
    )
    return Response(status, http.HTTPStatus(status).phrase, headers, body)


def _text(request: HttpRequest, name: str) -> str:
    value = request.query.get(name)
    if not value:
        raise BadQuery(f"{name} is missing")
    return value


def _number(
    request: HttpRequest,
    name: str,
    kind: type[Number],
    default: Number,
    least: Number,
    most: Number,
) -> Number:
    try:
        value = kind(request.query.get(name) or default)
    except ValueError:
        raise BadQuery(f"{name} must be a number") from None
    if not least <= value <= most:
        raise BadQuery(f"{name} must be between {least} and {most}")
    return value


def _json_object(body: bytes) -> dict[str, Any]:
    """The body as the payload of a CALL; an empty one is an empty payload."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise BadQuery(f"the body must be a JSON object: {error}") from error
