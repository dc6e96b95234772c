"""Frames that a bad, broken or hostile CSMS might send: seeded, so that every run can be repeated.

Payloads are grown from the standard's own schemas, so that many get past validation and deep into
the station; then some are damaged.
"""

import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas

LIKELY: dict[str, list[Any]] = {
    "connectorId": [0, 1, 1, 2, 7],
    "evseId": [0, 1, 1, 2, 7],
    "id": [0, 1, 1, 2],
    "idTag": ["TAG", "tag", "OTHER"],
    "idToken": ["TAG", "tag", "OTHER"],
    "transactionId": [1, 2, 3],
    "chargingProfileId": [1, 2, 3],
    "listVersion": [1, 2, 3],
    "reservationId": [1, 2],
    "requestId": [1, 2],
    "duration": [0, 60, 3600],
    "interval": [0, 1, 60],
    "stackLevel": [0, 1, 2],
    "startPeriod": [0, 0, 60, 600],
    "location": ["http://files.example/1", "ftp://files.example/2", "nonsense"],
    "remoteLocation": ["http://files.example/1", "sftp://files.example/2"],
    "key": ["HeartbeatInterval", "MeterValueSampleInterval", "LocalPreAuthorize", "Nothing"],
    "value": ["1", "0", "true", "Voltage", ""],
    "attributeValue": ["1", "0", "true", "Voltage", "EVConnected", ""],
    "name": ["TxCtrlr", "OCPPCommCtrlr", "SampledDataCtrlr", "Interval", "TxStartPoint", "EVSE"],
}
"""By the name of the property: what gets further than noise would."""
EDGES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    -(2**70),
    1e308,
    0.1,
    "",
    "\u0000",
    "\ud83d\ude00" * 40,
    "x" * 3_000,
    [],
    {},
    [[[[[]]]]],
    {"customData": {"vendorId": "x"}},
]
TIMES = ["2030-03-17T17:46:40Z", "2030-03-17T18:46:40.5+01:00", "1970-01-01T00:00:00Z", "never"]
NOISE = ["", "[", "[]", "null", "[2]", '"x"', "[2,", "\u0000", "[2,1,2,3]", "{}", "[9,9,9,9]"]
VERSIONS = {
    OcppVersion.V16: [OcppVersion.V16, OcppVersion.V16, OcppVersion.V201],
    OcppVersion.V201: [OcppVersion.V201, OcppVersion.V201, OcppVersion.V16, OcppVersion.V21],
    OcppVersion.V21: [OcppVersion.V21, OcppVersion.V21, OcppVersion.V201],
}
"""Whose actions a station of a version hears of."""


class Fuzzer:
    """Makes texts. ``pending`` are the station's own CALLs that wait for an answer, as
    (message id, action); who answers one takes it out."""

    def __init__(self, version: OcppVersion, seed: int) -> None:
        self.version = version
        self.random = random.Random(seed)  # noqa: S311 - it has to be repeatable
        self.pending: list[tuple[str, str]] = []
        self._count = 0

    def text(self) -> str:
        """The next one."""
        kinds: list[Callable[[], str]] = [self.call, self.damaged_call, self.answer, self.noise]
        return self.random.choices(kinds, [9, 5, 3, 3])[0]()

    def call(self) -> str:
        """A CALL, as its schema wants it."""
        version = self.random.choice(VERSIONS[self.version])
        action = self.random.choice(_requests(version))
        payload = self.grow(version, schemas.Kind.REQUEST, action)
        return json.dumps([2, self._id(), action, payload])

    def damaged_call(self) -> str:
        """A CALL of which one thing is wrong."""
        frame: list[Any] = json.loads(self.call())
        self._damage(frame[3] if self.random.random() < 0.85 else frame)
        return json.dumps(frame)

    def answer(self) -> str:
        """A CALLRESULT or CALLERROR: to what was asked, or to nothing."""
        if not self.pending:
            return json.dumps([3, "nobody-asked", {}])
        unique_id, action = self.pending.pop(0)
        if self.random.random() < 0.1:
            return json.dumps([4, unique_id, "InternalError", "not today", {}])
        payload = self.grow(self.version, schemas.Kind.RESPONSE, action)
        frame = [3, unique_id, payload]
        if self.random.random() < 0.3:
            self._damage(frame[2])
        return json.dumps(frame)

    def noise(self) -> str:
        """What is hardly a frame."""
        text = self.random.choice([*NOISE, self.call(), self.call()])
        at = self.random.randrange(len(text) + 1)
        match self.random.randrange(5):
            case 0:
                return text[:at]
            case 1:
                return text[:at] + self.random.choice(['"', "]", "}", "\\", "\ufffd"]) + text[at:]
            case 2:
                return "[" * self.random.choice([50, 5_000]) + text
            case 3:
                kind = self.random.choice([0, 1, 5, 6, 7, -2, "2", 2.0, None])
                return json.dumps([kind, self._id(), "Heartbeat", {}])
            case _:
                return text + text

    def grow(self, version: OcppVersion, kind: schemas.Kind, action: str) -> Any:
        """A payload of that action."""
        schema = _schema(version, kind, action)
        return self._value(schema, schema.get("definitions", {}), "")

    # --- inside ----------------------------------------------------------------------------------

    def _id(self) -> str:
        self._count += 1
        return f"f-{self._count}"

    def _value(self, schema: dict[str, Any], types: dict[str, Any], name: str) -> Any:
        if "$ref" in schema:
            schema = types[schema["$ref"].removeprefix("#/definitions/")]
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, types)
        if kind == "array":
            least = schema.get("minItems", 0)
            count = self.random.randint(least, min(schema.get("maxItems", 3), least + 2))
            return [self._value(schema["items"], types, name) for _ in range(count)]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        return self._scalar(kind, schema, name)

    def _scalar(self, kind: str | None, schema: dict[str, Any], name: str) -> Any:
        if kind == "boolean":
            return self.random.random() < 0.5
        likely = self.random.choice(LIKELY.get(name, [None]))
        if likely is not None and self.random.random() < 0.8:
            return str(likely) if kind == "string" else likely
        if kind is None:
            return self.random.choice(EDGES[:-1])
        return self._text(schema) if kind == "string" else self._number(schema)

    def _number(self, schema: dict[str, Any]) -> int | float:
        least, most = schema.get("minimum", 0), schema.get("maximum", 1_000)
        number = self.random.randint(int(least), max(int(least), int(most)))
        return number if schema["type"] == "integer" else number + self.random.choice([0, 0.5])

    def _text(self, schema: dict[str, Any]) -> str:
        if schema.get("format") == "date-time":
            return self.random.choice(TIMES)
        return "abc123"[: self.random.randint(1, min(6, schema.get("maxLength", 6)))]

    def _object(self, schema: dict[str, Any], types: dict[str, Any]) -> dict[str, Any]:
        required = schema.get("required", [])
        return {
            name: self._value(of, types, name)
            for name, of in schema.get("properties", {}).items()
            if name in required or (name != "customData" and self.random.random() < 0.35)
        }

    def _damage(self, tree: Any) -> None:
        """Change, take out or add one thing somewhere in it."""
        places = list(_places(tree))
        if not places:
            if isinstance(tree, dict):
                tree["surprise"] = self.random.choice(EDGES)
            return
        inside, key = self.random.choice(places)
        match self.random.randrange(4):
            case 0 if isinstance(inside, dict):
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside["surprise"] = self.random.choice(EDGES)
            case 2 if isinstance(inside[key], list):
                inside[key] = inside[key] * 1_000
            case _:
                inside[key] = self.random.choice(EDGES)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree of dicts and lists, as (what it is in, key or index)."""
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield tree, key
            yield from _places(value)


@cache
def _requests(version: OcppVersion) -> list[str]:
    return sorted(schemas.actions(version))


@cache
def _schema(version: OcppVersion, kind: schemas.Kind, action: str) -> dict[str, Any]:
    return schemas.schema(version, kind, action)
