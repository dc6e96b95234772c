"""What a location's fields may be."""

from typing import Any

import pytest

from support.callers import Api, codes

BODY: dict[str, Any] = {
    "name": "Paris La Défense Hub",
    "address": "1 Parvis",
    "city": "Paris",
    "country": "FR",
    "coordinates": {"latitude": 48.8918, "longitude": 2.238},
}


@pytest.mark.parametrize(
    ("changes", "loc", "kind"),
    [
        ({"country": "XX"}, ["country"], "unknown_country"),
        ({"country": "fr"}, ["country"], "unknown_country"),
        ({"country": "France"}, ["country"], "unknown_country"),
        ({"timezone": "Mars/Olympus"}, ["timezone"], "unknown_timezone"),
        ({"timezone": "../../etc/passwd"}, ["timezone"], "unknown_timezone"),
        ({"name": ""}, ["name"], "string_too_short"),
        ({"name": "  "}, ["name"], "string_pattern_mismatch"),
        ({"name": "a\x00b"}, ["name"], "string_pattern_mismatch"),
        ({"name": "a\nb"}, ["name"], "string_pattern_mismatch"),
        ({"name": "x" * 201}, ["name"], "string_too_long"),
        ({"name": 7}, ["name"], "string_type"),
        ({"public": "yes"}, ["public"], "bool_type"),
        (
            {"coordinates": {"latitude": 91, "longitude": 0}},
            ["coordinates", "latitude"],
            "less_than_equal",
        ),
        (
            {"coordinates": {"latitude": True, "longitude": 0}},
            ["coordinates", "latitude"],
            "float_type",
        ),
        (
            {"coordinates": {"latitude": "1", "longitude": 0}},
            ["coordinates", "latitude"],
            "float_type",
        ),
        ({"coordinates": {"latitude": 1}}, ["coordinates", "longitude"], "missing"),
        ({"coordinates": [1, 2]}, ["coordinates"], "model_attributes_type"),
    ],
)
async def test_a_field_that_cannot_be_is_named(
    api: Api, changes: dict[str, Any], loc: list[str], kind: str
) -> None:
    async with api.as_("user") as client:
        created = await client.post("/ocpp/locations", json={**BODY, **changes})
        path = f"/ocpp/locations/{(await client.post('/ocpp/locations', json=BODY)).json()['id']}"
        updated = await client.put(path, json=changes)
    for answer in (created, updated):
        ((where, what),) = codes(answer)
        assert where == ["body", *loc]
        assert what in {kind, "model_type"}


@pytest.mark.parametrize("field", sorted(BODY))
async def test_a_required_field_is_required(api: Api, field: str) -> None:
    async with api.as_("user") as client:
        body = {key: value for key, value in BODY.items() if key != field}
        assert codes(await client.post("/ocpp/locations", json=body)) == [
            (["body", field], "missing")
        ]
