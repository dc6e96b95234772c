"""What `make audit` says and how it exits, whatever the advisories are."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "audit", Path(__file__).parents[2] / "tools" / "audit.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
audit = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(audit)

WELL = {"name": "well", "version": "1", "vulns": []}
ILL = {"name": "ill", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "unknown", "version": "4", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "options", "code", "said"),
    [
        ([WELL], [], 0, "1 dependencies audited, 0 vulnerable"),
        ([WELL, UNKNOWN], ["--strict"], 0, "so not audited: unknown"),
        ([WELL, ILL], [], 1, "ill 2: CVE-1, fixed in 3"),
        ([UNKNOWN], [], 0, "NOT AUDITED"),
        (None, [], 0, "NOT AUDITED"),
        ([UNKNOWN], ["--strict"], 3, "NOT AUDITED"),
        (None, ["--strict"], 3, "NOT AUDITED"),
    ],
)
def test_outcomes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: list[dict[str, Any]] | None,
    options: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(audit, "_audit", lambda: found)
    monkeypatch.setattr("sys.argv", ["audit.py", *options])
    assert audit.main() == code
    assert said in capsys.readouterr().out
