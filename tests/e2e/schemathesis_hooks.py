"""Loaded by schemathesis in ``test_schemathesis.py``.

Keeps URLs below 64 KiB: the HTTP server refuses longer ones itself, before the API sees them. And,
where it is told of things that exist (``REAL_IDS``), gives good requests a chance. No random string
is ever a brand, and most numbers are larger than any batch. In what schemathesis is about to send,
such words become some that exist, and such numbers small; whatever it has made of another type, and
what it leaves out, stays.
"""

import hashlib
import json
import os
from typing import Any
from urllib.parse import urlencode

import schemathesis

WORDS = {
    "brand_slug": "abb",
    "model_slug": "terra-184",
    "connector_type": "CCS2",
    "ocpp_version": "OCPP2.0.1",
    "ws_url": "ws://127.0.0.1:9/ocpp",
}
MANY = 100
NAMES = {"identity", "identity_prefix", "charger_ids"}
SECURITY = {
    "security_profile",
    "authorization_key",
    "ca_certificate",
    "client_certificate",
    "client_key",
}
"""Fields that have to fit each other, as random ones never do: left out."""

LONGEST_QUERY = 60_000
REAL_IDS: dict[str, str] = json.loads(os.environ.get("REAL_IDS", "{}"))


@schemathesis.hook
def filter_query(context: Any, query: dict[str, Any] | None) -> bool:
    """Whether a query fits into a URL."""
    return len(urlencode(query or {}, doseq=True, errors="replace")) <= LONGEST_QUERY


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Changes the request in place; schemathesis then looks anew whether it is a valid one."""
    if case.path == "/live" and case.query is not None:
        case.query["once"] = "true"  # a stream without an end has no answer to look at
        frames = case.query.get("frames")
        if isinstance(frames, bool | int | float):
            case.query["frames"] = [str(frames).lower()]  # which is what it is in a URL
    if not REAL_IDS:
        return
    for name in [name for name in case.headers if name.lower() == "x-organization-id"]:
        del case.headers[name]  # a user's token that sends one is refused, whatever else it says
    if case.method == "POST" and case.path.endswith("/chargers"):
        case.body = orderable(case.body, WORDS)
    elif case.path.startswith("/ocpp/commands/"):
        case.body = orderable(case.body, REAL_IDS)


def orderable(value: Any, words: dict[str, str], key: str = "") -> Any:
    """``value`` with ``words`` where it has strings for them, and with good identities."""
    if isinstance(value, dict):
        return {
            name: orderable(item, words, name)
            for name, item in value.items()
            if name not in SECURITY
        }
    if isinstance(value, list):
        return [orderable(item, words, key) for item in value]
    if isinstance(value, str) and key in NAMES:
        return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:8]
    if key == "chargers_number" and isinstance(value, int) and value > MANY:
        return value % MANY
    return words.get(key, value) if isinstance(value, str) else value
