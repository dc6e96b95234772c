"""Our ``/openapi.json`` agrees with the OpenAPI part of the founding document."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from support.shared_gateway import SharedGateway

Schema = dict[str, Any]

FOUNDING: Schema = yaml.safe_load(
    (Path(__file__).with_name("data") / "founding_openapi.yaml").read_text()
)
PATH = "/ocpp/locations/{location_id}/chargers"
THEIRS: Schema = FOUNDING["paths"][PATH]["post"]


@pytest.fixture(scope="module")
def document(gateway: SharedGateway) -> Schema:
    """What the running gateway says of itself."""
    answer: Schema = httpx2.get(f"{gateway.url}/openapi.json").json()
    return answer


@pytest.fixture(scope="module")
def ours(document: Schema) -> Schema:
    """Our description of the founding operation."""
    operation: Schema = document["paths"][PATH]["post"]
    return operation


def resolve(document: Schema, schema: Schema) -> Schema:
    """The schema that a reference stands for."""
    while "$ref" in schema:
        found: Any = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema


def branches(document: Schema, schema: Schema) -> dict[str, Schema]:
    """The schema by JSON type, however it spells 'or null'."""
    schema = resolve(document, schema)
    if "anyOf" in schema:
        return {k: v for one in schema["anyOf"] for k, v in branches(document, one).items()}
    types = schema.get("type", "any")
    return dict.fromkeys([types] if isinstance(types, str) else types, schema)


def disagreements(
    theirs: Schema, document: Schema, ours: Schema, at: str, *, sent: bool
) -> Iterator[str]:
    """Where a message of theirs would not be one of ours (``sent``), or ours not one of theirs."""
    their_kinds, our_kinds = branches(FOUNDING, theirs), branches(document, ours)
    if set(their_kinds) != set(our_kinds):
        yield f"{at}: {sorted(their_kinds)} here {sorted(our_kinds)}"
        return
    for kind, their in their_kinds.items():
        our = our_kinds[kind]
        for word in ("enum", "default"):
            if word in their and our.get(word, ours.get(word)) != their[word]:
                yield f"{at}: {word} {their[word]} here {our.get(word)}"
        if kind == "array":
            yield from disagreements(their["items"], document, our["items"], f"{at}[]", sent=sent)
        if kind == "object":
            yield from _object_disagreements(their, document, our, at, sent=sent)


def _object_disagreements(
    their: Schema, document: Schema, our: Schema, at: str, *, sent: bool
) -> Iterator[str]:
    their_needs, our_needs = set(their.get("required", ())), set(our.get("required", ()))
    if sent and their_needs != our_needs:
        yield f"{at}: requires {sorted(their_needs)} here {sorted(our_needs)}"
    if not sent and not their_needs <= our_needs:
        yield f"{at}: promises {sorted(their_needs)} here {sorted(our_needs)}"
    for name, schema in their.get("properties", {}).items():
        if name not in our.get("properties", {}):
            yield f"{at}.{name}: missing here"
            continue
        mine = our["properties"][name]
        yield from disagreements(schema, document, mine, f"{at}.{name}", sent=sent)


def test_the_request_is_the_same(document: Schema, ours: Schema) -> None:
    their_body = THEIRS["requestBody"]["content"]["application/json"]["schema"]
    our_body = ours["requestBody"]["content"]["application/json"]["schema"]
    assert list(disagreements(their_body, document, our_body, "body", sent=True)) == []


@pytest.mark.parametrize("status", sorted(THEIRS["responses"]))
def test_every_answer_is_the_same(document: Schema, ours: Schema, status: str) -> None:
    assert status in ours["responses"]
    schema = THEIRS["responses"][status]["content"]["application/json"]["schema"]
    if "$ref" in schema:  # the document leaves 422 and 503 open
        our = ours["responses"][status]["content"]["application/json"]["schema"]
        assert list(disagreements(schema, document, our, status, sent=False)) == []


def test_the_path_takes_the_same_parameters(ours: Schema) -> None:
    theirs = {p["name"]: p["required"] for p in THEIRS["parameters"] if p["in"] == "path"}
    assert {p["name"]: p["required"] for p in ours["parameters"] if p["in"] == "path"} == theirs


def test_the_bearer_scheme_has_the_same_name(document: Schema, ours: Schema) -> None:
    (name,) = FOUNDING["components"]["securitySchemes"]
    scheme = document["components"]["securitySchemes"][name]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert {name: []} in ours["security"]


def test_the_comparison_finds_what_differs() -> None:
    changed = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    theirs = {"type": "object", "required": [], "properties": {"a": {"type": ["integer", "null"]}}}
    found = list(disagreements(theirs, {}, changed, "x", sent=True))
    assert [line.partition(":")[0] for line in found] == ["x", "x.a"]
