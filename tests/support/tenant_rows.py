"""The tenant matrix's rows: every operation of the API, what it is asked, what it answers.

A new operation needs a row here. Requests are templates: ``{location_id}`` and the like stand for
an organization's own things, in paths (which the OpenAPI document gives), queries and bodies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = Any

NOT_THINGS = {
    "evse_id": "a number at the charger",
    "connector_id": "a number at the charger",
    "transaction_id": "the charger's own word",
    "organization_id": "an organization is whatever a token says",
    "create_location_chargers body.charger_ids": "suffixes of identities to be made",
}
"""Names that look like ids of an organization's things, and are not."""


class Scope(StrEnum):
    """Who may use an operation."""

    OPEN = "open"
    """Anybody, without a token."""
    SHARED = "shared"
    """Users and admins; it is about nobody's things."""
    TENANT = "tenant"
    """Users within their organization, and admins who name one."""
    ADMIN = "admin"
    """Admins, whether they name an organization or not."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to ask. ``body`` and the values of ``query`` are templates."""

    body: Json = None
    query: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. ``success`` is what whoever may use it is answered; ``foreign`` what a caller
    is answered whose request names, at that place, a thing of another organization (or none at
    all): 404 where it does not say otherwise."""

    scope: Scope
    success: int = 200
    shapes: tuple[Shape, ...] = (Shape(),)
    foreign: Mapping[str, int] = field(default_factory=dict)


LOCATION = {
    "name": "Hub",
    "address": "2 Side Street",
    "city": "Utrecht",
    "country": "NL",
    "coordinates": {"latitude": 52.0, "longitude": 5.0},
}
TEMPLATE = {
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
    "ws_url": "ws://127.0.0.1:9/ocpp",
}
BATCH = [{"template": TEMPLATE | {"identity_prefix": "NEW-"}, "chargers_number": 2}]
CHANGES = [{"charger_id": "{charger_id}", "location_id": "{location_id}", "name": "n"}]
SILENT = 400
"""Commands that wait for the station's answer: no host runs it here, so they expire."""


def _one(event: Json, success: int = SILENT) -> Row:
    """A command for one charger."""
    body = {"target": {"charger_id": "{charger_id}"}, "event": event}
    return Row(Scope.TENANT, success, (Shape(body),))


def _fleet(event: Json) -> Row:
    """A command for one charger, some, or all of a location."""
    some = {"location_id": "{location_id}", "charger_ids": ["{charger_id}"]}
    return Row(
        Scope.TENANT,
        202,
        (
            Shape({"target": {"charger_id": "{charger_id}"}, "event": event}),
            Shape({"target": some, "event": event}),
        ),
        # Named beside the location: told as a failure of its own.
        {"body.target.charger_ids": 202},
    )


def _own(success: int = 200) -> Row:
    """One thing, named in the path."""
    return Row(Scope.TENANT, success)


_AT = {"evse_id": 1, "connector_id": 1}

ROWS: Mapping[str, Row] = {
    "landing_page": Row(Scope.OPEN),
    "health_check": Row(Scope.OPEN),
    "readiness_check": Row(Scope.OPEN),
    "list_brands": Row(Scope.SHARED),
    "list_models": Row(Scope.SHARED),
    "get_model": Row(Scope.SHARED),
    "list_location_templates": Row(Scope.SHARED),
    "list_fault_types": Row(Scope.SHARED),
    "list_locations": Row(Scope.TENANT),
    "create_location": Row(Scope.TENANT, 201, (Shape(LOCATION),)),
    "get_location": _own(),
    "update_location": Row(Scope.TENANT, 200, (Shape({"name": "Renamed"}),)),
    "delete_location": _own(204),
    "list_location_chargers": Row(
        Scope.TENANT,
        200,
        (Shape(), Shape(query={"charger_ids": ["{charger_id}"]})),
        {"query.charger_ids": 200},
    ),
    "create_location_chargers": Row(Scope.TENANT, 202, (Shape(BATCH),)),
    "update_location_chargers": Row(
        Scope.TENANT,
        200,
        (Shape({"chargers": CHANGES}),),
        {"body.chargers.charger_id": 200, "body.chargers.location_id": 200},
    ),
    "delete_location_chargers": Row(
        Scope.TENANT,
        200,
        (Shape(query={"charger_ids": ["{charger_id}"]}),),
        {"query.charger_ids": 200},
    ),
    "get_location_charger_job": _own(),
    "retry_location_charger_job": _own(202),
    "list_jobs": Row(
        Scope.TENANT,
        200,
        (Shape(), Shape(query={"location_id": "{location_id}"})),
        {"query.location_id": 200},
    ),
    "get_me": Row(Scope.SHARED),
    # Its things, and a stream that does not end: tests/api/test_tenant_streams.py.
    "watch_live": Row(Scope.TENANT, 200, (Shape(query={"once": True}),)),
    "list_chargers": Row(
        Scope.TENANT,
        200,
        (Shape(), Shape(query={"location_id": "{location_id}"})),
        {"query.location_id": 200},
    ),
    "create_charger": Row(
        Scope.TENANT,
        202,
        (Shape({**TEMPLATE, "identity": "NEW", "location_id": "{location_id}"}),),
        {"body.location_id": 422},
    ),
    "get_charger_status": _own(),
    "get_charger": _own(),
    "update_charger": Row(
        Scope.TENANT,
        200,
        (Shape({"name": "Renamed", "location_id": "{location_id}"}),),
        {"body.location_id": 422},
    ),
    "delete_charger": _own(204),
    "start_charger": _own(202),
    "stop_charger": _own(202),
    "reset_charger": _own(202),
    "get_charger_logs": _own(),
    "list_charger_frames": _own(),
    "list_charger_commands": _own(),
    "get_command": _own(),
    "proxy_message": _one(
        {"action": "heartbeat", "ocpp_version": "ocpp1.6", "payload": {}}, success=202
    ),
    "set_configuration": _one({"configuration": {"HeartbeatInterval": "30"}}),
    "reset_auth_cache": _one({}),
    "send_local_list": _one({"list_version": 1, "entries": [{"id_tag": "A"}]}),
    "clear_local_list": _one({}),
    "inject_fault": _one({"fault_type": "OverCurrentFailure", **_AT}),
    "clear_fault": _one(_AT),
    "plug_connector": _fleet(_AT),
    "unplug_connector": _fleet(_AT),
    "unlock_connector": _fleet(_AT),
    "start_transaction": _fleet({"id_tag": "A", **_AT}),
    "stop_transaction": _fleet({"transaction_id": "1"}),
    "start_session": _fleet({"id_tag": "A", "connector_id": 1}),
    "stop_session": _fleet({"connector_id": 1}),
    "authorize_id_tag": _fleet({"id_tag": "A"}),
    "ev_requests_energy": _fleet(_AT),
    "ev_stops_energy": _fleet(_AT),
    "power_update": _fleet({"power_w": 1000, **_AT}),
    "list_audit_log": Row(Scope.ADMIN),
    "list_organizations": Row(Scope.ADMIN),
    "list_hosts": Row(Scope.ADMIN),
    "get_quota": Row(Scope.ADMIN),
    "set_quota": Row(Scope.ADMIN, 200, (Shape({"max_chargers": 5}),)),
    "get_targets": Row(Scope.ADMIN),
    "set_targets": Row(Scope.ADMIN, 200, (Shape({"targets": ["127.0.0.1", "*.example.com"]}),)),
    "delete_targets": Row(Scope.ADMIN, 204),
}

KEYS = "/.well-known/jwks.json"
"""The public halves of the signing keys; for anybody."""
UI = {"/ui", "/ui/{path:path}", "/ui/schemas/{version}/{name}.json"}
"""The dashboard: files that are the same for everybody."""
PAGES = {KEYS, *UI, "/docs", "/docs/oauth2-redirect", "/openapi.json"}
"""Served to anybody, outside the OpenAPI document; what begins with `STATIC` too."""
STATIC = "/static-offline-docs"
HOST_LINKS = {"/host-link"}
"""WebSockets; only a host's token opens them (tests/api/test_tenant_streams.py)."""
STREAMS = {"watch_live"}
"""Operations that answer with an event stream. One that appears needs its columns in
tests/api/test_tenant_streams.py: what of whose is streamed, and that it ends with the token."""
