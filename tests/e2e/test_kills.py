"""Kill -9 in the middle of a large job; `make bench` runs twenty of them. Everything else that can
be killed, and at any point, is for ``voltfleet chaos``."""

import random
from pathlib import Path

import pytest

from support import processes
from support.kills import Fleet, kill_round
from support.long import LONG_RUN

CHARGERS = 300


@pytest.mark.e2e
def test_no_charger_is_lost_or_doubled_whatever_is_killed(
    tmp_path: Path, database_url: str
) -> None:
    if "sqlite" in database_url and not LONG_RUN:
        pytest.skip("long; `make long` runs it, and the short chaos strikes SQLite")
    rng = random.Random("sqlite" in database_url)  # noqa: S311 - a seed, no secret
    targets = ("everything", "gateway")
    with processes.running_csms(tmp_path / "csms.log") as csms:
        fleet = Fleet(tmp_path, csms, "--database-url", database_url)
        fleet.start()
        try:
            rounds = [
                kill_round(fleet, CHARGERS, number, target, rng)
                for number, target in enumerate(targets)
            ]
        finally:
            fleet.stop()
    assert [(r.lost, r.doubled, r.double_sockets) for r in rounds] == [(0, 0, 0)] * len(targets)
