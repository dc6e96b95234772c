"""The whole command, briefly: two kills, a cut and a full disk. `make chaos` is the long version,
on both databases and with every fault."""

import subprocess
from pathlib import Path

import pytest

from support import processes


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    options = ["--kills", "4", "--seed", "13556", "--chargers", "12", "--lease-seconds", "3"]
    done = subprocess.run(
        [processes.VOLTFLEET, "chaos", *options, "--faults", "kill,cut,disk"],
        env=processes.environment() | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost, 0 doubled, 0 reordered, 0 answered wrongly" in done.stdout
    for struck in ("kill everything", "kill gateway", "cut CSMS sockets", "disk gateway"):
        assert struck in done.stdout
    assert "batch accepted" in done.stdout
