"""The status page tells the truth about OCPP 2.x: every action has a row, every row its test."""

import re
from pathlib import Path

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.station.v2.engine import _TABLE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/ocpp_status.md").read_text()
PART = PAGE.split("## OCPP 2.0.1")[1].split("\n## ")[0]
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PART.splitlines()[4:] if line]


def test_every_action_of_201_has_a_row():
    named = {action for row in ROWS for action in row[1].split(", ")}
    assert named == schemas.actions(OcppVersion.V201)


def test_what_is_done_is_answered_and_tested_and_the_rest_says_why_not():
    for _, actions, does, test, why_not in ROWS:
        done = does != "not done"
        assert done is (test != "-"), actions
        assert done or why_not != "-", actions
        if not done:
            assert _TABLE.keys().isdisjoint(actions.split(", ")), actions
    done = {action for row in ROWS if row[2] != "not done" for action in row[1].split(", ")}
    assert _TABLE.keys() <= done


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_station_v2_\w+\.py)::(\w+)`", PAGE))
    assert named
    for file, function in named:
        source = (ROOT / "tests/station" / file).read_text()
        assert f"def {function}(" in source, (file, function)
