"""``make bench``: every figure that the README states, beside its bound.

    python -m benchmarks [--quick] [--database-url postgresql://…] [--only station,main]

Processes as a user runs them: a gateway, one host, a CSMS of its own; all on loopback, and all end
with this. ``--quick`` runs fewer rounds.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks import (
    cluster,
    dashboard,
    hostile,
    inspector,
    kills,
    live,
    main_job,
    polls,
    sessions,
    station,
    storms,
)
from benchmarks.figures import Figures

PARTS = {
    "station": station.run,
    "main": main_job.run,
    "sessions": sessions.run,
    "polls": polls.run,
    "live": live.run,
    "storms": storms.run,
    "hostile": hostile.run,
    "kills": kills.run,
    "cluster": cluster.run,
    "dashboard": dashboard.run,
    "inspector": inspector.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--database-url", help="instead of SQLite; an empty database")
    parser.add_argument("--only", default=",".join(PARTS), help="of: " + ", ".join(PARTS))
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with this
    figures = Figures()
    options = ["--database-url", given.database_url] if given.database_url else []
    for part in given.only.split(","):
        with tempfile.TemporaryDirectory(prefix="voltfleet-bench-") as directory:
            PARTS[part](Path(directory), figures, options, quick=given.quick)
    figures.show()
    sys.exit(0 if figures.all_met else 1)


if __name__ == "__main__":
    main()
