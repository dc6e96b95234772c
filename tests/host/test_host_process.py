"""``python -m voltfleet.host`` as the local driver starts it, with real stations."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from host_doubles import FakeCsms, FakeGateway, assignment

from voltfleet.domain.hosting import CLOSE_UNSUPPORTED_PROTOCOL, ConnectionState
from voltfleet.host import __main__ as entry
from voltfleet.host.lock import HostLock

pytestmark = pytest.mark.e2e


class ObligingCsms(FakeCsms):
    """Accepts what a real station says."""

    def answer(self, text: str) -> str | None:
        kind, unique_id, *rest = json.loads(text)
        if kind != 2:
            return None
        if rest[0] == "BootNotification":
            payload = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 300}
        elif rest[0] == "Heartbeat":
            payload = {"currentTime": "2026-01-01T00:00:00Z"}
        else:
            payload = {}
        return json.dumps([3, unique_id, payload])


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    """A gateway on a free port."""
    gateway = FakeGateway()
    await gateway.start()
    yield gateway
    await gateway.kill()


@pytest.fixture
async def obliging() -> AsyncIterator[ObligingCsms]:
    """A CSMS for real stations."""
    server = ObligingCsms()
    await server.start()
    yield server
    await server.kill()


@contextlib.asynccontextmanager
async def host_process(
    gateway: FakeGateway, data_dir: Path, *options: str, pass_fds: tuple[int, ...] = ()
) -> AsyncIterator[Process]:
    """A host, killed at the end of the block if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "voltfleet.host", "--gateway", gateway.url, "--host-id", "local-0"),
        *("--data-dir", str(data_dir), *options),
        env={**os.environ, "VOLTFLEET_HOST_TOKEN": "s3cret"},
        stderr=asyncio.subprocess.PIPE,
        pass_fds=pass_fds,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: Process) -> tuple[int, list[dict[str, object]]]:
    """The exit code and the log."""
    async with asyncio.timeout(20):
        _, stderr = await process.communicate()
    assert process.returncode is not None
    return process.returncode, [json.loads(line) for line in stderr.splitlines()]


async def test_sigterm_closes_every_charger_and_exits_with_0(
    gateway: FakeGateway, obliging: ObligingCsms, tmp_path: Path
) -> None:
    names = [f"CP{n}" for n in range(50)]
    versions = {"CP1": "OCPP2.0.1"}
    gateway.to_assign = [
        assignment(obliging.ws_url, n, ocpp_version=versions.get(n, "OCPP1.6")) for n in names
    ]
    async with host_process(gateway, tmp_path) as process:
        await gateway.seen.changes.until(
            lambda: all(gateway.seen.state(n) is ConnectionState.ONLINE for n in names)
        )
        process.send_signal(signal.SIGTERM)
        code, log = await ended(process)
    assert code == 0
    assert log[-1]["event"] == "host_stopped"
    assert (log[-1]["closed"], log[-1]["forced"], log[-1]["gateway_told"]) == (50, 0, True)
    assert sorted(gateway.seen.dropped) == sorted(f"id-{n}" for n in names)
    assert [code for _, code, _ in obliging.closed] == [1001] * 50
    actions = {frame.action for frame in gateway.seen.frames if frame.charger_id == "id-CP0"}
    assert actions >= {"BootNotification", "StatusNotification"}


async def test_sigterm_without_a_gateway(gateway: FakeGateway, tmp_path: Path) -> None:
    await gateway.kill()
    async with host_process(gateway, tmp_path) as process:
        assert process.stderr is not None
        async with asyncio.timeout(20):
            while b"gateway_lost" not in await process.stderr.readline():
                pass
        process.send_signal(signal.SIGTERM)
        code, _ = await ended(process)
    assert code == 0


async def test_two_processes_of_one_host_never_run_at_once(
    gateway: FakeGateway, tmp_path: Path
) -> None:
    async with host_process(gateway, tmp_path) as first:
        await gateway.changes.until(lambda: len(gateway.hellos) == 1)
        async with host_process(gateway, tmp_path, "--capacity", "5") as second:
            lock = HostLock(tmp_path, "local-0")
            assert not lock.try_acquire()
            first.kill()
            await first.wait()
            await gateway.changes.until(lambda: len(gateway.hellos) == 2)
            assert gateway.hellos[1].capacity == 5
            assert gateway.hellos[1].boot_id != gateway.hellos[0].boot_id
            second.send_signal(signal.SIGTERM)
            assert (await ended(second))[0] == 0
    assert lock.try_acquire()
    lock.release()


async def test_a_process_that_waits_for_the_lock_can_be_stopped(
    gateway: FakeGateway, tmp_path: Path
) -> None:
    lock = HostLock(tmp_path, "local-0")
    assert lock.try_acquire()
    async with host_process(gateway, tmp_path) as process:
        assert process.stderr is not None
        async with asyncio.timeout(20):
            while b"host_waits" not in await process.stderr.readline():
                pass
        process.send_signal(signal.SIGTERM)
        assert (await ended(process))[0] == 0
    assert gateway.hellos == []
    lock.release()


async def test_it_dies_with_its_parent(gateway: FakeGateway, tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    options = ("--exit-with-parent", str(read_end))
    async with host_process(gateway, tmp_path, *options, pass_fds=(read_end,)) as process:
        os.close(read_end)
        await gateway.changes.until(lambda: gateway.hellos)
        assert process.returncode is None
        os.close(write_end)
        assert (await ended(process))[0] == entry.EXIT_PARENT_DIED


async def test_a_gateway_of_another_protocol(gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.close_with = (CLOSE_UNSUPPORTED_PROTOCOL, "I speak 2")
    async with host_process(gateway, tmp_path) as process:
        code, log = await ended(process)
    assert code == entry.EXIT_UNSUPPORTED_PROTOCOL
    assert any("run the same release of both" in str(line.get("why")) for line in log)


async def test_capacity_comes_from_the_descriptors(gateway: FakeGateway, tmp_path: Path) -> None:
    async with host_process(gateway, tmp_path):
        await gateway.changes.until(lambda: gateway.hellos)
        assert gateway.hellos[0].capacity > 100


@pytest.mark.parametrize(
    ("host_id", "token", "words"),
    [("local-0", "", "VOLTFLEET_HOST_TOKEN"), ("../x", "t", "--host-id"), ("", "t", "--host-id")],
)
def test_what_is_missing_is_said(
    host_id: str,
    token: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VOLTFLEET_HOST_TOKEN", token)
    argv = ["--gateway", "ws://127.0.0.1:1/host-link", "--host-id", host_id, "--data-dir", "d"]
    with pytest.raises(SystemExit) as exit_:
        entry.read_settings(argv)
    assert exit_.value.code == entry.EXIT_USAGE
    assert words in capsys.readouterr().err


def test_the_authority_file_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTFLEET_HOST_TOKEN", "t")
    monkeypatch.setenv("VOLTFLEET_HOST_CA_FILE", "/ca.pem")
    argv = ["--gateway", "ws://g/host-link", "--host-id", "h", "--data-dir", "d"]
    settings = entry.read_settings([*argv, "--dials-per-second", "7", "--handshakes", "3"])
    assert settings.ca_file == "/ca.pem"
    assert (settings.dialling.per_second, settings.dialling.handshakes) == (7.0, 3)
