"""A stranger types what the README says, and gets what it says."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from support.processes import Csms, Gateway, running_csms, running_gateway, until

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DRIVE = ROOT / "docs/howto/drive-chargers.md"
pytestmark = pytest.mark.e2e


def the_second_block() -> str:
    """The commands that follow the start of the gateway."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    return blocks[1]


def the_commands() -> str:
    """What the how-to page tells to type after that."""
    [block] = re.findall(r"```sh\n(.*?)```", DRIVE.read_text(), re.DOTALL)
    return str(block)


def typed(script: str, gateway: Gateway, csms: Csms) -> list[str]:
    """What a shell prints for ``script``, with our ports and folder in place of the README's."""
    here = script.replace("http://127.0.0.1:8080", gateway.url)
    here = here.replace("voltfleet-data/", f"{gateway.data_directory}/")
    done = subprocess.run(
        ["sh", "-euc", f"CSMS={csms.ws_url}\n{here}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.replace("}{", "}\n{").splitlines()


def test_the_commands_stand_up_a_hundred_stations_and_drive_them(tmp_path: Path) -> None:
    with running_csms(tmp_path / "csms.log") as csms, running_gateway(tmp_path / "data") as gateway:
        stood_up = the_second_block() + 'echo "\\"$LOCATION\\""\n'
        job_line, chargers_line = typed(stood_up, gateway, csms)
        job = json.loads(job_line)
        assert job["status"] in ("PENDING", "PROVISIONING", "READY")
        assert job["progress"]["total"] == 100
        chargers, _, location = chargers_line.rpartition("}")
        assert json.loads(chargers + "}")["total"] <= 100
        until(lambda: csms.stats()["booted"] == 100)
        names = the_second_block().split("\n\n")[0]
        driven = f"{names}\nLOCATION={location}\n{the_commands()}"
        fates, fault, types, frames = (json.loads(x) for x in typed(driven, gateway, csms))
        assert [fate["event_type"] for fate in fates["data"]] == ["start_session"]
        assert fault["fault_type"] == "GroundFailure"
        assert types["total"] >= 20
        assert frames
