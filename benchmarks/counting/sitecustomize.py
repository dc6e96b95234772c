"""On the ``PYTHONPATH`` of processes that a soak watches: each says how many tasks it has.

Every few seconds it writes the number of asyncio tasks that are not done to ``<pid>.tasks`` in the
directory that ``SOAK_COUNTS`` names. All else is as in the tests: nothing leaves this machine.
"""

import asyncio
import os
import runpy
import threading
import time
from pathlib import Path

EVERY_SECONDS = 5.0
LOOPBACK_ONLY = Path(__file__).parents[2] / "tests" / "support" / "loopback_only"

runpy.run_path(str(LOOPBACK_ONLY / "sitecustomize.py"))


def tasks() -> int:
    """Those of every event loop; -1 when the set would not stand still."""
    for _ in range(100):
        try:
            # `asyncio.all_tasks` wants to know the loop, which belongs to another thread.
            known = list(asyncio.tasks._all_tasks)  # type: ignore[attr-defined]  # noqa: SLF001
            return sum(not task.done() for task in known)
        except RuntimeError:
            continue
    return -1


def count(directory: Path) -> None:
    """For as long as the process lives."""
    path = directory / f"{os.getpid()}.tasks"
    while True:
        time.sleep(EVERY_SECONDS)
        path.write_text(str(tasks()))


if "SOAK_COUNTS" in os.environ:
    directory = Path(os.environ["SOAK_COUNTS"])
    threading.Thread(target=count, args=(directory,), daemon=True).start()
