"""``voltfleet serve``: what it refuses and how it says so, what it leaves on disk, how it ends."""

import json
import os
import resource
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from support.processes import (
    VOLTFLEET,
    Gateway,
    environment,
    running,
    running_gateway,
    tail,
    until,
)
from voltfleet.auth import keys
from voltfleet.cli import app as cli
from voltfleet.cli import serve as serving

STARTED = "Stop it with Ctrl-C."
ANYWHERE = "0.0.0.0"  # noqa: S104


def refused(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """The exit code of a ``serve`` that cannot even start its processes."""
    monkeypatch.setattr("sys.argv", ["voltfleet", "serve", *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("voltfleet: ")
    assert err.count("\n") == 1, err
    return err


def test_a_port_in_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert refused(monkeypatch, "--port", port) == 2
    said = one_line(capsys)
    assert f"127.0.0.1:{port}: Address already in use" in said
    assert "--port (VOLTFLEET_PORT)" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "65536"], "--port must be a whole number from 0 to 65,535"),
        (["--port", "0", "--host", "192.0.2.1"], "Choose another --host (VOLTFLEET_HOST)"),
        (["--database-url", "mysql://u:secret@h/d"], "--database-url must be sqlite:///<file> or"),
        (["--hosts", "-1"], "--hosts must be auto, none, or a whole number"),
    ],
)
def test_a_setting_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    assert refused(monkeypatch, *options) == 2
    line = one_line(capsys)
    assert said in line
    assert "secret" not in line


def test_a_data_directory_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    options = ["--port", "0", "--data-dir", str(tmp_path / "file" / "data")]
    assert refused(monkeypatch, *options) == 2
    assert "--data-dir (VOLTFLEET_DATA_DIR)" in one_line(capsys)


def test_too_few_open_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    assert refused(monkeypatch, "--port", "0", "--data-dir", str(tmp_path)) == 2
    assert "at least 256" in one_line(capsys)


@pytest.mark.e2e
def test_a_database_file_that_cannot_be_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nowhere/x.db"
    options = ["--port", "0", "--data-dir", str(tmp_path), "--database-url", url]
    ended = subprocess.run(
        [VOLTFLEET, "serve", *options],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert f"Cannot open the database {tmp_path}/nowhere/x.db: unable to open" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.e2e
def test_a_database_server_that_is_away_is_waited_for_and_can_be_interrupted(
    tmp_path: Path, free_port: int
) -> None:
    log = tmp_path / "serve.log"
    url = f"postgresql://nobody:secret@127.0.0.1:{free_port}/none"
    options = ["--port", "0", "--data-dir", str(tmp_path / "data"), "--database-url", url]
    with running([VOLTFLEET, "serve", *options], log) as process:
        said = "voltfleet: Cannot open the database, will try again: "
        until(lambda: tail(log).count(said) >= 2, process, log)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert "Traceback" not in tail(log)
    assert "secret" not in tail(log)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(tmp_path_factory.mktemp("serve") / "data") as started:
        yield started


@pytest.mark.e2e
def test_secrets_are_for_their_owner_alone(gateway: Gateway) -> None:
    directory = gateway.data_directory
    for secret in (directory / "token", directory / "keys" / "signing-keys.json"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / "keys").stat().st_mode) == 0o700


@pytest.mark.e2e
def test_tokens_made_beside_a_running_gateway_are_good(gateway: Gateway) -> None:
    def create(*options: str) -> str:
        where = ["--data-dir", str(gateway.data_directory)]
        return subprocess.check_output(
            [VOLTFLEET, "token", "create", *where, *options], env=environment(), text=True
        ).strip()

    def locations(token: str, **headers: str) -> httpx2.Response:
        headers["Authorization"] = f"Bearer {token}"
        return httpx2.get(f"{gateway.url}/ocpp/locations", headers=headers, trust_env=False)

    admin = create("--role", "admin")
    assert locations(admin).status_code == 403
    assert locations(admin, **{"X-Organization-Id": "default"}).status_code == 200
    assert locations(create("--role", "user", "--org", "acme")).json()["total"] == 0
    assert locations(gateway.token).status_code == 200


@pytest.mark.e2e
def test_a_second_serve_on_the_same_data_waits_and_says_for_what(
    gateway: Gateway, tmp_path: Path
) -> None:
    log = tmp_path / "second.log"
    options = ["--port", "0", "--data-dir", str(gateway.data_directory)]
    with running([VOLTFLEET, "serve", *options], log) as second:
        said = f"Another gateway uses {gateway.data_directory}"
        until(lambda: said in tail(log), second, log)
        assert STARTED not in tail(log)
        second.terminate()
        assert second.wait(20) == 0
    assert httpx2.get(f"{gateway.url}/health/ready", trust_env=False).status_code == 200


@pytest.mark.e2e
def test_sigterm_ends_every_process_with_exit_code_0(tmp_path: Path) -> None:
    with running_gateway(tmp_path / "data", "--hosts", "2") as gateway:
        family = psutil.Process(gateway.process.pid).children(recursive=True)
        assert len(family) == 3
        gateway.process.terminate()
        assert gateway.process.wait(20) == 0
        _, alive = psutil.wait_procs(family, timeout=5)
        assert alive == []
    # The same data is taken up again, with the same token.
    token = gateway.token
    with running_gateway(tmp_path / "data") as again:
        assert again.token == token


@pytest.mark.e2e
def test_children_end_when_serve_is_killed(tmp_path: Path) -> None:
    with running_gateway(tmp_path / "data") as gateway:
        family = psutil.Process(gateway.process.pid).children(recursive=True)
        gateway.process.kill()
        gateway.process.wait()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []


@pytest.mark.e2e
def test_a_terminal_is_given_a_link_that_signs_in(tmp_path: Path, free_port: int) -> None:
    """Into a file, or a supervisor's log, the token is not written."""
    ours, theirs = os.openpty()
    where = ["--host", ANYWHERE, "--port", str(free_port), "--data-dir", str(tmp_path / "data")]
    serve = subprocess.Popen(
        [VOLTFLEET, "serve", "--hosts", "none", *where],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        said = ""
        while "Stop it" not in said:
            said += os.read(ours, 65_536).decode()
    finally:
        serve.terminate()
        serve.wait(30)
        os.close(ours)
    token = (tmp_path / "data" / "token").read_text().strip()
    assert f"http://127.0.0.1:{free_port}/ui/#token={token}" in said


def test_what_is_not_a_terminal_is_not_told_the_token(gateway: Gateway) -> None:
    log = gateway.data_directory.with_suffix(".log")
    until(lambda: STARTED in tail(log))
    said = tail(log)
    assert f"Dashboard: {gateway.url}/ui/" in said
    assert gateway.token not in said


@pytest.mark.e2e
def test_the_demo_comes_to_its_end(tmp_path: Path) -> None:
    ended = subprocess.run(
        [VOLTFLEET, "demo", "--exit", "--chargers", "50"],
        env=environment() | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "50 / 0" in ended.stdout
    assert "job READY" in ended.stdout
    assert "/ui/#token=ey" in ended.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("chargers", ["0", "20001", "x"])
def test_the_demo_has_bounds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], chargers: str
) -> None:
    monkeypatch.setattr("sys.argv", ["voltfleet", "demo", "--chargers", chargers])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "--chargers" in capsys.readouterr().err


async def test_the_default_token_is_made_once(tmp_path: Path) -> None:
    signing = keys.load_or_create(tmp_path / "keys")
    first = await serving._default_token(tmp_path / "token", signing)
    assert await serving._default_token(tmp_path / "token", signing) == first
    assert list(tmp_path.glob("*token*")) == [tmp_path / "token"]  # noqa: ASYNC240 - a test
    assert json.loads((tmp_path / "keys" / "signing-keys.json").read_text())["keys"]


async def test_a_default_token_that_is_no_good_any_more_is_replaced(tmp_path: Path) -> None:
    token = tmp_path / "token"
    of_another_key = keys.load_or_create(tmp_path / "other")
    first = await serving._default_token(token, of_another_key)
    second = await serving._default_token(token, keys.load_or_create(tmp_path / "keys"))
    assert second != first
    assert token.read_text().strip() == second
    assert token.stat().st_mode & 0o777 == 0o600
