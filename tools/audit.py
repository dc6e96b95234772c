"""Holds the locked dependencies of the product against the advisories that PyPI knows.

.venv/bin/python tools/audit.py [--strict]

Exits 1 when one of them is known to be vulnerable. Where the advisories cannot be had (no network,
or a mirror without them) it says that nothing was audited, and exits 0, so that a build without a
network does not fail; 3 with --strict.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
EXPORT = ["export", "--frozen", "--quiet", "--no-dev", "--no-emit-project", "--format"]
DEADLINE_SECONDS = 300
VULNERABLE, NOT_AUDITED = 1, 3


def main() -> int:
    """The exit code."""
    found = _audit()
    if found is None:
        return _not_audited("pip-audit could not reach PyPI's advisories")
    known = [d for d in found if "skip_reason" not in d]
    if not known:
        return _not_audited("the index answers, and has advisories on none of the dependencies")
    vulnerable = [d for d in known if d["vulns"]]
    for dependency in vulnerable:
        for advisory in dependency["vulns"]:
            fixed = ", ".join(advisory["fix_versions"]) or "no release"
            print(
                f"{dependency['name']} {dependency['version']}: {advisory['id']}, fixed in {fixed}"
            )
    skipped = [d["name"] for d in found if "skip_reason" in d]
    if skipped:
        print(f"not known there, so not audited: {', '.join(skipped)}")
    print(f"{len(known)} dependencies audited, {len(vulnerable)} vulnerable")
    return VULNERABLE if vulnerable else 0


def _audit() -> list[dict[str, Any]] | None:
    """What pip-audit says of each dependency; None if it could say nothing."""
    with tempfile.TemporaryDirectory() as directory:
        locked = Path(directory) / "requirements.txt"
        subprocess.run(
            [BIN / "uv", *EXPORT, "requirements.txt", "--output-file", locked],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        command = [
            str(BIN / "pip-audit"),
            "--requirement",
            str(locked),
            "--disable-pip",
            "--format",
            "json",
        ]
        try:
            done = subprocess.run(
                [*command, "--progress-spinner", "off"],
                capture_output=True,
                text=True,
                timeout=DEADLINE_SECONDS,
                check=False,
            )
            dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
        except (subprocess.TimeoutExpired, ValueError, KeyError):
            return None
    return dependencies


def _not_audited(why: str) -> int:
    print(f"NOT AUDITED: {why}. Run `make audit` where https://pypi.org can be reached.")
    return NOT_AUDITED if "--strict" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
