"""The status page tells the truth about OCPP 2.1: every message that is new, or has new fields, has
a row, and every row its test."""

import re
from pathlib import Path

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.station.v2.engine import _TABLE
from voltfleet.station.v2.v21.engine import _ADDED

ROOT = Path(__file__).parents[2]
PART = (ROOT / "docs/reference/ocpp_status.md").read_text().split("## OCPP 2.1\n")[1]
TABLE = PART.split("\n|---")[1].splitlines()[1:]
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE if line]
NAMED = {action for row in ROWS for action in row[1].split(", ")}
V201, V21 = OcppVersion.V201, OcppVersion.V21
FRAMES = {"CALLRESULTERROR", "SEND"}


def has_new_fields(action: str) -> bool:
    # A SEND has no answer; it is new anyway.
    return any(
        schemas.property_names(V21, kind, action) - schemas.property_names(V201, kind, action)
        for kind in schemas.Kind
    )


def test_every_message_that_is_new_or_changed_has_a_row():
    new = schemas.actions(V21) - schemas.actions(V201)
    changed = {action for action in schemas.actions(V201) if has_new_fields(action)}
    assert new | changed | FRAMES <= NAMED
    assert schemas.actions(V21) | FRAMES >= NAMED


def test_what_is_answered_is_said_to_be_done():
    done = {action for row in ROWS if row[2] != "not done" for action in row[1].split(", ")}
    left_out = NAMED - done
    assert left_out.isdisjoint(_TABLE.keys() | _ADDED.keys())
    assert _ADDED.keys() - {"CostUpdated"} <= done
    for _, actions, does, test, why_not in ROWS:
        assert (does == "not done") is (test == "-"), actions
        assert does != "not done" or why_not != "-", actions


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_station_v2\w+\.py)::(\w+)`", PART))
    assert len(named) > 20
    for file, function in named:
        source = (ROOT / "tests/station" / file).read_text()
        assert f"def {function}(" in source, (file, function)
    assert all(re.fullmatch(r"-|`\w+\.py::\w+`", row[3]) for row in ROWS)
