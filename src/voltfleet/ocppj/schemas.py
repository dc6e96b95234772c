"""Strict checks of payloads against the JSON schemas of the standard.

The schemas are the ones inside the PyPI ``ocpp`` wheel, read without importing it. Each is compiled
when first needed and shared by all stations of the process; a check costs well under 1 µs.

Two quirks of the 1.6 schemas are settled by the validator: ``multipleOf: 0.1`` is decided on
decimal values (16.1 passes, 16.15 does not, whatever binary floats say), and ``maxLength`` counts
characters, not bytes.
"""

from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
from jsonschema_rs import ValidationError, Validator

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj.errors import RpcError, RpcErrorCode


class Kind(StrEnum):
    """Which half of an exchange a payload is."""

    REQUEST = "Request"
    RESPONSE = "Response"


_FOLDERS = {OcppVersion.V16: "v16", OcppVersion.V201: "v201", OcppVersion.V21: "v21"}

_OCCURRENCE = RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
_CODES = {
    "required": _OCCURRENCE,
    "minItems": _OCCURRENCE,
    "maxItems": _OCCURRENCE,
    "type": RpcErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "format": RpcErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "additionalProperties": RpcErrorCode.FORMAT_VIOLATION,
}
"""Any other keyword (enum, lengths, ranges, multipleOf) restricts the values of a property."""

_MAX_SHOWN = 120


def actions(version: OcppVersion) -> frozenset[str]:
    """Every action that the version knows (in 1.6 with the security extension)."""
    return frozenset(_files(version))


def check(version: OcppVersion, kind: Kind, action: str, payload: bytes | msgspec.Raw) -> Any:
    """The payload as plain values, after the standard's schema has been held against it.

    Raises `RpcError`: NotImplemented for an action the version does not know, otherwise the code
    for the first violation, with the field named in its description and details.
    """
    validator = _validator(version, kind, action)
    try:
        value = msgspec.json.decode(payload)
        error = next(iter(validator.iter_errors(value)), None)
    except (msgspec.MsgspecError, RecursionError, ValueError) as failure:
        # Bad UTF-8, numbers no type can hold, or nesting beyond what a decoder follows.
        raise RpcError(
            RpcErrorCode.FORMAT_VIOLATION, f"the payload cannot be read: {failure}"
        ) from failure
    if error is not None:
        raise _violation(error)
    return value


def schema(version: OcppVersion, kind: Kind, action: str) -> dict[str, Any]:
    """The standard's JSON schema of that payload. Raises `KeyError` where there is none."""
    path = _files(version)[action][kind]
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])


@cache
def property_names(version: OcppVersion, kind: Kind, action: str) -> frozenset[str]:
    """Every property that a payload of the action can have, at any depth."""
    found: set[str] = set()
    waiting: list[Any] = [schema(version, kind, action)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                found.update(properties)
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return frozenset(found)


def _violation(error: ValidationError) -> RpcError:
    keyword = error.kind.name
    if keyword == "type" and not error.instance_path:
        return RpcError(RpcErrorCode.FORMAT_VIOLATION, "the payload is not a JSON object")
    field = _field(error)
    code = _CODES.get(keyword, RpcErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
    reason = error.message if len(error.message) <= _MAX_SHOWN else f"violates {keyword}"
    return RpcError(code, f"{field}: {reason}", {"field": field, "constraint": keyword})


def _field(error: ValidationError) -> str:
    """The offending field's path, as in ``setVariableData[0].component.name``."""
    parts: list[str | int] = list(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(name):
            parts.append(name)
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(names):
            parts.append(names[0])
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts)
    return path.removeprefix(".")


@cache
def _files(version: OcppVersion) -> dict[str, dict[Kind, Path]]:
    """The schema files of each action. 1.6 names a request's file by the bare action."""
    found: dict[str, dict[Kind, Path]] = {}
    for path in sorted(_folder(version).glob("*.json")):
        kind = Kind.RESPONSE if path.stem.endswith(Kind.RESPONSE) else Kind.REQUEST
        found.setdefault(path.stem.removesuffix(kind), {})[kind] = path
    return found


def _folder(version: OcppVersion) -> Path:
    spec = find_spec("ocpp")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the OCPP schemas are missing: install the 'ocpp' distribution")
    return Path(spec.submodule_search_locations[0], _FOLDERS[version], "schemas")


@cache
def _compiled(version: OcppVersion, kind: Kind, action: str) -> Validator:
    return jsonschema_rs.validator_for(schema(version, kind, action), offline=True)


def _validator(version: OcppVersion, kind: Kind, action: str) -> Validator:
    if kind not in _files(version).get(action, {}):
        raise RpcError(
            RpcErrorCode.NOT_IMPLEMENTED, f"{action[:_MAX_SHOWN]} is not an action of {version}"
        )
    return _compiled(version, kind, action)
