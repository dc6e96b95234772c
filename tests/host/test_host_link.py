"""The host's end of the link against a gateway of the tests."""

import asyncio
import contextlib
from http import HTTPStatus

import pytest
import structlog
from host_doubles import Bench, Changes, FakeCsms, FakeGateway, assignment, booted, make_link

from voltfleet.domain import hosting
from voltfleet.domain.hosting import CLOSE_UNSUPPORTED_PROTOCOL, Command, ConnectionState
from voltfleet.host.link import Link, LinkOptions, UnsupportedProtocolError

ONLINE = ConnectionState.ONLINE


async def test_the_first_words(linked: Bench, gateway: FakeGateway) -> None:
    await gateway.changes.until(lambda: gateway.beats)
    hello = gateway.hellos[0]
    assert (hello.protocol, hello.host_id) == (hosting.PROTOCOL_VERSION, "local-0")
    assert hello.holding == {}
    assert hello.capacity == 1000
    assert gateway.tokens == ["Bearer s3cret"]
    assert gateway.beats[0].stations == 0


async def test_assigned_chargers_boot_and_are_reported(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A", "B")
    await gateway.seen.changes.until(lambda: len(gateway.seen.frames) == 4)
    assert gateway.seen.connectors["id-A"][0].status == "Available"
    await gateway.send(hosting.Drop(["id-A"]))
    await gateway.seen.changes.until(lambda: gateway.seen.dropped == ["id-A"])
    assert csms.live["/ocpp/A"] == 0
    assert csms.live["/ocpp/B"] == 1


async def test_commands_and_their_outcomes(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A")
    await gateway.send(hosting.Commands([Command("c1", "id-A", "plug", {})] * 2))
    await gateway.seen.changes.until(lambda: gateway.seen.outcomes)
    await linked.until(lambda: not linked.host.outbox._outcomes)
    assert [o.id for o in gateway.seen.outcomes] == ["c1"]


async def test_a_gateway_restart_drops_no_charger(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, *(f"CP{n}" for n in range(20)))
    await gateway.kill()
    await csms.sockets["/ocpp/CP3"].send('[2,"during","Reset",{}]')
    await csms.changes.until(lambda: csms.received[-1][1] == '[3,"during",{}]')
    gateway.seen.connections.clear()
    gateway.seen.frames.clear()
    await gateway.start()
    await gateway.changes.until(lambda: len(gateway.hellos) == 2)
    assert gateway.hellos[1].holding == {f"id-CP{n}": 1 for n in range(20)}
    assert gateway.hellos[1].boot_id == gateway.hellos[0].boot_id
    await gateway.seen.changes.until(lambda: len(gateway.seen.connections) == 20)
    assert {c.state for c in gateway.seen.connections.values()} == {ONLINE}
    await gateway.seen.changes.until(
        lambda: any(f.message == '[2,"during","Reset",{}]' for f in gateway.seen.frames)
    )
    assert csms.closed == []
    assert {station.connections for station in linked.stations.values()} == {1}


async def test_frames_and_outcomes_that_were_not_acked_are_sent_again(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    gateway.ack_frames = gateway.ack_outcomes = False
    await booted(gateway, csms, "A")
    await gateway.send(hosting.Commands([Command("c1", "id-A", "plug", {})]))
    await gateway.seen.changes.until(lambda: gateway.seen.outcomes and gateway.seen.frames)
    first = list(gateway.frame_messages)
    await gateway.kill()
    gateway.ack_frames = gateway.ack_outcomes = True
    gateway.frame_messages.clear()
    gateway.seen.outcomes.clear()
    await gateway.start()
    await gateway.seen.changes.until(
        lambda: gateway.seen.outcomes and len(gateway.frame_messages) >= len(first)
    )
    assert gateway.frame_messages[: len(first)] == first
    await linked.until(lambda: linked.host.outbox.empty)


async def test_what_a_station_remembers_is_kept_before_its_csms_hears_of_it(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    gateway.ack_memories = False
    await booted(gateway, csms, "A")
    linked.remember("A", b"one", "held")
    await gateway.seen.changes.until(lambda: gateway.seen.memories)
    memory = gateway.seen.memories[0]
    assert (memory.charger_id, memory.generation, memory.content) == ("id-A", 1, b"one")
    await linked.until(lambda: linked.stations["A"]._out == [("DataTransfer", "held")])
    await gateway.send(hosting.MemoriesAck({"id-A": memory.seq}))
    await csms.changes.until(lambda: csms.received[-1][1] == "held")
    assert len(linked.host.outbox.memories) == 0


async def test_memories_that_were_not_acked_are_sent_again(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    gateway.ack_memories = False
    await booted(gateway, csms, "A", "B")
    linked.remember("A", b"old", "held")
    linked.remember("B", b"b", urgent=False)
    await gateway.seen.changes.until(lambda: len(gateway.seen.memories) == 2)
    await gateway.kill()
    linked.remember("A", b"new")
    gateway.seen.memories.clear()
    gateway.ack_memories = True
    await gateway.start()
    await csms.changes.until(lambda: csms.received[-1][1] == "held")
    told = {memory.charger_id: memory.content for memory in gateway.seen.memories}
    assert told == {"id-A": b"new", "id-B": b"b"}
    await linked.until(lambda: linked.host.outbox.empty)


async def test_an_urgent_memory_does_not_wait_for_the_flush(
    bench: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    bench._pump.cancel()
    options = LinkOptions(gateway.url, "local-0", "s3cret", flush_seconds=3600.0)
    task = asyncio.create_task(Link(bench.host, options).run())
    gateway.to_assign = [assignment(csms.ws_url, "A")]
    await csms.changes.until(lambda: csms.live["/ocpp/A"] == 1 and bench.stations["A"].booted)
    bench.remember("A", b"one", "held")
    await csms.changes.until(lambda: csms.received[-1][1] == "held")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_without_an_answered_beat_the_stations_are_stopped_in_time(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A", "B")
    gateway.welcome = gateway.ack_beats = False
    linked.clock.advance(29.0)
    await linked.tick()
    assert sum(csms.live.values()) == 2
    linked.clock.advance(1.5)
    await csms.changes.until(lambda: sum(csms.live.values()) == 0)
    assert linked.host.holding() == {}
    gateway.welcome = gateway.ack_beats = True
    await gateway.kill()
    await gateway.start()
    await csms.changes.until(lambda: sum(csms.live.values()) == 2)
    assert gateway.hellos[-1].holding == {}
    assert csms.doubled == set()


async def test_a_lease_lost_while_the_link_is_up_makes_for_a_new_link(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await booted(gateway, csms, "A")
    linked.clock.advance(31.0)
    await csms.changes.until(lambda: len(csms.closed) == 1)
    await gateway.changes.until(lambda: len(gateway.hellos) == 2)
    assert gateway.hellos[1].holding == {}
    await csms.changes.until(lambda: csms.live["/ocpp/A"] == 1)


async def test_answered_beats_keep_the_lease(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    await gateway.kill()
    gateway.lease_seconds = 1.5
    await gateway.start()
    await booted(gateway, csms, "A")
    await gateway.changes.until(lambda: len(gateway.beats) >= 5)
    assert csms.closed == []
    assert gateway.beats[-1].online == gateway.beats[-1].stations == 1


async def test_a_gateway_that_answers_no_beats_is_dialled_anew(
    linked: Bench, gateway: FakeGateway
) -> None:
    await gateway.kill()
    gateway.lease_seconds, gateway.ack_beats = 0.6, False
    await gateway.start()
    await gateway.changes.until(lambda: len(gateway.hellos) >= 3)


async def test_a_gateway_of_another_protocol_ends_the_host(
    bench: Bench, gateway: FakeGateway
) -> None:
    gateway.close_with = (CLOSE_UNSUPPORTED_PROTOCOL, "I speak 2 to 3")
    with pytest.raises(UnsupportedProtocolError, match=r"I speak 2 to 3.*same release"):
        async with asyncio.timeout(10):
            await make_link(bench, gateway).run()


async def said(bench: Bench, gateway: FakeGateway, changes: Changes, attempts: int) -> list[str]:
    """What the link logs while the gateway is dialled that often."""
    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(make_link(bench, gateway).run())
        await changes.until(lambda: len(gateway.tokens) >= attempts)
        await bench.tick()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return [str(entry.get("why", entry["event"])) for entry in logs]


async def test_a_refused_token_is_said_once(bench: Bench, gateway: FakeGateway) -> None:
    gateway.refuse_with = HTTPStatus.UNAUTHORIZED
    logs = await said(bench, gateway, gateway.changes, attempts=3)
    assert logs == [f"{gateway.url} refused the host token: check VOLTFLEET_HOST_TOKEN"]


async def test_another_server_at_the_gateway_s_address(bench: Bench, gateway: FakeGateway) -> None:
    gateway.refuse_with = HTTPStatus.NOT_FOUND
    logs = await said(bench, gateway, gateway.changes, attempts=2)
    assert logs == [f"{gateway.url} answered HTTP 404: is it a gateway's /host-link?"]


@pytest.mark.parametrize("nonsense", [b"\xc1", b"\x81\xa4type\xa5other", "text"])
async def test_a_gateway_that_talks_nonsense_is_left_and_tried_again(
    linked: Bench, gateway: FakeGateway, csms: FakeCsms, nonsense: str | bytes
) -> None:
    await booted(gateway, csms, "A")
    assert gateway.link is not None
    await gateway.link.send(nonsense)
    await gateway.changes.until(lambda: len(gateway.hellos) == 2)
    assert csms.closed == []


async def test_an_end_gives_the_gateway_what_is_left(
    bench: Bench, gateway: FakeGateway, csms: FakeCsms
) -> None:
    bench._pump.cancel()
    link = make_link(bench, gateway)
    task = asyncio.create_task(link.run())
    await booted(gateway, csms, "A", "B")
    assert await bench.host.drain() == 0
    assert await link.finish(5.0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert gateway.link is not None
    await gateway.link.wait_closed()
    assert gateway.link.close_code == 1001
    assert sorted(gateway.seen.dropped) == ["id-A", "id-B"]


async def test_an_end_without_a_gateway_does_not_wait(bench: Bench, gateway: FakeGateway) -> None:
    bench._pump.cancel()
    link = make_link(bench, gateway)
    bench.host.drop("id-A")
    async with asyncio.timeout(1.0):
        assert not await link.finish(60.0)
