"""The live stream over real connections and real databases."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

import builders
from support.callers import Api
from support.clock import FakeClock
from support.live_reader import Reader, watching
from voltfleet.api import live, live_hub, live_stream
from voltfleet.api.deps import Services
from voltfleet.api.live_stream import Stream
from voltfleet.api.live_view import View
from voltfleet.domain.errors import Unavailable
from voltfleet.domain.hosting import (
    ChargerReport,
    ConnectionReport,
    ConnectionState,
    ConnectorReport,
    FrameLog,
)
from voltfleet.fleet import (
    chargers,
    frame_log,
    hosts,
    live_chargers,
    live_details,
    live_frames,
    locations,
    news,
)
from voltfleet.storage.engine import Database

IDENTITY, NAME, LOCATION, STATE, SINCE, HOST, CONNECTORS, ERROR = 1, 2, 3, 7, 8, 9, 10, 11
Watch = Callable[..., Any]


@pytest.fixture
def app_database_url(current_database_url: str) -> str:
    """These run on both databases."""
    return current_database_url


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams are looked after more often than needed."""
    monkeypatch.setattr(live_hub, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live_hub, "SECOND", 0.1)


@pytest.fixture
async def base(app: FastAPI, services: Services) -> AsyncIterator[str]:
    """The address of a server that runs on this loop."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    await services.live.stop("the test is over", within_seconds=5)
    server.should_exit = True
    await serving
    listener.close()


@pytest.fixture
def watch(api: Api, base: str) -> Watch:
    """``async with watch(): …`` reads acme's stream; other callers and queries as named."""

    @asynccontextmanager
    async def begin(
        query: str = "", *, who: str = "user", last: str | None = None, **headers: str
    ) -> AsyncIterator[Reader]:
        async with watching(f"{base}/live?{query}", api.token(who), last=last, **headers) as reader:
            yield reader

    return begin


def fleet(database: Database, now: float, count: int = 3, **more: Any) -> list[str]:
    """A finished job's chargers, online; returns their ids in the order of the request."""
    job_id = builders.accept(
        database, builders.batch(count, more.pop("prefix", "CP")), now=now, **more
    )
    builders.carry_out(database, job_id, now)
    with database.reading() as connection:
        return [each.id for each in chargers.created_by(connection, job_id, "READY")]


def report(
    database: Database,
    charger_id: str,
    now: float,
    *connectors: ConnectorReport,
    state: ConnectionState = ConnectionState.ONLINE,
    error: str | None = None,
) -> None:
    """What its host reports of a charger."""
    with database.writing() as connection:
        said = ConnectionReport(state, now, error, 1)
        told = ChargerReport(charger_id, 1, said, list(connectors) or None)
        hosts.apply(connection, "local-0", "boot", [told], now)


def write_frames(frames: Database, charger_id: str, *messages: str, now: float = 0.0) -> None:
    with frames.writing() as connection:
        frame_log.append(
            connection,
            [FrameLog(charger_id, now, True, "Heartbeat", message) for message in messages],
        )


def texts(reader: Reader) -> list[str]:
    """The frames told so far."""
    return [row[5] for event in reader.told if event.name == "frames" for row in event.data["rows"]]


def jobs_of(reader: Reader) -> list[dict[str, Any]]:
    """The jobs told so far."""
    return [row for event in reader.told if event.name == "jobs" for row in event.data["rows"]]


async def test_a_stream_begins_with_everything(
    watch: Watch, database: Database, clock: FakeClock
) -> None:
    ids = fleet(database, clock(), 3)
    report(
        database,
        ids[1],
        clock() + 1,
        ConnectorReport(1, 1, "Available", None, clock()),
        ConnectorReport(2, 1, "Charging", None, clock() + 5),
    )
    report(database, ids[2], clock(), state=ConnectionState.WAITING, error="Nobody there.")
    async with watch() as reader:
        hello = await reader.next()
        assert (hello.name, hello.data["organization_id"]) == ("hello", "acme")
        assert hello.data["resumed"] is False
        rows = await reader.snapshot()
        assert list(rows) == ids
        first = rows[ids[0]]
        assert first[1:10] == [
            "CP0000",
            "Bay 0000",
            "loc",
            "Wallbox",
            "Pulsar Plus",
            "OCPP1.6",
            "available",
            round(clock() * 1000),
            "local-0",
        ]
        assert rows[ids[1]][STATE] == "charging"
        assert rows[ids[1]][SINCE] == round((clock() + 5) * 1000)
        assert rows[ids[1]][CONNECTORS] == [
            [1, 1, "Available", None, 0],
            [2, 1, "Charging", None, 1],
        ]
        assert (rows[ids[2]][STATE], rows[ids[2]][ERROR]) == ("waiting", "Nobody there.")
        [job] = (await reader.until("jobs")).data["rows"]
        assert (job["status"], job["created"], job["total"]) == ("READY", 3, 3)


async def test_an_empty_organization_is_told_to_be_empty(watch: Watch) -> None:
    async with watch() as reader:
        assert await reader.snapshot() == {}
        assert (await reader.until("jobs")).data == {"rows": []}
        assert (await reader.until("rates")).data["messages"] == 0


async def test_what_changes_is_told(watch: Watch, database: Database, clock: FakeClock) -> None:
    ids = fleet(database, clock(), 3)
    async with watch() as reader:
        await reader.snapshot()
        report(database, ids[0], clock(), ConnectorReport(1, 1, "Faulted", "X", clock()))
        told = await reader.until("chargers")
        assert told.data["gone"] == []
        assert [(row[0], row[STATE]) for row in told.data["rows"]] == [(ids[0], "faulted")]
        with database.writing() as connection:
            chargers.update(connection, builders.ACME, ids[1], {"name": "Renamed"}, clock())
            chargers.delete(connection, builders.ACME, ids[2], clock())
        told = await reader.until("chargers")
        assert told.data["gone"] == [ids[2]]
        assert [(row[0], row[NAME]) for row in told.data["rows"]] == [(ids[1], "Renamed")]
        with database.writing() as connection:
            locations.delete(connection, builders.ACME, "loc", clock())
        told = await reader.until("chargers")
        assert sorted(told.data["gone"]) == sorted(ids[:2])


async def test_a_job_is_followed_to_its_end(
    watch: Watch, database: Database, clock: FakeClock
) -> None:
    async with watch() as reader:
        assert await reader.snapshot() == {}
        job_id = builders.accept(database, builders.batch(5), now=clock())
        [job] = (await reader.until("jobs", lambda data: data["rows"])).data["rows"]
        assert (job["job_id"], job["status"], job["created"]) == (job_id, "PENDING", 0)
        builders.carry_out(database, job_id, clock())
        rows: dict[str, Any] = {}
        while {row[STATE] for row in rows.values()} != {"available"} or len(rows) < 5:
            event = await reader.until("chargers")
            rows |= {row[0]: row for row in event.data["rows"]}
        while not (ended := [job for job in jobs_of(reader) if job["status"] == "READY"]):
            await reader.next()
        assert (ended[0]["job_id"], ended[0]["created"]) == (job_id, 5)


async def test_that_anything_may_have_changed_tells_only_what_has(
    watch: Watch, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "RELOAD_SECONDS", 0.0)
    ids = fleet(database, clock(), 4)
    async with watch() as reader:
        await reader.snapshot()
        with database.writing() as connection:
            builders.rehome(connection, clock() + 100)  # nobody to take them: they wait
        told = await reader.until("chargers")
        assert {row[0] for row in told.data["rows"]} == set(ids)
        assert {row[STATE] for row in told.data["rows"]} == {"waiting"}
        with database.writing() as connection:
            connection.exec_driver_sql(
                "UPDATE chargers SET name = 'Other' WHERE identity = 'CP0001'"
            )
            news.changed(connection, clock(), None, organization_id="acme")
        told = await reader.until("chargers")
        assert [row[0] for row in told.data["rows"]] == [ids[1]]


async def test_messages_of_named_chargers_as_they_cross_the_wire(
    watch: Watch, database: Database, frames: Database, clock: FakeClock
) -> None:
    ids = fleet(database, clock(), 3)
    write_frames(frames, ids[0], "[2,before]")
    async with watch(f"frames={ids[0]}&frames={ids[1]}") as reader:
        await reader.until("rates")
        write_frames(frames, ids[0], "[2,1]", now=12.345)
        write_frames(frames, ids[2], "[2,no]")
        write_frames(frames, ids[1], "[3,2]")
        while len(texts(reader)) < 2:
            await reader.until("frames")
        assert texts(reader) == ["[2,1]", "[3,2]"]
        [first, *_] = [e for e in reader.told if e.name == "frames"]
        assert first.data["rows"][0][1:] == [ids[0], 12345, 1, "Heartbeat", "[2,1]"]
        assert first.data["dropped"] == 0


async def test_rates_count_what_the_organization_s_chargers_say(
    watch: Watch, database: Database, frames: Database, clock: FakeClock
) -> None:
    mine = fleet(database, clock(), 2)
    theirs = fleet(database, clock(), 1, tenant=builders.OTHER, location_id="x", prefix="O")
    async with watch("frames=*&fleet=false") as reader:
        await reader.until("rates")
        write_frames(frames, theirs[0], "[2,x]", '[4,"x"]')
        write_frames(frames, mine[0], '[2,"1","Heartbeat",{}]', ' [ 4,"1","e","",{}]', '[5,"1"]')
        with frames.writing() as connection:
            boot = '[3,"1",{"status":"Accepted"}]'
            said = [
                FrameLog(mine[1], 0.0, False, "BootNotification", boot),
                FrameLog(mine[1], 0.0, False, "BootNotification", boot.replace("Acc", "Rej")),
                FrameLog(mine[1], 0.0, False, "Authorize", boot),
            ]
            frame_log.append(connection, said)
        counted = {"messages": 0, "errors": 0, "boots": 0}
        while counted["messages"] < 6:
            rates = (await reader.until("rates")).data
            assert 0.05 < rates["seconds"] < 10
            counted = {name: counted[name] + rates[name] for name in counted}
        assert counted == {"messages": 6, "errors": 2, "boots": 1}
        assert len(texts(reader)) == 6
        assert {event.name for event in reader.told} == {"hello", "rates", "frames"}


async def test_frames_that_come_too_fast_are_counted(
    watch: Watch,
    database: Database,
    frames: Database,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_stream, "FRAMES_WAITING", 10)
    [charger_id] = fleet(database, clock(), 1)
    async with watch("frames=*&fleet=false") as reader:
        await reader.until("rates")
        write_frames(frames, charger_id, *(f"[2,{n}]" for n in range(35)))
        told = await reader.until("frames")
        assert [row[5] for row in told.data["rows"]] == [f"[2,{n}]" for n in range(10)]
        assert told.data["dropped"] == 25


async def test_a_stream_that_broke_is_told_what_it_missed(
    watch: Watch, database: Database, frames: Database, clock: FakeClock
) -> None:
    ids = fleet(database, clock(), 5)
    clock.advance(60)
    async with watch(f"frames={ids[0]}") as reader:
        await reader.snapshot()
        write_frames(frames, ids[0], "[2,seen]", now=clock())
        await reader.until("frames")
        last = (await reader.until("rates")).id
    clock.advance(30)
    report(database, ids[1], clock(), ConnectorReport(1, 1, "Charging", None, clock()))
    with database.writing() as connection:
        chargers.delete(connection, builders.ACME, ids[2], clock())
    write_frames(frames, ids[0], "[2,missed]", now=clock())
    async with watch(f"frames={ids[0]}", last=last) as reader:
        assert (await reader.next()).data["resumed"] is True
        told = (await reader.until("chargers")).data
        assert told["snapshot"] is False
        assert [(row[0], row[STATE]) for row in told["rows"]] == [(ids[1], "charging")]
        assert told["gone"] == [ids[2]]
        while not texts(reader):
            await reader.until("frames")
        assert texts(reader) == ["[2,missed]"]


async def test_a_stream_that_goes_on_while_frames_are_read_is_told_them(
    watch: Watch,
    database: Database,
    frames: Database,
    clock: FakeClock,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A read that began before the stream was there left out the messages that it wants."""
    [charger_id] = fleet(database, clock(), 1)
    follow, read, go_on = live_frames.follow, threading.Event(), threading.Event()

    def slowly(*asked: Any) -> list[live_frames.Frame]:
        found = follow(*asked)
        if found:
            read.set()
            go_on.wait(10)
        return found

    async with watch() as other:
        last = (await other.until("rates")).id
        monkeypatch.setattr(live_frames, "follow", slowly)
        write_frames(frames, charger_id, "[2,meanwhile]", now=clock())
        assert await asyncio.to_thread(read.wait, 10)
        enter = services.live.enter

        def entering(stream: Stream) -> View:
            asyncio.get_running_loop().call_later(0.1, go_on.set)
            return enter(stream)

        monkeypatch.setattr(services.live, "enter", entering)
        async with watch(f"frames={charger_id}", last=last) as reader:
            while not texts(reader):
                await reader.until("frames")
    assert texts(reader) == ["[2,meanwhile]"]


@pytest.mark.parametrize("last", ["", "x", "1.1", "999999999999999.1", "{early}"])
async def test_a_stream_that_cannot_go_on_begins_anew(
    watch: Watch, database: Database, clock: FakeClock, last: str
) -> None:
    ids = fleet(database, clock(), 2)
    early = f"{round((clock() - news.KEPT_SECONDS) * 1000)}.0"
    async with watch(last=last.format(early=early)) as reader:
        assert (await reader.next()).data["resumed"] is False
        assert list(await reader.snapshot()) == ids


async def test_all_is_told_anew_if_anything_may_have_changed_meanwhile(
    watch: Watch, database: Database, clock: FakeClock
) -> None:
    ids = fleet(database, clock(), 2)
    clock.advance(60)
    async with watch() as reader:
        await reader.snapshot()
        last = (await reader.until("rates")).id
    with database.writing() as connection:
        news.changed(connection, clock(), None, organization_id=None)
    async with watch(last=last) as reader:
        assert (await reader.next()).data["resumed"] is False
        assert list(await reader.snapshot()) == ids


async def test_many_chargers_come_in_parts(
    watch: Watch, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(live_hub, "AT_ONCE", 2)
    ids = fleet(database, clock(), 5)
    async with watch() as reader:
        assert list(await reader.snapshot()) == ids
        told = [event.data for event in reader.told if event.name == "chargers"]
        assert [len(data["rows"]) for data in told] == [2, 2, 1]
        with database.writing() as connection:
            chargers.delete_all(connection, builders.ACME, "loc", clock())
        gone: list[str] = []
        while len(gone) < 5:
            event = await reader.until("chargers")
            gone += event.data["gone"]
        assert sorted(gone) == sorted(ids)


async def test_details_of_a_few_chargers(
    watch: Watch, database: Database, clock: FakeClock
) -> None:
    ids = fleet(database, clock(), 2)
    async with watch(f"frames={ids[0]}") as reader:
        await reader.until("rates")
        await reader.until("rates")
        with database.writing() as connection:
            assert live_details.watched(connection, "local-0", clock()) == [ids[0]]
            assert live_details.watched(connection, "other", clock()) == []
            told = [(id_, clock(), '[[1,1,{"plugged":true}]]') for id_ in ids]
            live_details.publish(connection, "local-0", told)
        event = await reader.until("details")
        assert event.data == {
            "rows": [[ids[0], round(clock() * 1000), [[1, 1, {"plugged": True}]]]]
        }
        await reader.until("rates")
        await reader.until("rates")
        assert len([e for e in reader.told if e.name == "details"]) == 1


async def test_once_is_enough_for_a_script(api: Api, database: Database, clock: FakeClock) -> None:
    fleet(database, clock(), 2)
    async with api.as_("user") as client:
        answer = await client.get("/live?once=true")
    assert answer.headers["content-type"].startswith("text/event-stream")
    names = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert names == ["hello", "chargers", "jobs"]


async def test_what_cannot_be_asked(api: Api) -> None:
    async with api.as_("user") as client:
        for query in ("frames=a&frames=*", "frames=%00", "frames=" + "&frames=".join("x" * 501)):
            answer = await client.get(f"/live?once=true&{query}")
            assert answer.status_code == 422, query
            assert answer.json()["detail"][0]["loc"][:2] == ["query", "frames"]


async def test_a_token_ends_and_its_stream_with_it(
    watch: Watch, services: Services, clock: FakeClock
) -> None:
    async with watch() as reader:
        await reader.until("rates")
        clock.advance(3601)
        rest = await reader.rest()
    assert rest[-1].name == "goodbye"
    assert "token" in rest[-1].data["reason"]
    assert services.live.watching == 0


async def test_a_gateway_that_stops_says_goodbye(
    watch: Watch, services: Services, api: Api, base: str
) -> None:
    async with watch() as reader, watch(who="stranger") as other:
        await reader.until("rates")
        await other.until("rates")
        stopping = asyncio.create_task(services.live.stop("bye", within_seconds=5))
        assert (await reader.rest())[-1].data == {"reason": "bye"}
        assert (await other.rest())[-1].data == {"reason": "bye"}
        await stopping
    headers = {"Authorization": f"Bearer {api.token('user')}"}
    async with httpx2.AsyncClient(trust_env=False, headers=headers) as client:
        answer = await client.get(f"{base}/live")
    assert (answer.status_code, answer.json()["code"]) == (503, "stopping")


async def test_an_organization_may_have_so_many(
    watch: Watch, api: Api, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "MOST_STREAMS", 1)
    async with watch() as reader, watch(who="stranger") as other:
        await reader.next()
        await other.next()
        headers = {"Authorization": f"Bearer {api.token('user')}"}
        async with httpx2.AsyncClient(trust_env=False, headers=headers) as client:
            answer = await client.get(f"{base}/live")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
    async with watch() as reader:
        await reader.next()


async def test_nothing_is_looked_at_while_nobody_reads(watch: Watch, services: Services) -> None:
    async with watch() as reader:
        await reader.until("rates")
    task = services.live._task
    assert task is not None
    async with asyncio.timeout(10):
        await asyncio.wait([task])
    assert services.live.watching == 0


async def test_a_sign_of_life(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    async with watch() as reader:
        await reader.until("rates")
        await reader.until("rates")
    assert reader.comments > 2


async def test_a_hub_that_crashes_ends_its_streams_and_begins_anew(
    watch: Watch, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fleet(database, clock(), 1)
    async with watch() as reader:
        await reader.until("rates")

        def wrong(*_: object) -> None:
            raise RuntimeError("boom")

        with monkeypatch.context() as broken:
            broken.setattr(news, "follow", wrong)
            last = (await reader.rest())[-1]
    assert (last.name, "connect again" in last.data["reason"]) == ("goodbye", True)
    async with watch() as reader:
        assert list(await reader.snapshot()) == ids


async def test_a_database_that_is_away_for_a_while(
    watch: Watch, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "AWAY_SECONDS", 0.05)
    ids = fleet(database, clock(), 1)

    looked = threading.Event()

    def away(*_: object) -> None:
        looked.set()
        raise Unavailable

    async with watch() as reader:
        await reader.until("rates")
        with monkeypatch.context() as broken:
            broken.setattr(live_chargers, "some", away)
            with database.writing() as connection:
                chargers.update(connection, builders.ACME, ids[0], {"name": "New"}, clock())
            assert await asyncio.to_thread(looked.wait, 10)
        told = await reader.until("chargers", lambda data: not data["snapshot"])
        assert told.data["rows"][0][NAME] == "New"
