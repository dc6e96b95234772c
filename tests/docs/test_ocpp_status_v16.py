"""The status page cannot lie: each row's message is the standard's, and its test is there."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from voltfleet.domain.specs import OcppVersion
from voltfleet.ocppj import schemas
from voltfleet.station.v16 import engine as engine16

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "ocpp_status.md").read_text()
NOT_DONE = "*not done*"
FROM_CSMS, TO_CSMS = "from CSMS", "to CSMS"


class Version(NamedTuple):
    """A chapter of the page: its heading, and what the station answers."""

    heading: str
    version: OcppVersion
    answered: frozenset[str]
    both_ways: frozenset[str]


VERSIONS = [
    Version("OCPP 1.6J", OcppVersion.V16, frozenset(engine16._TABLE), frozenset({"DataTransfer"})),
]


class Row(NamedTuple):
    """One line of a table."""

    message: str
    direction: str
    what: str
    shown_by: str


def rows(heading: str) -> list[Row]:
    """The table under that heading."""
    chapter = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in chapter.splitlines() if line.startswith("| ")][1:]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


ALL = [pytest.param(v, row, id=f"{v.heading}-{row[0]}") for v in VERSIONS for row in rows(v[0])]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.heading)
def test_every_message_has_its_row_once(version):
    told = [(row.message, row.direction) for row in rows(version.heading)]
    assert sorted(told) == sorted(set(told))
    assert {message for message, _ in told} == schemas.actions(version.version)
    for message in version.both_ways:
        assert {(message, FROM_CSMS), (message, TO_CSMS)} <= set(told)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.heading)
def test_what_is_answered_is_what_is_said_to_be(version):
    done = {r.message for r in rows(version.heading) if r[1] == FROM_CSMS and r[3] != NOT_DONE}
    assert done == version.answered


@pytest.mark.parametrize(("version", "row"), ALL)
def test_a_row_names_a_test_that_is_there(version, row):
    assert row.direction in {FROM_CSMS, TO_CSMS}
    assert row.what
    if row.shown_by == NOT_DONE:
        assert ":" in row.what, "say why"
        return
    path, name = row.shown_by.strip("`").split("::")
    text = (ROOT / path).read_text()
    found = re.search(rf"^def {name}\(.*?(?=^def |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, name
