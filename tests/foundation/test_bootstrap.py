"""``make setup`` on machines that lack something."""

import hashlib
import http.server
import importlib.util
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
WHEEL = b"what would be pip"


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("bootstrap", TOOLS / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Index(http.server.BaseHTTPRequestHandler):
    """A package index that has pip in one released version."""

    announced = hashlib.sha256(WHEEL).hexdigest()

    def do_GET(self) -> None:
        name = "pip-26.1-py3-none-any.whl"
        hashes = {"sha256": self.announced}
        file = {"filename": name, "url": f"../../files/{name}", "hashes": hashes}
        body = WHEEL if self.path == f"/files/{name}" else json.dumps({"files": [file]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Index]]:
    """`Index` on loopback, as the index that pip would use."""
    handler = type("Handler", (Index,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


def test_pip_is_fetched_where_python_has_none(
    bootstrap: ModuleType, index: type[Index], tmp_path: Path
) -> None:
    wheel = bootstrap.download_pip(tmp_path)
    assert wheel.name == "pip-26.1-py3-none-any.whl"
    assert wheel.read_bytes() == WHEEL


def test_a_pip_that_is_not_the_announced_one_is_refused(
    bootstrap: ModuleType, index: type[Index], tmp_path: Path
) -> None:
    index.announced = "0" * 64
    with pytest.raises(bootstrap.SetupError, match="not the file the index announced"):
        bootstrap.download_pip(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_an_index_it_says_what_to_install(
    bootstrap: ModuleType, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port}/simple")
    with pytest.raises(bootstrap.SetupError, match="apt install python3-venv"):
        bootstrap.download_pip(tmp_path)


def test_the_newest_release_is_taken(bootstrap: ModuleType) -> None:
    names = ["pip-9.0.1", "pip-26.10", "pip-26.9", "pip-27.0rc1", "pip-26.11"]
    files = [{"filename": f"{name}-py3-none-any.whl"} for name in names]
    files[-1]["yanked"] = "broken"
    files.append({"filename": "pip-99.0.tar.gz"})
    assert bootstrap.newest_wheel(files)["filename"] == "pip-26.10-py3-none-any.whl"


def test_the_environment_is_stale_when_the_lock_or_the_folder_changes(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tools").mkdir()
    for name in bootstrap.INPUTS:
        (tmp_path / name).write_text("one")
    before = bootstrap.fingerprint()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    here = bootstrap.fingerprint()
    (tmp_path / "uv.lock").write_text("two")
    changed = bootstrap.fingerprint()
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    assert len({before, here, changed, bootstrap.fingerprint()}) == 4


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PYTHON": "/bin/false"}, "PYTHON=/bin/false is not a Python 3.11 or newer"),
        ({"PATH": "/nowhere"}, "needs Python 3.11 or newer, and none was found"),
    ],
)
def test_a_missing_python_is_a_clear_message(environment: dict[str, str], said: str) -> None:
    done = subprocess.run(
        ["/bin/sh", str(TOOLS / "find-python.sh")],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
