"""Imports whose objects live as long as the process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting_imports() -> Iterator[None]:
    """Around imports: the garbage collector never looks at what they make, which would be an eighth
    of the time that they take, and again with every full collection."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
