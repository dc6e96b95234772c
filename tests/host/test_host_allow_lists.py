"""An organization's list of targets: what it lets a charger dial, and what becomes of those that
are connected when it changes. Over real sockets on loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
from file_server import http, serving
from host_doubles import Bench, FakeCsms, FakeGateway, assignment

from voltfleet.domain.allow_list import TargetPolicy, read_kept
from voltfleet.domain.hosting import Assign, Assignment, ConnectionState, TargetLists
from voltfleet.host.link import Link, LinkOptions
from voltfleet.host.targets import Gate, Gates
from voltfleet.host.transfers import Transfers
from voltfleet.station.reports import DialSettings, Transfer, TransferKind, TransferResult

ONLINE, WAITING = ConnectionState.ONLINE, ConnectionState.WAITING


class Names:
    """A name server that a test tells what to answer."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        await self.may_answer.wait()
        return self.answers.get(host, [host])


@pytest.fixture
async def names() -> Names:
    return Names()


@pytest.fixture
async def listed(names: Names) -> AsyncIterator[Bench]:
    """A host that asks that name server."""
    bench = Bench(resolve=names)
    bench.host.start()
    yield bench
    bench.host.fence()
    bench.host.stop()


def acme(url: str, name: str = "CP1", **changes: object) -> Assignment:
    return assignment(url, name, organization_id="acme", **changes)


async def test_a_list_holds_for_its_organization_alone(listed: Bench, csms: FakeCsms) -> None:
    listed.limit(acme=["csms.example"])
    listed.host.assign(acme(csms.ws_url, "LISTED"))
    listed.host.assign(assignment(csms.ws_url, "OTHER", organization_id="globex"))
    listed.host.assign(assignment(csms.ws_url, "OLD"))  # of a gateway that names none
    await listed.state("OTHER", ONLINE)
    await listed.state("OLD", ONLINE)
    error = await listed.error("LISTED")
    assert error == (
        f"not dialled: 127.0.0.1:{csms.port} is not on the list of targets that this "
        "organization's chargers may dial (csms.example): use one that is, or have an admin add it "
        "(PUT /admin/organizations/{organization_id}/targets)."
    )
    assert sorted(csms.live) == ["/ocpp/OLD", "/ocpp/OTHER"]


async def test_a_charger_whose_target_is_struck_off_leaves_and_comes_back(
    listed: Bench, csms: FakeCsms
) -> None:
    for number in range(20):
        listed.host.assign(acme(csms.ws_url, f"CP{number}"))
    listed.host.assign(assignment(csms.ws_url, "OTHER", organization_id="globex"))
    await listed.seen.changes.until(lambda: listed.host.online == 21)
    listed.limit(acme=["10.0.0.0/8", f"127.0.0.1:{csms.port}"])
    await listed.tick()
    assert listed.host.online == 21
    assert csms.closed == []
    listed.limit(acme=["10.0.0.0/8", "127.0.0.1:9"])
    await csms.changes.until(lambda: len(csms.closed) == 20)
    assert {code for _, code, _ in csms.closed} == {1001}
    await listed.seen.changes.until(lambda: listed.host.online == 1)
    for number in range(20):
        error = await listed.error(f"CP{number}")
        assert error.startswith(("disconnected: ", "not dialled: "))
        assert "is not on the list" in error
    # However long they have been backing off.
    for _ in range(8):
        listed.clock.advance(60.0)
        await listed.tick()
    assert sum(csms.live.values()) == 1
    listed.limit(acme=["*.example", "127.0.0.0/8"])
    await listed.seen.changes.until(lambda: listed.host.online == 21)
    assert csms.doubled == set()
    assert [listed.seen.error(f"CP{number}") for number in range(20)] == [None] * 20
    # Struck off and allowed again before they have left: nobody waits for a back-off.
    listed.limit(acme=["*.example"])
    listed.limit(acme=["127.0.0.1"])
    await csms.changes.until(lambda: len(csms.closed) == 40)
    await listed.seen.changes.until(lambda: listed.host.online == 21)
    listed.limit()
    await listed.tick()
    assert listed.host.online == 21
    assert len(csms.closed) == 40
    assert all(station.failed_dials for name, station in listed.stations.items() if name != "OTHER")


async def test_what_a_csms_tells_the_station_to_dial_is_held_against_the_list(
    listed: Bench, csms: FakeCsms, names: Names
) -> None:
    names.answers = {"csms.example": ["127.0.0.1"], "evil.example": ["127.0.0.1"]}
    listed.limit(acme=["csms.example"])
    listed.host.assign(acme(csms.ws_url.replace("127.0.0.1", "csms.example")))
    await listed.state("CP1", ONLINE)
    evil = csms.ws_url.replace("127.0.0.1", "evil.example")
    listed.command("CP1", "dial", settings=DialSettings(csms_url=evil))
    await csms.changes.until(lambda: csms.closed)
    listed.clock.advance(2.0)
    error = await listed.error("CP1")
    assert f"evil.example:{csms.port} is not on the list" in error
    assert names.asked == ["csms.example"]
    assert csms.live["/ocpp/CP1"] == 0


async def test_a_name_that_resolves_outside_later_is_not_followed(
    listed: Bench, csms: FakeCsms, names: Names
) -> None:
    """Rebinding, where the address was what the list allowed."""
    names.answers = {"moves.example": ["127.0.0.1"]}
    listed.limit(acme=["127.0.0.1/32"])
    listed.host.assign(acme(csms.ws_url.replace("127.0.0.1", "moves.example")))
    await listed.state("CP1", ONLINE)
    for outside in (["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["169.254.169.254"]):
        names.answers = {"moves.example": outside}
        before, asked = len(csms.paths), len(names.asked)
        if csms.live["/ocpp/CP1"]:
            csms.sockets["/ocpp/CP1"].transport.abort()
            await listed.state("CP1", WAITING)
        listed.clock.advance(61.0)
        await listed.until(lambda asked=asked: len(names.asked) > asked)
        await listed.seen.changes.until(
            lambda outside=outside: f"leads to {outside[-1]}" in str(listed.seen.error("CP1"))
        )
        assert len(csms.paths) == before
    names.answers = {"moves.example": ["127.0.0.1"]}
    listed.clock.advance(61.0)
    await listed.state("CP1", ONLINE)


async def test_a_list_that_changes_while_the_name_is_looked_up(
    listed: Bench, csms: FakeCsms, names: Names
) -> None:
    names.answers = {"slow.example": ["127.0.0.1"]}
    names.may_answer.clear()
    listed.limit(acme=["slow.example"])
    listed.host.assign(acme(csms.ws_url.replace("127.0.0.1", "slow.example")))
    await listed.until(lambda: names.asked)
    listed.limit(acme=["other.example"])
    names.may_answer.set()
    assert "is not on the list" in await listed.error("CP1")
    assert csms.paths == []


async def test_a_list_that_changes_during_a_handshake(listed: Bench) -> None:
    taken: list[asyncio.StreamReader] = []
    cut = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(reader)
        await reader.read(4096)
        await reader.read()
        cut.set()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    listed.host.assign(acme(f"ws://127.0.0.1:{port}/ocpp"))
    await listed.until(lambda: taken)
    listed.limit(acme=["other.example"])
    async with asyncio.timeout(5):
        await cut.wait()
    assert "is not on the list" in await listed.error("CP1")
    server.close()


async def test_a_file_of_a_server_that_is_struck_off_is_given_up() -> None:
    """Half of it has come when the list changes; and a redirect off the list is not followed."""
    half = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
        await writer.drain()
        half.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gates = Gates(TargetPolicy().targets)
    gates.change({"acme": ["127.0.0.1"]})
    gate, other = gates.of("acme"), gates.of("globex")
    transfers = Transfers(ssl.create_default_context())
    url = f"http://127.0.0.1:{port}/firmware"
    wanted, others = _start(transfers, url, gate), _start(transfers, url, other)
    await half.wait()
    assert gates.change({"acme": [f"127.0.0.1:{port}", "192.0.2.1"]}) == {"acme"}
    transfers.check_targets()
    assert not wanted.done()
    gates.change({"acme": ["192.0.2.1"]})
    transfers.check_targets()
    async with asyncio.timeout(5):
        result = await wanted
    assert f"127.0.0.1:{port} is not on the list" in str(result.failure)
    assert not others.done()
    transfers.stop()
    server.close()


async def test_a_redirect_off_the_list_is_not_followed() -> None:
    async with serving(http("200 OK", b"content")) as second:
        location = f"Location: http://127.0.0.1:{second.port}/x"
        async with serving(http("302 Found", b"", location)) as first:
            gate = Gate(TargetPolicy(allowed=read_kept((f"127.0.0.1:{first.port}",))))
            transfers = Transfers(ssl.create_default_context())
            result = await _start(transfers, f"http://127.0.0.1:{first.port}/a", gate)
    assert "is not on the list" in str(result.failure)
    assert len(first.requests) == 1
    assert second.requests == []


def _start(transfers: Transfers, url: str, gate: Gate) -> "asyncio.Future[TransferResult]":
    over: asyncio.Future[TransferResult] = asyncio.get_running_loop().create_future()
    wanted = Transfer(1, TransferKind.DOWNLOAD, url, b"")
    transfers.start(wanted, over.set_result, str(id(over)), gate)
    return over


async def test_lists_come_by_the_link(csms: FakeCsms) -> None:
    """Before the chargers, and whenever they change; what has no list any more is not in it."""
    gateway = FakeGateway()
    await gateway.start()
    bench = Bench()
    bench.host.start()
    bench._pump.cancel()  # the link takes what there is to tell
    link = Link(bench.host, LinkOptions(gateway.url, "h1", "token", flush_seconds=0.02))
    talking = asyncio.create_task(link.run())
    await gateway.changes.until(lambda: gateway.hellos)
    assert gateway.hellos[0].obeys_lists
    await gateway.send(TargetLists({"acme": ["csms.example"], "globex": ["127.0.0.1"]}))
    await gateway.send(
        Assign([acme(csms.ws_url), assignment(csms.ws_url, "CP2", organization_id="globex")])
    )
    await gateway.seen.changes.until(lambda: gateway.seen.state("CP2") is ONLINE)
    await gateway.seen.changes.until(lambda: gateway.seen.error("CP1"))
    assert "is not on the list" in str(gateway.seen.error("CP1"))
    await gateway.send(TargetLists({"globex": ["*.example"]}))
    await gateway.seen.changes.until(lambda: gateway.seen.state("CP1") is ONLINE)
    await gateway.seen.changes.until(lambda: "is not on" in str(gateway.seen.error("CP2")))
    assert csms.live["/ocpp/CP2"] == 0
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)
    bench.host.fence()
    bench.host.stop()
    await gateway.kill()
