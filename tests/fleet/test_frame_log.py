from collections.abc import Iterator

import pytest

from voltfleet.domain.hosting import FrameLog
from voltfleet.fleet import frame_log
from voltfleet.storage import migrate
from voltfleet.storage.engine import Database

NOW = 1_800_000_000.0


@pytest.fixture
def frames(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    migrate.upgrade(database, "frames")
    with database.writing() as connection:
        frame_log.append(
            connection,
            [FrameLog("b", NOW, True, "Boot", "[]")]
            + [
                FrameLog("a", NOW + n, n % 2 == 0, "Heartbeat" if n % 3 else "Boot", f"[{n}]")
                for n in range(10)
            ],
        )
    yield database
    database.close()


def page(frames: Database, **wanted) -> tuple[list[str], int]:
    asked = {"start": None, "end": None, "action": None, "offset": 0, "limit": 100, **wanted}
    with frames.reading() as connection:
        found, total = frame_log.page(connection, "a", **asked)
    return [frame.message for frame in found], total


def test_frames_of_one_charger_oldest_first(frames: Database) -> None:
    assert page(frames) == ([f"[{n}]" for n in range(10)], 10)


def test_bounds_are_inclusive(frames: Database) -> None:
    assert page(frames, start=NOW + 2, end=NOW + 4) == (["[2]", "[3]", "[4]"], 3)


def test_filter_and_paging(frames: Database) -> None:
    assert page(frames, action="Boot", offset=1, limit=2) == (["[3]", "[6]"], 4)


def test_trim_by_age_and_by_number(frames: Database) -> None:
    with frames.writing() as connection:
        assert frame_log.trim(connection, older_than=NOW + 2, keep=1_000) == 3
        assert frame_log.trim(connection, older_than=NOW + 2, keep=1_000) == 0
        assert frame_log.trim(connection, older_than=NOW, keep=4) == 4
    assert page(frames)[0] == ["[6]", "[7]", "[8]", "[9]"]


def test_a_nul_from_a_csms_is_kept_as_a_replacement(frames: Database) -> None:
    with frames.writing() as connection:
        frame_log.append(connection, [FrameLog("n", NOW, False, "Bo\0ot", "[2,\0")])
    with frames.reading() as connection:
        asked = {"start": None, "end": None, "action": None, "offset": 0, "limit": 9}
        found, _ = frame_log.page(connection, "n", **asked)
    assert [(frame.action, frame.message) for frame in found] == [("Bo\ufffdot", "[2,\ufffd")]
