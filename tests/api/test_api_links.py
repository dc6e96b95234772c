"""The gateway's end of the host link, spoken to by a host of the tests over a real socket."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import msgspec
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import func, select, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import builders
from support.callers import Api
from voltfleet.api import link_details, link_inbox, links
from voltfleet.api.deps import Services
from voltfleet.domain import hosting
from voltfleet.domain.allow_list import AllowList, read_entry
from voltfleet.domain.commands import CommandKind
from voltfleet.domain.errors import Unavailable
from voltfleet.domain.hosting import (
    Assign,
    Beat,
    BeatAck,
    ChargerDetails,
    ChargerMemory,
    ChargerReport,
    CommandOutcome,
    CommandOutcomes,
    Commands,
    ConnectionReport,
    ConnectionState,
    ConnectorDetails,
    Details,
    Drop,
    FrameLog,
    Frames,
    FramesAck,
    GatewayMessage,
    Hello,
    Memories,
    MemoriesAck,
    OutcomesAck,
    Reports,
    TargetLists,
    Watch,
    Welcome,
)
from voltfleet.fleet import chargers, commands, delivery, hosts, live_details, provisioning, targets
from voltfleet.fleet.scope import Tenant
from voltfleet.storage.engine import Database
from voltfleet.storage.tables import chargers as chargers_table
from voltfleet.storage.tables import hosts as hosts_table
from voltfleet.storage.tables import ocpp_frames

M = TypeVar("M")
Given = Callable[..., Awaitable[tuple["Host", Assign]]]
Running = Callable[..., Awaitable[tuple["Host", list[str]]]]


@pytest.fixture
def job(database: Database) -> str:
    """A job whose three chargers wait for a host."""
    return builders.accept(database, builders.batch(3))


@pytest.fixture
async def url(app: FastAPI, services: Services) -> AsyncIterator[str]:
    """The link's address, at a server that runs on this loop."""
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}/host-link"
    server.should_exit = True
    await serving
    listener.close()


class Host:
    """One end of a link."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, message: hosting.HostMessage) -> None:
        await self.socket.send(hosting.encode(message))

    async def hears(self, kind: type[M]) -> M:
        """The next message of that kind; others are passed over."""
        async with asyncio.timeout(10):
            while True:
                message: GatewayMessage = hosting.decode_gateway_message(await self.raw())
                if isinstance(message, kind):
                    return message

    async def raw(self) -> bytes:
        data = await self.socket.recv()
        assert isinstance(data, bytes)
        return data

    async def closed(self) -> int:
        """The code that the gateway closes with."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(10):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code


@pytest.fixture
async def dial(api: Api, url: str) -> AsyncIterator[Callable[..., Any]]:
    async with contextlib.AsyncExitStack() as stack:

        async def dial_(
            hello: hosting.HostMessage | bytes | str | None = None, who: str = "host"
        ) -> Host:
            headers = {} if who == "anonymous" else {"Authorization": f"Bearer {api.token(who)}"}
            socket = await stack.enter_async_context(
                connect(url, additional_headers=headers, proxy=None, compression=None)
            )
            if isinstance(hello, bytes | str):
                await socket.send(hello)
            elif hello is not None:
                await socket.send(hosting.encode(hello))
            return Host(socket)

        yield dial_


def hello(boot_id: str = "first", **more: Any) -> Hello:
    fields = {"protocol": 1, "host_id": "local-0", "capacity": 10, "holding": {}} | more
    return Hello(boot_id=boot_id, **fields)


def place(database: Database, job_id: str, services: Services) -> None:
    """Gives the job's chargers to the hosts that are there."""
    now = time.time()
    with database.writing() as connection:
        provisioning.begin(connection, job_id, now)
        provisioning.register(connection, job_id, 100, now)
    services.links.wake()


@pytest.fixture
def given(dial: Any, database: Database, job: str, services: Services) -> Given:
    """Dials as a host, to which the job's chargers are then assigned."""

    async def given_(**more: Any) -> tuple[Host, Assign]:
        host = await dial(hello(**more))
        await host.hears(Welcome)
        place(database, job, services)
        return host, await host.hears(Assign)

    return given_


@pytest.fixture
def running(given: Given, database: Database) -> Running:
    """Dials as a host that has taken up the job's chargers; their ids."""

    async def running_(**more: Any) -> tuple[Host, list[str]]:
        host, assigned = await given(**more)
        await host.say(taken_up(assigned))
        await until(lambda: states(database) == [("READY", "online")] * 3)
        return host, [assignment.charger_id for assignment in assigned.assignments]

    return running_


def taken_up(assigned: Assign) -> Reports:
    online = ConnectionReport(ConnectionState.ONLINE, 1.0, None, 0)
    return Reports(
        [ChargerReport(a.charger_id, a.generation, online, None) for a in assigned.assignments], []
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.01)


def states(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        found, _ = chargers.page(connection, builders.ACME, offset=0, limit=100)
    return [(charger.provisioning, charger.connection_state) for charger in found]


# --- who gets in -----------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("user", 403), ("admin", 403)])
async def test_only_a_host_gets_in(dial: Any, who: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await dial(who=who)
    assert refused.value.response.status_code == status


@pytest.mark.parametrize(
    "first", [b"", b"\xc1", "text", Beat(0, 0, 0.0), b"\x81\xa4type\xa7unknown"]
)
async def test_a_conversation_begins_with_hello(dial: Any, first: Any) -> None:
    host = await dial(first)
    assert await host.closed() == links.POLICY_VIOLATION
    assert host.socket.close_reason == "a host begins with Hello"


async def test_a_host_is_the_one_that_its_token_names(dial: Any, database: Database) -> None:
    host = await dial(hello(host_id="local-1"))
    assert await host.closed() == links.POLICY_VIOLATION
    assert host.socket.close_reason == "the token is host local-0's"
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(hosts_table)).scalar_one() == 0


async def test_a_host_that_says_nothing_is_cut_off(
    dial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "HELLO_DEADLINE_SECONDS", 0.05)
    assert await (await dial()).closed() == links.POLICY_VIOLATION


async def test_a_host_of_another_release_is_told_so(dial: Any) -> None:
    host = await dial(hello(protocol=2))
    assert await host.closed() == hosting.CLOSE_UNSUPPORTED_PROTOCOL == 4001
    assert host.socket.close_reason == "this gateway speaks host link 1, not 2"


@pytest.mark.parametrize("then", [b"\xc1", "text", hello()])
async def test_nonsense_later_on_ends_the_link(dial: Any, then: Any) -> None:
    host = await dial(hello())
    await host.hears(Welcome)
    await host.socket.send(then if isinstance(then, bytes | str) else hosting.encode(then))
    assert await host.closed() == links.POLICY_VIOLATION


# --- lists of targets ---------------------------------------------------------------------------

LISTS = "/admin/organizations/acme/targets"


async def test_lists_are_told_before_the_chargers_and_whenever_they_change(
    api: Api, dial: Any, services: Services, database: Database, job: str
) -> None:
    async with api.as_("admin") as admin:
        host = await dial(hello(obeys_lists=True))
        await host.hears(Welcome)
        assert (await host.hears(TargetLists)).lists == {}
        await admin.put(LISTS, json={"targets": ["127.0.0.1", "CSMS.example"]})
        assert (await host.hears(TargetLists)).lists == {"acme": ["127.0.0.1", "csms.example"]}
        await admin.put("/admin/organizations/other/targets", json={"targets": ["*.example"]})
        assert (await host.hears(TargetLists)).lists.keys() == {"acme", "other"}
        place(database, job, services)
        assigned = await host.hears(Assign)
        assert {a.organization_id for a in assigned.assignments} == {"acme"}
        await host.say(taken_up(assigned))
        await admin.delete("/admin/organizations/other/targets")
        assert (await host.hears(TargetLists)).lists.keys() == {"acme"}
        # Nothing is restarted for a list: the next message about chargers is of another one.
        again = await dial(hello("second", obeys_lists=True))
        first = hosting.decode_gateway_message(await again.raw())
        assert isinstance(first, Welcome)
        assert hosting.decode_gateway_message(await again.raw()) == TargetLists(
            {"acme": ["127.0.0.1", "csms.example"]}
        )


async def test_a_list_that_another_gateway_wrote_is_told(dial: Any, database: Database) -> None:
    host = await dial(hello(obeys_lists=True))
    assert (await host.hears(TargetLists)).lists == {}
    with database.writing() as connection:
        targets.choose(connection, builders.ACME, AllowList([read_entry("127.0.0.1")]), 1.0)
    assert (await host.hears(TargetLists)).lists == {"acme": ["127.0.0.1"]}
    with database.writing() as connection:
        targets.choose(connection, builders.ACME, AllowList([read_entry("127.0.0.2")]), 1.0)
    assert (await host.hears(TargetLists)).lists == {"acme": ["127.0.0.2"]}


async def test_a_host_that_knows_no_lists_runs_no_charger_that_has_one(
    given: Given, api: Api, services: Services, database: Database
) -> None:
    """An older release's, which would not understand the message either."""
    host, assigned = await given()
    await host.say(taken_up(assigned))
    await until(lambda: {state for _, state in states(database)} == {"online"})
    other = builders.accept(database, builders.batch(1, "OTHER-"), tenant=builders.OTHER)
    async with api.as_("admin") as admin:
        await admin.put(LISTS, json={"targets": ["127.0.0.1"]})
        dropped = await host.hears(Drop)
        ids = [a.charger_id for a in assigned.assignments]
        assert sorted(dropped.charger_ids) == sorted(ids)
        # A report from before it has dropped them changes nothing.
        await host.say(taken_up(assigned))
        place(database, other, services)
        others = await host.hears(Assign)
        assert [a.identity for a in others.assignments] == ["OTHER-0000"]
        await host.say(taken_up(others))
        await host.say(Reports([], ids))
        async with api.as_("user") as user:
            shown = (await user.get(f"/ocpp/chargers/{ids[0]}")).json()["connection"]
        assert shown["state"] == "waiting"
        assert "of an older release" in shown["last_error"]
        await admin.delete(LISTS)
        again = await host.hears(Assign)
        assert sorted(a.charger_id for a in again.assignments) == sorted(ids)
        assert {a.generation for a in again.assignments} == {2}


# --- the conversation ---------------------------------------------------------------------------


async def test_a_host_gets_its_chargers_and_reports_them(
    dial: Any, services: Services, database: Database, job: str
) -> None:
    host = await dial(hello())
    assert (await host.hears(Welcome)).lease_seconds == builders.LEASE_SECONDS
    assert services.links.connected == 1
    place(database, job, services)
    assigned = await host.hears(Assign)
    assert [a.identity for a in assigned.assignments] == ["CP0000", "CP0001", "CP0002"]
    await host.say(taken_up(assigned))
    await until(lambda: states(database) == [("READY", "online")] * 3)
    await host.socket.close()
    await until(lambda: services.links.connected == 0)


async def test_a_beat_renews_the_lease_until_another_process_is_the_host(
    dial: Any, database: Database
) -> None:
    first = await dial(hello("first"))
    await first.hears(Welcome)
    await first.say(Beat(0, 0, 1.0))
    await first.hears(BeatAck)
    second = await dial(hello("second"))
    await second.hears(Welcome)
    await first.say(Beat(0, 0, 1.0))
    assert await first.closed() == links.POLICY_VIOLATION
    assert first.socket.close_reason == "another process is this host now"
    await second.say(Beat(0, 0, 1.0))
    await second.hears(BeatAck)


async def test_what_is_not_taken_up_is_sent_again(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "RESEND_SECONDS", 0.1)
    monkeypatch.setattr(links, "LOOK_EVERY_SECONDS", 0.02)
    host, first = await given()
    assert (await host.hears(Assign)).assignments == first.assignments


async def test_what_a_host_holds_already_is_not_sent_again(
    given: Given, dial: Any, database: Database
) -> None:
    first, assigned = await given()
    await first.say(taken_up(assigned))
    await until(lambda: ("PROVISIONING", "waiting") not in states(database))
    await first.socket.close()
    one, *others = (a.charger_id for a in assigned.assignments)
    again = await dial(hello("second", holding={one: 1, "stranger": 3}))
    await again.hears(Welcome)
    assert (await again.hears(Drop)).charger_ids == ["stranger"]
    assert [a.charger_id for a in (await again.hears(Assign)).assignments] == others


async def test_a_deleted_charger_is_dropped_and_then_forgotten(
    given: Given, services: Services, database: Database
) -> None:
    host, assigned = await given()
    await host.say(taken_up(assigned))
    gone = assigned.assignments[0].charger_id
    with database.writing() as connection:
        chargers.delete(connection, builders.ACME, gone, time.time())
    services.links.wake()
    assert (await host.hears(Drop)).charger_ids == [gone]
    await host.say(Reports([], [gone]))
    await until(lambda: not unsynced(database))


def unsynced(database: Database) -> list[hosts.Change]:
    with database.reading() as connection:
        return hosts.changes(connection, "local-0", 100)


async def test_frames_are_acknowledged_once_they_are_kept(dial: Any, frames: Database) -> None:
    host = await dial(hello())
    await host.hears(Welcome)
    for seq in (1, 2, 3):
        await host.say(Frames(seq, [FrameLog("c", 1.0, True, "Heartbeat", "[2,\0]")] * 10))
        assert (await host.hears(FramesAck)).seq == seq
        with frames.reading() as connection:
            kept = connection.execute(select(func.count()).select_from(ocpp_frames)).scalar_one()
        assert kept == 10 * seq


async def test_outcomes_are_acknowledged(dial: Any) -> None:
    host = await dial(hello())
    await host.hears(Welcome)
    await host.say(CommandOutcomes([CommandOutcome("o-1", "c", "applied", None, None)]))
    assert (await host.hears(OutcomesAck)).ids == ["o-1"]


async def test_memories_are_acknowledged_once_kept_and_given_back(
    given: Given, dial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "BYTES_AT_ONCE", 1)
    host, assigned = await given()
    await host.say(taken_up(assigned))
    one, two, three = (a.charger_id for a in assigned.assignments)
    await host.say(Memories([ChargerMemory(one, 1, 1, b"1"), ChargerMemory(two, 1, 2, b"2")]))
    assert (await host.hears(MemoriesAck)).seqs == {one: 1, two: 2}
    again = await dial(hello("second"))
    await again.hears(Welcome)
    given = [(await again.hears(Assign)).assignments for _ in range(3)]
    assert [[(a.charger_id, a.memory) for a in some] for some in given] == [
        [(one, b"1")],
        [(two, b"2")],
        [(three, None)],
    ]


async def test_a_superseded_processs_memories_are_not_acknowledged(
    dial: Any, services: Services, database: Database, job: str
) -> None:
    first = await dial(hello())
    await first.hears(Welcome)
    place(database, job, services)
    charger_id = (await first.hears(Assign)).assignments[0].charger_id
    second = await dial(hello("second"))
    await second.hears(Welcome)
    await first.say(Memories([ChargerMemory(charger_id, 1, 1, b"late")]))
    await second.say(Memories([ChargerMemory(charger_id, 1, 1, b"mine")]))
    assert (await second.hears(MemoriesAck)).seqs == {charger_id: 1}
    await first.say(Beat(0, 0, 0.0))
    with pytest.raises(ConnectionClosed):
        await first.hears(MemoriesAck)


async def test_a_link_survives_while_the_database_is_away(
    given: Given, services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_inbox, "RETRY_SECONDS", 0.02)
    host, assigned = await given()

    tried: list[str] = []
    is_away = True

    def breaking(write: Callable[..., Any]) -> Callable[..., Any]:
        async def write_(work: Callable[..., Any], *args: object) -> object:
            tried.append(work.__name__)
            if is_away:
                raise Unavailable("The database cannot be reached.")
            return await write(work, *args)

        return write_

    monkeypatch.setattr(database, "write", breaking(database.write))
    monkeypatch.setattr(services.frames, "write", breaking(services.frames.write))
    await host.say(taken_up(assigned))
    await host.say(Frames(1, [FrameLog("c", 1.0, True, "Heartbeat", "[2]")]))
    await host.say(Beat(3, 3, 0.0))
    await until(lambda: {"apply", "append", "renew"} <= set(tried))
    assert states(database) == [("PROVISIONING", "waiting")] * 3
    is_away = False
    await host.hears(FramesAck)  # no BeatAck comes before it: nothing was renewed
    await until(lambda: states(database) == [("READY", "online")] * 3)
    await host.say(Beat(3, 3, 0.0))
    await host.hears(BeatAck)


async def test_commands_whose_commit_was_not_heard_of_are_sent_at_once(
    running: Running, services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "RESEND_SECONDS", 3600.0)
    host, _ = await running()
    queue(database, services)
    first = await host.hears(Commands)
    write, fails = database.write, [True]

    async def losing_the_answer(work: Callable[..., Any], *args: object) -> object:
        result = await write(work, *args)
        if getattr(work, "func", None) is delivery.take and fails:
            fails.clear()
            raise Unavailable("The database cannot be reached.")
        return result

    monkeypatch.setattr(database, "write", losing_the_answer)
    queue(database, services)
    second = await host.hears(Commands)
    assert not fails
    told = [command.id for command in second.commands]
    assert len(told) == len(set(told)) == 6
    assert {command.id for command in first.commands} < set(told)


def queue(database: Database, services: Services) -> None:
    """A command for each charger of the job."""
    order = commands.Order(CommandKind.PLUG_CONNECTOR, {"connector_id": 1})
    with database.writing() as connection:
        commands.queue(
            connection, builders.ACME, commands.Target(location_id="loc"), order, time.time()
        )
    services.links.wake()


async def test_a_wake_from_any_thread_is_heard(
    dial: Any, services: Services, database: Database, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LOOK_EVERY_SECONDS", 60.0)
    host = await dial(hello())
    await host.hears(Welcome)
    await asyncio.to_thread(place, database, job, services)
    assert len((await host.hears(Assign)).assignments) == 3


# --- details -------------------------------------------------------------------------------------


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_details, "LOOK_EVERY_SECONDS", 0.02)


def watch(database: Database, *charger_ids: str, ago: float = 0.0) -> None:
    """A stream of the organization's shows these."""
    with database.writing() as connection:
        live_details.watch(connection, builders.ACME, charger_ids, time.time() - ago)


def left(database: Database, *charger_ids: str, tenant: Tenant = builders.ACME) -> dict[str, str]:
    with database.reading() as connection:
        found = live_details.latest(connection, tenant, charger_ids, time.time() - 10)
    return {charger_id: connectors for charger_id, _, connectors in found}


def details(power_w: float, *charger_ids: str) -> Details:
    about = ConnectorDetails(
        plugged=True,
        power_w=power_w,
        offered_w=None,
        energy_wh=0.0,
        meter_wh=1,
        soc_percent=None,
        transaction_id=None,
        id_token="TAG",
        charging_state=None,
    )
    return Details([ChargerDetails(id_, [(1, 2, about)]) for id_ in charger_ids])


@pytest.mark.usefixtures("quick_looks")
async def test_a_host_is_asked_for_what_is_watched_and_what_it_tells_is_left(
    running: Running, database: Database
) -> None:
    host, (one, other, third) = await running(tells_details=True)
    watch(database, one, other)
    asked = await host.hears(Watch)
    assert (sorted(asked.charger_ids), asked.seconds) == (sorted([one, other]), 6.0)
    await host.say(details(7360.0, one, other))
    await until(lambda: len(left(database, one, other)) == 2)
    assert msgspec.json.decode(left(database, one)[one]) == [
        [
            1,
            2,
            {
                "plugged": True,
                "power_w": 7360.0,
                "offered_w": None,
                "energy_wh": 0.0,
                "meter_wh": 1,
                "soc_percent": None,
                "transaction_id": None,
                "id_token": "TAG",
                "charging_state": None,
            },
        ]
    ]
    await host.say(details(0.0, one))
    await until(lambda: '"power_w":0.0' in left(database, one)[one])
    assert left(database, third) == {}
    assert left(database, one, tenant=Tenant("another")) == {}


@pytest.mark.usefixtures("quick_looks")
async def test_a_host_is_asked_again_and_told_when_nobody_looks_any_more(
    running: Running, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_details, "ASK_AGAIN_SECONDS", 0.0)
    host, (one, *_) = await running(tells_details=True)
    watch(database, one)
    assert [(await host.hears(Watch)).charger_ids for _ in range(3)] == [[one]] * 3
    watch(database, one, ago=60.0)
    async with asyncio.timeout(10):
        while (await host.hears(Watch)).charger_ids:
            pass


@pytest.mark.usefixtures("quick_looks")
async def test_a_host_of_before_is_asked_nothing(
    running: Running, dial: Any, database: Database
) -> None:
    old, ids = await running()
    watch(database, *ids)
    new = await dial(hello("second", tells_details=True, holding=dict.fromkeys(ids, 1)))
    assert sorted((await new.hears(Watch)).charger_ids) == sorted(ids)
    await old.say(Beat(0, 0, 0.0))  # it hears that it is superseded, and nothing before that
    with pytest.raises(ConnectionClosed):
        await old.hears(Watch)


@pytest.mark.usefixtures("quick_looks")
async def test_details_of_anothers_charger_are_not_kept(
    running: Running, database: Database
) -> None:
    host, (one, other, _) = await running(tells_details=True)
    with database.writing() as connection:
        connection.execute(
            update(chargers_table).where(chargers_table.c.id == other).values(host_id="local-1")
        )
    await host.say(details(1.0, one, other, "nobody"))
    await until(lambda: bool(left(database, one)))
    assert left(database, other, "nobody") == {}


@pytest.mark.usefixtures("quick_looks")
async def test_details_are_not_kept_for_a_database_that_is_away(
    running: Running, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, (one, *_) = await running(tells_details=True)
    write, tried = database.write, 0

    async def away(work: Callable[..., Any], *args: object) -> object:
        nonlocal tried
        if work is live_details.publish:
            tried += 1
            raise Unavailable("The database cannot be reached.")
        return await write(work, *args)

    monkeypatch.setattr(database, "write", away)
    await host.say(details(1.0, one))
    await until(lambda: tried == 1)
    monkeypatch.undo()
    assert left(database, one) == {}
    await host.say(details(2.0, one))
    await until(lambda: '"power_w":2.0' in left(database, one).get(one, ""))
    assert tried == 1
