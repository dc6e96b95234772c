"""``kill -9`` of everything at random moments of a job."""

import random
from pathlib import Path

from benchmarks.figures import Figures
from support import processes
from support.kills import Fleet, kill_round

CHARGERS = 1_000
SEED = 20261122


def run(directory: Path, figures: Figures, options: list[str], *, quick: bool) -> None:
    """Twenty rounds, each with its own job; says of each what it found."""
    rng = random.Random(SEED)
    rounds = []
    with processes.running_csms(directory / "csms.log", "--quiet") as csms:
        fleet = Fleet(directory, csms, *options)
        fleet.start()
        try:
            for number in range(3 if quick else 20):
                rounds.append(kill_round(fleet, CHARGERS, number, "everything", rng))
                print(rounds[-1], flush=True)
        finally:
            fleet.stop()
    what = f"kill -9 of everything x {len(rounds)}"
    figures.add(f"{what}: chargers lost", sum(r.lost for r in rounds), "", 0)
    figures.add(f"{what}: chargers doubled", sum(r.doubled for r in rounds), "", 0)
    figures.add(f"{what}: double sockets", sum(r.double_sockets for r in rounds), "", 0)
    worst = max(r.settled_seconds for r in rounds)
    figures.add(f"{what}: restarted and settled, worst", worst, "s", 30)
