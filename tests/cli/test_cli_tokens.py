"""``voltfleet token create``, in this process."""

import stat
import time
from pathlib import Path

import pytest

from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Principal, Role
from voltfleet.cli import app as cli


def run(monkeypatch: pytest.MonkeyPatch, data_dir: Path, *options: str) -> int:
    argv = ["voltfleet", "token", "create", "--data-dir", str(data_dir), *options]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


async def bearer(data_dir: Path, token: str) -> Principal:
    return await jwt.Authenticator(keys.load_or_create(data_dir / "keys")).verify(token)


async def test_a_user_token_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path / "d", "--role", "user", "--org", "acme", "--ttl", "90s") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    who = await bearer(tmp_path / "d", out.strip())
    assert (who.role, who.organization_id) == (Role.USER, "acme")
    key = tmp_path / "d" / "keys" / "signing-keys.json"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("org", [[], ["--org", "acme"]])
async def test_an_admin_token_belongs_to_no_organization(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    org: list[str],
) -> None:
    assert run(monkeypatch, tmp_path, "--role", "admin", *org) == 0
    who = await bearer(tmp_path, capsys.readouterr().out.strip())
    assert (who.role, who.organization_id) == (Role.ADMIN, None)


async def test_a_host_token_names_its_host_and_lasts_a_year(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--role", "host", "--host-id", "rack-2.a") == 0
    token = capsys.readouterr().out.strip()
    late = jwt.Authenticator(
        keys.load_or_create(tmp_path / "keys"), clock=lambda: time.time() + 363 * 86_400
    )
    assert await late.verify(token) == Principal("host-rack-2.a", Role.HOST, None, "rack-2.a")


async def test_a_subject_may_be_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--role", "admin", "--subject", "ada@example.org") == 0
    who = await bearer(tmp_path, capsys.readouterr().out.strip())
    assert who == Principal("ada@example.org", Role.ADMIN)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--role"),
        (["--role", "boss"], "--role must be user, admin or host; it is 'boss'."),
        (["--role", "host"], "--host-id names the host"),
        (["--role", "host", "--host-id", "a b"], "--host-id names the host"),
        (["--role", "host", "--host-id", ".."], "--host-id names the host"),
        (["--role", "host", "--host-id", "x" * 65], "--host-id names the host"),
        (["--role", "admin", "--host-id", "a/b"], "--host-id names the host"),
        (["--role", "admin", "--subject", "a b"], "--subject is 1 to 128"),
        (["--role", "user"], "--org names the organization"),
        (["--role", "user", "--org", "a b"], "--org names the organization"),
        (["--role", "user", "--org", "é"], "--org names the organization"),
        (["--role", "user", "--org", "x" * 129], "--org names the organization"),
        (["--role", "admin", "--org", "a b"], "--org names the organization"),
        *(
            (["--role", "user", "--org", "acme", "--ttl", ttl], "--ttl must be a number")
            for ttl in ("", "0d", "-1d", "3y", "30", "d", "1.5d", "999999999w")
        ),
    ],
)
def test_a_bad_option_is_said_on_standard_error(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    assert run(monkeypatch, tmp_path, *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_a_data_directory_that_is_none_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run(monkeypatch, tmp_path / "file", "--role", "admin") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"voltfleet: Cannot use {tmp_path / 'file'}")
    assert err.count("\n") == 1
    assert "--data-dir" in err


def test_a_key_file_that_others_may_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--role", "admin") == 0
    (tmp_path / "keys" / "signing-keys.json").chmod(0o644)
    capsys.readouterr()
    assert run(monkeypatch, tmp_path, "--role", "admin") == 2
    assert "chmod 600" in capsys.readouterr().err
