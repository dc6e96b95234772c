"""``voltfleet doctor``: a line for everything that can be wrong, and what to do about it."""

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from voltfleet.auth import keys
from voltfleet.cli import app as cli
from voltfleet.cli import doctor, doctor_machine
from voltfleet.domain.target_policy import Targets
from voltfleet.settings import Settings, from_env
from voltfleet.storage import checkup, migrate
from voltfleet.storage.checkup import Checkup, Library, Schema, Server
from voltfleet.storage.engine import Database

SOUND = Server(16, {"fsync": "on", "full_page_writes": "on"}, 90, 0.01)
CURRENT = Schema("x", "x", known=True)


@pytest.fixture
def settings(tmp_path: Path, free_port: int) -> Settings:
    return from_env({}, data_dir=tmp_path / "data", port=free_port)


def found(settings: Settings, about: str) -> list[tuple[str, str]]:
    """State and text of the findings about something."""
    return [
        (finding.state.value, f"{finding.said} {finding.remedy}")
        for finding in doctor.examine(settings)
        if finding.about == about
    ]


def only(settings: Settings, about: str) -> tuple[str, str]:
    (finding,) = found(settings, about)
    return finding


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr("sys.argv", ["voltfleet", "doctor", *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_all_is_well_before_the_first_start_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    free_port: int,
) -> None:
    options = ("--data-dir", str(tmp_path / "data"), "--port", str(free_port))
    assert run(monkeypatch, *options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split(":")[0].split()[-1] for line in lines if line[0] != " "} == {
        *("python", "sqlite", "files", "ports", "listener"),
        *("targets", "keys", "disk", "database", "clock"),
    }
    assert list(tmp_path.iterdir()) == []


def test_what_fails_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(doctor_machine, "ANSWER_SECONDS", 0.05)
        assert run(monkeypatch, "--data-dir", str(tmp_path), "--port", port) == 1
    out = capsys.readouterr().out
    assert "fail listener: cannot listen on 127.0.0.1:" in out
    assert "     Choose another --port" in out
    assert run(monkeypatch, "--port", "99999999") == 1
    assert "fail settings: --port must be" in capsys.readouterr().out


def test_a_database_of_this_version(settings: Settings, database_url: str) -> None:
    database = Database(database_url)
    migrate.upgrade(database, "main")
    here = replace(settings, database_url=database_url)
    state, said = only(here, "database")
    assert (state, "at this version's schema" in said) == ("ok", True)
    if not database.is_sqlite:
        # The server of the tests never syncs, and that is noticed.
        assert {said.split()[0] for state, said in found(here, "postgres") if state == "fail"} == {
            "fsync",
            "full_page_writes",
        }
        assert only(here, "clock")[0] == "ok"
    database.close()


def test_an_older_schema_and_a_newer_one(settings: Settings, database_url: str) -> None:
    database = Database(database_url)
    here = replace(settings, database_url=database_url)
    with database.writing() as connection:
        migrate.upgrade_connection(connection, "main", "20261122_main")
    state, said = only(here, "database")
    assert state == "warn"
    assert "Back it up first" in said
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE schema_version_main SET version_num = '2099_x'"))
    state, said = only(here, "database")
    assert state == "fail"
    assert "newer version of Voltfleet (to 2099_x)" in said
    database.close()


def test_looking_changes_no_file(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "voltfleet.db"
    database = Database(f"sqlite:///{file}")
    migrate.upgrade(database, "main")
    before = file.read_bytes(), Path(f"{file}-wal").read_bytes()
    assert checkup.look(f"sqlite:///{file}").schema is not None
    assert (file.read_bytes(), Path(f"{file}-wal").read_bytes()) == before
    database.close()


def test_a_file_that_is_no_database(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"a holiday picture " * 100)
    state, said = only(replace(settings, database_url=f"sqlite:///{tmp_path}/x.db"), "database")
    assert state == "fail"
    assert "not a database" in said


def test_a_server_that_is_away_is_given_up_soon(settings: Settings) -> None:
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    started = time.monotonic()
    state, said = only(replace(settings, database_url=url), "database")
    assert time.monotonic() - started < checkup.CONNECT_SECONDS + 1
    assert state == "fail"
    assert "secret" not in said


def test_keys_that_others_may_read_or_that_are_none(settings: Settings) -> None:
    keys.load_or_create(settings.keys_dir)
    assert only(settings, "keys")[0] == "ok"
    file = settings.keys_dir / keys.FILE_NAME
    file.chmod(0o640)
    state, said = only(settings, "keys")
    assert (state, f"chmod go-rwx {file}" in said) == ("fail", True)
    file.chmod(0o600)
    file.write_text("{}")
    assert only(settings, "keys")[0] == "fail"


def test_a_directory_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    here = replace(settings, data_dir=tmp_path / "file" / "data")
    assert found(here, "disk")[0][0] == "fail"


@pytest.mark.parametrize(
    ("disk", "state"),
    [
        ({}, "ok"),
        ({"sync_ms": 400.0}, "warn"),
        ({"volatile": True}, "warn"),
        ({"shared": True}, "fail"),
        ({"free_bytes": 500_000_000}, "warn"),
        ({"free_bytes": 1_000_000}, "fail"),
    ],
)
def test_disks(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, disk: dict[str, object], state: str
) -> None:
    values = {"free_bytes": 10**11, "sync_ms": 1.0} | disk
    one = doctor_machine.Disk(**values)  # type: ignore[arg-type]
    monkeypatch.setattr(doctor_machine, "look_at_disk", lambda _: one)
    assert only(settings, "disk")[0] == state


def test_a_library_that_can_corrupt_matters_only_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(checkup, "library", lambda: Library("3.40.1", affected=True))
    state, said = only(settings, "sqlite")
    assert (state, "pysqlite3" in said) == ("fail", True)
    monkeypatch.setattr(checkup, "look", lambda _: Checkup(schema=CURRENT, server=SOUND))
    assert only(replace(settings, database_url="postgresql://x/y"), "sqlite")[0] == "ok"


@pytest.mark.parametrize(
    ("server", "states"),
    [
        (SOUND, ["ok"]),
        (replace(SOUND, version=12), ["fail", "ok"]),
        (replace(SOUND, settings={"fsync": "off", "full_page_writes": "on"}), ["fail", "ok"]),
        (replace(SOUND, connections_free=10), ["warn", "ok"]),
    ],
)
def test_servers(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, server: Server, states: list[str]
) -> None:
    monkeypatch.setattr(checkup, "look", lambda _: Checkup(schema=CURRENT, server=server))
    here = replace(settings, database_url="postgresql://x/y")
    assert [state for state, _ in found(here, "postgres")] == states


@pytest.mark.parametrize(
    ("skew", "state"), [(0.2, "ok"), (-2.0, "warn"), (2.0, "warn"), (-7.0, "fail"), (9.0, "fail")]
)
def test_clocks_beside_the_server(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, skew: float, state: str
) -> None:
    server = replace(SOUND, skew_seconds=skew)
    monkeypatch.setattr(checkup, "look", lambda _: Checkup(schema=CURRENT, server=server))
    assert only(replace(settings, database_url="postgresql://x/y"), "clock")[0] == state


def test_a_clock_behind_what_was_written(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    written = Checkup(schema=CURRENT, newest_at=time.time() + 600)
    monkeypatch.setattr(checkup, "look", lambda _: written)
    state, said = only(settings, "clock")
    assert (state, "600 s behind" in said) == ("fail", True)


def test_limits_that_few_chargers_fit_in(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(doctor_machine, "descriptors", lambda: (1024, 896))
    monkeypatch.setattr(doctor_machine, "outgoing_ports", lambda: 500)
    assert only(settings, "files")[0] == "warn"
    assert only(settings, "ports")[0] == "warn"
    monkeypatch.setattr(doctor_machine, "descriptors", lambda: (200, 72))
    monkeypatch.setattr(doctor_machine, "outgoing_ports", lambda: None)
    assert only(settings, "files")[0] == "fail"
    assert only(settings, "ports")[0] == "ok"


def test_targets_that_strangers_could_use(settings: Settings) -> None:
    assert only(settings, "targets")[0] == "ok"
    open_to_all = replace(settings, host="0.0.0.0", targets=Targets.ANY)  # noqa: S104
    assert only(open_to_all, "targets")[0] == "warn"
    assert only(replace(open_to_all, targets=Targets.PUBLIC), "targets")[0] == "ok"
