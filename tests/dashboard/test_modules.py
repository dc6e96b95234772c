"""The dashboard's own unit tests (``dashboard/tests``), which vitest runs in Node."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_modules() -> None:
    run = [sys.executable, ROOT / "tools" / "npm.py", "run", "--silent"]
    done = subprocess.run(
        [*run, "--prefix", ROOT / "dashboard", "test"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
