"""The how-to page tells what there is."""

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import typer
from csms_peer import get, post, running, station
from typer.testing import CliRunner

from voltfleet.csms.command import csms as command
from voltfleet.csms.server import Csms

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "demo-csms.md").read_text()


def test_every_option_exists_and_none_is_left_out() -> None:
    app = typer.Typer(add_completion=False)
    app.command()(command)
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    options = set(re.findall(r"--[a-z][a-z-]+", told)) - {"--help", "--host"}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) == options


async def test_every_curl_command_does_what_it_should() -> None:
    lines = re.findall(r"^curl .*?(?=\s+#|$)", PAGE, re.MULTILINE)
    assert len(lines) == 8
    async with running(Csms()) as port, station(port) as cp:
        await cp.boot()
        for line in lines:
            words = shlex.split(line)
            path = next(w for w in words if w.startswith("$CSMS")).removeprefix("$CSMS")
            body = words[words.index("-d") + 1] if "-d" in words else None
            if body is None and "POST" not in words:
                assert await get(port, path)
            else:
                await _post(port, path, body or "", cp)


async def _post(port: int, path: str, body: str, cp: Any) -> None:
    posting = asyncio.ensure_future(post(port, path, body.encode()))
    if "/api/charge" in path or "/api/call" in path:
        unique_id, _, _ = await cp.asked()
        await cp.answer(unique_id, {"status": "Accepted"})
    status, answer = await posting
    # Nothing charges here, so there is nothing to stop.
    assert status == (409 if "/api/stop" in path else 200), answer
