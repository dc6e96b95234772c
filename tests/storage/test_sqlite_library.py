import warnings

import pytest

from voltfleet.storage.sqlite_library import sqlite, warn_if_affected


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_an_affected_library_is_named(version: tuple[int, ...]) -> None:
    with pytest.warns(RuntimeWarning, match=r"SQLite 3\.\d+\.\d+ has a bug.*pysqlite3"):
        warn_if_affected(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4)])
def test_a_sound_one_is_not(version: tuple[int, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_affected(version)


def test_the_library_in_use_here_is_sound() -> None:
    pytest.importorskip("pysqlite3")
    assert sqlite.sqlite_version_info > (3, 51, 2)
