"""`workflows/gateway_process.py`, started: a gateway's durable half in a process of its own."""

import subprocess
import sys
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_ENVIRONMENT = {"PYTHONPATH": str(_TESTS), "PATH": "/usr/bin:/bin"}
_SECONDS = 100.0


def start(url: str, directory: Path, *fault: str, **variables: str) -> "subprocess.Popen[str]":
    """On that database; ``directory`` is its data directory."""
    return subprocess.Popen(
        [sys.executable, _TESTS / "workflows" / "gateway_process.py", url, *fault],
        cwd=directory,
        env=_ENVIRONMENT | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(
    url: str, directory: Path, *fault: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """The same, until it ends."""
    with start(url, directory, *fault, **variables) as process:
        try:
            said, complained = process.communicate(timeout=_SECONDS)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)
