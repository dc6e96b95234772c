"""`workflows/gateway_process.py`, started: a gateway's durable half in a process of its own."""

import subprocess
import sys
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_COMMAND = [sys.executable, str(_TESTS / "workflows" / "gateway_process.py")]
_ENVIRONMENT = {"PYTHONPATH": str(_TESTS), "PATH": "/usr/bin:/bin"}


def start(url: str, directory: Path) -> "subprocess.Popen[str]":
    """On that database; ``directory`` is its data directory."""
    return subprocess.Popen(
        [*_COMMAND, url], cwd=directory, env=_ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )


def run(
    url: str, directory: Path, *fault: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """The same, until it ends."""
    return subprocess.run(
        [*_COMMAND, url, *fault],
        cwd=directory,
        env=_ENVIRONMENT | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
