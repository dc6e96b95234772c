"""The CSMS as a process: what it prints, how it ends, and the file of frames."""

import asyncio
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import typer
from csms_peer import WAIT_SECONDS, get, station
from typer.testing import CliRunner

from voltfleet.csms.command import csms as command
from voltfleet.csms.command import raise_file_limit


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "voltfleet.csms",
        "--port",
        "0",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
    )
    assert running.stdout is not None
    async with asyncio.timeout(WAIT_SECONDS):
        port = int(await running.stdout.readline())
        greeting = (await running.stdout.readline()).decode()
    assert f"ws://127.0.0.1:{port}/" in greeting
    try:
        yield running, port
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


@pytest.mark.e2e
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_and_ends_in_good_order(tmp_path: Path, ending: signal.Signals) -> None:
    log = tmp_path / "frames.jsonl"
    async with process("--heartbeat-interval", "33", "--log", str(log)) as (running, port):
        async with station(port) as cp:
            assert (await cp.boot())["interval"] == 33
            assert (await get(port, "/api/stats"))["booted"] == 1
            running.send_signal(ending)
            await cp.socket.wait_closed()
            assert cp.socket.close_code == 1001
        async with asyncio.timeout(WAIT_SECONDS):
            output, _ = await running.communicate()
    assert running.returncode == 0
    assert output.decode().splitlines()[0] == "+ CP-1 connected (OCPP1.6)"
    first, second = [json.loads(line) for line in log.read_text().splitlines()]
    assert (first["from"], second["from"]) == ("station", "csms")
    assert first["identity"] == second["identity"] == "CP-1"
    assert first["action"] == second["action"] == "BootNotification"
    assert json.loads(first["message"])[2] == "BootNotification"
    assert json.loads(second["message"])[0] == 3
    assert second["at"] >= first["at"]


@pytest.mark.e2e
async def test_knobs_reach_the_chargers() -> None:
    options = ("--boot-status", "Rejected", "--boot-interval", "3", "--quiet")
    async with process(*options) as (running, port):
        async with station(port, version="ocpp2.0.1") as cp:
            answer = await cp.boot()
            assert (answer["status"], answer["interval"]) == ("Rejected", 3)
        running.terminate()
        async with asyncio.timeout(WAIT_SECONDS):
            output, _ = await running.communicate()
    assert output == b""


def test_a_port_that_is_taken_is_an_error_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(_app(), ["--port", str(port)])
    assert result.exit_code == 1
    assert "cannot run the CSMS" in result.output


def test_the_command_tells_its_options() -> None:
    result = CliRunner().invoke(_app(), ["--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0
    for option in ("--port", "--boot-status", "--charge-seconds", "--log", "--heartbeat-interval"):
        assert option in result.output


def _app() -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


def test_the_file_limit_is_raised_to_what_is_allowed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert os.getpid()
