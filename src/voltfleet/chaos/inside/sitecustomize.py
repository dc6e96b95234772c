# ruff: noqa: INP001 - no package: Python looks for this name on its path
"""Runs first in every Python process of a chaos run's fleet: it is on their ``PYTHONPATH``.

Python has one such module; the one that would have run without ours runs after it.
"""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

from voltfleet.chaos import victim

_HERE = str(Path(__file__).parent)

victim.enlist()

_others = [entry for entry in sys.path if entry != _HERE]
_next = importlib.machinery.PathFinder.find_spec("sitecustomize", _others)
if _next is not None and _next.loader is not None:
    _next.loader.exec_module(importlib.util.module_from_spec(_next))
