"""Which SQLite library is used: the one of ``pysqlite3``, or Python's own where that has no wheel.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that several connections write, and Python's own
library is often among them; the durable engine opens connections beside ours.
"""

import warnings

try:
    import pysqlite3.dbapi2 as sqlite  # type: ignore[import-untyped]
except ImportError:
    import sqlite3 as sqlite

__all__ = ["is_affected", "sqlite", "warn_if_affected"]

_AFFECTED = (3, 7, 0), (3, 51, 2)


def is_affected(version: tuple[int, ...] = sqlite.sqlite_version_info) -> bool:
    """Whether that library has the bug."""
    first, last = _AFFECTED
    return first <= version <= last


def warn_if_affected(version: tuple[int, ...] = sqlite.sqlite_version_info) -> None:
    """Warns, once per process, when the library has the bug."""
    if is_affected(version):
        said = ".".join(map(str, version))
        warnings.warn(
            f"SQLite {said} has a bug that can corrupt the database after a crash; install the "
            "pysqlite3 package, use a Python with SQLite 3.51.3 or newer, or use Postgres.",
            RuntimeWarning,
            stacklevel=2,
        )
