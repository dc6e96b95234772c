"""What the C library keeps of memory that is free, given back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Now and then: SQLite and Postgres take and return much of it, and glibc keeps its pages.
    Nothing where the C library is another."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
