"""News for live streams: what is written by what, and following it without missing a line."""

import threading

import pytest

import builders
from voltfleet.domain.hosting import FrameLog
from voltfleet.domain.provisioning import UNKNOWN
from voltfleet.fleet import (
    chargers,
    frame_log,
    job_list,
    live_details,
    live_frames,
    locations,
    news,
    provisioning,
)
from voltfleet.storage import migrate
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import live_changes

NOW = 1_800_000_000.0


class Follower:
    """Reads the news as the hub does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.reading() as connection:
            self.tail = news.Tail(news.newest_id(connection))

    def read(self, now: float = NOW) -> list[news.Change]:
        with self._database.reading() as connection:
            found = news.follow(connection, self.tail.unseen(news.ID))
        self.tail.saw([change.id for change in found], now)
        return found

    def told(self) -> tuple[set[str], set[str | None], bool]:
        """Charger ids, organizations, and whether anything was said to have changed."""
        found = self.read()
        ids = {id_ for change in found for id_ in change.charger_ids or ()}
        organizations = {change.organization_id for change in found}
        return ids, organizations, any(change.charger_ids is None for change in found)


def fleet(database: Database, count: int = 3) -> list[str]:
    job_id = builders.accept(database, builders.batch(count), now=NOW)
    builders.carry_out(database, job_id, NOW)
    with database.reading() as connection:
        return [each.id for each in chargers.created_by(connection, job_id, "READY")]


def test_a_job_tells_of_itself_and_of_every_charger(database: Database) -> None:
    follower = Follower(database)
    job_id = builders.accept(database, builders.batch(3), now=NOW)
    assert follower.told() == (set(), {"acme"}, False)
    builders.carry_out(database, job_id, NOW)
    ids, organizations, everything = follower.told()
    with database.reading() as connection:
        made = {each.id for each in chargers.created_by(connection, job_id, "READY")}
    assert (ids, organizations, everything) == (made, {"acme", None}, False)


def test_every_change_of_a_charger_is_told(database: Database) -> None:
    ids = fleet(database)
    follower = Follower(database)
    acts = [
        lambda c: chargers.update(c, builders.ACME, ids[0], {"name": "x"}, NOW),
        lambda c: chargers.set_running(c, builders.ACME, ids[0], running=False, now=NOW),
        lambda c: chargers.restart(c, builders.ACME, ids[0], NOW),
        lambda c: chargers.delete(c, builders.ACME, ids[0], NOW),
    ]
    for act in acts:
        with database.writing() as connection:
            act(connection)
        assert follower.told() == ({ids[0]}, {"acme"}, False)
    with database.writing() as connection:
        chargers.update(connection, builders.ACME, ids[1], {"name": "Bay 0001"}, NOW)
    assert follower.read() == []  # nothing is different
    with database.writing() as connection:
        locations.delete(connection, builders.ACME, "loc", NOW)
    assert follower.told()[0] == set(ids[1:])


def test_a_job_that_is_given_up_tells_of_its_chargers(database: Database) -> None:
    job_id = builders.accept(database, builders.batch(2), now=NOW)
    with database.writing() as connection:
        provisioning.begin(connection, job_id, NOW)
        provisioning.register(connection, job_id, 10, NOW)
        ids = {each.id for each in chargers.created_by(connection, job_id, "PENDING")}
    follower = Follower(database)
    with database.writing() as connection:
        provisioning.fail(connection, job_id, UNKNOWN, NOW)
    assert follower.told() == (ids, {"acme"}, False)


def test_many_chargers_of_an_organization_are_all_of_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MOST_IDS", 2)
    follower = Follower(database)
    with database.writing() as connection:
        news.changed(connection, NOW, ["a", "b", "c"], organization_id="acme")
        news.changed(connection, NOW, ["a", "b", "c"], organization_id=None)
    assert [change.charger_ids for change in follower.read()] == [None, ["a", "b"], ["c"]]


def test_what_is_old_goes_but_the_newest(database: Database) -> None:
    with database.writing() as connection:
        for at in (NOW - 700, NOW - 650, NOW - 100, NOW - 601):
            news.changed(connection, at, ["a"], organization_id="acme")
    with database.writing() as connection:
        assert news.trim(connection, NOW) == 2
        assert len(news.since(connection, "acme", 0.0)) == 2
        assert news.trim(connection, NOW + 10_000) == 1
        assert news.trim(connection, NOW + 10_000) == 0
        last = news.newest_id(connection)
        news.changed(connection, NOW, ["b"], organization_id="acme")
        assert news.newest_id(connection) == last + 1


def test_since_tells_an_organization_what_may_be_its_own(database: Database) -> None:
    with database.writing() as connection:
        news.changed(connection, NOW - 1, ["early"], organization_id="acme")
        news.changed(connection, NOW, ["mine"], organization_id="acme")
        news.changed(connection, NOW, ["theirs"], organization_id="other")
        news.changed(connection, NOW, ["whose"], organization_id=None)
        found = news.since(connection, "acme", NOW)
    assert [change.charger_ids for change in found] == [["mine"], ["whose"]]


@pytest.mark.parametrize("current_database_url", ["postgres"], indirect=True)
def test_a_line_that_becomes_visible_late_is_not_missed(database: Database) -> None:
    """Two transactions draw ids, and the first commits last."""
    follower = Follower(database)
    drawn, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with database.writing() as connection:
            news.changed(connection, NOW, ["late"], organization_id="acme")
            drawn.set()
            assert go_on.wait(20)

    slow = threading.Thread(target=slowly)
    slow.start()
    assert drawn.wait(20)
    with database.writing() as connection:
        news.changed(connection, NOW, ["early"], organization_id="acme")
    assert [change.charger_ids for change in follower.read()] == [["early"]]
    assert follower.read() == []
    go_on.set()
    slow.join()
    assert [change.charger_ids for change in follower.read()] == [["late"]]
    assert follower.read() == []


def test_a_tail_looks_again_for_what_it_skipped_and_only_for_a_while() -> None:
    tail = news.Tail(10)

    def wanted() -> str:
        return str(tail.unseen(live_changes.c.id).compile(compile_kwargs={"literal_binds": True}))

    id_ = "live_changes.id"
    tail.saw([12, 13, 17], 0.0)
    assert wanted() == (f"{id_} > 17 OR {id_} BETWEEN 11 AND 11 OR {id_} BETWEEN 14 AND 16")
    tail.saw([15, 18], 1.0)
    assert wanted() == (
        f"{id_} > 18 OR {id_} BETWEEN 11 AND 11 OR {id_} BETWEEN 14 AND 14 "
        f"OR {id_} BETWEEN 16 AND 16"
    )
    tail.saw([11, 20], news.PATIENCE_SECONDS - 0.1)
    assert f"{id_} BETWEEN 11" not in wanted()
    assert f"{id_} BETWEEN 19 AND 19" in wanted()
    tail.saw([], news.PATIENCE_SECONDS + 0.1)
    assert wanted() == f"{id_} > 20 OR {id_} BETWEEN 19 AND 19"
    tail.saw([], 2 * news.PATIENCE_SECONDS)
    assert wanted() == f"{id_} > 20"


def test_details_are_for_whom_somebody_watches(database: Database) -> None:
    ids = fleet(database)
    until = NOW + live_details.WATCH_SECONDS
    with database.writing() as connection:
        live_details.watch(connection, builders.OTHER, ids, NOW)
        assert live_details.watched(connection, "local-0", NOW) == []
        live_details.watch(connection, builders.ACME, ids[:2], NOW)
        assert live_details.watched(connection, "local-0", NOW) == sorted(ids[:2])
        assert live_details.watched(connection, "local-1", NOW) == []
        assert live_details.watched(connection, "local-0", until) == []
        live_details.publish(connection, "local-1", [(ids[0], NOW, "[]")])
        live_details.publish(
            connection, "local-0", [(ids[0], NOW, "[1]"), (ids[0], NOW + 1, "[2]")]
        )
        look = live_details.latest
        assert look(connection, builders.ACME, ids, NOW) == [(ids[0], NOW + 1, "[2]")]
        assert look(connection, builders.ACME, ids, NOW + 2) == []
        assert look(connection, builders.OTHER, ids, NOW) == []
        assert live_details.trim(connection, NOW) == 0
        assert live_details.trim(connection, NOW + 100) == 3


def test_frames_are_counted_without_their_messages(database: Database) -> None:
    migrate.upgrade(database, "frames")
    texts = ['[2,"a","Heartbeat",{}]', '[4,"a","e","",{}]', "\n [\t5 ,1]", '["4"]', "x", ""]
    with database.writing() as connection:
        told = [FrameLog("c", NOW, True, "Heartbeat", text) for text in texts]
        frame_log.append(connection, told)
        everything = live_frames.ID > 0
        found = live_frames.follow(connection, everything, ())
        kinds = [frame.kind for frame in found]
        assert kinds[:3] == [live_frames.OTHER, live_frames.ERROR, live_frames.ERROR]
        assert kinds[4:] == [live_frames.OTHER, live_frames.OTHER]
        assert {frame.message for frame in found} == {None}
        named = live_frames.follow(connection, everything, ["c"])
        assert [frame.message for frame in named] == texts
        assert live_frames.follow(connection, everything, None) == named
        newest = live_frames.newest_id(connection)
        missed, left_out = live_frames.missed(
            connection, {"c"}, named=True, after=1, until=newest - 1, since=0.0, limit=3
        )
        assert [frame.message for frame in missed] == texts[2:5]
        assert left_out == 1


def test_the_newest_jobs_and_those_that_are_followed(database: Database) -> None:
    made = [
        builders.accept(database, builders.batch(1, prefix=f"{n}-"), now=NOW + n) for n in range(4)
    ]
    with database.reading() as connection:
        newest = job_list.newest(connection, builders.ACME, 2)
        assert [job.id for job in newest] == [made[3], made[2]]
        followed = job_list.newest(connection, builders.ACME, 1, {made[0]})
        assert [job.id for job in followed] == [made[3], made[0]]
        assert job_list.newest(connection, builders.OTHER, 2, made) == []
