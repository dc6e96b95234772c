"""Building the dashboard: only what is stale, quietly, and with words when it fails.

npm is a script here; the real one runs in `make setup`.
"""

import sys
from pathlib import Path

import build_dashboard
import pytest
from build_dashboard import DashboardError, build

NPM = """\
import pathlib, sys
root = pathlib.Path(__file__).parent.parent
with (root / "called").open("a") as log:
    print(*sys.argv[1:], file=log)
if (root / "offline").exists():
    print("npm error network request to https://registry.npmjs.org failed")
    sys.exit(1)
(root / "dashboard/node_modules").mkdir(exist_ok=True)
if "build" in sys.argv:
    static = root / "src/voltfleet/dashboard/static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "index.html").write_text("<!doctype html>")
"""
FILES = ("index.html", "package.json", "package-lock.json", "svelte.config.js", "tsconfig.json")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house with a dashboard of empty files, whose npm notes how it is called."""
    for folder in ("tools", "dashboard/src", "dashboard/public"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (*FILES, "vite.config.ts", "src/main.ts"):
        (tmp_path / "dashboard" / name).touch()
    (tmp_path / "tools" / "npm.py").write_text(NPM)
    (tmp_path / "tools" / "build_dashboard.py").touch()
    static = tmp_path / "src" / "voltfleet" / "dashboard" / "static"
    modules = tmp_path / "dashboard" / "node_modules"
    for name, path in {
        "ROOT": tmp_path,
        "DASHBOARD": tmp_path / "dashboard",
        "STATIC": static,
        "MODULES": modules,
        "INSTALLED": modules / ".voltfleet-installed",
        "BUILT": static.parent / ".fingerprint",
    }.items():
        monkeypatch.setattr(build_dashboard, name, path)
    return tmp_path


def calls(house: Path) -> list[str]:
    """What npm was asked to do since the last look, by its first word that says it."""
    log = house / "called"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return ["ci" if line.startswith("ci") else "build" for line in lines]


def test_only_what_is_stale_is_made_anew(house: Path) -> None:
    python = Path(sys.executable)
    assert build(python)
    assert calls(house) == ["ci", "build"]
    assert not build(python)
    assert calls(house) == []
    (house / "dashboard/src/main.ts").write_text("changed")
    assert build(python)
    assert calls(house) == ["build"]
    (house / "dashboard/package-lock.json").write_text("{}")
    assert build(python)
    assert calls(house) == ["ci", "build"]
    (house / "src/voltfleet/dashboard/static/index.html").unlink()
    assert build(python)
    assert calls(house) == ["build"]


def test_a_failure_says_what_npm_said_and_the_next_attempt_begins_again(
    house: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (house / "offline").touch()
    with pytest.raises(DashboardError, match="npm ci ended with 1") as failure:
        build(Path(sys.executable))
    assert "network request to https://registry.npmjs.org failed" in str(failure.value)
    assert "npm_config_registry" in str(failure.value)
    assert "network request" not in capfd.readouterr().out
    calls(house)
    (house / "offline").unlink()
    assert build(Path(sys.executable))
    assert calls(house) == ["ci", "build"]
