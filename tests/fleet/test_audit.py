"""The audit log: kept as it was written, found again, bounded; on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa

from voltfleet.fleet import audit
from voltfleet.fleet.audit import Entry, Wanted
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import audit_log


def entry(at: float = 1.0, **more: Any) -> Entry:
    fields = {"operation": "create_charger", "outcome": audit.DONE, "request_id": f"r{at:g}"}
    return Entry(at=at, **{**fields, **more})


def write(database: Database, *entries: Entry) -> None:
    with database.writing() as connection:
        audit.append(connection, entries)


def find(database: Database, **wanted: Any) -> list[str]:
    with database.reading() as connection:
        found, total = audit.page(connection, Wanted(**wanted), offset=0, limit=100)
    assert total == len(found)
    return [line.request_id for line in found]


def trim(database: Database, older_than: float = 0.0, keep: int = 1000) -> int:
    with database.writing() as connection:
        return audit.trim(connection, older_than=older_than, keep=keep)


def test_a_line_comes_back_as_it_was_written(database: Database) -> None:
    written = entry(
        remote="10.0.0.1",
        subject="ada",
        role="user",
        organization_id="acme",
        targets={"charger_id": "c", "charger_ids": ["a", "b"], "chargers": 3},
        reason="why",
        times=7,
    )
    write(database, written)
    with database.reading() as connection:
        assert audit.page(connection, Wanted(), offset=0, limit=1) == ([written], 1)


def test_what_no_database_keeps_is_written_otherwise(database: Database) -> None:
    odd = "a\0b\ud800" + "x" * 500
    write(database, entry(subject=odd, reason=odd, remote=odd, targets={"location_id": odd}))
    with database.reading() as connection:
        [line], _ = audit.page(connection, Wanted(), offset=0, limit=1)
    assert line.subject == ("a\ufffdb?" + "x" * 500)[:300]
    assert line.targets == {"location_id": line.subject}


def test_lines_are_found_by_who_what_and_when_the_newest_first(database: Database) -> None:
    write(
        database,
        entry(1, organization_id="acme", subject="ada"),
        entry(2, organization_id="other", subject="ada", operation="delete_charger"),
        entry(3, organization_id="acme", subject="bob", outcome="forbidden"),
    )
    assert find(database) == ["r3", "r2", "r1"]
    assert find(database, organization_id="acme") == ["r3", "r1"]
    assert find(database, subject="ada") == ["r2", "r1"]
    assert find(database, operation="delete_charger") == ["r2"]
    assert find(database, outcome="forbidden", organization_id="acme") == ["r3"]
    assert find(database, start=2.0, end=3.0) == ["r3", "r2"]
    assert find(database, start=2.5, end=2.6) == []
    with database.reading() as connection:
        page, total = audit.page(connection, Wanted(), offset=1, limit=1)
    assert ([line.request_id for line in page], total) == (["r2"], 3)


def test_old_lines_go_and_so_do_the_oldest_of_too_many(database: Database) -> None:
    assert trim(database) == 0
    write(database, *(entry(at) for at in range(1, 11)))
    assert trim(database, older_than=4.0) == 3
    assert find(database)[-1] == "r4"
    assert trim(database, keep=5) == 2
    assert find(database) == ["r10", "r9", "r8", "r7", "r6"]
    assert trim(database, keep=5) == 0


def test_a_flood_of_refusals_does_not_push_out_what_was_done(database: Database) -> None:
    write(database, *(entry(at) for at in range(1, 5)))
    write(database, *(entry(at, outcome="unauthenticated") for at in range(5, 45)))
    assert trim(database, keep=100) == 15
    assert find(database, outcome=audit.DONE) == ["r4", "r3", "r2", "r1"]
    left = find(database, outcome="unauthenticated")
    assert (len(left), left[0]) == (25, "r44")
    assert trim(database, keep=100) == 0


def test_a_trim_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_TRIMMED_AT_ONCE", 10)
    write(database, *(entry(at) for at in range(1, 31)))
    rounds = []
    while gone := trim(database, older_than=100.0):
        rounds.append(gone)
    assert sum(rounds) == 30
    assert max(rounds) <= 11
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit_log)).scalar() == 0
