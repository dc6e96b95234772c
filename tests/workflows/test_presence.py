"""The death of another gateway, seen by its lock."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import until
from voltfleet.workflows.presence import Presence

HOLDER = """
import sys, time
from pathlib import Path
from voltfleet.workflows.presence import Presence
Presence(Path(sys.argv[1]), "other").show()
print("shown", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another gateway's process, that shows itself."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "shown\n"
        yield process
        process.kill()


def test_one_that_was_killed_has_ended(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    here = Presence(tmp_path, "here")
    here.show()
    assert not here.has_ended("other")
    other.kill()
    other.wait()
    assert here.has_ended("other")
    assert Presence(tmp_path, "third").has_ended("other")
    here.forget("other")
    assert not here.has_ended("other")
    here.forget("other")


def test_one_that_is_frozen_has_not(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    here = Presence(tmp_path, "here")
    os.kill(other.pid, signal.SIGSTOP)
    status = Path(f"/proc/{other.pid}/stat")
    if status.exists():
        until(lambda: status.read_text().rsplit(")", 1)[1].split()[0] == "T")
    assert not here.has_ended("other")


def test_of_one_without_a_file_here_nothing_is_known(tmp_path: Path) -> None:
    here = Presence(tmp_path, "here")
    assert not here.has_ended("elsewhere")
    here.show()
    assert not here.has_ended("elsewhere")
    assert not here.has_ended("../../etc/passwd")
