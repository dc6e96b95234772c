"""Builds ``.venv`` from nothing but Python and a package index: what ``make setup`` runs.

    python3 tools/bootstrap.py

Makes the environment, puts uv into it, and lets uv install what ``uv.lock`` says. Does nothing when
all that has been done already for this lock, in this folder. Then builds the dashboard, if anything
of it has changed: see ``build_dashboard.py``. Works where the system's pip is locked
(PEP 668) and on a Debian without python3-venv, whose ``python3 -m venv`` cannot bring pip along.
"""

import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_dashboard

UV = "uv==0.13.9"
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".voltfleet-setup"
INPUTS = ("pyproject.toml", "uv.lock", "tools/bootstrap.py")
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX")
"""Variables that would make Python or pip work on something else than ``.venv``."""
DEFAULT_INDEX = "https://pypi.org/simple"


class SetupError(Exception):
    """The environment could not be built; the message says what to do about it."""


def main() -> int:
    """Builds what is missing; the exit code is 1 when that failed."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    wanted = fingerprint()
    try:
        if not (PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted):
            STAMP.unlink(missing_ok=True)
            make_environment()
            install_uv()
            sync()
            STAMP.write_text(wanted)
            print("make setup: .venv is ready.")
        if build_dashboard.build(PYTHON):
            print("make setup: the dashboard is built.")
    except (SetupError, build_dashboard.DashboardError) as error:
        print(f"\nmake setup: {error}", file=sys.stderr)
        return 1
    return 0


def fingerprint() -> str:
    """Changes with everything that would make the environment stale, its folder included."""
    digest = hashlib.sha256(str(VENV).encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def make_environment() -> None:
    """``.venv`` with a working Python >= 3.11; a broken or too old one is replaced."""
    if run([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], quiet=True):
        return
    if VENV.exists():
        print("make setup: replacing .venv, whose Python does not work or is too old")
        shutil.rmtree(VENV)
    print(f"make setup: making .venv with Python {sys.version.split()[0]}")
    if not run([sys.executable, "-m", "venv", "--without-pip", VENV]):
        raise SetupError(
            f"{sys.executable} has no working module `venv`. Install it (Debian, Ubuntu: "
            "apt install python3-venv), or name another Python: make setup PYTHON=/path/to/python3"
        )


def install_uv() -> None:
    """uv inside ``.venv``, by the first of these that works here."""
    probe = f"import importlib.metadata as m, sys; sys.exit('uv==' + m.version('uv') != {UV!r})"
    if run([PYTHON, "-c", probe], quiet=True):
        return
    print(f"make setup: installing {UV} into .venv")
    install = ["install", "--quiet", "--no-user", "--disable-pip-version-check", UV]
    if run([PYTHON, "-m", "ensurepip", "--default-pip"], quiet=True):
        worked = run([PYTHON, "-m", "pip", *install])
    else:  # Debian ships ensurepip apart, in python3-venv
        with tempfile.TemporaryDirectory() as folder:
            wheel = download_pip(Path(folder))
            worked = run([PYTHON, f"{wheel}/pip", *install])
    if not worked:
        raise SetupError(f"pip could not install {UV}: see above. Is there a way to {index_url()}?")


def download_pip(folder: Path) -> Path:
    """pip's newest wheel, fetched from the index and checked against the hash that it states."""
    page = f"{index_url().rstrip('/')}/pip/"
    try:
        listing = json.loads(fetch(page, accept="application/vnd.pypi.simple.v1+json"))
        file = newest_wheel(listing["files"])
        content = fetch(urljoin(page, file["url"]))
    except (OSError, ValueError, KeyError, LookupError) as error:
        raise SetupError(
            f"there is no pip here, and none could be fetched from {page} ({error}). Install one "
            "(Debian, Ubuntu: apt install python3-venv) and run make setup again."
        ) from error
    if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
        raise SetupError(f"{file['filename']} from {page} is not the file the index announced.")
    wheel = folder / str(file["filename"])
    wheel.write_bytes(content)
    return wheel


def newest_wheel(files: list[dict]) -> dict:  # type: ignore[type-arg]
    """The last released, neither yanked nor pre-released, pure wheel among an index's files."""
    wheels = {}
    for file in files:
        name = file["filename"]
        version = name.split("-")[1] if name.endswith("-py3-none-any.whl") else ""
        if version.replace(".", "").isdigit() and not file.get("yanked"):
            wheels[tuple(map(int, version.split(".")))] = file
    return wheels[max(wheels)]


def fetch(url: str, accept: str = "*/*") -> bytes:
    """The body of ``url``, which must be reached over TLS, on this machine, or be a file."""
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 the user's own index
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def index_url() -> str:
    """The package index that pip would use, as far as the environment says."""
    return os.environ.get("PIP_INDEX_URL") or DEFAULT_INDEX


def sync() -> None:
    """Everything in ``uv.lock``, installed. What a developer added to ``.venv`` by hand stays.

    Compiled here and now: otherwise every process compiles what it imports for itself, for seconds,
    until one of them may write its bytecode (under PYTHONDONTWRITEBYTECODE none ever does).
    """
    command = [PYTHON, "-m", "uv", "sync", "--frozen", "--inexact", "--python", PYTHON]
    command.append("--compile-bytecode")
    if ssl.create_default_context().get_ca_certs():
        # A company's proxy has its certificate there, and not among those that uv brings along.
        command.append("--system-certs")
    if not run(command, UV_PROJECT_ENVIRONMENT=str(VENV), UV_PYTHON_DOWNLOADS="never"):
        raise SetupError("uv could not install what uv.lock says: see above.")


def run(command: list, *, quiet: bool = False, **environment: str) -> bool:  # type: ignore[type-arg]
    """Whether ``command`` could be started and ended well."""
    output = subprocess.DEVNULL if quiet else None
    kept = {key: value for key, value in os.environ.items() if key not in MISLEADING}
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env=kept | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
